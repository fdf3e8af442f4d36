"""Writes rows again that a worker has written over after it had lost their partition: a *zombie*, as Kafka calls it.

What a process handed to its Kafka client before it was held up is sent when it wakes. Such records are void to every
reader, by their epoch. Kafka's compaction knows no epochs: of a key it keeps the last record, here the void one, and
removes ours. So whoever holds a partition writes these rows once more, before brokers may compact
(`min.compaction.lag.ms`): those that it finds so when it takes the partition over (`Replica.shadowed`), and those that
are written over later. The latter show themselves as offsets between our own that are not ours, or, where we write
nothing, as an end of the log beyond them; brokers are asked for that now and then.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from confluent_kafka import KafkaException

from streams.state.rows import REACHED_KEY
from streams.state.store import EFFECTS_PREFIX
from streams.topology.replica import epoch_of
from streams.topology.statekey import KEY_ROW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from confluent_kafka import Message

    from streams.state.store import Store
    from streams.topology.recovery import Place
    from streams.topology.replica import Replica
    from streams.topology.screening import Names
    from streams.topology.sink import Headers

logger = logging.getLogger(__name__)

ASK_EVERY_S: Final = 60.0
"""How often brokers are asked where the changelogs end: a tenth of the time before they may be compacted."""


class Zombies:
    """Watches the compacted changelogs of the partitions that are held, by what is acknowledged of ours.

    Args:
        names: Topic names.
        store: The rows.
        read: Returns the records between offsets, and after others; blocks (`Recovery.beyond`).
        again: Has a row written again, by topic, partition and key (`Checkpoint.again`).
        now: Monotonic seconds.
    """

    def __init__(
        self,
        names: Names,
        store: Store,
        read: Callable[[Mapping[Place, tuple[int, int]], Mapping[Place, int]], list[Message]],
        again: Callable[[str, int, str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._topics = (names.windows, names.settlements)
        self._settlements = names.settlements
        self._store = store
        self._read = read
        self._write_again = again
        self._now = now
        #: The offset after our last acknowledged record, of each changelog that is watched.
        self._next: dict[Place, int] = {}
        self._gaps: dict[Place, tuple[int, int]] = {}
        self._ask_at = now() + ASK_EVERY_S

    def follow(self, replicas: Mapping[int, Replica]) -> None:
        """Watch partitions that were taken over, and write what was found to be written over."""
        for number, replica in replicas.items():
            self._next |= {(topic, number): replica.offsets[topic] for topic in self._topics}
        self._again((topic, number, key) for number, replica in replicas.items() for topic, key in replica.shadowed)

    def give_up(self, partitions: set[int]) -> None:
        """Watch partitions no more."""
        for topic in self._topics:
            for number in partitions:
                self._next.pop((topic, number), None)
                self._gaps.pop((topic, number), None)

    def acknowledged(
        self, topic: str, message: Message, _key: bytes | str | None, _value: bytes | None, _headers: Headers | None
    ) -> None:
        """Note a record of ours that the broker has."""
        if topic not in self._topics:
            return
        place = (topic, message.partition() or 0)
        expected = self._next.get(place)
        if expected is None:
            return
        offset = message.offset() or 0
        if offset > expected:
            self._gaps[place] = (self._gaps.get(place, (expected, 0))[0], offset)
        self._next[place] = offset + 1

    async def look(self) -> None:
        """Read what others wrote, if they did, and have their rows written again; called at every checkpoint."""
        now = self._now()
        come_to: dict[Place, int] = {}
        if now >= self._ask_at:
            self._ask_at = now + ASK_EVERY_S
            come_to = dict(self._next)
        gaps, self._gaps = self._gaps, {}
        if not gaps and not come_to:
            return
        try:
            messages = await asyncio.to_thread(self._read, gaps, come_to)
        except KafkaException as error:
            logger.warning("what others wrote to our changelogs is not known yet: %s", error.args[0].str())
            for place, (begin, end) in gaps.items():
                self._gaps[place] = (begin, self._gaps.get(place, (0, end))[1])
            return
        self._again(self._of_others(messages))
        for message in messages:
            place = (message.topic() or "", message.partition() or 0)
            if place in come_to and place in self._next:
                self._next[place] = max(self._next[place], (message.offset() or 0) + 1)

    def _of_others(self, messages: list[Message]) -> Iterable[tuple[str, int, str]]:
        for message in messages:
            number, raw = message.partition() or 0, message.key() or b""
            rows = self._store.partitions.get(number)
            # Between those of others there may be some of ours; and state keys belong to nobody.
            if rows is not None and epoch_of(message) < rows.reached.epoch and raw != KEY_ROW:
                yield message.topic() or "", number, raw.decode()

    def _again(self, rows: Iterable[tuple[str, int, str]]) -> None:
        """Have rows written again: topic, partition and key of each."""
        # What events without an answer did is only read for seconds, and a void claim hides no row of ours.
        claim = (self._settlements, REACHED_KEY)
        found = {row for row in rows if not row[2].startswith(EFFECTS_PREFIX) and (row[0], row[2]) != claim}
        for row in sorted(found):
            self._write_again(*row)
        if found:
            logger.warning("%d rows are written again: a worker that had lost them had written over them", len(found))
