"""How a worker learns: feedback becomes lessons, lessons make the model, and models are kept.

1. Every worker reads all feedback. The one that remembers the settlement writes a *lesson* (the settlement as it was
   scored, and the verdict) to one partition of `prewarn.lessons`, and notes in the settlement's row what was taught.
2. Every worker learns all lessons in the order of that partition, so all have the same model.
3. The worker that holds the first partition of events writes a snapshot now and then. Whoever starts takes the snapshot
   in force and learns on from its offset. After a rollback (`streams.topology.shelf`) all take the chosen snapshot.

A thread reads; the event loop learns between events, so a model never changes while it scores.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from models.lessons import Lesson, decode_lesson, encode
from models.snapshot import SnapshotError, freeze, thaw
from streams.contract.feedback import Feedback, decode_feedback
from streams.contract.rejected import Rejected
from streams.topology.shelf import CHOSEN, KEPT, PARTITION, in_force, put, read_choice, read_shelf, snapshots_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.engine.scoring import Scoring
    from streams.engine.teaching import Teaching
    from streams.state.store import Store
    from streams.topology.shelf import LearningTopics
    from streams.topology.sink import Sink

logger = logging.getLogger(__name__)

SLICE: Final = 200
"""Lessons learned before events have a turn: a few milliseconds."""
UNPLACED: Final = 100_000
"""Feedback on settlements that nobody here remembers, kept in case their partition comes."""
_EVERY_S: Final = 0.05
_POLL_S: Final = 0.2
_BATCH: Final = 500
_RETRY_S: Final = 2.0


class _Read(NamedTuple):
    topic: str
    offset: int
    key: bytes
    value: bytes | None


class Learning:
    """Reads what is to be learned, and learns it on the event loop.

    Args:
        config: librdkafka configuration of a reader.
        topics: Where feedback, lessons and models are.
        scoring: Whose model learns.
        teaching: Makes lessons of feedback.
        store: To see which partitions are held.
        sink: Where lessons and snapshots go.
        keep_rows: Writes settlement rows that changed.
        largest: Bytes that a snapshot may have.
        every_s: How often a changed model is kept.
    """

    def __init__(
        self,
        config: dict[str, Any],
        topics: LearningTopics,
        scoring: Scoring,
        teaching: Teaching,
        store: Store,
        sink: Sink,
        keep_rows: Callable[[], None],
        largest: int,
        every_s: float,
    ) -> None:
        self._config = config
        self._topics = topics
        self._scoring = scoring
        self._teaching = teaching
        self._store = store
        self._sink = sink
        self._keep_rows = keep_rows
        self._largest = largest
        self._every_s = every_s
        self._inbox: deque[_Read] = deque()
        #: By topic and partition, the offset from which to read on.
        self._places: dict[tuple[str, int], int] = {}
        self._shelf: dict[bytes, bytes] = {}
        self._unplaced: dict[str, Feedback] = {}
        self._held: set[int] = set()
        #: Offset of the next lesson.
        self._next = 0
        self._kept = (0, 0)
        self._kept_at = time.monotonic()
        self._stop_asked = threading.Event()
        #: Set once everything that was there at the start has been read.
        self._all_read = threading.Event()
        self._thread = threading.Thread(target=self._read, name="learning", daemon=True)
        #: Whether rows are being restored, or are about to leave: nothing may be looked up in them, or changed.
        self.recovering = False
        #: Records of feedback read, by kind and value, and those that could not be.
        self.feedback: dict[tuple[str, str], int] = {}
        self.unreadable = 0

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end and wait for it, a few seconds at most."""
        self._stop_asked.set()
        self._thread.join(5)

    async def caught_up(self) -> None:
        """Learn until the model is what the lessons so far make it."""
        while self._inbox or not self._all_read.is_set():
            if self._stop_asked.is_set():
                return
            self.step()
            await asyncio.sleep(0 if self._inbox else _EVERY_S)

    async def run(self) -> None:
        """Learn for ever, a slice at a time."""
        while True:
            if not self._inbox:
                await asyncio.sleep(_EVERY_S)
            self.step()
            await asyncio.sleep(0)

    def step(self) -> None:
        """Learn a slice of what was read."""
        for _ in range(min(SLICE, len(self._inbox))):
            self._take(self._inbox.popleft())
        if not self.recovering:
            self._look_again()
            if self._is_keeper() and time.monotonic() - self._kept_at >= self._every_s:
                self.keep()

    def presume(self, lesson: Lesson) -> None:
        """Teach that a settlement was forgotten without a verdict."""
        self._send(lesson)

    def _take(self, record: _Read) -> None:
        try:
            if record.topic == self._topics.lessons:
                if record.offset >= self._next:
                    self._next = record.offset + 1
                    self._scoring.model.learn(decode_lesson(record.value or b""))
            elif record.topic == self._topics.models:
                put(self._shelf, record.key, record.value)
                if record.key == CHOSEN:
                    self._restore()
            else:
                self._hear(decode_feedback(record.value or b""))
        except (Rejected, ValueError, LookupError) as error:
            self.unreadable += 1
            logger.warning("%s@%d cannot be learned from: %s", record.topic, record.offset, error)

    def _hear(self, feedback: Feedback) -> None:
        value = feedback.outcome or feedback.dspo_way or ""
        self.feedback[feedback.kind, value] = self.feedback.get((feedback.kind, value), 0) + 1
        if self.recovering:
            self._lay_aside(feedback)
        else:
            self._teach(feedback)

    def _teach(self, feedback: Feedback) -> None:
        try:
            lesson = self._teaching.lesson(feedback)
        except KeyError:
            self._lay_aside(feedback)
            return
        if lesson is not None:
            # First the lesson: after a crash between the two the feedback teaches it again, which is noticed.
            self._send(lesson)
            self._keep_rows()

    def _lay_aside(self, feedback: Feedback) -> None:
        self._unplaced[feedback.feedback_id] = feedback
        if len(self._unplaced) > UNPLACED:
            del self._unplaced[next(iter(self._unplaced))]

    def _look_again(self) -> None:
        """When partitions came, what was laid aside may be about settlements there."""
        held = set(self._store.partitions)
        if held != self._held:
            self._held = held
            waiting, self._unplaced = self._unplaced, {}
            for feedback in waiting.values():
                self._teach(feedback)

    def _send(self, lesson: Lesson) -> None:
        self._sink.send(self._topics.lessons, encode(lesson), key=lesson.setl_id, partition=PARTITION)

    def _is_keeper(self) -> bool:
        return PARTITION in self._store.partitions

    def keep(self) -> None:
        """Write the model down, unless it was since it last changed."""
        self._kept_at = time.monotonic()
        model = self._scoring.model
        state = (model.generation, model.lessons)
        if state == self._kept:
            return
        raw = freeze(model, self._next)
        if len(raw) > self._largest:
            logger.error("model %s is too large to be kept: %d bytes of %d", model.version, len(raw), self._largest)
            return
        self._kept = state
        self._sink.send(self._topics.models, raw, key=model.version, partition=PARTITION)
        for snapshot in snapshots_of(self._shelf)[: 1 - KEPT]:
            self._sink.send(self._topics.models, None, key=snapshot.version, partition=PARTITION)

    def _restore(self) -> None:
        """Take the snapshot in force."""
        found = in_force(self._shelf)
        if found is None:
            return
        snapshot, following = found
        try:
            model = thaw(snapshot)
        except SnapshotError as error:
            logger.error("the model begins anew: %s", error)  # noqa: TRY400 - where it was raised does not matter
            return
        if CHOSEN in self._shelf:
            model.generation = read_choice(self._shelf[CHOSEN]).generation
        self._scoring.model = model
        self._next = following
        self._kept = (model.generation, model.lessons) if snapshot.generation == model.generation else (-1, 0)
        logger.info("model %s is in force", model.version)

    def _read(self) -> None:
        """The thread: read until stopped; an unreachable broker is waited for."""
        while not self._stop_asked.is_set():
            try:
                self._follow()
            except KafkaException as error:
                logger.warning("lessons cannot be read: %s; trying again", error.args[0].str())
                self._stop_asked.wait(_RETRY_S)

    def _follow(self) -> None:
        names = self._topics
        if not self._all_read.is_set():
            self._shelf, following = read_shelf(self._config, names.models)
            self._restore()
            self._places = {(names.models, PARTITION): following, (names.lessons, PARTITION): self._next}
        consumer = Consumer(self._config)
        try:
            there = consumer.list_topics(timeout=10).topics
            if names.feedback in there:
                for number in there[names.feedback].partitions:
                    self._places.setdefault((names.feedback, number), 0)
            places = [
                TopicPartition(topic, number, at) for (topic, number), at in self._places.items() if topic in there
            ]
            consumer.assign(places)
            self._consume(consumer, {(place.topic, place.partition) for place in places})
        finally:
            consumer.close()

    def _consume(self, consumer: Consumer, unread: set[tuple[str, int]]) -> None:
        while not self._stop_asked.is_set():
            if not unread:
                self._all_read.set()
            for message in consumer.consume(_BATCH, _POLL_S):
                error, place = message.error(), (message.topic(), message.partition())
                if error is None:
                    self._places[place] = message.offset() + 1
                    self._inbox.append(_Read(place[0], message.offset(), message.key() or b"", message.value()))
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's public constant
                    unread.discard(place)
                elif error.fatal() or not error.retriable():
                    raise KafkaException(error)
