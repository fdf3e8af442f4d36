"""Declares the topics of the contract in a cluster and finds what differs there from what the settings ask for."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from streams.contract import topics as contract
from streams.contract.topics import TOPICS
from streams.topology.clients import largest_output, largest_record, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Future

    from streams.settings import Settings

DAY_MS: Final = 86_400_000
REQUEST_S: Final = 10.0
ABSENT: Final = "does not exist; `prewarn topics create` makes it"
"""What is said of a topic that is not there."""
_COMPACTION: Final = {
    # A worker that takes a partition over reads its whole changelog: it is kept close to one record for each row.
    "min.cleanable.dirty.ratio": "0.1",
    "segment.ms": "600000",  # only closed segments are compacted
    "max.compaction.lag.ms": "900000",
    # Records that a worker wrote after it had lost its partitions are void (`streams.topology.checkpoint.EPOCH`); what
    # they would have replaced must still be there for the next who reads.
    "min.compaction.lag.ms": "600000",
}
_MAX_BYTES: Final = "max.message.bytes"
_RETENTION: Final = "retention.ms"
_INSYNC: Final = "min.insync.replicas"
_CLEANUP: Final = "cleanup.policy"


class TopicsError(Exception):
    """The cluster refused to create or describe topics; the message has one line for each reason."""


class Created(NamedTuple):
    """What became of one topic: made now, or there before."""

    topic: str
    new: bool


class Finding(NamedTuple):
    """One thing in the cluster that is not as the settings ask."""

    topic: str
    reason: str

    def __str__(self) -> str:
        return f"{self.topic}: {self.reason}"


class Found(NamedTuple):
    """A topic as the cluster describes it."""

    partitions: int
    copies: int
    """Of the partition that has fewest."""
    config: Mapping[str, str]


def needed(settings: Settings) -> list[str]:
    """Return the topics of the contract these settings use: what a hop or the canary needs only with it."""
    unused = {contract.REKEYED: not settings.rekey, contract.CANARY: not settings.canary_interval}
    return [name for name in TOPICS if not unused.get(name)]


def topic_config(settings: Settings, name: str) -> dict[str, str]:
    """Return the configuration a topic of the contract is created with."""
    topic = TOPICS[name]
    config = {
        _CLEANUP: topic.cleanup,
        _INSYNC: str(settings.insync_replicas),
        # The producer's time, whatever the brokers' default: rows expire by when they were written.
        "message.timestamp.type": "CreateTime",
    }
    if name == contract.EVENTS:
        config[_MAX_BYTES] = str(largest_record(settings))
    elif topic.who != "in":
        config[_MAX_BYTES] = str(largest_output(settings))
    if name == contract.SETTLEMENTS:
        config[_RETENTION] = str((settings.result_horizon_days + 1) * DAY_MS)
        config["segment.ms"] = "3600000"  # a row outlives its time by no more than its segment's
        # Whoever rebuilds windows needs every change of the last seconds, not only the latest of each settlement.
        config["min.compaction.lag.ms"] = "3600000"
    elif name == contract.TRACES:
        config[_RETENTION] = str(settings.trace_code_days * DAY_MS)
    elif name == contract.CANARY:
        config[_RETENTION] = "3600000"
        config["segment.ms"] = "3600000"
    elif topic.cleanup == "delete":
        config[_RETENTION] = str(settings.retention_days * DAY_MS)
    else:
        config[_RETENTION] = "-1"
    if name == contract.WINDOWS:
        config |= _COMPACTION
    return config


def create(settings: Settings, client: AdminClient) -> list[Created]:
    """Create the topics that are not there yet; those that are there stay as they are.

    Raises:
        TopicsError: Some could not be created; the others were.
    """
    there = _there(client)
    names = needed(settings)
    missing = [name for name in names if settings.topic(name) not in there]
    wanted = [
        NewTopic(
            settings.topic(name),
            num_partitions=settings.partitions,
            replication_factor=settings.replication_factor,
            config=topic_config(settings, name),
        )
        for name in missing
    ]
    refused: dict[str, list[str]] = {}
    futures: Mapping[str, Future[None]] = (
        client.create_topics(wanted, operation_timeout=REQUEST_S, request_timeout=REQUEST_S) if wanted else {}
    )
    for called, future in futures.items():
        try:
            future.result()
        except KafkaException as error:
            # Another worker may have been faster.
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                refused.setdefault(_explained(error), []).append(called)
    if refused:
        raise TopicsError("\n".join(f"{', '.join(names)}: {reason}" for reason, names in refused.items()))
    return [Created(settings.topic(name), name in missing) for name in names]


def _explained(error: KafkaException) -> str:
    reason: KafkaError = error.args[0]
    if reason.code() == KafkaError.INVALID_REPLICATION_FACTOR:
        return f"{plain(reason)} (PREWARN_REPLICATION_FACTOR: copies are kept on different brokers)"
    return plain(reason)


def check(settings: Settings, client: AdminClient) -> list[Finding]:
    """Return what in the cluster is not as the settings ask; empty when all is well.

    Raises:
        TopicsError: The cluster does not describe its topics to us.
    """
    return compare(settings, describe(client, {settings.topic(name) for name in needed(settings)}))


def miscounted(settings: Settings, client: AdminClient) -> list[Finding]:
    """Return the topics without the number of partitions they must have; asks for nothing that a worker may not see.

    What does not exist or is hidden from us is passed over.
    """
    found: dict[str, Found] = {}
    names = TopicCollection([settings.topic(name) for name in needed(settings)])
    for name, future in client.describe_topics(names, request_timeout=REQUEST_S).items():
        with suppress(KafkaException):
            copies = [len(part.replicas) for part in future.result().partitions]
            found[name] = Found(len(copies), min(copies, default=0), {})
    return [
        Finding(settings.topic(name), reason)
        for name in needed(settings)
        if settings.topic(name) in found
        for reason in _miscounts(settings, name, found)
    ]


def describe(client: AdminClient, names: set[str]) -> dict[str, Found]:
    """Return those of the topics `names` that exist.

    Raises:
        TopicsError: The cluster does not describe them to us.
    """
    there = {name: copies for name, copies in _there(client).items() if name in names}
    if not there:
        return {}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in there]
    found: dict[str, Found] = {}
    failures = []
    for resource, future in client.describe_configs(resources, request_timeout=REQUEST_S).items():
        try:
            config = {key: str(entry.value) for key, entry in future.result().items()}
        except KafkaException as error:
            failures.append(f"{resource.name}: {plain(error.args[0])}")
        else:
            copies = there[resource.name]
            found[resource.name] = Found(len(copies), min(copies, default=0), config)
    if failures:
        raise TopicsError("\n".join(failures))
    return found


def _there(client: AdminClient) -> dict[str, list[int]]:
    """Return the copies of each partition of every topic there is."""
    try:
        topics = client.list_topics(timeout=REQUEST_S).topics
    except KafkaException as error:
        raise TopicsError(f"the topics cannot be listed: {plain(error.args[0])}") from None
    return {name: [len(p.replicas) for p in topic.partitions.values()] for name, topic in topics.items()}


def compare(settings: Settings, found: Mapping[str, Found]) -> list[Finding]:
    """Return the findings for topics as the cluster describes them, in the contract's order.

    The number of partitions matters for the events and for what lives beside them; consumers of the other topics do
    not depend on it.
    """
    findings = []
    for name in needed(settings):
        called = settings.topic(name)
        if called in found:
            findings += [Finding(called, reason) for reason in _differences(settings, name, found)]
        else:
            findings.append(Finding(called, ABSENT))
    return findings


def _differences(settings: Settings, name: str, found: Mapping[str, Found]) -> Iterator[str]:
    topic, here = TOPICS[name], found[settings.topic(name)]
    yield from _miscounts(settings, name, found)
    if here.copies < settings.replication_factor:
        yield f"has {here.copies} copies, the settings ask for {settings.replication_factor}"
    cleanup = here.config.get(_CLEANUP, "")
    if set(cleanup.split(",")) != set(topic.cleanup.split(",")):
        yield f"has {_CLEANUP}={cleanup}, it must be {topic.cleanup}"
    yield from _limit_differences(settings, name, found)


def _miscounts(settings: Settings, name: str, found: Mapping[str, Found]) -> Iterator[str]:
    topic, here = TOPICS[name], found[settings.topic(name)]
    if name == contract.EVENTS and here.partitions != settings.partitions:
        yield f"has {here.partitions} partitions, the settings say {settings.partitions}"
    beside = found.get(settings.topic(topic.partitions_of)) if topic.partitions_of else None
    if beside and topic.partitions_of and here.partitions != beside.partitions:
        of = settings.topic(topic.partitions_of)
        yield f"has {here.partitions} partitions and {of} has {beside.partitions}; they must have the same number"


def _limit_differences(settings: Settings, name: str, found: Mapping[str, Found]) -> Iterator[str]:
    here = found[settings.topic(name)]
    insync = _number(here, _INSYNC, settings.insync_replicas)
    if insync < settings.insync_replicas:
        yield f"has {_INSYNC}={insync}, the settings ask for {settings.insync_replicas}"
    if insync > here.copies:
        yield f"has {_INSYNC}={insync} and only {here.copies} copies: nothing can be written"
    largest = largest_record(settings)
    limit = _number(here, _MAX_BYTES, largest)
    if name == contract.EVENTS and limit < settings.max_record_bytes:
        yield f"has {_MAX_BYTES}={limit}, less than max_record_bytes={settings.max_record_bytes}"
    if name == contract.EVENTS and limit > largest:
        yield f"has {_MAX_BYTES}={limit}; records above {largest} cannot be put among the dead letters whole"
    if name == contract.DEAD_LETTERS and limit < largest:
        yield f"has {_MAX_BYTES}={limit}; records up to {largest} bytes must fit"
    horizon = settings.result_horizon_days * DAY_MS
    kept = _number(here, _RETENTION, horizon)
    if name == contract.SETTLEMENTS and 0 <= kept < horizon:
        yield f"has {_RETENTION}={kept}, less than result_horizon_days={settings.result_horizon_days}"


def _number(topic: Found, key: str, default: int) -> int:
    """Return a number of a topic's configuration; brokers that do not tell it get the benefit of the doubt."""
    value = topic.config.get(key, "")
    return int(value) if value.removeprefix("-").isdecimal() else default
