"""Where the group stands, as the brokers know it: who holds which partition, and what waits in it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec

from streams.contract.topics import DEAD_LETTERS, EVENTS, REKEYED, RESULTS
from streams.state.rows import REACHED_KEY
from streams.topology.clients import LastFault, consumer_config, passing, plain
from streams.topology.topics import REQUEST_S

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

    from confluent_kafka.admin import AdminClient

    from streams.settings import Settings

Asked = TypeVar("Asked")
Told = TypeVar("Told")

_READ_S: Final = 5.0
_PATIENCE_S: Final = 15.0
_RETRY_S: Final = 0.3
CLAIMS: Final = 100
"""Records of a changelog that are looked at: a partition is taken over with every change of workers."""


class StandingError(Exception):
    """The brokers do not tell; the message says what was asked and why not."""


class UnansweredError(StandingError):
    """They may tell another time: they were busy, or choosing a leader, for longer than we are patient."""


class Member(NamedTuple):
    """A worker of the group."""

    name: str
    host: str
    partitions: tuple[int, ...]


class Backlog(NamedTuple):
    """One partition of the events, and how far it was screened."""

    partition: int
    #: First offset that is still there, and the next one that will be given.
    first: int
    end: int
    #: Next offset to be screened after a restart; None: nothing was committed ever.
    committed: int | None
    #: Broker's timestamp of the record there, ms; None when nothing waits, or it could not be read.
    oldest: int | None = None

    @property
    def waiting(self) -> int:
        """Records not committed."""
        return max(0, self.end - max(self.first, self.committed or 0))


class Newest(NamedTuple):
    """What a topic holds."""

    records: int
    #: Timestamp of the newest record, ms; None: it is empty.
    at: int | None


class Standing(NamedTuple):
    """All of it."""

    state: str
    members: list[Member]
    backlog: list[Backlog]
    results: Newest
    dead_letters: Newest


def source(settings: Settings) -> str:
    """Return the topic the workers screen from."""
    return settings.topic(REKEYED if settings.rekey else EVENTS)


def standing(settings: Settings, client: AdminClient) -> Standing:
    """Ask the brokers.

    Raises:
        StandingError: They do not tell, or a topic does not exist.
    """
    try:
        state, members = _group(settings, client)
        backlog = _with_oldest(settings, _backlog(settings, client))
        newest = [newest_of(client, settings.topic(name)) for name in (RESULTS, DEAD_LETTERS)]
    except KafkaException as error:
        raise StandingError(plain(error.args[0])) from None
    return Standing(state, members, backlog, *newest)


def ends(client: AdminClient, topic: str) -> dict[int, tuple[int, int]]:
    """Return the first and the next offset of each partition of a topic.

    Raises:
        KafkaException: The brokers do not tell.
        StandingError: There is no such topic.
    """
    found = _patiently(lambda: client.list_topics(topic, timeout=REQUEST_S)).topics[topic]
    if found.error is not None:
        raise StandingError(f"topic {topic}: {plain(found.error)}")
    parts = [TopicPartition(topic, number) for number in sorted(found.partitions)]
    first, end = (
        {tp.partition: told.offset for tp, told in _offsets(client, parts, spec).items()}
        for spec in (OffsetSpec.earliest(), OffsetSpec.latest())
    )
    return {number: (first[number], end[number]) for number in end}


def newest_of(client: AdminClient, topic: str) -> Newest:
    """Return how many records a topic holds and when the newest was written.

    Raises:
        KafkaException: The brokers do not tell.
        StandingError: There is no such topic.
    """
    offsets = ends(client, topic)
    parts = [TopicPartition(topic, number) for number in offsets]
    times = [told.timestamp for told in _offsets(client, parts, OffsetSpec.max_timestamp()).values()]
    return Newest(sum(end - first for first, end in offsets.values()), max((t for t in times if t > 0), default=None))


def without_rows(settings: Settings, topic: str, offsets: Mapping[int, tuple[int, int]]) -> set[int]:
    """Which partitions of a changelog never had a row: nothing, or only the claims of workers that took them over.

    Args:
        settings: How to reach it.
        topic: Its name.
        offsets: First and next offset of each partition to look at.

    Raises:
        KafkaException: The brokers do not tell.
    """
    empty = {number for number, (_, end) in offsets.items() if not end}
    unread = {number: end for number, (first, end) in offsets.items() if not first and 0 < end <= CLAIMS}
    claims = set(unread)
    consumer = Consumer(consumer_config(settings, LastFault()))
    try:
        consumer.assign([TopicPartition(topic, number, 0) for number in unread])
        deadline = time.monotonic() + _READ_S
        while unread and time.monotonic() < deadline:
            for message in consumer.consume(CLAIMS, 0.1):
                number, end_of_partition = message.partition() or 0, message.error() is not None
                if not end_of_partition and message.key() != REACHED_KEY.encode():
                    claims.discard(number)
                if end_of_partition or number not in claims or (message.offset() or 0) + 1 >= unread.get(number, 0):
                    unread.pop(number, None)
    finally:
        consumer.close()
    return empty | (claims - unread.keys())


def _group(settings: Settings, client: AdminClient) -> tuple[str, list[Member]]:
    name = settings.group_id
    try:
        group = _answers(lambda: client.describe_consumer_groups([name], request_timeout=REQUEST_S))[name]
    except KafkaException as error:
        if error.args[0].name() == "GROUP_ID_NOT_FOUND":
            return "ABSENT", []
        raise
    wanted = source(settings)
    members = [
        Member(
            member.group_instance_id or member.client_id,
            member.host.lstrip("/"),
            tuple(sorted(tp.partition for tp in member.assignment.topic_partitions if tp.topic == wanted)),
        )
        for member in group.members
    ]
    return group.state.name, sorted(members)


def _backlog(settings: Settings, client: AdminClient) -> list[Backlog]:
    topic = source(settings)
    offsets = ends(client, topic)
    asked = ConsumerGroupTopicPartitions(settings.group_id, [TopicPartition(topic, number) for number in offsets])
    answered = _answers(lambda: client.list_consumer_group_offsets([asked], request_timeout=REQUEST_S))
    committed = {tp.partition: tp.offset for tp in answered[settings.group_id].topic_partitions if tp.offset >= 0}
    return [Backlog(number, *offsets[number], committed.get(number)) for number in sorted(offsets)]


def _offsets(client: AdminClient, parts: list[TopicPartition], spec: OffsetSpec) -> dict[TopicPartition, Any]:
    return _answers(lambda: client.list_offsets(dict.fromkeys(parts, spec), request_timeout=REQUEST_S))


def _answers(ask: Callable[[], Mapping[Asked, Future[Any]]]) -> dict[Asked, Any]:
    return _patiently(lambda: {asked: future.result() for asked, future in ask().items()})


def _patiently(ask: Callable[[], Told]) -> Told:
    """Ask again while the fault is a passing one."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return ask()
        except KafkaException as error:
            if not passing(error.args[0]):
                raise
            if time.monotonic() > deadline:
                raise UnansweredError(plain(error.args[0])) from None
            time.sleep(_RETRY_S)


def _with_oldest(settings: Settings, backlog: list[Backlog]) -> list[Backlog]:
    """Read the first waiting record of each partition for its timestamp."""
    topic = source(settings)
    behind = {part.partition: max(part.first, part.committed or 0) for part in backlog if part.waiting}
    if not behind:
        return backlog
    found: dict[int, int] = {}
    consumer = Consumer(consumer_config(settings, LastFault()) | {"queued.max.messages.kbytes": 4096})
    try:
        consumer.assign([TopicPartition(topic, number, offset) for number, offset in behind.items()])
        deadline = time.monotonic() + _READ_S
        while behind.keys() - found.keys() and time.monotonic() < deadline:
            for message in consumer.consume(100, 0.1):
                if message.error() is None:
                    found.setdefault(message.partition(), message.timestamp()[1])
    finally:
        consumer.close()
    return [part._replace(oldest=found.get(part.partition)) for part in backlog]
