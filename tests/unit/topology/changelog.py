"""A partition's changelogs as a broker keeps them: written, compacted, shortened by retention, read on or anew."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import Message

from streams.state.answers import ANSWERS_PREFIX
from streams.state.rows import (
    REACHED_KEY,
    Contribution,
    Position,
    ReachedRow,
    SettlementRow,
    TraceRow,
    WindowRow,
    encode_row,
    encode_settlement,
    encode_traces,
)
from streams.state.store import EFFECTS_PREFIX, encoded
from streams.topology.checkpoint import epoch_header
from streams.topology.claims import CLAIM
from streams.topology.screening import Names
from streams.topology.statekey import KEY_ROW, StateKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.state.store import Partition
    from streams.topology.replica import Replica

PARTITION: Final = 3
KEY: Final = b"a state key of tests"
NAMES: Final = Names(*Names._fields)


class Changelog:
    """The three logs of one partition."""

    def __init__(self) -> None:
        self.records: dict[str, list[Message]] = {NAMES.windows: [], NAMES.traces: [], NAMES.settlements: []}
        self.ends: dict[str, int] = dict.fromkeys(self.records, 0)
        self.lows: dict[str, int] = dict.fromkeys(self.records, 0)
        #: Offsets at and above which brokers may not clean yet: of void records that the holder has not found.
        self.kept: dict[str, int] = {}
        #: Offsets of the claims that tell of them that they are void.
        self.claims: dict[str, int] = {}
        #: Those of whoever holds the partition now.
        self._claim: dict[str, int] = {}
        self.epoch = 0
        self.time = 0
        self._answered: dict[int, int] = defaultdict(int)
        self._answers: list[str] = []
        state_key = StateKey(KEY)
        self.write(NAMES.windows, KEY_ROW, state_key._fingerprint, headers=None)
        self.claim()

    def write(self, topic: str, key: bytes | None, value: bytes | None, headers: Any = ()) -> Message:
        """Append a record; returns it as the broker has it."""
        if headers == ():
            headers = epoch_header(self.epoch)
        offset = self.ends[topic]
        record = Message(topic=topic, partition=PARTITION, offset=offset, key=key, value=value, headers=headers)
        self.records[topic].append(record)
        self.ends[topic] = offset + 1
        return record

    def claim(self) -> Message:
        """Another worker takes the partition over."""
        self.epoch += 1
        self._claim = dict(self.ends)
        self.write(NAMES.settlements, REACHED_KEY.encode(), CLAIM)
        self.write(NAMES.traces, None, encode_traces([]))
        return self.reach(0)

    def reach(self, number: int) -> Message:
        """Say how far the rows have come."""
        row = ReachedRow(number, {1: number}, self.epoch)
        return self.write(NAMES.windows, REACHED_KEY.encode(), encode_row(row))

    def window(self, number: int) -> None:
        """Save a window row."""
        self.time += 1
        self.write(
            NAMES.windows, f"p:{number}".encode(), encode_row(WindowRow({0: self.time}, self.time, {"f": number}))
        )

    def expire(self, number: int) -> None:
        """Delete a window row."""
        self.write(NAMES.windows, f"p:{number}".encode(), None)

    def traces(self, first: int) -> None:
        """Save the rows of some trace codes in one record."""
        self.time += 1
        rows = [TraceRow(f"t:{n}", encode_row(WindowRow({}, self.time, {}))) for n in range(first, first + 3)]
        self.write(NAMES.traces, None, encode_traces(rows))

    def settlement(self, number: int) -> None:
        """Save a settlement row."""
        self.time += 1
        self.write(NAMES.settlements, f"S{number}".encode(), encode_settlement(self._settlement()))

    def effects(self, number: int) -> None:
        """Save what an event that is no settlement did."""
        self.time += 1
        self.write(NAMES.settlements, f"{EFFECTS_PREFIX}0:{number}".encode(), encode_settlement(self._settlement()))

    def _settlement(self) -> SettlementRow:
        place = Position(PARTITION, self.time)
        return SettlementRow(self.time, place, b"{}", [Contribution("p:1", "", [])], [], 0, [], None, [])

    def answer(self, asker: int) -> None:
        """Save answers to an asker."""
        from streams.state.answers import AnswerBook  # noqa: PLC0415 - only this kind of row is made by a book

        book, first = AnswerBook(), self._answered[asker]
        for offset in (first, first + 2):
            book.keep(asker, offset, str(self.time + offset).encode())
        self._answered[asker] = first + 3
        for key, raw in book.take_changed():
            self.write(NAMES.windows, key.encode(), raw)
            self._answers.append(key)

    def release(self, number: int) -> None:
        """Delete answers that nobody can ask for again."""
        if self._answers:
            key = self._answers.pop(number % len(self._answers))
            self.write(NAMES.windows, key.encode(), None)

    def void(self, number: int) -> None:
        """A worker that has lost the partition still writes."""
        if self.epoch > 1:
            before = epoch_header(self.epoch - 1)
            for topic, key in ((NAMES.windows, f"p:{number}"), (NAMES.settlements, f"S{number}")):
                # Nobody is held up for so long that the claim after which he writes is gone.
                if self._claim[topic] >= self.lows[topic]:
                    self.kept.setdefault(topic, self.ends[topic])
                    self.claims.setdefault(topic, self._claim[topic])
                    self.write(topic, key.encode(), b"no row at all", headers=before)

    def rewrite(self, holder: Replica) -> None:
        """The partition's holder finds that its rows were written over, and writes them again."""
        self.read(holder)
        for topic, key in sorted(holder.shadowed):
            settlements, windows = holder.rows.settlements, holder.rows.windows
            row = settlements.get(key) if topic == NAMES.settlements else windows.get(key)
            self.write(topic, key.encode(), None if row is None else encoded(row))
        self.kept, self.claims = {}, {}

    def clean(self, read: dict[str, int]) -> None:
        """Compact; records that delete go too where a reader has come past them (`read`)."""
        for topic in (NAMES.windows, NAMES.settlements):
            below = self.kept.get(topic, self.ends[topic])
            latest = {m.key(): m.offset() for m in self.records[topic] if (m.offset() or 0) < below}
            self.records[topic] = [
                m
                for m in self.records[topic]
                if (m.offset() or 0) >= below
                or (latest[m.key()] == m.offset() and (m.value() is not None or (m.offset() or 0) >= read[topic]))
            ]

    def retire(self, share: int) -> None:
        """Delete the oldest records of the two topics with a retention."""
        for topic in (NAMES.traces, NAMES.settlements):
            most = self.claims.get(topic, self.ends[topic])
            low = self.lows[topic] + (most - self.lows[topic]) * share // 10
            self.lows[topic] = max(low, self.lows[topic])
            self.records[topic] = [m for m in self.records[topic] if (m.offset() or 0) >= self.lows[topic]]

    def glance(self, replica: Replica, most: int) -> None:
        """Read a few records that a replica has not read, and break off."""
        for topic, records in self.records.items():
            for message in [m for m in records if (m.offset() or 0) >= replica.offsets[topic]][:most]:
                replica.apply(message)

    def read(self, replica: Replica) -> None:
        """Read all that a replica has not read, as recovery does it."""
        for topic, records in self.records.items():
            assert replica.follows(topic, self.lows[topic], self.ends[topic])
            replica.forget(topic, self.lows[topic])
            for message in records:
                if (message.offset() or 0) >= replica.offsets[topic]:
                    replica.apply(message)
            replica.complete(topic, self.ends[topic])


STEPS: Final[dict[str, Callable[[Changelog, int], object]]] = {
    "window": Changelog.window,
    "expire": Changelog.expire,
    "traces": Changelog.traces,
    "settlement": Changelog.settlement,
    "effects": Changelog.effects,
    "answer": lambda log, number: log.answer(number % 2),
    "release": Changelog.release,
    "reach": Changelog.reach,
    "claim": lambda log, _number: log.claim(),
    "void": Changelog.void,
    "retire": Changelog.retire,
}
"""What may happen to a changelog."""


def contents(rows: Partition) -> dict[str, Any]:
    """Return everything that the rows of a partition say, byte for byte; settlements in their order."""
    book = rows.answers
    return {
        "windows": {key: encoded(row) for key, row in rows.windows.items()},
        "settlements": list(rows.settlements.items()),
        "reached": encode_row(rows.reached),
        "answers": {(asker, offset): raw for asker, given in book._given.items() for offset, raw in given.items()},
        "saved": {asker: list(saved) for asker, saved in book._saved.items() if saved},
        "is answers": all(key.startswith(ANSWERS_PREFIX) for saved in book._saved.values() for key, _ in saved),
    }
