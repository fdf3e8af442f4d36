"""The topic of models: snapshots by version, and which of them was chosen by hand. One partition of it is used.

What holds is said by `chosen`: of the snapshots of the latest *generation* (how often somebody rolled back) the one
that has learned most; directly after a rollback that is the snapshot which was chosen.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from models.snapshot import Snapshot, SnapshotError, read
from streams.contract.topics import FEEDBACK, LESSONS, MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.settings import Settings

logger = logging.getLogger(__name__)

PARTITION: Final = 0
"""Lessons and models have one order: all of them are in one partition."""
CHOSEN: Final = b"chosen"
KEPT: Final = 10
"""Snapshots that stay on the shelf."""
_POLL_S: Final = 1.0
_BATCH: Final = 100


class Choice(msgspec.Struct, kw_only=True):
    """Somebody went back to an earlier version."""

    version: str
    generation: int
    #: Lessons below this offset are not learned again: they made the model what it should not be.
    resume: int


_decoder = msgspec.json.Decoder(Choice)


def read_choice(raw: bytes) -> Choice:
    """Read a choice; raises `msgspec.DecodeError`."""
    return _decoder.decode(raw)


def in_force(shelf: Mapping[bytes, bytes]) -> tuple[Snapshot, int] | None:
    """The snapshot that holds and the offset of its next lesson; None on an empty shelf.

    A snapshot that cannot be read is passed over, and said.
    """
    choice = read_choice(shelf[CHOSEN]) if CHOSEN in shelf else None
    generation = 0 if choice is None else choice.generation
    snapshots = snapshots_of(shelf)
    own = [snapshot for snapshot in snapshots if snapshot.generation == generation]
    if own:
        latest = max(own, key=lambda snapshot: snapshot.lessons)
        return latest, latest.offset
    for snapshot in snapshots:
        if choice is not None and snapshot.version == choice.version:
            return snapshot, choice.resume
    return None


def snapshots_of(shelf: Mapping[bytes, bytes]) -> list[Snapshot]:
    """All readable snapshots, oldest first."""
    found = []
    for key, raw in shelf.items():
        if key == CHOSEN:
            continue
        try:
            found.append(read(raw))
        except SnapshotError as error:
            logger.warning("snapshot %s is passed over: %s", key.decode(errors="replace"), error)
    return sorted(found, key=lambda snapshot: (snapshot.generation, snapshot.lessons))


def read_shelf(config: dict[str, Any], topic: str) -> tuple[dict[bytes, bytes], int]:
    """Everything on the shelf, and the offset after it; nothing where there is no such topic.

    Raises:
        KafkaException: The topic cannot be read.
    """
    shelf: dict[bytes, bytes] = {}
    consumer = Consumer(config)
    try:
        if topic not in consumer.list_topics(timeout=10).topics:
            return shelf, 0
        place = TopicPartition(topic, PARTITION)
        low, high = consumer.get_watermark_offsets(place, timeout=10)
        consumer.assign([TopicPartition(topic, PARTITION, low)])
        done = high <= low
        while not done:
            for message in consumer.consume(_BATCH, _POLL_S):
                error = message.error()
                if error is not None:
                    if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's public constant
                        raise KafkaException(error)
                    done = True
                    continue
                put(shelf, message.key() or b"", message.value())
                done = done or message.offset() + 1 >= high
        return shelf, high
    finally:
        consumer.close()


def put(shelf: dict[bytes, bytes], key: bytes, value: bytes | None) -> None:
    """Take a record of the topic in."""
    shelf.pop(key, None)
    if value is not None:
        shelf[key] = value


class LearningTopics(NamedTuple):
    """Topic names, as configured."""

    feedback: str
    lessons: str
    models: str


def names_of(settings: Settings) -> LearningTopics:
    """The topics of feedback, lessons and models, as they are called here."""
    return LearningTopics(settings.topic(FEEDBACK), settings.topic(LESSONS), settings.topic(MODELS))


def choose(reader: dict[str, Any], writer: dict[str, Any], names: LearningTopics, snapshot: Snapshot) -> Choice:
    """Put a snapshot in force for every worker, from the end of the lessons that there are now.

    Raises:
        KafkaException: Kafka cannot be read or does not take the choice.
    """
    shelf, _ = read_shelf(reader, names.models)
    generation = read_choice(shelf[CHOSEN]).generation if CHOSEN in shelf else 0
    consumer = Consumer(reader)
    try:
        _, end = consumer.get_watermark_offsets(TopicPartition(names.lessons, PARTITION), timeout=10)
    finally:
        consumer.close()
    choice = Choice(version=snapshot.version, generation=generation + 1, resume=end)
    producer = Producer(writer)
    producer.produce(names.models, msgspec.json.encode(choice), CHOSEN, PARTITION)
    if producer.flush(10):
        raise KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT))  # noqa: SLF001 - librdkafka's public constant
    return choice
