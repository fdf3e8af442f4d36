"""Carries asks and answers between the owners of partitions (`streams.engine.desk`, `streams.engine.owner`).

An ask goes to the partition of the *observations* topic that its rows live in, an answer to the partition of the
*answers* topic that the asking event is in, many to a record. Both topics are read with librdkafka beside Faust:
a record costs a tenth, and none waits for its turn among the events. How far a partition's observations are folded is
saved with its window rows, so a partition that moves goes on where its rows are; answers are not resumed, whoever
takes events over asks again.

Whatever is under way for a partition ends when partitions are shared anew (`suspend`), and begins again from what is
committed (`resume`). A partition is *open*, its rows changed by function calls, once all is folded that was in its
observations then; until then what is asked here waits here, so that one asker's offsets come in order.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.engine.asks import Answer, Ask, Letter, decode_answers, decode_letter, encode_answers, encode_letter
from streams.topology.clients import watermarks

if TYPE_CHECKING:
    from collections.abc import Callable

    from confluent_kafka import Message

    from streams.engine.desk import Desk
    from streams.engine.owner import Owner
    from streams.state.store import Partition, Store
    from streams.topology.screening import Names
    from streams.topology.sink import Sink

TICK_S: Final = 0.001
"""How long asks and answers wait for others to travel with, while there is work."""
IDLE_S: Final = 0.005
DECIDED: Final = 8
"""Events decided before others are answered again: some milliseconds of work."""
OVERDUE_EVERY_S: Final = 0.1
HEADERS_EVERY_S: Final = 1.0
"""How often owners that are asked nothing are told how far this worker has come."""
BATCH: Final = 1_000
"""Records taken from the reader at once, at most."""
LETTER_BYTES: Final = 262_144
"""A letter is sent when it has grown to this."""
_QUESTION_S: Final = 30.0


class _Box:
    """What is to be sent to one partition."""

    __slots__ = ("items", "size")

    def __init__(self) -> None:
        self.items: list[bytes] = []
        self.size = 0

    def put(self, item: bytes) -> None:
        self.items.append(item)
        self.size += len(item)


class Exchange:
    """Sends, receives and folds asks; sends and receives answers.

    Args:
        config: librdkafka configuration of a reader (`streams.topology.clients.consumer_config`).
        names: Topic names.
        store: The rows held here.
        sink: Where to write.
        owner: Folds asks and answers them.
        committed: Offset below which a partition's events are committed.
    """

    def __init__(
        self,
        config: dict[str, Any],
        names: Names,
        store: Store,
        sink: Sink,
        owner: Owner,
        committed: Callable[[int], int],
    ) -> None:
        self._config = config | {"enable.partition.eof": False, "fetch.wait.max.ms": 100}
        self._names = names
        self._store = store
        self._sink = sink
        self._owner = owner
        self._committed = committed
        self._consumer: Consumer | None = None
        self._asks: dict[int, _Box] = defaultdict(_Box)
        self._answers: dict[int, _Box] = defaultdict(_Box)
        self._deferred: dict[int, deque[Ask]] = defaultdict(deque)
        #: By held partition, the offset its observations must be folded to before it opens.
        self._opens: dict[int, int] = {}
        self._told: dict[int, dict[int, tuple[int, int]]] = {}
        self._tell_at = 0.0
        self._overdue_at = 0.0
        self._running = False
        self.desk: Desk | None = None
        self.asked = 0
        self.answered = 0

    def post(self, owner: int, ask: Ask) -> bytes | None:
        """Give an ask to its owner: the answer if it is given at once, None if it is on its way or none is wanted."""
        self.asked += 1
        partition = self._store.partitions.get(owner)
        if partition is None:
            self._asks[owner].put(ask.encoded())
            if self._asks[owner].size > LETTER_BYTES:
                self.send_letter(owner)
        elif partition.open:
            return self._owner.take(owner, ask)
        else:
            self._deferred[owner].append(ask)
        return None

    def settled(self) -> dict[int, int]:
        """By held partition, the offset in its settlement rows below which all was told to whom it concerns."""
        ends = self._sink.ends
        return {
            number: max(partition.reached.settled.get(number, 0), ends.get(number, 0))
            for number, partition in self._store.partitions.items()
        }

    def stand_still(self) -> None:
        """Take nothing in and decide nothing until `resume`: what is decided now is being made durable."""
        self._running = False

    def suspend(self) -> None:
        """Forget what is under way: partitions are about to be shared anew."""
        self.stand_still()
        self._asks.clear()
        self._answers.clear()
        self._deferred.clear()

    def resume(self) -> None:
        """Go on with the partitions held now, all of them closed at first. Blocks for a few questions to brokers."""
        if self._consumer is None:
            self._consumer = Consumer(self._config)
        held = self._store.partitions
        places = []
        self._opens.clear()
        for number, partition in held.items():
            partition.open = False
            observations = TopicPartition(self._names.observations, number, partition.reached.observations)
            low, high = self._ends(observations)
            if partition.reached.observations < low:
                observations.offset = partition.reached.observations = low
            self._opens[number] = high
            answers = TopicPartition(self._names.answers, number)
            answers.offset = self._ends(answers)[1]
            places += [observations, answers]
        self._consumer.assign(places)
        self._told.clear()
        self._running = True

    def _ends(self, place: TopicPartition) -> tuple[int, int]:
        assert self._consumer is not None  # noqa: S101 - `resume` makes it
        return watermarks(self._consumer, place, _QUESTION_S)

    async def run(self) -> None:
        """Keep ticking; never returns."""
        while True:
            if self._running and self.tick():
                await asyncio.sleep(0)
            else:
                await asyncio.sleep(TICK_S if self.desk is not None and self.desk.waiting else IDLE_S)

    def tick(self) -> bool:
        """Take in what has come, answer, decide some events, send what has gathered; returns whether there is more."""
        if not self._running or self._consumer is None or self.desk is None:
            return False
        for number in [number for number, end in self._opens.items() if self._reached(number) >= end]:
            self._open(number)
        messages = self._consumer.consume(BATCH, 0)
        for message in messages:
            self._take(message)
        now = time.time()
        if now >= self._overdue_at:
            self._overdue_at = now + OVERDUE_EVERY_S
            self.desk.overdue(now)
        if now >= self._tell_at:
            self._tell_at = now + HEADERS_EVERY_S
            self._tell_others()
        self.send()
        more = self.desk.go_on(DECIDED)
        self.send()
        return more

    def send(self) -> None:
        """Send what has gathered."""
        for owner in list(self._asks):
            self.send_letter(owner)
        for asker, box in self._answers.items():
            self._sink.send(self._names.answers, encode_answers(box.items), partition=asker)
        self._answers.clear()

    def close(self) -> None:
        """Leave the brokers."""
        self._running = False
        if self._consumer is not None:
            self._consumer.close()

    def _header(self) -> dict[int, tuple[int, int]]:
        return {number: (self._committed(number), end) for number, end in self.settled().items()}

    def send_letter(self, owner: int, on_delivery: Callable[[], None] | None = None) -> None:
        """Send what has gathered for the owner of a partition; `on_delivery` when the broker has it."""
        if owner in self._store.partitions:
            # It waits here, and is folded before anything that is asked later.
            if on_delivery is not None:
                on_delivery()
            return
        box = self._asks.pop(owner, None)
        header = self._header()
        self._told[owner] = header
        epochs = {number: partition.reached.epoch for number, partition in self._store.partitions.items()}
        letter = encode_letter(header, box.items if box else [], epochs)
        self._sink.send(self._names.observations, letter, partition=owner, on_delivery=on_delivery)

    def _tell_others(self) -> None:
        """Let owners know what they may forget and need not fold again, also when they are asked nothing."""
        header = self._header()
        for owner in range(self._store.count):
            if owner not in self._store.partitions and self._told.get(owner) != header:
                self.send_letter(owner)
        for partition in self._store.partitions.values():
            for asker, (committed, _) in header.items():
                partition.answers.release(asker, committed)

    def _take(self, message: Message) -> None:
        error = message.error()
        if error is not None:
            raise KafkaException(error)
        number, value = message.partition() or 0, message.value() or b""
        if message.topic() == self._names.answers:
            for answer in decode_answers(value):
                self.answered += 1
                self._desk.answered(number, answer.offset, answer.owner, answer.rows)
            return
        partition = self._store.partitions.get(number)
        if partition is None:
            return
        self._fold(number, decode_letter(value))
        partition.reached.observations = (message.offset() or 0) + 1
        if number in self._opens and partition.reached.observations >= self._opens[number]:
            self._open(number)

    @property
    def _desk(self) -> Desk:
        assert self.desk is not None  # noqa: S101 - `tick` looked
        return self.desk

    def _fold(self, number: int, letter: Letter) -> None:
        partition = self._store.partitions[number]
        reached = partition.reached
        void = {asker for asker in letter.header if self._is_void(partition, asker, letter)}
        header = {asker: come for asker, come in letter.header.items() if asker not in void}
        for asker, (committed, _) in header.items():
            partition.answers.release(asker, committed)
        for ask in letter.asks:
            rows = None if ask.asker in void else self._owner.take(number, ask)
            if rows is not None:
                self._give(number, ask, rows)
        for asker, (_, end) in header.items():
            reached.settled[asker] = max(end, reached.settled.get(asker, 0))
            reached.epochs[asker] = letter.epochs.get(asker, reached.epochs.get(asker, 0))

    def _is_void(self, partition: Partition, asker: int, letter: Letter) -> bool:
        """Whether whoever writes to us has lost the asking partition.

        Whoever has it now asks again for all that is not committed. What both ask is folded once; but where that is
        us, and the asker's events are decided by function calls, none of them may find its successors folded. What was
        there before we claimed the partition counts, and is folded before any of ours opens.
        """
        known = partition.reached.epochs.get(asker, 0)
        held = self._store.partitions.get(asker)
        if held is not None and partition.open:
            known = max(known, held.reached.epoch)
        return letter.epochs.get(asker, known) < known

    def _give(self, number: int, ask: Ask, rows: bytes) -> None:
        if ask.asker in self._store.partitions:
            self._desk.answered(ask.asker, ask.offset, number, rows)
            return
        box = self._answers[ask.asker]
        box.put(Answer(ask.asker, ask.offset, number, rows).encoded())
        if box.size > LETTER_BYTES:
            self._sink.send(self._names.answers, encode_answers(box.items), partition=ask.asker)
            del self._answers[ask.asker]

    def _reached(self, number: int) -> int:
        return self._store.partitions[number].reached.observations

    def _open(self, number: int) -> None:
        """From here on the rows of a partition are changed by function calls."""
        del self._opens[number]
        deferred = self._deferred[number]
        while deferred:  # an answer may lead to more
            ask = deferred.popleft()
            rows = self._owner.take(number, ask)
            if rows is not None:
                self._desk.answered(ask.asker, ask.offset, number, rows)
        self._store.partitions[number].open = True
        self._desk.opened(number)
