"""Sends dead letters back to the events topic, each at most once unless asked again.

For each reason there is a cursor, kept as the committed offsets of a consumer group of its own
(`<group>.replay.<reason>`): a run looks at the letters that no run for that reason has looked at. It is moved when the
brokers have acknowledged everything, so a run that breaks off is done again: settlements sent twice get their first
answer, and a repeated reversal takes nothing out twice.

A letter goes back as it was received, bytes and key, with the time of sending and a header that says which letter it
was. What fails again becomes a new letter.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from streams.contract.topics import DEAD_LETTERS, EVENTS
from streams.topology.clients import LastFault, consumer_config, plain, producer_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confluent_kafka import Message

    from streams.settings import Settings

TRUNCATED: Final = "truncated"
"""Header of a letter that does not hold all that was received."""
REPLAYED_FROM: Final = "replayed_from"
"""Header of what was sent back: partition and offset of the letter."""
SHOWN: Final = 20
"""Letters listed one by one."""
_BATCH: Final = 500
_POLL_S: Final = 0.5
_QUESTION_S: Final = 10.0


class ReplayError(Exception):
    """Letters cannot be read or sent; the message says why, and what is certain."""


class Letter(NamedTuple):
    """A dead letter that is to go back."""

    partition: int
    offset: int
    #: When the event arrived, ms.
    timestamp: int
    key: bytes | None
    value: bytes | None
    reason: str
    detail: str
    #: Whether it holds all that was received.
    whole: bool


class Found(NamedTuple):
    """What a look at the dead letters found."""

    letters: list[Letter]
    #: Letters that were cut when they were kept: they cannot go back.
    cut: int
    #: How many were passed over, by reason.
    others: Counter[str]
    #: Where each reason's cursor will be, by reason and partition.
    cursors: dict[str, dict[int, int]]


class Replay:
    """One run.

    Args:
        settings: Which cluster, topics and group.
        reasons: Letters with these reasons are chosen.
        since: Look again at letters from this time on (epoch ms), whatever the cursors say; they are not moved then.
        limit: Send so many at most.
    """

    def __init__(self, settings: Settings, reasons: tuple[str, ...], since: int | None, limit: int | None) -> None:
        self._settings = settings
        self._reasons = reasons
        self._since = since
        self._limit = limit
        self._topic = settings.topic(DEAD_LETTERS)

    def look(self) -> Found:
        """Read the letters from the cursors to the current end; nothing is sent.

        Raises:
            ReplayError: They cannot be read.
        """
        consumer = Consumer(consumer_config(self._settings, LastFault()))
        try:
            parts = self._partitions(consumer)
            cursors = {reason: self._cursor(reason, parts) for reason in self._reasons}
            begin = {part: min(cursor[part] for cursor in cursors.values()) for part in parts}
            if self._since is not None:
                begin = self._offsets_at(consumer, self._since, parts)
                cursors = {reason: dict(begin) for reason in self._reasons}
            return self._choose(self._read(consumer, begin, parts), cursors)
        except KafkaException as error:
            raise ReplayError(f"{self._topic} cannot be read: {plain(error.args[0])}") from None
        finally:
            consumer.close()

    def send(self, found: Found) -> int:
        """Send the letters, wait until the brokers have them, and move the cursors; returns how many were sent.

        Raises:
            ReplayError: Some could not be delivered; the cursors are where they were.
        """
        failures: list[str] = []

        def delivered(error: KafkaError | None, _: Message) -> None:
            if error is not None:
                failures.append(plain(error))

        producer = Producer(producer_config(self._settings, LastFault()))
        events = self._settings.topic(EVENTS)
        for letter in found.letters:
            headers = [(REPLAYED_FROM, f"{letter.partition}@{letter.offset}".encode())]
            while True:
                try:
                    producer.produce(events, letter.value, letter.key, headers=headers, on_delivery=delivered)
                    break
                except BufferError:
                    producer.poll(0.1)
        producer.flush()
        if failures:
            sent = len(found.letters) - len(failures)
            raise ReplayError(f"{len(failures)} letters were not delivered ({sent} were): {failures[0]}")
        if self._since is None:
            for reason, cursor in found.cursors.items():
                self._move(reason, cursor)
        return len(found.letters)

    def _choose(self, letters: Iterator[Letter], cursors: dict[str, dict[int, int]]) -> Found:
        found = Found([], 0, Counter(), cursors)
        cut = 0
        for letter in letters:
            if letter.reason not in cursors:
                found.others[letter.reason] += 1
                continue
            if letter.offset < cursors[letter.reason][letter.partition]:
                continue
            if self._limit is not None and len(found.letters) >= self._limit:
                break
            cut += not letter.whole
            if letter.whole:
                found.letters.append(letter)
            cursors[letter.reason][letter.partition] = letter.offset + 1
        return found._replace(cut=cut)

    def _read(self, consumer: Consumer, begin: dict[int, int], parts: dict[int, tuple[int, int]]) -> Iterator[Letter]:
        ends = {part: end for part, (_, end) in parts.items() if begin[part] < end}
        consumer.assign([TopicPartition(self._topic, part, begin[part]) for part in ends])
        deadline = time.monotonic() + _QUESTION_S
        while ends:
            for message in consumer.consume(_BATCH, _POLL_S):
                part, error = message.partition(), message.error()
                deadline = time.monotonic() + _QUESTION_S
                if error is None and part in ends and message.offset() < ends[part]:
                    yield _letter(message)
                if error is not None and error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - public constant
                    raise KafkaException(error)
                if part in ends and (error is not None or message.offset() + 1 >= ends[part]):
                    del ends[part]
            if time.monotonic() > deadline:
                raise ReplayError(f"{self._topic}: no answer within {_QUESTION_S:g} s")

    def _partitions(self, consumer: Consumer) -> dict[int, tuple[int, int]]:
        topic = consumer.list_topics(self._topic, timeout=_QUESTION_S).topics[self._topic]
        if topic.error is not None:
            raise ReplayError(f"{self._topic}: {plain(topic.error)}")
        return {
            part: consumer.get_watermark_offsets(TopicPartition(self._topic, part), timeout=_QUESTION_S)
            for part in sorted(topic.partitions)
        }

    def _offsets_at(self, consumer: Consumer, at: int, parts: dict[int, tuple[int, int]]) -> dict[int, int]:
        asked = [TopicPartition(self._topic, part, at) for part in parts]
        found = consumer.offsets_for_times(asked, timeout=_QUESTION_S)
        return {tp.partition: tp.offset if tp.offset >= 0 else parts[tp.partition][1] for tp in found}

    def _cursor(self, reason: str, parts: dict[int, tuple[int, int]]) -> dict[int, int]:
        consumer = self._keeper(reason)
        try:
            asked = [TopicPartition(self._topic, part) for part in parts]
            found = {tp.partition: tp.offset for tp in consumer.committed(asked, timeout=_QUESTION_S)}
        finally:
            consumer.close()
        return {part: max(first, found.get(part, 0)) for part, (first, _) in parts.items()}

    def _move(self, reason: str, cursor: dict[int, int]) -> None:
        consumer = self._keeper(reason)
        try:
            offsets = [TopicPartition(self._topic, part, offset) for part, offset in cursor.items()]
            consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            raise ReplayError(f"all were sent, but the cursor cannot be kept: {plain(error.args[0])}") from None
        finally:
            consumer.close()

    def _keeper(self, reason: str) -> Consumer:
        group: dict[str, Any] = {"group.id": f"{self._settings.group_id}.replay.{reason}"}
        return Consumer(consumer_config(self._settings, LastFault()) | group)


def _letter(message: Message) -> Letter:
    said = {name: (value or b"").decode(errors="replace") for name, value in message.headers() or []}
    place = message.partition(), message.offset(), message.timestamp()[1]
    told = said.get("reason", ""), said.get("detail", "")
    return Letter(*place, message.key(), message.value(), *told, whole=TRUNCATED not in said)


def described(found: Found) -> str:
    """Say what was found, with nothing of what a letter holds but its reason and the place of its fault."""
    lines = [
        f"  {letter.partition}@{letter.offset} {letter.reason}: {letter.detail}" for letter in found.letters[:SHOWN]
    ]
    if len(found.letters) > SHOWN:
        lines.append(f"  … and {len(found.letters) - SHOWN} more")
    others = ", ".join(f"{count} {reason}" for reason, count in sorted(found.others.items()))
    notes = [
        f"{len(found.letters)} letters to send back",
        *([f"{found.cut} that were cut when they were kept cannot go back"] if found.cut else []),
        *([f"passed over: {others}"] if others else []),
    ]
    return "\n".join(["; ".join(notes), *lines])
