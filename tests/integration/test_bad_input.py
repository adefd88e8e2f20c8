# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad input gets a sentence and a failed host: never a traceback, never a half-changed machine, never a password."""

from __future__ import annotations

import contextlib
import http.server
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.machine import Machine
from ansible_collections.sunset.ws2008.plugins.plugin_utils._twin.wsman_knobs import ENTITIES, GARBAGE, Knobs, Trouble
from support import packages
from support.fleet import Fleet
from support.playing import Played, play, task

from .conftest import Media, demo_snapshot, frozen

Fleets = Callable[..., Fleet]
SITE = "sunset.ws2008.site"
ADMINISTRATORS = "S-1-5-32-544"
CERBERUS = "Cerb-2008.guards"  # the password in the demo's snapshot


def sentence(ran: Played, host: str, *words: str, ended: str = "failed", secret: str = CERBERUS) -> str:
    """Return the one sentence with which a host ended, after checking that nothing else came out."""
    assert ran.clean and "An unhandled exception" not in ran.output, ran.output
    assert ran.rc == (4 if ended == "unreachable" else 2), ran.output
    assert ran.status(host) == ended, ran.output
    said = ran.message(host)
    assert said and "\n" not in said, said
    for word in words:
        assert word in said, said
    assert secret not in ran.output
    return said


@contextlib.contextmanager
def untouched(machines: Fleet) -> Iterator[None]:
    """Compare everything the machines are, before and after."""
    before = {name: frozen(endpoint.machine) for name, endpoint in machines.endpoints.items()}
    yield
    assert {name: frozen(endpoint.machine) for name, endpoint in machines.endpoints.items()} == before


def site(fleet: Fleet, tmp_path: Path, *arguments: str, playbook: Any = SITE, **variables: Any) -> Played:
    """Run a playbook on a fleet with extra variables."""
    inventory = fleet.write_inventory(tmp_path / "inventory.yml", **variables)
    return play(playbook, inventory, "-e", f"report_path={tmp_path / 'report'}", *arguments)


def lone(
    machines: Fleet, tmp_path: Path, action: str, variables: dict[str, Any] | None = None, **options: Any
) -> Played:
    """Run one task on a fleet."""
    inventory = machines.write_inventory(tmp_path / "inventory.yml", **(variables or {}))
    return play(task(f"sunset.ws2008.{action}", **options), inventory)


# -- who asks ---------------------------------------------------------------------------------------------------


@pytest.mark.smoke
def test_a_wrong_password_is_tried_once_and_never_shown(fleet: Fleets, media: Media, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    machine = machines["cerberus"].machine
    account = machine.accounts.users["administrator"]
    before = frozen(machine)
    machines.passwords["cerberus"] = "Not-the-password.1"
    ran = site(machines, tmp_path, "-vvvv", **media.variables(tmp_path))
    words = ("refused the login of Administrator by ntlm", "check ansible_user and ansible_password")
    sentence(ran, "cerberus", *words, ended="unreachable", secret="Not-the-password.1")
    assert account.bad_passwords == 1, "every further try is a step towards a locked account"
    account.bad_passwords = 0
    assert frozen(machine) == before


def test_an_unknown_user_is_refused_in_the_same_words(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    machines.users["cerberus"] = "nobody"
    with untouched(machines):
        ran = site(machines, tmp_path)
    sentence(ran, "cerberus", "refused the login of nobody", "ansible_user", ended="unreachable")


@pytest.mark.parametrize("groups", [[ADMINISTRATORS], ["S-1-5-32-545"]], ids=["filtered-administrator", "plain-user"])
@pytest.mark.parametrize("playbook", [SITE, "sunset.ws2008.doctor", "sunset.ws2008.assess"])
def test_an_account_without_administrators_rights_is_named_and_changes_nothing(
    fleet: Fleets, media: Media, tmp_path: Path, groups: list[str], playbook: str
) -> None:
    user = {"name": "helpdesk", "password": "Help-2008.desk", "groups": groups}
    machines = fleet(demo_snapshot("cerberus", users=[user]))
    machines.users["cerberus"], machines.passwords["cerberus"] = "helpdesk", "Help-2008.desk"
    with untouched(machines):
        ran = site(machines, tmp_path, playbook=playbook, **media.variables(tmp_path))
    words = ("must be an administrator of the target", "LocalAccountTokenFilterPolicy=1")
    ended = "failed" if playbook.endswith("doctor") else "unreachable"
    sentence(ran, "cerberus", "refused the login of helpdesk", *words, ended=ended, secret="Help-2008.desk")


# -- where to ---------------------------------------------------------------------------------------------------


def reach(tmp_path: Path, port: int, playbook: Any = "sunset.ws2008.assess", **variables: Any) -> Played:
    """Run a playbook against a port of this machine that is no twin."""
    machines = Fleet([])
    inventory = machines.write_inventory(
        tmp_path / "inventory.yml",
        ansible_host="127.0.0.1",
        ansible_port=port,
        ansible_user="Administrator",
        ansible_password=CERBERUS,
        **variables,
    )
    text = inventory.read_text(encoding="utf-8").replace("hosts: {}", "hosts: {styx: {}}")
    inventory.write_text(text, encoding="utf-8")
    return play(playbook, inventory, "-e", f"report_path={tmp_path / 'report'}")


def test_a_port_on_which_nothing_listens_is_named(tmp_path: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        ran = reach(tmp_path, port)
    sentence(ran, "styx", f"nothing listens on 127.0.0.1 port {port}", "winrm quickconfig", ended="unreachable")


def test_a_port_that_never_answers_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        ran = reach(tmp_path, port, ansible_winrm_operation_timeout_sec=1, ansible_winrm_read_timeout_sec=2)
    sentence(ran, "styx", f"127.0.0.1 port {port}", "did not answer within 2 seconds")


def test_a_web_server_that_is_no_winrm_is_named(tmp_path: Path) -> None:
    class Site(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_details: object) -> None:
            """Be silent."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ran = reach(tmp_path, server.server_port)
        server.shutdown()
    sentence(
        ran,
        "styx",
        f"127.0.0.1 port {server.server_port}",
        "has no WinRM under /wsman",
        "ansible_port",
        ended="unreachable",
    )


def test_https_to_a_port_that_speaks_http_is_named(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    with untouched(machines):
        ran = site(machines, tmp_path, ansible_winrm_scheme="https")
    sentence(ran, "cerberus", "does not speak TLS", "ansible_winrm_scheme to http", ended="unreachable")


def test_a_name_that_no_address_belongs_to_is_named(tmp_path: Path) -> None:
    machines = Fleet([])
    inventory = machines.write_inventory(tmp_path / "inventory.yml", ansible_user="a", ansible_password=CERBERUS)
    inventory.write_text(inventory.read_text().replace("hosts: {}", "hosts: {lethe.invalid: {}}"))
    ran = play(task("sunset.ws2008.facts"), inventory)
    sentence(ran, "lethe.invalid", "lethe.invalid cannot be resolved", "ansible_host", ended="unreachable")


# -- not Windows Server 2008 ------------------------------------------------------------------------------------

STRANGERS = {
    "2003": ("5.2.3790", 3, "Microsoft(R) Windows(R) Server 2003, Standard Edition"),
    "vista": ("6.0.6002", 1, "Microsoft® Windows Vista™ Business"),
    "2008-r2": ("6.1.7601", 3, "Microsoft Windows Server 2008 R2 Standard"),
    "2022": ("10.0.20348", 3, "Microsoft Windows Server 2022 Standard"),
}


def disguise(machine: Machine, version: str, product_type: int, caption: str) -> None:
    """Let a twin say that it is another Windows, wherever it is asked."""
    machine.__class__ = type("Stranger", (Machine,), {"version": version})
    machine.build = int(version.rpartition(".")[2])
    machine.hardware.product_type, machine.hardware.caption = product_type, caption


@pytest.mark.parametrize("windows", STRANGERS)
def test_another_windows_is_judged_and_never_changed(fleet: Fleets, media: Media, tmp_path: Path, windows: str) -> None:
    version, product_type, caption = STRANGERS[windows]
    machines = fleet("cerberus")
    disguise(machines["cerberus"].machine, version, product_type, caption)
    variables = media.variables(tmp_path)
    with untouched(machines):
        ran = site(machines, tmp_path, **variables)
        hardened = lone(machines, tmp_path, "baseline", state="enforced", journal=str(tmp_path / "journal"))
        examined = site(machines, tmp_path, playbook="sunset.ws2008.doctor")
    sentence(ran, "cerberus", caption, "Take it out of this play" if product_type == 3 else "nothing is planned")
    sentence(hardened, "cerberus", caption, version)
    sentence(examined, "cerberus", caption, version, "not a Windows Server 2008")
    assert ran.of("updates") and not ran.of("baseline"), "it gets no further than the first role that would change it"
    assert not (tmp_path / "journal").exists()


# -- packages ---------------------------------------------------------------------------------------------------


def package(folder: Path, kb: str, arch: str) -> Path:
    """Return the file of a package."""
    return next(path for path in folder.iterdir() if f"{kb.lower()}-" in path.name and f"-{arch}_" in path.name)


def _gone(path: Path) -> None:
    path.unlink()


def _text(path: Path) -> None:
    path.write_text("<html>404 Not Found</html>\n", encoding="ascii")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _swapped(path: Path) -> None:
    other = package(path.parent, "KB4474419", "x64")
    path.write_bytes(other.read_bytes())


def _twice(path: Path) -> None:
    shutil.copy(path, path.with_name("windows6.0-kb4493730-x64.msu"))


def _only_x86(path: Path) -> None:
    path.unlink()
    assert package(path.parent, "KB4493730", "x86").exists()


def _half(path: Path) -> None:
    packages.truncated(path)


def _altered(path: Path) -> None:
    packages.corrupted(path)


def _x86_in_x64_clothes(path: Path) -> None:
    path.unlink()
    packages.wrong_arch(package(path.parent, "KB4493730", "x86"))


def _other_kb_in_its_clothes(path: Path) -> None:
    path.unlink()
    packages.renamed(package(path.parent, "KB4474419", "x64"), "KB4493730")


DAMAGES: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "missing": (_gone, ("no file of KB4493730 for x64 is in", "Nothing was sent")),
    "truncated": (_half, ("kb4493730", "fetch it again")),
    "altered": (_altered, ("kb4493730", "fetch it again")),
    "empty": (_empty, ("kb4493730", "fetch it again")),
    "a-web-page": (_text, ("kb4493730", "fetch it again")),
    "another-package-inside": (_swapped, ("kb4493730", "is not KB4493730", "kb4474419")),
    "another-kb-renamed": (_other_kb_in_its_clothes, ("kb4493730", "is not KB4493730", "kb4474419")),
    "other-architecture-renamed": (_x86_in_x64_clothes, ("kb4493730", "not for x64", "x86")),
    "only-the-other-architecture": (_only_x86, ("no file of KB4493730 for x64", "is for x86, and this machine is x64")),
    "two-files": (_twice, ("two files are at hand for KB4493730", "take one of them out")),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_package_that_is_not_what_it_should_be_is_refused_before_anything_is_sent(
    fleet: Fleets, media: Media, tmp_path: Path, damage: str
) -> None:
    folder = Path(shutil.copytree(media.folder, tmp_path / "media"))
    change, words = DAMAGES[damage]
    change(package(folder, "KB4493730", "x64"))
    machines = fleet("cerberus")
    with untouched(machines):
        ran = lone(
            machines, tmp_path, "updates", target="servicing_stack", media=str(folder), catalog_extra=media.records
        )
    said = sentence(ran, "cerberus")
    for word in words:
        assert word.lower() in said.lower(), said


def test_the_vendors_digest_is_what_counts(fleet: Fleets, media: Media, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    with untouched(machines):
        ran = lone(machines, tmp_path, "updates", target="sha2", media=str(media.folder))
    sentence(ran, "cerberus", "is not the file it should be", "the catalog says", "fetch it again")


@pytest.mark.parametrize("given", ["absent", "a-file", "none"])
def test_a_media_folder_that_is_none_is_named(fleet: Fleets, media: Media, tmp_path: Path, given: str) -> None:
    place = tmp_path / "nowhere"
    if given == "a-file":
        place.write_text("not a folder", encoding="ascii")
    options = {} if given == "none" else {"media": str(place)}
    machines = fleet("cerberus")
    with untouched(machines):
        ran = lone(machines, tmp_path, "updates", target="sha2", catalog_extra=media.records, **options)
    sentence(ran, "cerberus", "No media folder was given" if given == "none" else f"media folder {place}")


# -- names --------------------------------------------------------------------------------------------------------

NAMES: dict[str, tuple[str, dict[str, Any], str]] = {
    "control": ("baseline", {"state": "evaluated", "controls": ["tls.ssl2-of"]}, "did you mean"),
    "profile": ("baseline", {"state": "enforced", "profile": "sunsett"}, "sunset"),
    "profile-of-facts": ("facts", {"profile": "sunsett"}, "sunset"),
    "waived-control": (
        "facts",
        {"waivers": [{"control": "nothing", "reason": "r", "approver": "a", "expires": "2099-01-01"}]},
        "nothing",
    ),
    "option": ("updates", {"target": "sha2", "medai": "/media"}, "did you mean media?"),
    "target": ("updates", {"target": "sah2"}, "sha2"),
    "kb": ("updates", {"target": "KB4493731"}, "KB4493730"),
    "hold": ("updates", {"target": "sha2", "hold": ["KB4474418"]}, "KB4474419"),
    "catalog-field": ("updates", {"target": "sha2", "catalog_extra": [{"id": "KB4493730", "sise": 1}]}, "sise"),
    "option-of-command": ("command", {"command": "ver", "readonly": True}, "did you mean read_only?"),
    "choice": ("baseline", {"state": "enforcd"}, "enforced"),
}


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_name_is_refused_with_the_nearest_valid_one_before_the_first_packet(
    fleet: Fleets, tmp_path: Path, name: str
) -> None:
    action, options, hint = NAMES[name]
    machines = fleet("cerberus")
    with untouched(machines):
        ran = lone(machines, tmp_path, action, **options)
    sentence(ran, "cerberus", hint)
    assert machines["cerberus"].http_requests == 0


@pytest.mark.parametrize(
    "variable, nearest",
    [
        ("updates_medai", "updates_media"),
        ("harden_profil", "harden_profile"),
        ("baseline_waviers", "baseline_waivers"),
        ("rollup_targets", "rollup_target"),
        ("servicing_stack_sorce", "servicing_stack_source"),
    ],
)
def test_a_misspelt_role_variable_is_refused_before_the_first_packet(
    fleet: Fleets, media: Media, tmp_path: Path, variable: str, nearest: str
) -> None:
    machines = fleet("cerberus")
    with untouched(machines):
        ran = site(machines, tmp_path, **media.variables(tmp_path), **{variable: "x"})
    sentence(ran, "cerberus", f"there is no variable {variable}; did you mean {nearest}?")
    assert machines["cerberus"].http_requests == 0


@pytest.mark.parametrize(
    "variables, words",
    [
        ({"baseline_profile": "sunsett"}, ("there is no profile 'sunsett'", "did you mean sunset?")),
        ({"updates_target": "last_publik"}, ("last_publik", "last_public")),
        ({"harden_controls": ["tls.ssl2-of"]}, ("there is no control 'tls.ssl2-of'", "did you mean")),
    ],
    ids=["profile", "target", "control"],
)
def test_an_unknown_value_of_a_role_variable_is_refused_before_the_first_packet(
    fleet: Fleets, media: Media, tmp_path: Path, variables: dict[str, Any], words: tuple[str, ...]
) -> None:
    machines = fleet("cerberus")
    role = "harden" if "harden_controls" in variables else "assess"
    plays = [{"hosts": "all", "gather_facts": False, "roles": [f"sunset.ws2008.{role}"]}]
    ran = site(machines, tmp_path, playbook=plays, **media.variables(tmp_path) | variables)
    sentence(ran, "cerberus", *words)
    assert machines["cerberus"].http_requests == 0


def test_a_choice_that_a_role_does_not_offer_is_refused_by_its_specification(fleet: Fleets, tmp_path: Path) -> None:
    machines = fleet("cerberus")
    with untouched(machines):
        ran = site(machines, tmp_path, playbook="sunset.ws2008.remediate", updates_reboot="sometimes")
    assert ran.clean and ran.rc == 2, ran.output
    assert "must be one of: never, when_required, always, got: sometimes" in ran.message("cerberus")


# -- evidence -----------------------------------------------------------------------------------------------------


def _evidence(place: Path, kind: str) -> Path:
    """Make evidence that nobody can read."""
    if kind == "empty-folder":
        place.mkdir()
    elif kind == "binary":
        place.write_bytes(bytes(range(256)) * 64)
    elif kind == "empty-file":
        place.write_bytes(b"")
    elif kind == "other-text":
        place.write_text("Dear Sir or Madam,\n", encoding="ascii")
    elif kind == "loop":
        place.symlink_to(place)
    elif kind == "torn-index":
        place.mkdir()
        (place / "index.txt").write_text("../../etc/passwd 0 x\n", encoding="ascii")
    return place


@pytest.mark.parametrize("kind", ["absent", "empty-folder", "binary", "empty-file", "other-text", "loop", "torn-index"])
def test_evidence_that_cannot_be_read_is_named(tmp_path: Path, kind: str) -> None:
    place = _evidence(tmp_path / "from-the-stick", kind)
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(
        f"all: {{hosts: {{styx: {{ansible_connection: sunset.ws2008.evidence, ansible_evidence_path: '{place}'}}}}}}\n"
    )
    ran = play("sunset.ws2008.assess", inventory, "-e", f"report_path={tmp_path / 'report'}")
    sentence(ran, "styx", str(place))


# -- answers that are none ------------------------------------------------------------------------------------------


NONSENSE = {
    "garbage": (200, GARBAGE, "an encoding other than UTF-8"),
    "text": (200, b"It works!", "something that is not XML"),
    "entities": (200, ENTITIES, "XML document type or entities"),
    "nothing": (200, b"", "cannot be read as WS-Man"),
    "garbage-as-error": (500, GARBAGE, "HTTP 500"),
    "entities-as-error": (500, ENTITIES, "HTTP 500"),
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_an_answer_that_is_no_ws_man_is_refused(fleet: Fleets, tmp_path: Path, kind: str) -> None:
    status, body, words = NONSENSE[kind]
    trouble = Trouble("answer", times=10000, status=status, body=body)
    machines = fleet("cerberus", knobs={"cerberus": Knobs(troubles=(trouble,))})
    with untouched(machines):
        ran = lone(machines, tmp_path, "facts")
    sentence(ran, "cerberus", words, "check", ended="failed" if status == 200 and body else "unreachable")
    assert "aaaaaaaaaa" not in ran.output, "the entities were expanded"
    assert machines["cerberus"].requests <= 3, "a target that talks nonsense is not asked everything"


@pytest.mark.parametrize("body", [GARBAGE, ENTITIES], ids=["garbage", "entities"])
def test_nonsense_in_the_middle_of_a_run_changes_nothing(
    fleet: Fleets, media: Media, tmp_path: Path, body: bytes
) -> None:
    trouble = Trouble("answer", at=5, times=100000, status=200, body=body)
    machines = fleet("cerberus", knobs={"cerberus": Knobs(troubles=(trouble,))})
    with untouched(machines):
        ran = site(machines, tmp_path, **media.variables(tmp_path))
    sentence(ran, "cerberus", "the target answered", "check that WinRM")
    assert "aaaaaaaaaa" not in ran.output, "the entities were expanded"


# -- disk -----------------------------------------------------------------------------------------------------------


def test_a_disk_without_room_is_refused_before_anything_is_sent(fleet: Fleets, media: Media, tmp_path: Path) -> None:
    snapshot = demo_snapshot("cerberus")
    snapshot["answers"]["disk"]["free"] = 300 * 1024 * 1024
    machines = fleet(snapshot)
    with untouched(machines):
        ran = site(machines, tmp_path, **media.variables(tmp_path))
    sentence(ran, "cerberus", "drive C: has 300 MB free", "free some space first", "Nothing was sent")


def test_a_disk_that_fills_up_while_a_package_is_expanded_leaves_windows_as_it_was(
    fleet: Fleets, media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines = fleet("cerberus")
    machine = machines["cerberus"].machine
    began = machine.tasks.run

    def fills_up(path: str) -> Any:
        machine.files.used = machine.files.size - 2048
        return began(path)

    monkeypatch.setattr(machine.tasks, "run", fills_up)
    store, registry = machine.store.to_state(), machine.registry.changes(machine.template.registry)
    ran = site(machines, tmp_path, **media.variables(tmp_path))
    sentence(ran, "cerberus", "KB4493730 is not installed", "expand.exe could not unpack it", "disk is full")
    assert machine.store.to_state() == store
    assert machine.registry.changes(machine.template.registry) == registry
    assert [name for name in machine.tasks.to_state() if "sunset" in str(name).lower()] == []


@pytest.mark.parametrize(
    "variable, value, words",
    [
        ("baseline_profile", "sunst", "did you mean sunset"),
        ("baseline_controls", ["smb1-server-of"], "did you mean smb1-server-off"),
        ("updates_target", "last_publik", "last_public"),
    ],
)
def test_what_only_a_later_role_reads_is_refused_before_the_first_package(
    fleet: Callable[..., Fleet], media: Media, tmp_path: Path, variable: str, value: object, words: str
) -> None:
    machines = fleet("cerberus")
    inventory = machines.write_inventory(tmp_path / "inventory.yml", **media.variables(tmp_path), **{variable: value})
    with untouched(machines):
        ran = play("sunset.ws2008.remediate", inventory)
    assert words in ran.message("cerberus"), ran.output
    assert machines["cerberus"].http_requests == 0


# -- the state that the machine is in -------------------------------------------------------------------------------


def updates(machines: Fleet, media: Media, tmp_path: Path, *arguments: str, **options: Any) -> Played:
    """Run the task that installs the servicing stack."""
    given = {
        "target": "servicing_stack",
        "media": str(media.folder),
        "catalog_extra": media.records,
        "journal": str(tmp_path / "journal"),
        **options,
    }
    inventory = machines.write_inventory(tmp_path / "inventory.yml")
    return play(task("sunset.ws2008.updates", **given), inventory, *arguments)


def _busy(machine: Machine) -> None:
    machine.processes.add("wusa.exe", "wusa.exe \\\\nas\\x.msu", "SYSTEM")


def _in_the_past(machine: Machine) -> None:
    machine.set_time(-20 * 365 * 86400)


STATES: dict[str, tuple[str, Callable[[Machine], None] | None, dict[str, Any], tuple[str, ...]]] = {
    "pending-restart": ("charon", None, {}, ("did not cause", "KB4012598", "pending_restart: complete")),
    "pending-restart-and-none-allowed": (
        "charon",
        None,
        {"pending_restart": "complete", "reboot": "never"},
        ("did not cause", "restart it yourself"),
    ),
    "servicing-runs": ("cerberus", _busy, {}, ("runs on the machine already: wusa.exe", "Wait until it has ended")),
    "clock": ("cerberus", _in_the_past, {}, ("the machine's clock says", "Set the clock", "accept_risks: [clock]")),
    "no-licence": ("cerberus", None, {"target": "KB4537810"}, ("KB4537810 needs Extended Security Updates year 1",)),
    "hold": (
        "cerberus",
        None,
        {"target": "sha2", "hold": ["KB4493730"]},
        ("cannot be reached", "KB4493730 is held back"),
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_a_machine_that_is_not_ready_is_left_as_it_is(fleet: Fleets, media: Media, tmp_path: Path, state: str) -> None:
    name, prepare, options, words = STATES[state]
    machines = fleet(name)
    if prepare:
        prepare(machines[name].machine)
    with untouched(machines):
        ran = updates(machines, media, tmp_path, **options)
        foretold = updates(machines, media, tmp_path, "--check", **options)
    sentence(ran, name, *words)
    sentence(foretold, name, *words)
    assert not (tmp_path / "journal").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"source": "unc"}, ("source is unc", "share")),
        ({"source": "http"}, ("source is http", "mirror")),
        ({"accept_risks": ["clokc"]}, ("there is no risk 'clokc'", "did you mean clock")),
        ({"also": ["KB4019277"]}, ("KB4019277", "did you mean")),
        ({"window_end": "2026-11-21T04:00:00"}, ("no time zone",)),
        ({"window_estimates": {"rollup": 5}}, ("no estimate for 'rollup'",)),
    ],
    ids=["no-share", "no-mirror", "risk", "also", "zone", "estimate"],
)
def test_an_option_that_makes_no_sense_is_refused_before_the_first_packet(
    fleet: Fleets, media: Media, tmp_path: Path, options: dict[str, Any], words: tuple[str, ...]
) -> None:
    machines = fleet("cerberus")
    ran = updates(machines, media, tmp_path, **options)
    sentence(ran, "cerberus", *words)
    assert machines["cerberus"].http_requests == 0


@pytest.mark.parametrize("source", ["unc", "http"])
def test_media_that_the_machine_cannot_reach_leaves_windows_as_it_was(
    fleet: Fleets, media: Media, tmp_path: Path, source: str
) -> None:
    machines = fleet("cerberus")
    machine = machines["cerberus"].machine
    store = machine.store.to_state()
    place = {"share": "\\\\nowhere\\ws2008"} if source == "unc" else {"mirror": "http://nowhere.example/ws2008"}
    ran = updates(machines, media, tmp_path, source=source, **place)
    sentence(ran, "cerberus", "KB4493730: the machine could not get it from", "nowhere", "Nothing was installed")
    assert machine.store.to_state() == store
    left = [entry.name for entry in machine.files.list_dir("C:\\ProgramData\\sunset.ws2008")]
    assert sorted(left) == ["jobs", "journal"]
    assert machine.tasks.list() == []
