"""How to reach a secured broker: one factory for workers, admin client and tools.

aiokafka and Faust both take SASL without an SSL context for "send the password in clear text" and say
nothing. So nothing else in the project builds these settings.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})


class SecurityProtocol(StrEnum):
    """Kafka's four."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


class SaslMechanism(StrEnum):
    """The mechanisms that need a user name and a password only."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


class SecurityError(ValueError):
    """The security settings contradict each other or cannot be read; the message names what to change."""


_Credentials_co = TypeVar("_Credentials_co", covariant=True)


class SaslCredentials(Protocol[_Credentials_co]):
    """The constructor `faust.SASLCredentials`."""

    def __call__(
        self,
        *,
        username: str | None,
        password: str | None,
        ssl_context: ssl.SSLContext | None,
        mechanism: str,
    ) -> _Credentials_co:
        """Make the credentials."""
        ...


class SslCredentials(Protocol[_Credentials_co]):
    """The constructor `faust.SSLCredentials`."""

    def __call__(self, context: ssl.SSLContext, /) -> _Credentials_co:
        """Make the credentials."""
        ...


@dataclass(frozen=True, slots=True)
class Security:
    """Validated security settings. No secret is in its `repr`.

    Raises:
        SecurityError: on construction, for settings that contradict each other.
    """

    protocol: SecurityProtocol = SecurityProtocol.PLAINTEXT
    mechanism: SaslMechanism = SaslMechanism.PLAIN
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    key_password: str | None = field(default=None, repr=False)
    check_hostname: bool = True
    allow_clear_text: bool = False
    """Consent to SASL_PLAINTEXT: what is sent, for PLAIN the password too, can be read on the way."""

    def __post_init__(self) -> None:
        if self.uses_sasl:
            if not self.username or not self.password:
                raise SecurityError(
                    f"{self.protocol} needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD: one is not set"
                )
            if not self.uses_tls and not self.allow_clear_text:
                raise SecurityError(
                    "SASL_PLAINTEXT encrypts nothing; use KAFKA_SECURITY_PROTOCOL=SASL_SSL, "
                    "or set KAFKA_SASL_ALLOW_PLAINTEXT=true if the network is yours"
                )
        elif self.username or self.password:
            raise SecurityError(
                f"a SASL user or password is set, but {self.protocol} would not use it; "
                "set KAFKA_SECURITY_PROTOCOL=SASL_SSL"
            )
        if not self.uses_tls and (self.ca_file or self.cert_file or self.key_file):
            raise SecurityError(
                f"a certificate file is set, but {self.protocol} would not use it; "
                "set KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL"
            )
        if (self.cert_file is None) != (self.key_file is None):
            raise SecurityError("KAFKA_SSL_CERTFILE and KAFKA_SSL_KEYFILE go together: set both or neither")

    @property
    def uses_sasl(self) -> bool:
        """Whether a user name and password are sent."""
        return self.protocol in {SecurityProtocol.SASL_PLAINTEXT, SecurityProtocol.SASL_SSL}

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.protocol in {SecurityProtocol.SSL, SecurityProtocol.SASL_SSL}

    def ssl_context(self) -> ssl.SSLContext | None:
        """A new TLS context, or None for a protocol without TLS.

        The broker's certificate is always verified; `check_hostname` only says whether its name is too.

        Raises:
            SecurityError: a file is missing or is no certificate or key.
        """
        if not self.uses_tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SecurityError(f"KAFKA_SSL_CAFILE {self.ca_file}: {error}") from error
        context.check_hostname = self.check_hostname
        if self.cert_file is not None and self.key_file is not None:
            # Without a password OpenSSL would ask for one on the terminal and wait for ever.
            password = self.key_password or ""
            try:
                context.load_cert_chain(self.cert_file, self.key_file, password=lambda: password)
            except (OSError, ssl.SSLError) as error:
                raise SecurityError(
                    f"KAFKA_SSL_CERTFILE {self.cert_file} with KAFKA_SSL_KEYFILE {self.key_file}: {error}; "
                    "an encrypted key needs KAFKA_SSL_KEY_PASSWORD"
                ) from error
        return context

    def aiokafka(self) -> dict[str, Any]:
        """Keyword arguments for every aiokafka client: consumer, producer, admin.

        Raises:
            SecurityError: as `ssl_context`.
        """
        settings: dict[str, Any] = {"security_protocol": self.protocol.value}
        context = self.ssl_context()
        if context is not None:
            settings["ssl_context"] = context
        if self.uses_sasl:
            settings["sasl_mechanism"] = self.mechanism.value
            settings["sasl_plain_username"] = self.username
            settings["sasl_plain_password"] = self.password
        return settings

    def faust_credentials(
        self, sasl: SaslCredentials[_Credentials_co], tls: SslCredentials[_Credentials_co]
    ) -> _Credentials_co | None:
        """Faust's `broker_credentials`, or None for PLAINTEXT.

        Args:
            sasl: `faust.SASLCredentials`, handed in because only agents and app import faust.
            tls: `faust.SSLCredentials`, likewise.

        Raises:
            SecurityError: as `ssl_context`.
        """
        context = self.ssl_context()
        if self.uses_sasl:
            return sasl(
                username=self.username,
                password=self.password,
                ssl_context=context,
                mechanism=self.mechanism.value,
            )
        return None if context is None else tls(context)

    @classmethod
    def from_mapping(cls, settings: Mapping[str, str]) -> "Security":
        """Read KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_* and KAFKA_SSL_* from `settings`, mostly `os.environ`.

        Names: KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD,
        KAFKA_SASL_ALLOW_PLAINTEXT, KAFKA_SSL_CAFILE, KAFKA_SSL_CERTFILE, KAFKA_SSL_KEYFILE,
        KAFKA_SSL_KEY_PASSWORD, KAFKA_SSL_CHECK_HOSTNAME. An empty value counts as not set.

        Raises:
            SecurityError: a value is not one of those allowed, or the settings contradict each other.
        """
        given = {name: value for name, value in settings.items() if value}
        return cls(
            protocol=_choice(given, "KAFKA_SECURITY_PROTOCOL", SecurityProtocol, SecurityProtocol.PLAINTEXT),
            mechanism=_choice(given, "KAFKA_SASL_MECHANISM", SaslMechanism, SaslMechanism.PLAIN),
            username=given.get("KAFKA_SASL_USERNAME"),
            password=given.get("KAFKA_SASL_PASSWORD"),
            ca_file=_path(given, "KAFKA_SSL_CAFILE"),
            cert_file=_path(given, "KAFKA_SSL_CERTFILE"),
            key_file=_path(given, "KAFKA_SSL_KEYFILE"),
            key_password=given.get("KAFKA_SSL_KEY_PASSWORD"),
            check_hostname=_flag(given, "KAFKA_SSL_CHECK_HOSTNAME", default=True),
            allow_clear_text=_flag(given, "KAFKA_SASL_ALLOW_PLAINTEXT", default=False),
        )


_Choice = TypeVar("_Choice", bound=StrEnum)


def _choice(given: Mapping[str, str], name: str, choices: type[_Choice], default: _Choice) -> _Choice:
    value = given.get(name, default.value).upper()
    try:
        return choices(value)
    except ValueError:
        allowed = ", ".join(choice.value for choice in choices)
        raise SecurityError(f"{name} is {value!r}; it can be {allowed}") from None


def _path(given: Mapping[str, str], name: str) -> Path | None:
    return Path(given[name]) if name in given else None


def _flag(given: Mapping[str, str], name: str, *, default: bool) -> bool:
    value = given.get(name, str(default)).lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise SecurityError(f"{name} is {value!r}; it can be true or false")
