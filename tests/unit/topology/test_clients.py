"""What Kafka clients are told, and how a cluster that does not answer is reported."""

from __future__ import annotations

import logging
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from streams.settings import Secret, Settings
from streams.topology import clients
from streams.topology.clients import FaultLog, Unreachable, admin_config, connect, consumer_config, producer_config

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSED = "localhost:9/bootstrap: Connect to ipv4#127.0.0.1:9 failed: Connection refused (after 3ms in state CONNECT)"


@pytest.fixture
def nobody() -> Settings:
    """Return settings that name a port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Settings(bootstrap_servers=f"127.0.0.1:{free.getsockname()[1]}")


@pytest.fixture(scope="module")
def mock() -> Iterator[Settings]:
    """Return settings that name librdkafka's in-process cluster, which lives as long as its producer."""
    producer = Producer({"test.mock.num.brokers": 1, "log_level": 2})
    broker = next(iter(producer.list_topics(timeout=10).brokers.values()))
    yield Settings(bootstrap_servers=f"{broker.host}:{broker.port}")
    producer.flush(0)


class TestConfig:
    """The configuration of each client."""

    def test_a_producer_loses_and_doubles_nothing(self) -> None:
        """All copies acknowledge, repeats are recognised, and keys go where the Java clients put them."""
        config = producer_config(Settings())
        assert {
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
            "linger.ms": 2,
            "delivery.timeout.ms": 600_000,
        }.items() <= config.items()

    def test_without_idempotence_order_is_kept_another_way(self) -> None:
        """A repeated write must not overtake the next one."""
        config = producer_config(Settings(producer_idempotence=False))
        assert (config["enable.idempotence"], config["max.in.flight.requests.per.connection"]) == (False, 1)
        assert "max.in.flight.requests.per.connection" not in producer_config(Settings())

    def test_whatever_the_input_topic_takes_fits_into_a_dead_letter(self) -> None:
        """With room for its headers."""
        settings = Settings(max_record_bytes=5_000_000)
        assert producer_config(settings)["message.max.bytes"] > clients.largest_record(settings) == 10_000_000

    def test_a_reader_commits_nothing(self) -> None:
        """It reads whole topics and knows where they end."""
        config = consumer_config(Settings(group_id="g"))
        assert {
            "group.id": "g",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
        }.items() <= config.items()

    @pytest.mark.parametrize("make", [producer_config, consumer_config, admin_config])
    def test_every_client_gets_the_same_address_and_security(self, make: object) -> None:
        """None of them is left without TLS or credentials."""
        settings = Settings(
            bootstrap_servers="a:1,b:2",
            client_id="me",
            security_protocol="SASL_SSL",
            sasl_username="u",
            sasl_password=Secret("p"),
            ssl_ca_location=Path("/ca.pem"),
            ssl_certificate_location=Path("/c.pem"),
            ssl_key_location=Path("/k.pem"),
            ssl_key_password=Secret("q"),
        )
        assert callable(make)
        assert {
            "bootstrap.servers": "a:1,b:2",
            "client.id": "me",
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": "u",
            "sasl.password": "p",
            "ssl.ca.location": "/ca.pem",
            "ssl.certificate.location": "/c.pem",
            "ssl.key.location": "/k.pem",
            "ssl.key.password": "q",
        }.items() <= make(settings).items()

    def test_plaintext_has_no_security_settings(self) -> None:
        """What is not set is left to librdkafka."""
        assert not [key for key in admin_config(Settings()) if key.startswith(("ssl.", "sasl."))]

    def test_librdkafka_knows_every_setting(self, mock: Settings) -> None:
        """It refuses unknown names and values when a client is made."""
        delivered = []
        producer = Producer(producer_config(mock))
        producer.produce("t", b"v", key=b"k", on_delivery=lambda error, _: delivered.append(error))
        assert (producer.flush(10), delivered) == (0, [None])
        Consumer(consumer_config(mock)).close()


class TestFaultLog:
    """One clear line, then at most one in ten seconds."""

    def test_a_lasting_fault_is_said_once_in_a_while(self, caplog: pytest.LogCaptureFixture) -> None:
        """With how often it came meanwhile."""
        now = 0.0
        report = FaultLog("Kafka producer", clock=lambda: now)
        for now in (0.0, 1.0, 9.9, 10.0):  # noqa: B007 - the clock reads it
            report(KafkaError(KafkaError._TRANSPORT, REFUSED))
        line = "Kafka producer: localhost:9: Connect to ipv4#127.0.0.1:9 failed: Connection refused"
        assert [record.getMessage() for record in caplog.records] == [line, f"{line} (and 2 more since the last line)"]
        assert {record.levelno for record in caplog.records} == {logging.WARNING}

    def test_a_fatal_fault_is_always_said(self, caplog: pytest.LogCaptureFixture) -> None:
        """The client will not recover from it."""
        report = FaultLog("Kafka producer", clock=lambda: 0.0)
        report(KafkaError(KafkaError._TRANSPORT, REFUSED))
        report(KafkaError(KafkaError._FATAL, "fenced", fatal=True))
        assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.ERROR]

    def test_that_all_brokers_are_down_does_not_hide_why(self) -> None:
        """The more telling fault stays."""
        report = FaultLog("x", clock=lambda: 0.0)
        report(KafkaError(KafkaError._TRANSPORT, REFUSED))
        report(KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"))
        assert report.reason is not None
        assert report.reason.endswith("Connection refused")

    def test_librdkafkas_own_lines_about_it_are_left_out(self, caplog: pytest.LogCaptureFixture) -> None:
        """One voice is enough; its other lines are kept."""
        logger = logging.getLogger("librdkafka")
        with caplog.at_level(logging.WARNING, "librdkafka"):
            logger.error("%s [%s] %s", "FAIL", "rdkafka#producer-1", REFUSED)
            logger.warning("%s [%s] %s", "REQTMOUT", "rdkafka#producer-1", "timed out")
        assert [record.getMessage() for record in caplog.records] == ["REQTMOUT [rdkafka#producer-1] timed out"]


class TestReaching:
    """Connecting to a cluster, or saying why not."""

    def test_a_cluster_that_answers_is_reached(self, mock: Settings) -> None:
        """Both ways return at once."""
        assert connect(mock, 10).list_topics(timeout=5).brokers
        assert wait(mock, threading.Event()) is True

    def test_a_missing_broker_is_named_in_time(self, nobody: Settings) -> None:
        """The message says where and why."""
        started = time.monotonic()
        with pytest.raises(Unreachable, match=f"no answer from Kafka at {nobody.bootstrap_servers}: .*refused"):
            connect(nobody, 1)
        assert time.monotonic() - started < 5

    def test_waiting_says_why_and_can_be_stopped(
        self, nobody: Settings, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One line at once, without a traceback, and none for the next attempts."""
        monkeypatch.setattr(clients, "_PROBE_S", 0.2)
        monkeypatch.setattr(clients, "_RETRY_S", 0.05)
        stop = threading.Event()
        timer = threading.Timer(1.0, stop.set)
        timer.start()
        assert wait(nobody, stop) is False
        timer.join()
        (line,) = [record for record in caplog.records if record.name == "streams.topology.clients"]
        assert line.getMessage().startswith(f"waiting for Kafka at {nobody.bootstrap_servers}: ")
        assert line.exc_info is None

    def test_a_file_that_is_no_certificate_is_named(self, tmp_path: Path) -> None:
        """Waiting would not help."""
        (tmp_path / "ca.pem").write_text("no certificate", encoding="utf-8")
        settings = Settings(security_protocol="SSL", ssl_ca_location=tmp_path / "ca.pem")
        with pytest.raises(Unreachable, match=r"the Kafka client cannot start: ssl\.ca\.location failed"):
            connect(settings, 1)
        with pytest.raises(Unreachable, match="cannot start"):
            wait(settings, threading.Event())

    def test_a_connection_that_is_closed_without_a_word_is_explained(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A plaintext client at a TLS port learns nothing more."""
        monkeypatch.setattr(clients, "plain", lambda _: "1/1 brokers are down")
        with pytest.raises(Unreachable, match=r"brokers are down; do they want another PREWARN_SECURITY_PROTOCOL\?"):
            connect(Settings(bootstrap_servers="127.0.0.1:9"), 0.1)


def wait(settings: Settings, stop: threading.Event) -> bool:
    """Wait for the broker."""
    return clients.wait_for_broker(settings, stop)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a self-signed certificate and its key, which has a password."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "k.pem", folder / "c.pem"
    subject = ["-subj", "/CN=test", "-days", "2", "-passout", "pass:geheim"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-keyout", str(key), "-out", str(cert), *subject]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


class TestFaust:
    """Faust's own clients get the same cluster and the same security."""

    def test_faust_accepts_every_argument(self) -> None:
        """An app made of them has the settings' values."""
        import faust  # noqa: PLC0415 - importing Faust takes a second

        from streams.topology.faust_client import faust_arguments  # noqa: PLC0415

        settings = Settings(bootstrap_servers="a:1,[::1]:9092", instance_id="pod-0", commit_interval=0.5, partitions=7)
        conf = faust.App("x", **faust_arguments(settings)).conf
        assert [str(url) for url in conf.broker] == ["kafka://a:1", "kafka://[::1]:9092"]
        assert (conf.broker_commit_interval, conf.consumer_group_instance_id, conf.topic_partitions) == (
            0.5,
            "pod-0",
            7,
        )
        assert conf.broker_credentials is None
        assert conf.topic_allow_declare is False
        assert conf.broker_request_timeout > conf.broker_session_timeout

    def test_sasl_goes_over_tls_when_the_protocol_says_so(self) -> None:
        """Name, password and mechanism are those of the settings."""
        from streams.topology.faust_client import credentials  # noqa: PLC0415

        for protocol in ("SASL_PLAINTEXT", "SASL_SSL"):
            settings = Settings(security_protocol=protocol, sasl_username="u", sasl_password=Secret("p"))
            made = credentials(settings)
            assert made is not None
            assert (made.protocol.value, made.mechanism.value) == (protocol, "SCRAM-SHA-512")
            assert (made.username, made.password) == ("u", "p")
            assert (made.ssl_context is not None) is (protocol == "SASL_SSL")

    def test_tls_checks_names_and_certificates(self, certificate: tuple[Path, Path]) -> None:
        """As librdkafka does; our own certificate is loaded with its password."""
        from streams.topology.faust_client import credentials  # noqa: PLC0415

        cert, key = certificate
        made = credentials(
            Settings(
                security_protocol="SSL",
                ssl_ca_location=cert,
                ssl_certificate_location=cert,
                ssl_key_location=key,
                ssl_key_password=Secret("geheim"),
            )
        )
        assert made is not None
        assert made.context.check_hostname
        assert made.context.cert_store_stats()["x509"] == 1

    @pytest.mark.parametrize("password", [None, Secret("wrong")])
    def test_a_key_that_cannot_be_read_is_an_error(
        self, certificate: tuple[Path, Path], password: Secret | None
    ) -> None:
        """Nobody is asked for a password at a terminal."""
        from streams.topology.faust_client import credentials  # noqa: PLC0415

        cert, key = certificate
        settings = Settings(
            security_protocol="SSL", ssl_certificate_location=cert, ssl_key_location=key, ssl_key_password=password
        )
        with pytest.raises(Unreachable, match="TLS certificate or key cannot be used"):
            credentials(settings)


class _Moving:
    """Refuses to tell where a partition ends, some times over, as a broker that leads it no more."""

    def __init__(self, code: int, times: int) -> None:
        self._code = code
        self.left = times

    def get_watermark_offsets(self, _place: TopicPartition, timeout: float) -> tuple[int, int]:
        assert timeout > 0
        if self.left:
            self.left -= 1
            raise KafkaException(KafkaError(self._code))
        return 3, 7


def test_a_partition_whose_leader_moves_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it tells, or for as long as one waits; whatever else is wrong is told at once."""
    monkeypatch.setattr(clients, "_RETRY_S", 0.01)
    place = TopicPartition("t", 0)
    moving = cast("Consumer", _Moving(KafkaError.NOT_LEADER_FOR_PARTITION, 3))
    assert clients.watermarks(moving, place, 5.0) == (3, 7)
    for code, seconds in ((KafkaError.NOT_LEADER_FOR_PARTITION, 0.05), (KafkaError.TOPIC_AUTHORIZATION_FAILED, 5.0)):
        refusing = _Moving(code, 1_000)
        with pytest.raises(KafkaException):
            clients.watermarks(cast("Consumer", refusing), place, seconds)
        assert refusing.left > 900
