# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The live door: WinRM without PowerShell."""

from __future__ import annotations

DOCUMENTATION = r"""
name: winrs
author: The sunset.ws2008 founders (@sunset-ws2008)
short_description: Reaches a Windows Server 2008 over WinRM with cmd.exe and WMI, never PowerShell
version_added: 1.0.0
description:
  - Carries the actions of this collection, and C(ansible.builtin.raw), to a Windows Server 2008 SP2 over WS-Management.
    Nothing is installed on the target; what it needs is C(winrm quickconfig), and for local administrators other than
    the built-in one C(LocalAccountTokenFilterPolicy=1).
  - The variables of C(ansible.builtin.winrm) keep their names and meanings where they exist here.
  - Over http, messages are always encrypted with the keys of the login (NTLM, Kerberos or CredSSP).
  - Stock modules, fact gathering among them, cannot run on this system. They fail with a sentence that says so; set
    C(gather_facts) to C(false).
requirements:
  - pywinrm on the control node
  - for kerberos, C(pywinrm[kerberos]); for credssp, C(pywinrm[credssp])
notes:
  - The WinRM 1.1 that 2008 SP2 was shipped with listens on ports 80 and 443, later ones on 5985 and 5986. As long as
    O(port) is not set, the later port is tried first and then the stock one.
  - C(become) is refused, because nothing in WinRM could carry it out. What has to run as SYSTEM, the modules of this
    collection run in a scheduled task.
  - A stock host grants five connections and two shells to a user at a time. Running two playbooks against one host at
    once is not supported by it.
options:
  host:
    description: Name or address of the target.
    type: str
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_host
      - name: ansible_winrm_host
  user:
    description: Who logs in, as C(user), C(DOMAIN\user) or, for kerberos, C(user@REALM).
    type: str
    vars:
      - name: ansible_user
      - name: ansible_winrm_user
    env:
      - name: ANSIBLE_REMOTE_USER
    ini:
      - section: defaults
        key: remote_user
    keyword:
      - name: remote_user
    cli:
      - name: user
        option: --user
  password:
    description: The password. Keep it in a vault, or use C(--ask-pass).
    type: str
    vars:
      - name: ansible_password
      - name: ansible_winrm_pass
      - name: ansible_winrm_password
  transport:
    description:
      - How to log in.
      - C(plaintext) and C(ssl) are accepted as other names for V(basic), as in C(ansible.builtin.winrm).
    type: str
    choices: [ntlm, kerberos, basic, certificate, credssp, plaintext, ssl]
    default: ntlm
    vars:
      - name: ansible_winrm_transport
  scheme:
    description:
      - V(http), or V(https).
      - Unset, it is V(https) for the ports 443 and 5986 and for a login by certificate, and V(http) otherwise.
    type: str
    choices: [http, https]
    vars:
      - name: ansible_winrm_scheme
  port:
    description:
      - The port of the listener.
      - Unset, the default of WinRM 2.0 (5985, 5986 for https) is tried, and then that of the stock WinRM 1.1 (80, 443).
    type: int
    vars:
      - name: ansible_port
      - name: ansible_winrm_port
    keyword:
      - name: port
  path:
    description: The path of the listener's URL.
    type: str
    default: wsman
    vars:
      - name: ansible_winrm_path
  message_encryption:
    description:
      - V(auto) encrypts messages over http and leaves them to TLS over https; V(always) encrypts inside TLS as well.
      - V(never) sends everything in the clear over http, which the target must allow too. A warning says so.
    type: str
    choices: [auto, always, never]
    default: auto
    vars:
      - name: ansible_winrm_message_encryption
  server_cert_validation:
    description: V(ignore) does not check the certificate of an https listener. A warning says so.
    type: str
    choices: [validate, ignore]
    default: validate
    vars:
      - name: ansible_winrm_server_cert_validation
  ca_trust_path:
    description:
      - A PEM file, or a folder of them, with the authorities that may have issued the listener's certificate, or that
        certificate itself. The system's own authorities are then not used.
    type: path
    vars:
      - name: ansible_winrm_ca_trust_path
  tls_minimum:
    description:
      - The oldest version of TLS to accept.
      - A 2008 SP2 has TLS 1.0 only, until KB4019276 is installed and the newer ones are switched on. Below V(1.2),
        O(legacy_ciphers) is needed too.
    type: str
    choices: ["1.0", "1.1", "1.2", "1.3"]
    default: "1.2"
    vars:
      - name: ansible_winrs_tls_minimum
  legacy_ciphers:
    description:
      - Also accept cipher suites with SHA-1, short keys, and listeners that do not know secure renegotiation.
      - No https listener of a Windows Server 2008 can be reached without this, not even one with TLS 1.2 - all its
        cipher suites use SHA-1. A warning says that it is on.
    type: bool
    default: false
    vars:
      - name: ansible_winrs_legacy_ciphers
  cert_pem:
    description: The PEM file of the client certificate, for a login by certificate.
    type: path
    vars:
      - name: ansible_winrm_cert_pem
  cert_key_pem:
    description: The PEM file of the client certificate's key.
    type: path
    vars:
      - name: ansible_winrm_cert_key_pem
  kerberos_delegation:
    description: Hand a forwardable ticket to the target.
    type: bool
    default: false
    vars:
      - name: ansible_winrm_kerberos_delegation
  kerberos_hostname_override:
    description: The host name in the service's SPN, where it is not O(host).
    type: str
    vars:
      - name: ansible_winrm_kerberos_hostname_override
  service:
    description: The service part of the SPN.
    type: str
    default: HTTP
    vars:
      - name: ansible_winrm_service
  kinit_mode:
    description:
      - V(managed) gets a ticket with the password, into a cache of its own; V(manual) uses the ticket that is there.
      - Unset, it is V(managed) when there is a password.
    type: str
    choices: [managed, manual]
    vars:
      - name: ansible_winrm_kinit_mode
  kinit_cmd:
    description: The command that gets a ticket.
    type: str
    default: kinit
    vars:
      - name: ansible_winrm_kinit_cmd
  kinit_args:
    description: Arguments for O(kinit_cmd), in place of those that O(kerberos_delegation) implies.
    type: str
    vars:
      - name: ansible_winrm_kinit_args
  send_cbt:
    description: Bind the login to the TLS channel it goes through.
    type: bool
    default: true
    vars:
      - name: ansible_winrm_send_cbt
  credssp_disable_tlsv1_2:
    description: Let the TLS inside CredSSP fall back to version 1.0.
    type: bool
    default: false
    vars:
      - name: ansible_winrm_credssp_disable_tlsv1_2
  connection_timeout:
    description: Seconds to wait for a connection before the next port is tried, or the host is called unreachable.
    type: int
    default: 10
    vars:
      - name: ansible_winrm_connection_timeout
  operation_timeout_sec:
    description: Seconds that the target may take for one message. A command may take longer, see O(command_timeout).
    type: int
    default: 20
    vars:
      - name: ansible_winrm_operation_timeout_sec
  read_timeout_sec:
    description:
      - Seconds to wait for an answer on the wire; must exceed O(operation_timeout_sec).
      - Unset, it is ten more than O(operation_timeout_sec).
    type: int
    vars:
      - name: ansible_winrm_read_timeout_sec
  command_timeout:
    description: Seconds that a command may take to end, where the task does not say otherwise.
    type: float
    default: 3600
    vars:
      - name: ansible_winrs_command_timeout
  codepage:
    description:
      - The OEM code page of the target's console.
      - Unset, the target is asked for it. 65001 is refused, because it breaks cmd.exe on this system.
    type: int
    vars:
      - name: ansible_winrs_codepage
  commands_per_shell:
    description: After how many commands a new shell is opened; stock WinRM refuses the sixteenth operation of one.
    type: int
    default: 12
    vars:
      - name: ansible_winrs_commands_per_shell
"""

from typing import Any

from ansible.utils.display import Display

from ansible_collections.sunset.ws2008.plugins.plugin_utils._door import Door
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.kerberos import Tickets
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.libraries import missing
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.live import LiveSession
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.session import session_of
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.settings import (
    Auth,
    BadSettings,
    Encryption,
    Login,
    Settings,
    Times,
    Tls,
)
from ansible_collections.sunset.ws2008.plugins.plugin_utils._target.wsman import LACKING

__all__ = ["Connection", "session_of"]

_AUTH_SYNONYMS = {"plaintext": "basic", "ssl": "basic"}
_HTTPS_PORTS = (443, 5986)


class Connection(Door):
    """One `LiveSession` for as long as ansible-core keeps the connection: one task with all its loop items."""

    transport = "sunset.ws2008.winrs"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._session: LiveSession | None = None
        self._tickets: Tickets | None = None
        super().__init__(*args, **kwargs)

    @property
    def session(self) -> LiveSession:
        """The session; nothing is sent before it is first asked something. Raises `TargetError`."""
        if self._session is None:
            if LACKING is not None:
                raise missing(LACKING) from LACKING
            if self.become:
                raise BadSettings(
                    "become cannot work over sunset.ws2008.winrs: nothing in WinRM could carry it out. Log in as an "
                    "administrator and set `become: false`; what needs SYSTEM the modules run in a scheduled task"
                )
            settings = self.settings
            self._login_tickets(settings)
            self._session = LiveSession(settings, self._notice)
            self._connected = True
        return self._session

    def reset(self) -> None:
        """Only close: `meta: reset_connection` never closes what a reset opens, and a shell would leak each time."""
        if self._connected:
            self.close()

    def close(self) -> None:
        """Delete the shell on the target and close the sockets; harmless when nothing is open."""
        session, self._session = self._session, None
        tickets, self._tickets = self._tickets, None
        self._connected = False
        try:
            if session is not None:
                session.close()
        finally:
            if tickets is not None:
                tickets.forget()

    def _notice(self, sentence: str) -> None:
        Display().warning(sentence)

    @property
    def settings(self) -> Settings:
        """What the connection's options amount to. Raises `TargetError`."""
        option = self.get_option
        auth = Auth(_AUTH_SYNONYMS.get(option("transport"), option("transport")))
        secure = option("port") in _HTTPS_PORTS or auth is Auth.CERTIFICATE or option("transport") == "ssl"
        operation = option("operation_timeout_sec")
        return Settings(
            host=str(option("host")),
            scheme=option("scheme") or ("https" if secure else "http"),
            port=option("port"),
            path=str(option("path")),
            encryption=Encryption(option("message_encryption")),
            login=Login(
                auth=auth,
                user=_text(option("user")),
                secret=_text(option("password")),
                certificate=_text(option("cert_pem")),
                certificate_key=_text(option("cert_key_pem")),
                kerberos_delegation=option("kerberos_delegation"),
                kerberos_hostname=_text(option("kerberos_hostname_override")),
                service=str(option("service")),
                send_cbt=option("send_cbt"),
                credssp_disable_tlsv1_2=option("credssp_disable_tlsv1_2"),
            ),
            tls=Tls(
                minimum=option("tls_minimum"),
                legacy_ciphers=option("legacy_ciphers"),
                validate=option("server_cert_validation") == "validate",
                ca_path=_text(option("ca_trust_path")),
            ),
            times=Times(
                connect=option("connection_timeout"),
                operation=operation,
                read=option("read_timeout_sec") or operation + 10,
                command=option("command_timeout"),
            ),
            codepage=option("codepage"),
            commands_per_shell=option("commands_per_shell"),
        )

    def _login_tickets(self, settings: Settings) -> None:
        mode = self.get_option("kinit_mode") or ("managed" if settings.login.secret else "manual")
        if settings.login.auth is Auth.KERBEROS and mode == "managed":
            self._tickets = Tickets(self.get_option("kinit_cmd"), self.get_option("kinit_args"))
            self._tickets.obtain(settings.login)


def _text(value: Any) -> str | None:
    """Return a plain str: ansible-core 2.19 tags its strings, and 2.16 wraps those from a vault."""
    return None if value is None else str.__str__(str(value))
