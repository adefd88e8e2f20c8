# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything a live conversation is told before it starts (private to this collection).

Validation happens here, before the first packet, so that a contradiction in the inventory is a sentence and not a
failed handshake.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path

from .session import TargetError

# The ports of WinRM 2.0 and later, and those of the WinRM 1.1 that 2008 SP2 was shipped with (MS-WSMV <15><16>).
DEFAULT_PORTS = {"http": (5985, 80), "https": (5986, 443)}
UTF8_CODEPAGE = 65001
TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")


class BadSettings(TargetError):
    """The connection's variables contradict each other, or one of them cannot be."""


class Auth(enum.Enum):
    """How to log in."""

    NTLM = "ntlm"
    KERBEROS = "kerberos"
    BASIC = "basic"
    CERTIFICATE = "certificate"
    CREDSSP = "credssp"

    @property
    def seals(self) -> bool:
        """Whether this login yields keys that messages over plain http can be encrypted with."""
        return self in (Auth.NTLM, Auth.KERBEROS, Auth.CREDSSP)


class Encryption(enum.Enum):
    """When messages are encrypted: `AUTO` is always over http and never inside TLS."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class Tls:
    """How an https listener is met. The defaults reach no 2008 machine, on purpose: reaching one is a decision."""

    minimum: str = "1.2"
    legacy_ciphers: bool = False
    validate: bool = True
    ca_path: str | None = None


@dataclass(frozen=True)
class Times:
    """All limits in seconds. `operation` is what the target may take for one message, `read` what the wire may."""

    connect: int = 10
    operation: int = 20
    read: int = 30
    command: float = 3600.0


@dataclass(frozen=True)
class Login:
    """Who logs in, and with what."""

    auth: Auth = Auth.NTLM
    user: str | None = None
    secret: str | None = None
    certificate: str | None = None
    certificate_key: str | None = None
    kerberos_delegation: bool = False
    kerberos_hostname: str | None = None
    service: str = "HTTP"
    send_cbt: bool = True
    credssp_disable_tlsv1_2: bool = False

    def __repr__(self) -> str:
        return f"Login(auth={self.auth.value}, user={self.user!r})"


@dataclass(frozen=True)
class Settings:
    """One target and the way to it. Raises `BadSettings`."""

    host: str
    login: Login
    scheme: str = "http"
    port: int | None = None
    path: str = "wsman"
    encryption: Encryption = Encryption.AUTO
    tls: Tls = Tls()
    times: Times = Times()
    codepage: int | None = None
    commands_per_shell: int = 12

    def __post_init__(self) -> None:
        if not self.host:
            raise BadSettings("no address to connect to: set ansible_host, or name the host in the inventory")
        if self.scheme not in DEFAULT_PORTS:
            raise BadSettings(f"ansible_winrm_scheme is {self.scheme}; it must be http or https")
        if self.port is not None and not 0 < self.port < 65536:
            raise BadSettings(f"ansible_port is {self.port}; a TCP port lies between 1 and 65535")
        _check_login(self.login, self.scheme, self.encryption)
        _check_times(self.times)
        _check_tls(self.tls, self.scheme)
        if self.codepage == UTF8_CODEPAGE:
            raise BadSettings(
                "the code page 65001 makes cmd.exe of Windows Server 2008 run batch files as no-ops, without a word; "
                "leave ansible_winrs_codepage unset, or set it to the OEM code page of the target, such as 437 or 850"
            )
        if not 1 <= self.commands_per_shell <= 14:
            raise BadSettings(
                f"ansible_winrs_commands_per_shell is {self.commands_per_shell}; stock WinRM 1.1 refuses the 16th "
                "operation, so it must lie between 1 and 14"
            )

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports to try, in order: the one that was asked for, else the modern default and then the stock one."""
        return (self.port,) if self.port else DEFAULT_PORTS[self.scheme]

    def endpoint(self, port: int) -> str:
        """Return the URL of the WS-Man listener on `port`."""
        host = f"[{self.host}]" if ":" in self.host and not self.host.startswith("[") else self.host
        return f"{self.scheme}://{host}:{port}/{self.path.strip('/')}"

    def relaxations(self) -> list[str]:
        """Return one sentence for each protection that these settings give up."""
        said = []
        if self.scheme == "https" and not self.tls.validate:
            said.append(
                f"the certificate of {self.host} is not checked (ansible_winrm_server_cert_validation: ignore); "
                "whoever sits on the path can read the password where auth is basic"
            )
        if self.scheme == "https" and (self.tls.legacy_ciphers or self.tls.minimum in ("1.0", "1.1")):
            said.append(
                f"TLS to {self.host} is relaxed: version {self.tls.minimum} and up"
                + (", SHA-1 cipher suites and short keys allowed" if self.tls.legacy_ciphers else "")
            )
        if self.scheme == "http" and self.encryption is Encryption.NEVER:
            said.append(
                f"messages to {self.host} travel in the clear (ansible_winrm_message_encryption: never over http)"
            )
        return said


def _check_login(login: Login, scheme: str, encryption: Encryption) -> None:
    auth = login.auth.value
    if encryption is Encryption.ALWAYS and not login.auth.seals:
        raise BadSettings(
            f"{auth} yields no keys to encrypt messages with; leave ansible_winrm_message_encryption unset"
        )
    if login.auth is Auth.CERTIFICATE:
        if scheme != "https":
            raise BadSettings("a login by certificate exists only inside TLS: set ansible_winrm_scheme to https")
        for variable, path in (
            ("ansible_winrm_cert_pem", login.certificate),
            ("ansible_winrm_cert_key_pem", login.certificate_key),
        ):
            if not path:
                raise BadSettings(f"a login by certificate needs {variable}, the path of a PEM file on this machine")
            if not Path(path).is_file():
                raise BadSettings(f"{variable} names {path}, and there is no such file on this machine")
        return
    if not login.user and login.auth is not Auth.KERBEROS:
        raise BadSettings(f"a login by {auth} needs a user: set ansible_user")
    if login.secret is None and login.auth is not Auth.KERBEROS:
        raise BadSettings(f"a login by {auth} needs a password: set ansible_password (in a vault) or use --ask-pass")
    if login.auth is Auth.BASIC and scheme == "http" and encryption is not Encryption.NEVER:
        raise BadSettings(
            "basic over http sends the password in the clear and has no message encryption: use ntlm or https, or set "
            "ansible_winrm_message_encryption to never to accept that"
        )


def _check_times(times: Times) -> None:
    if times.operation < 1 or times.read <= times.operation:
        raise BadSettings(
            f"ansible_winrm_read_timeout_sec ({times.read}) must exceed ansible_winrm_operation_timeout_sec "
            f"({times.operation}), and both must be at least one second"
        )
    if times.connect < 1 or times.command <= 0:
        raise BadSettings("ansible_winrm_connection_timeout and ansible_winrs_command_timeout must be above zero")


def _check_tls(tls: Tls, scheme: str) -> None:
    if tls.minimum not in TLS_VERSIONS:
        raise BadSettings(f"ansible_winrs_tls_minimum is {tls.minimum}; it must be one of {', '.join(TLS_VERSIONS)}")
    if scheme == "https" and tls.minimum in ("1.0", "1.1") and not tls.legacy_ciphers:
        raise BadSettings(
            f"TLS {tls.minimum} signs its handshake with SHA-1, which OpenSSL 3 refuses at its normal security level: "
            "set ansible_winrs_legacy_ciphers to true as well, or leave ansible_winrs_tls_minimum at 1.2"
        )
    if tls.ca_path and not Path(tls.ca_path).exists():
        raise BadSettings(f"ansible_winrm_ca_trust_path names {tls.ca_path}, and that does not exist on this machine")
