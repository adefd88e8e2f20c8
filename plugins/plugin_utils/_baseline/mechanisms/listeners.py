# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Listeners of WinRM (private to this collection).

One for HTTPS stands and falls with its certificate: which one that is the site says, by its thumbprint, and what the
machine store holds under it is looked at before anything is made (facts: controls.yml, winrm-https-listener).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from ..._change.values import Change, Kind, Value
from ..._console import certificates, winrm
from ..._console.certificates import Certificate
from ..answers import Answers, Unknown
from ..findings import Judged, Status
from ..records import Control, RecordError
from .reads import Reads

NAME = "listener"
_UNNAMED = (
    "which certificate it is to have only the site knows: import one with its private key (certutil -importpfx), and "
    "give its thumbprint (certutil -store my) as the site value of {}, with the host name behind it where that is not "
    "this machine's"
)
# By the source that winrm tells of a listener which nobody made with winrm.
_RULED = {
    "GPO": "Group Policy makes this listener (Allow automatic configuration of listeners, or Allow remote server "
    "management through WinRM); set that to Not Configured or Disabled there",
    "Compatibility": "this listener comes with the setting EnableCompatibilityHttpListener or "
    "EnableCompatibilityHttpsListener of the service; switch that off, which winrm-no-compat-listeners does",
}


@dataclass(frozen=True)
class Wish:
    """The certificate that a site chose. `host` is empty where the listener is called as the machine is."""

    thumbprint: str
    host: str

    @classmethod
    def of(cls, control: Control) -> Wish | None:
        """Read the site value, None where there is none; `RecordError` for one that is no thumbprint."""
        given = control.settings.get("certificate")
        if given is None:
            return None
        first, _blank, host = str(given).strip().partition(" ")
        thumbprint = winrm.thumbprint(first)
        if len(thumbprint) != 40:
            raise RecordError(f"{control.id}: {first!r} is no thumbprint, which has 40 hexadecimal digits")
        return cls(thumbprint, host.strip())


class ListenerMechanism:
    """`winrm_listener`. See `mechanisms.Mechanism`."""

    def check_record(self, control: Control) -> None:
        """Raise `RecordError` for a site value that is no thumbprint."""
        Wish.of(control)

    def reads(self, control: Control) -> Reads:
        """Return the listeners, and the certificate that the site chose."""
        wish = Wish.of(control)
        return Reads(keys=(certificates.key(wish.thumbprint),) if wish else (), settings=("winrm_listeners",))

    def judge(self, control: Control, answers: Answers) -> Judged:
        """Look for an enabled listener of the transport, on the port and with the certificate that are wanted."""
        transport, port = control.settings["transport"], control.settings.get("port")
        listeners = [one for one in answers.probe("winrm_listeners") if one.get("Enabled") != "false"]
        seen = tuple(_said(one) for one in listeners)
        found = [one for one in listeners if one.get("Transport") == transport]
        found = [one for one in found if port is None or one.get("Port") == str(port)]
        words = f"{transport} listener{f' on port {port}' if port else ''} {control.settings['state']}"
        wish = Wish.of(control)
        if control.settings["state"] == "absent" or not found:
            holds = bool(found) is (control.settings["state"] == "present")
            return Judged(Status.PASS if holds else Status.FAIL, "; ".join(seen) or "no listener", words, seen)
        if wish is None:
            held = ", ".join(winrm.thumbprint(one.get("CertificateThumbprint", "")) or "none" for one in found)
            open_ = f"its certificate ({held}) was not looked at; name it as the site value of {control.id}"
            return Judged(Status.NOTCHECKED, "; ".join(seen), f"{words}, with a good certificate", (*seen, open_))
        expected = f"{words}, with the certificate {wish.thumbprint}"
        right = [one for one in found if winrm.thumbprint(one.get("CertificateThumbprint", "")) == wish.thumbprint]
        wrong = self._faults(wish, answers, str(right[0].get("Hostname") or "") if right else "")
        if not right:
            wrong = ["the listener has another certificate", *wrong]
        return Judged(Status.FAIL if wrong else Status.PASS, "; ".join((*seen, *wrong)), expected, (*seen, *wrong))

    def changes(self, control: Control, answers: Answers) -> tuple[Change, ...]:
        """Return the listeners to take away, or the one to make."""
        if control.settings["state"] == "absent":
            return tuple(
                Change(
                    control.id, winrm.selector(one), NAME, Value("TEXT", winrm.listener_words(one)), None, Kind.LISTENER
                )
                for one in self._own(control, answers)
            )
        wish = Wish.of(control)
        if wish is None or self._faults(wish, answers, ""):
            return ()
        wanted = {
            "Address": "*",
            "Transport": control.settings["transport"],
            "Port": str(control.settings["port"]),
            "Hostname": _host(wish, answers),
            "Enabled": "true",
            "URLPrefix": "wsman",
            "CertificateThumbprint": wish.thumbprint,
        }
        place = winrm.selector(wanted)
        before = answers.setting(Kind.LISTENER, place, NAME)
        return (Change(control.id, place, NAME, before, Value("TEXT", winrm.listener_words(wanted)), Kind.LISTENER),)

    def obstacle(self, control: Control, answers: Answers) -> str:
        """Say what is missing: the site's choice, a good certificate, or the word of Group Policy."""
        sources = dict.fromkeys(one[winrm.SOURCE] for one in self._own(control, answers) if one.get(winrm.SOURCE))
        if control.settings["state"] == "present":
            sources = {one: None for one in sources if one == "GPO"}  # the others are on ports of their own
        if sources:
            return "; ".join(_RULED.get(one, f"this listener was made by {one}, not by winrm") for one in sources)
        if control.settings["state"] == "absent":
            return ""
        wish = Wish.of(control)
        if wish is None:
            return _UNNAMED.format(control.id)
        wrong = self._faults(wish, answers, "")
        return f"the certificate {wish.thumbprint} cannot be used: {'; '.join(wrong)}" if wrong else ""

    @staticmethod
    def _own(control: Control, answers: Answers) -> Iterator[dict[str, str]]:
        return (
            one for one in answers.probe("winrm_listeners") if one.get("Transport") == control.settings["transport"]
        )

    @staticmethod
    def _faults(wish: Wish, answers: Answers, called: str) -> list[str]:
        """Return what is wrong with the chosen certificate, for a listener that is called so already or will be."""
        blob = answers.value(certificates.key(wish.thumbprint), certificates.BLOB)
        if blob is None:
            return ["it is not in the store of the machine (certutil -store my)"]
        held = certificates.parse(str(blob.data))
        return held.faults(_today(answers), called or _host(wish, answers, held))


def _host(wish: Wish, answers: Answers, held: Certificate | None = None) -> str:
    """Return the name that the listener gets: the site's, or that of the machine's names which the certificate has."""
    if wish.host:
        return wish.host
    computer = answers.probe("computer")
    name, domain = str(computer.get("name") or ""), str(computer.get("domain") or "")
    own = [f"{name}.{domain}", name] if computer.get("part_of_domain") and domain else [name]
    if held is None:
        blob = answers.value(certificates.key(wish.thumbprint), certificates.BLOB)
        held = certificates.parse(str(blob.data)) if blob is not None else None
    return next((one for one in own if held is not None and held.is_for(one)), own[0])


def _today(answers: Answers) -> dt.datetime:
    taken = str(answers.snapshot.get("taken") or "")
    try:
        return dt.datetime.fromisoformat(taken.replace("Z", "+00:00"))
    except ValueError as error:
        raise Unknown(f"whether the certificate is valid is not known: the snapshot has no time ({taken!r})") from error


def _said(listener: dict[str, str]) -> str:
    ruled = f", by {listener[winrm.SOURCE]}" if listener.get(winrm.SOURCE) else ""
    return f"{listener.get('Transport')} on port {listener.get('Port')}{ruled}"
