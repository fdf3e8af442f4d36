"""Settings from environment and file."""

from __future__ import annotations

import dataclasses
import pickle
from pathlib import Path

import pytest

from streams.settings import Secret, Settings, load
from streams.settings.model import SETTINGS
from tests.unit.settings.reporting import KEY, problems, write


def test_an_empty_environment_gives_the_defaults() -> None:
    """Nothing has to be set but what a command requires."""
    assert Settings() == load({})


def test_variables_of_other_programs_are_none_of_ours() -> None:
    """Only names with our prefix are looked at."""
    assert Settings() == load({"PATH": "/bin", "KAFKA_PARTITIONS": "3", "prewarn_partitions": "4"})


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("PREWARN_BOOTSTRAP_SERVERS", "a:1, [::1]:9092", "bootstrap_servers", "a:1,[::1]:9092"),
        ("PREWARN_PARTITIONS", " 24 ", "partitions", 24),
        ("PREWARN_MAX_RECORD_BYTES", "2_000_000", "max_record_bytes", 2_000_000),
        ("PREWARN_STOP_TIMEOUT", "1.5", "stop_timeout", 1.5),
        ("PREWARN_STOP_TIMEOUT", "3", "stop_timeout", 3.0),
        ("PREWARN_REKEY", "Yes", "rekey", True),
        ("PREWARN_PRODUCER_IDEMPOTENCE", "0", "producer_idempotence", False),
        ("PREWARN_LOG_FORMAT", "json", "log_format", "json"),
        ("PREWARN_RULES_DIR", "/etc/rules", "rules_dir", Path("/etc/rules")),
        ("PREWARN_TOPIC_NAMES", "risk.alerts=a, settlement.events=b", "topic_names", None),
        ("PREWARN_PERSON_KEY", KEY, "person_key", Secret(KEY)),
        ("PREWARN_INSTANCE_ID", "", "instance_id", None),  # an empty variable counts as not set
    ],
)
def test_a_variable_is_read_as_its_kind(variable: str, text: str, name: str, value: object) -> None:
    """Each kind of value is read from text."""
    read = getattr(load({variable: text}), name)
    assert (value if value is not None or not text else {"risk.alerts": "a", "settlement.events": "b"}) == read


@pytest.mark.parametrize(
    ("variable", "text", "reason"),
    [
        ("PREWARN_BOOTSTRAP_SERVERS", "a:1,b", "must be host:port, comma-separated, not 'b'"),
        ("PREWARN_BOOTSTRAP_SERVERS", "a:70000", "must be host:port, comma-separated, not 'a:70000'"),
        ("PREWARN_BOOTSTRAP_SERVERS", "kafka://a:1", "must be host:port, comma-separated, not 'kafka://a:1'"),
        ("PREWARN_PARTITIONS", "0", "must be a whole number from 1 to 1024, not '0'"),
        ("PREWARN_PARTITIONS", "1.5", "must be a whole number from 1 to 1024, not '1.5'"),
        ("PREWARN_PARTITIONS", "三", "must be a whole number from 1 to 1024, not '三'"),
        ("PREWARN_STOP_TIMEOUT", "nan", "must be a number from 1 to 600 seconds, not 'nan'"),
        ("PREWARN_STOP_TIMEOUT", "soon", "must be a number from 1 to 600 seconds, not 'soon'"),
        ("PREWARN_REKEY", "maybe", "must be true or false, not 'maybe'"),
        ("PREWARN_GROUP_ID", "a b", "must be letters, digits, '.', '_' and '-', not 'a b'"),
        ("PREWARN_LOG_LEVEL", "LOUD", "must be one of DEBUG | INFO | WARNING | ERROR, not 'LOUD'"),
        ("PREWARN_TOPIC_NAMES", "risk.alerts", "must be name=name, comma-separated, not risk.alerts="),
        ("PREWARN_TOPIC_NAMES", "risk.alert=x", "no such topic: risk.alert (did you mean risk.alerts?)"),
        ("PREWARN_TOPIC_NAMES", "risk.alerts=a,risk.alerts=b", "names risk.alerts twice"),
        (
            "PREWARN_TOPIC_NAMES",
            "risk.alerts=screening.results",
            "screening.results and risk.alerts are both called screening.results",
        ),
        ("PREWARN_TOPIC_PREFIX", "p" * 240, "makes topic names longer than the 249 characters Kafka allows"),
        ("PREWARN_PERSON_KEY", "short", "must be 16 to 64 bytes long"),
        ("PREWARN_PERSON_KEY", "k" * 65, "must be 16 to 64 bytes long"),
        ("PREWARN_MIN_INSYNC_REPLICAS", "4", "4 copies are asked for where there are 3 (replication_factor)"),
        ("PREWARN_SASL_USERNAME", "u", "is of no use, because security_protocol is PLAINTEXT; SASL_SSL uses it"),
        ("PREWARN_PARTITION", "3", "no such setting (did you mean PREWARN_PARTITIONS?)"),
        ("PREWARN_QQQ", "3", "no such setting"),
    ],
)
def test_an_unusable_variable_is_named_with_what_would_be_right(variable: str, text: str, reason: str) -> None:
    """The message names the variable and says what it may hold."""
    assert [f"{variable}: {reason}"] == problems({variable: text})


def test_all_problems_are_reported_at_once(tmp_path: Path) -> None:
    """Nobody has to start a process once for each mistake."""
    config = write(tmp_path / "p.toml", "stop_timeout = 0\nunknown = 1\n")
    found = problems({"PREWARN_CONFIG": config, "PREWARN_PARTITIONS": "x", "PREWARN_NOPE": "1"}, "person_key")
    assert {
        "PREWARN_NOPE",
        "PREWARN_PARTITIONS",
        f"{config}:1",
        f"{config}:2",
        "PREWARN_PERSON_KEY",
    } == {line.partition(": ")[0] for line in found}
    assert len(found) == 5


@pytest.mark.parametrize("value", ["geheim" * 20, "short"])
def test_a_secret_is_in_no_message(value: str) -> None:
    """Not even a secret that cannot be used is quoted."""
    assert not any(value in line for line in problems({"PREWARN_PERSON_KEY": value}))


def test_a_required_setting_must_be_set() -> None:
    """The worker does not start without a person key."""
    assert problems({}, "person_key") == ["PREWARN_PERSON_KEY: must be set"]
    assert Secret(KEY) == load({"PREWARN_PERSON_KEY": KEY}, required=["person_key"]).person_key


class TestSecurity:
    """A protocol needs its credentials, and credentials need their protocol."""

    def test_sasl_needs_name_and_password(self) -> None:
        """Both are asked for at once."""
        assert problems({"PREWARN_SECURITY_PROTOCOL": "SASL_SSL"}) == [
            "PREWARN_SASL_USERNAME: must be set, because security_protocol is SASL_SSL",
            "PREWARN_SASL_PASSWORD: must be set, because security_protocol is SASL_SSL",
        ]

    @pytest.mark.parametrize("given", ["ssl_key_location", "ssl_certificate_location"])
    def test_certificate_and_key_go_together(self, tmp_path: Path, given: str) -> None:
        """One without the other cannot work."""
        other = "ssl_certificate_location" if given == "ssl_key_location" else "ssl_key_location"
        name = write(tmp_path / "x.pem", "")
        environ = {"PREWARN_SECURITY_PROTOCOL": "SSL", f"PREWARN_{given.upper()}": name}
        assert [f"PREWARN_{other.upper()}: must be set, because {given} is"] == problems(environ)

    def test_a_missing_certificate_file_is_reported_once(self, tmp_path: Path) -> None:
        """The key that lacks its certificate is not reported on top of it."""
        name, missing = write(tmp_path / "x.pem", ""), tmp_path / "none"
        environ = {
            "PREWARN_SECURITY_PROTOCOL": "SSL",
            "PREWARN_SSL_KEY_LOCATION": name,
            "PREWARN_SSL_CERTIFICATE_LOCATION": str(missing),
        }
        assert [f"PREWARN_SSL_CERTIFICATE_LOCATION: no such file: {missing}"] == problems(environ)

    def test_certificates_without_tls_are_a_mistake(self, tmp_path: Path) -> None:
        """They would be ignored silently, and the connection would be in the clear."""
        name = write(tmp_path / "ca.pem", "")
        assert problems({"PREWARN_SSL_CA_LOCATION": name}) == [
            "PREWARN_SSL_CA_LOCATION: is of no use, because security_protocol is PLAINTEXT; SSL and SASL_SSL use it"
        ]


class TestSettings:
    """The object every room takes."""

    def test_it_cannot_be_changed(self) -> None:
        """What was checked stays as it was checked."""
        with pytest.raises(dataclasses.FrozenInstanceError):
            Settings().partitions = 3  # type: ignore[misc]

    def test_secrets_do_not_show(self) -> None:
        """Neither the object nor a secret by itself prints what it holds, and neither is pickled."""
        settings = load({"PREWARN_PERSON_KEY": KEY})
        secret = settings.person_key
        assert secret is not None
        for text in (repr(settings), str(secret), f"{secret}", repr([secret])):
            assert KEY not in text
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(secret)
        assert (KEY, KEY.encode()) == (secret.reveal(), secret.encode())
        assert {secret: 1}[Secret(KEY)] == 1

    @pytest.mark.parametrize(("copies", "given", "expected"), [(1, None, 1), (2, None, 1), (3, None, 2), (3, 1, 1)])
    def test_copies_in_sync_follow_the_copies(self, copies: int, given: int | None, expected: int) -> None:
        """One less than all, at least one, unless it is set."""
        assert Settings(replication_factor=copies, min_insync_replicas=given).insync_replicas == expected

    def test_topic_names_take_the_prefix_unless_overridden(self) -> None:
        """An override is the whole name."""
        settings = load({"PREWARN_TOPIC_PREFIX": "p.", "PREWARN_TOPIC_NAMES": "risk.alerts=x"})
        assert (settings.topic("settlement.events"), settings.topic("risk.alerts")) == ("p.settlement.events", "x")

    def test_brokers_are_told_one_by_one(self) -> None:
        """Clients that want a list get one."""
        assert Settings(bootstrap_servers="a:1,b:2").brokers == ("a:1", "b:2")

    @pytest.mark.parametrize("field", SETTINGS, ids=lambda field: field.name)
    def test_each_default_is_a_value_its_kind_accepts(self, field: dataclasses.Field[object]) -> None:
        """A default written into a file or a variable is read as the same value."""
        default = getattr(Settings(), field.name)
        if default is not None and default != "":
            raw = str(default) if isinstance(default, Path) else default
            assert field.metadata["kind"].read(raw) == default


@pytest.mark.parametrize("installed", [True, False])
def test_the_shipped_pack_is_found_in_a_checkout_and_in_a_wheel(
    installed: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A checkout's own deploy folder wins over the installed one."""
    checkout = tmp_path / "deploy"
    if not installed:
        checkout.mkdir()
    monkeypatch.setattr("streams.settings.places.CHECKOUT", checkout)
    monkeypatch.setattr("streams.settings.places.INSTALLED", tmp_path / "share")
    expected = (tmp_path / "share" if installed else checkout) / "rules"
    assert Settings().rules_dir == expected
