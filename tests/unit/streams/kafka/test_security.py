import ssl
from pathlib import Path

import faust
import pytest

from streams.kafka.security import SaslMechanism, Security, SecurityError, SecurityProtocol

SASL = {
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
    "KAFKA_SASL_USERNAME": "peakend",
    "KAFKA_SASL_PASSWORD": "s3cret",
}


def test_nothing_set_is_plaintext() -> None:
    security = Security.from_mapping({"KAFKA_SASL_USERNAME": ""})
    assert security == Security()
    assert security.aiokafka() == {"security_protocol": "PLAINTEXT"}
    assert security.faust_credentials(faust.SASLCredentials, faust.SSLCredentials) is None


def test_sasl_over_tls_always_has_a_context_that_verifies() -> None:
    settings = Security.from_mapping(SASL).aiokafka()
    context = settings.pop("ssl_context")
    assert isinstance(context, ssl.SSLContext)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert settings == {
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "peakend",
        "sasl_plain_password": "s3cret",
    }


def test_faust_gets_the_same_settings() -> None:
    credentials = Security.from_mapping(SASL).faust_credentials(faust.SASLCredentials, faust.SSLCredentials)
    assert isinstance(credentials, faust.SASLCredentials)
    assert credentials.protocol.value == "SASL_SSL"
    assert credentials.mechanism.value == "SCRAM-SHA-512"
    assert (credentials.username, credentials.password) == ("peakend", "s3cret")
    assert isinstance(credentials.ssl_context, ssl.SSLContext)
    tls = Security(SecurityProtocol.SSL).faust_credentials(faust.SASLCredentials, faust.SSLCredentials)
    assert isinstance(tls, faust.SSLCredentials)


def test_a_host_name_may_go_unchecked_but_never_the_certificate() -> None:
    security = Security.from_mapping({**SASL, "KAFKA_SSL_CHECK_HOSTNAME": "false"})
    context = security.ssl_context()
    assert context is not None
    assert not context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_no_secret_is_shown() -> None:
    security = Security.from_mapping({**SASL, "KAFKA_SSL_KEY_PASSWORD": "k3y"})
    assert "s3cret" not in repr(security)
    assert "k3y" not in repr(security)


def test_sasl_without_tls_needs_consent() -> None:
    clear = {**SASL, "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}
    with pytest.raises(SecurityError, match="KAFKA_SASL_ALLOW_PLAINTEXT"):
        Security.from_mapping(clear)
    settings = Security.from_mapping({**clear, "KAFKA_SASL_ALLOW_PLAINTEXT": "true"}).aiokafka()
    assert settings["security_protocol"] == "SASL_PLAINTEXT"
    assert "ssl_context" not in settings


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"KAFKA_SECURITY_PROTOCOL": "TLS"}, "KAFKA_SECURITY_PROTOCOL is 'TLS'; it can be PLAINTEXT, SSL"),
        ({"KAFKA_SASL_MECHANISM": "GSSAPI"}, "KAFKA_SASL_MECHANISM"),
        ({"KAFKA_SASL_USERNAME": "u", "KAFKA_SASL_PASSWORD": "p"}, "PLAINTEXT would not use it"),
        ({"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_USERNAME": "u"}, "KAFKA_SASL_PASSWORD"),
        ({"KAFKA_SSL_CAFILE": "ca.pem"}, "certificate file is set"),
        ({"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_SSL_CERTFILE": "c.pem"}, "go together"),
        ({"KAFKA_SSL_CHECK_HOSTNAME": "maybe"}, "KAFKA_SSL_CHECK_HOSTNAME"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, str], names: str) -> None:
    with pytest.raises(SecurityError, match=names):
        Security.from_mapping(settings)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("no certificate")
    missing = Security(SecurityProtocol.SSL, ca_file=tmp_path / "none.pem")
    with pytest.raises(SecurityError, match=r"KAFKA_SSL_CAFILE .*none\.pem"):
        missing.aiokafka()
    bad = Security(SecurityProtocol.SSL, cert_file=tmp_path / "bad.pem", key_file=tmp_path / "bad.pem")
    with pytest.raises(SecurityError, match="KAFKA_SSL_CERTFILE"):
        bad.aiokafka()


def test_a_refused_password_is_not_quoted() -> None:
    with pytest.raises(SecurityError) as caught:
        Security(SecurityProtocol.PLAINTEXT, SaslMechanism.PLAIN, "u", "s3cret")
    assert "s3cret" not in str(caught.value)
