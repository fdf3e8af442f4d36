"""A partition held with its rows on disk: what events see, what is on disk, and what is there after a crash."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.features.scopes import TRACE_PREFIX
from streams.state.disk import Disk
from streams.state.expiry import Expiry
from streams.state.rows import Position, SettlementRow, TraceRow, encode_row, encode_traces
from streams.state.store import Store
from streams.topology.checkpoint import EPOCH, epoch_header
from streams.topology.diskimage import DiskImage
from streams.topology.journal import Journal
from streams.topology.replica import Replica
from streams.topology.statekey import StateKey
from tests.unit.topology.changelog import KEY, NAMES, PARTITION, Changelog, contents

if TYPE_CHECKING:
    from collections.abc import Callable

    from confluent_kafka import Message

LIFE: Final = 30
"""How long after its latest event a row says anything, in the time of these stories."""


class Holder:
    """A worker that holds one partition on disk, beside one that holds it in memory and does the same."""

    def __init__(self, folder: str) -> None:
        self.log = Changelog()
        self.disk = Disk(Path(folder), {}, 1 << 20)
        self.plain = Store(4)
        self.plain.hold({PARTITION})
        self.time = 0
        self.dropped: set[str] = set()
        self.begin()

    def image(self) -> Replica:
        """Return what is on disk."""
        return Replica(PARTITION, NAMES, StateKey(KEY), DiskImage(self.disk, PARTITION), now=lambda: 0.0)

    def begin(self) -> None:
        """Take the partition over with what is on disk and in the log."""
        self.unacknowledged: list[tuple[Message, Any]] = []
        self.store = Store(4, on_settlement=self.write_settlement)
        replica = self.image()
        self.log.read(replica)
        self.journal = Journal(NAMES, 0, self.log.read)
        self.store.partitions[PARTITION] = replica.adopt()
        self.journal.keep({PARTITION: replica})
        self.log.claim()
        self.expiry = Expiry(self.store, lambda _key: LIFE, LIFE)

    def write(self, topic: str, key: str | None, value: bytes | None) -> None:
        """Write a record, which is acknowledged some time."""
        message = self.log.write(topic, None if key is None else key.encode(), value)
        self.unacknowledged.append((message, key))

    def write_settlement(self, _partition: int, key: str, raw: bytes) -> None:
        """Do the same with a settlement row."""
        self.write(NAMES.settlements, key, raw)

    def change(self, key: str) -> None:
        """Fold an event into a row."""
        self.time += 1
        for store in (self.store, self.plain):
            row = store.change_row(PARTITION, key)
            row.newest = self.time
            row.features["f"] = row.features.get("f", 0) + 1
        self.dropped.discard(key)

    def settle(self, number: int) -> None:
        """Keep a settlement row."""
        self.time += 1
        row = SettlementRow(self.time, Position(PARTITION, self.time), b"{}", [], [], 0, [], None, [])
        for store in (self.store, self.plain):
            store.keep_settlement(PARTITION, f"S{number}", row)
        self.dropped.discard(f"S{number}")

    def acknowledge(self, count: int) -> None:
        """The broker acknowledges records."""
        for message, key in self.unacknowledged[:count]:
            headers = [(EPOCH, dict(message.headers() or ())[EPOCH])]
            self.journal.acknowledged(message.topic() or "", message, key, message.value(), headers)
        del self.unacknowledged[:count]

    def checkpoint(self) -> None:
        """Save what changed; forget what is over; bring to disk what is acknowledged by then."""
        for _, key, raw in self.store.take_changed():
            if key.startswith(TRACE_PREFIX):
                self.write(NAMES.traces, None, encode_traces([TraceRow(key, raw)]))
            else:
                self.write(NAMES.windows, key, raw)
        self.plain.rest()
        self.acknowledge(len(self.unacknowledged))
        before = self.view(self.store)
        for _, key in self.expiry.some():
            if not key.startswith(TRACE_PREFIX):
                self.write(NAMES.windows, key, None)
        gone = {kind: before[kind].keys() - rows.keys() for kind, rows in self.view(self.store).items()}
        self.dropped |= gone["windows"] | gone["settlements"]
        plain = self.plain.partitions[PARTITION]
        for key in gone["windows"]:
            del plain.windows[key]
        for key in gone["settlements"]:
            del plain.settlements[key]
        asyncio.run(self.journal.flush())

    def disturb(self, number: int) -> None:
        """Somebody who has lost the partition still writes."""
        before = epoch_header(self.log.epoch - 1)
        self.log.write(NAMES.windows, f"p:{number}".encode(), b"no row at all", before)

    def crash(self) -> None:
        """All that was in memory is gone, all that was written is there."""
        self.checkpoint_of_the_other()
        self.begin()

    def checkpoint_of_the_other(self) -> None:
        """What the memory has is what was written, for the comparison."""
        for _, key, raw in self.store.take_changed():
            topic = NAMES.traces if key.startswith(TRACE_PREFIX) else NAMES.windows
            value = encode_traces([TraceRow(key, raw)]) if topic == NAMES.traces else raw
            self.log.write(topic, None if topic == NAMES.traces else key.encode(), value)
        self.plain.rest()

    @staticmethod
    def view(store: Store) -> dict[str, dict[str, Any]]:
        """Return what events see."""
        rows = store.partitions[PARTITION]
        windows = {key: row if isinstance(row, bytes) else encode_row(row) for key, row in rows.windows.items()}
        return {"windows": windows, "settlements": dict(rows.settlements.items())}


STEPS: Final[dict[str, Callable[[Holder, int], None]]] = {
    "person": lambda holder, number: holder.change(f"p:{number}"),
    "institution": lambda holder, number: holder.change(f"i:{number}"),
    "trace": lambda holder, number: holder.change(f"t:{number}"),
    "settle": Holder.settle,
    "acknowledge": Holder.acknowledge,
    "checkpoint": lambda holder, _number: holder.checkpoint(),
    "disturb": Holder.disturb,
    "crash": lambda holder, _number: holder.crash(),
}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 5)), max_size=80))
def test_rows_on_disk_are_those_of_memory_and_of_the_changelog(story: list[tuple[str, int]]) -> None:
    """Events see what they would see in memory; on disk is what the changelog says up to the offset that is there.

    That offset is never beyond what was acknowledged, whoever writes in between; a crash anywhere loses nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        holder = Holder(folder)
        for step, number in story:
            STEPS[step](holder, number)
            if step == "crash":
                # What expired and whose deletion was not written, or is never written, is read again.
                seen, plain = holder.view(holder.store), holder.view(holder.plain)
                back = {kind: rows.keys() - plain[kind].keys() for kind, rows in seen.items()}
                assert back["windows"] | back["settlements"] <= holder.dropped
                for kind, rows in seen.items():
                    for key in back[kind]:
                        table: Any = getattr(holder.plain.partitions[PARTITION], kind)
                        table[key] = rows[key]
                holder.dropped.clear()
            assert holder.view(holder.store) == holder.view(holder.plain)
            saved = holder.image()
            acknowledged = dict(holder.log.ends)
            for message, _ in holder.unacknowledged:
                topic = message.topic() or ""
                acknowledged[topic] = min(acknowledged[topic], message.offset() or 0)
            assert all(saved.offsets[topic] <= acknowledged[topic] for topic in saved.offsets)
        holder.crash()
        whole = Replica(PARTITION, NAMES, StateKey(KEY))
        holder.log.read(whole)
        found, right = contents(holder.store.partitions[PARTITION]), contents(whole.rows)
        assert found["windows"].items() <= right["windows"].items()
        assert set(right["windows"]) - set(found["windows"]) <= {key for key in right["windows"] if key[0] == "t"}
        assert set(found["settlements"]) <= set(right["settlements"])
        holder.disk.close()
