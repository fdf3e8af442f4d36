"""What the changelogs of one partition say, as far as they have been read: an *image* of its rows.

Whoever takes a partition over and whoever keeps a copy of it for that day read by this code alone, record by record in
the order of the log. So it makes no difference to the rows when they were read, or by whom, or in how many goes.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from streams.state.answers import ANSWERS_PREFIX
from streams.state.rows import REACHED_KEY, decode_reached, decode_settlement, decode_traces, decode_window
from streams.state.store import EFFECTS_PREFIX
from streams.topology.checkpoint import EPOCH
from streams.topology.image import MemoryImage, Progress
from streams.topology.statekey import KEY_ROW

if TYPE_CHECKING:
    from collections.abc import Callable

    from confluent_kafka import Message

    from streams.state.rows import SettlementRow
    from streams.state.store import Partition
    from streams.topology.image import Image
    from streams.topology.screening import Names
    from streams.topology.statekey import StateKey

TOMBSTONES_S: Final = 43_200.0
"""How old an image may be that is read on: half of the time for which Kafka keeps the record that deletes a row."""
LOOK_AT: Final = 20_000
"""Rows that are read before it is seen whether they can be decoded."""
_OTHER_KEY: Final = (
    "was written under another state key: with this one all windows would be empty. Set PREWARN_STATE_KEY to that key; "
    "where there was none, it is the PREWARN_PERSON_KEY of that time"
)


class RecoveryError(Exception):
    """A changelog could not be read; the message names topic, partition and reason."""


class Record(NamedTuple):
    """A record of a changelog of the partition."""

    topic: str
    offset: int
    key: bytes
    value: bytes | None
    epoch: int


class Replica:
    """An image of one partition, and how far it has come.

    Args:
        number: The partition.
        names: Topic names.
        state_key: Knows whether rows are kept under our key.
        image: Keeps the rows.
        now: Epoch seconds.
    """

    def __init__(
        self,
        number: int,
        names: Names,
        state_key: StateKey,
        image: Image | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.number = number
        self.image: Image = MemoryImage() if image is None else image
        #: By topic, the offset to go on from.
        self.offsets = dict.fromkeys(changelogs(names), 0)
        #: By topic, the epoch of its latest record: only within one is their order known.
        self.epochs = dict.fromkeys(changelogs(names), 0)
        #: When all was read that there was, epoch seconds.
        self.complete_at = now()
        #: Records of workers that had lost the partition.
        self.void = 0
        #: Topic and key of rows that such a record is the latest of: compaction would keep it, and not the row.
        self.shadowed: set[tuple[str, str]] = set()
        #: Window rows that nobody has tried to decode yet, by key with the offset of each. A log has many versions of
        #: a busy row, and only the last is ever used.
        self._unseen: dict[str, tuple[int, bytes]] = {}
        self._names = names
        self._state_key = state_key
        self._now = now
        there = self.image.load()
        if there is not None:
            self.offsets = dict(zip(changelogs(names), there.offsets, strict=True))
            self.epochs = dict(zip(changelogs(names), there.epochs, strict=True))
            self.complete_at = there.complete_at
            self.shadowed.update(there.shadowed)

    @property
    def rows(self) -> Partition:
        """The rows as they are by now."""
        return self.image.rows

    def anew(self) -> Replica:
        """A replica of the same partition that has read nothing."""
        return Replica(self.number, self._names, self._state_key, self.image.anew(), self._now)

    @property
    def begun(self) -> bool:
        """Whether anything was read."""
        return any(self.offsets.values())

    def follows(self, topic: str, low: int, high: int) -> bool:
        """Whether reading on, in a log from `low` to `high`, leads to what reading all of it would."""
        offset = self.offsets[topic]
        if offset > high:
            return False  # the topic was made anew, or lost its end
        if topic != self._names.windows or not offset or offset == high:
            return True
        return offset >= low and self._now() - self.complete_at < TOMBSTONES_S

    def forget(self, topic: str, low: int) -> None:
        """Drop what the broker has deleted from a topic that begins at offset `low` by now."""
        if topic == self._names.traces:
            self.image.forget_traces(low)
        elif topic == self._names.settlements:
            self.image.forget_settlements(low)

    def complete(self, topic: str, end: int) -> None:
        """Note that everything below an offset was read, which was the end."""
        self.offsets[topic] = max(end, self.offsets[topic])
        if topic == self._names.windows:
            self.complete_at = self._now()

    def adopt(self) -> Partition:
        """Let events be decided on the rows from now on; returns them, or raises `RecoveryError`."""
        self.save()
        self.image.live = True
        return self.image.rows

    def save(self) -> None:
        """Have the image on disk, if that is where it is kept, come as far as this; raises `RecoveryError`."""
        self._see()
        topics = changelogs(self._names)
        offsets, epochs = ([by_topic[topic] for topic in topics] for by_topic in (self.offsets, self.epochs))
        self.image.save(Progress(offsets, epochs, self.complete_at, sorted(self.shadowed)))

    def apply(self, message: Message) -> None:
        """Take the next record of one of the changelogs, as it was read.

        Raises:
            RecoveryError: It cannot be read: deciding on half a state would accuse people falsely.
        """
        place = message.topic() or "", message.offset() or 0
        self.take(Record(*place, message.key() or b"", message.value(), epoch_of(message)))

    def take(self, record: Record, *, ours: bool = False) -> None:
        """Take the next record of one of the changelogs.

        Args:
            record: The record.
            ours: Whether we wrote it: then its row need not be looked at.

        Raises:
            RecoveryError: It cannot be read.
        """
        topic, epoch = record.topic, record.epoch
        if topic == self._names.windows and record.key == KEY_ROW:
            # It belongs to no epoch: whoever wrote it first, it holds for all.
            if not self._state_key.fits(self.number, record.value):
                raise RecoveryError(f"{topic}[{self.number}] {_OTHER_KEY}")
        elif epoch < self.epochs[topic]:
            self.void += 1
            if topic != self._names.traces:
                self.shadowed.add((topic, record.key.decode()))
        else:
            if self.shadowed:
                self.shadowed.discard((topic, record.key.decode()))
            self.epochs[topic] = epoch
            reached = self.rows.reached
            reached.epoch = max(epoch, reached.epoch)
            try:
                self._kept(record, ours=ours)
            except ValueError as error:  # msgspec's decoding errors are ValueErrors
                raise self._unreadable(topic, record.offset, error) from error
            if len(self._unseen) >= LOOK_AT:
                self._see()
        self.offsets[topic] = record.offset + 1
        if self.image.is_full:
            self.save()

    def _kept(self, record: Record, *, ours: bool) -> None:
        """Hand a record to the image."""
        topic, offset, raw_key, value, _ = record
        if topic == self._names.traces:
            self.image.traces(offset, decode_traces(value or b""))
            return
        key = raw_key.decode()
        if topic == self._names.settlements:
            # Of an event that is no settlement nobody asks for the row but who brings windows up to date.
            self.image.settlement(offset, key, None if key.startswith(EFFECTS_PREFIX) else value or None)
        elif key.startswith(ANSWERS_PREFIX):
            self.image.answers(key, value or None)
        elif value is None:
            self._unseen.pop(key, None)
            self.image.window(key, None)
        elif key == REACHED_KEY:
            row = decode_reached(value)
            row.epoch = max(record.epoch, self.rows.reached.epoch)
            self.image.reached(row)
        else:
            if not ours:
                self._unseen[key] = (offset, value)
            self.image.window(key, value)

    def _see(self) -> None:
        """Refuse window rows that cannot be decoded: they rest encoded, and it would be found out in a decision."""
        for offset, raw in self._unseen.values():
            try:
                decode_window(raw)
            except ValueError as error:
                raise self._unreadable(self._names.windows, offset, error) from error
        self._unseen = {}

    def _unreadable(self, topic: str, offset: int, error: ValueError) -> RecoveryError:
        place = f"{topic}[{self.number}]@{offset}"
        return RecoveryError(f"{place} holds no rows of this version: {error}")


def epoch_of(message: Message) -> int:
    """The epoch in which a record of a changelog was written (`ReachedRow.epoch`)."""
    return int(dict(message.headers() or ()).get(EPOCH, b"0"))


def changelogs(names: Names) -> tuple[str, str, str]:
    """The topics that an image is read from."""
    return names.windows, names.traces, names.settlements


def decoded_settlement(message: Message, value: bytes) -> SettlementRow:
    """A settlement row; raises `RecoveryError`."""
    try:
        return decode_settlement(value)
    except ValueError as error:
        place = f"{message.topic()}[{message.partition()}]@{message.offset()}"
        raise RecoveryError(f"{place} holds no rows of this version: {error}") from error
