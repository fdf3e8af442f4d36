"""A partition held with its rows on disk: what events see, what is on disk, and what is there after a crash."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.features.scopes import TRACE_PREFIX
from streams.state.disk import Disk
from streams.state.expiry import Expiry
from streams.state.rows import REACHED_KEY, Position, ReachedRow, SettlementRow, TraceRow, encode_row, encode_traces
from streams.state.store import Store, encoded
from streams.topology.checkpoint import epoch_header
from streams.topology.diskimage import DiskImage
from streams.topology.journal import Journal
from streams.topology.replica import Replica
from streams.topology.statekey import StateKey
from tests.unit.topology.changelog import KEY, NAMES, PARTITION, Changelog, contents

if TYPE_CHECKING:
    from collections.abc import Callable

    from confluent_kafka import Message

LIFE: Final = 2
"""How long after its latest event a row says anything, in the time of these stories."""


class Holder:
    """A worker that holds one partition on disk, beside one that holds it in memory and does the same."""

    def __init__(self, disk: Disk) -> None:
        self.log = Changelog()
        self.disk = disk
        self.time = 0
        #: What was deleted without a word to the changelog, and did not come again.
        self.dropped: set[str] = set()
        self.begin()

    def image(self) -> Replica:
        """Return what is on disk."""
        return Replica(PARTITION, NAMES, StateKey(KEY), DiskImage(self.disk, PARTITION), now=lambda: 0.0)

    def begin(self) -> None:
        """Take the partition over with what is on disk and in the log; memory begins with the same."""
        self.unacknowledged: list[tuple[Message, str | None]] = []
        self.read: dict[str, int] = {}
        #: By topic, the offset after the last record of ours that was acknowledged.
        self.ends: dict[str, int] = {}
        self.store = Store(4, on_settlement=self.write_settlement)
        replica, whole = self.image(), Replica(PARTITION, NAMES, StateKey(KEY))
        self.log.read(replica)
        self.log.read(whole)
        assert encode_row(replica.rows.reached) == encode_row(whole.rows.reached)
        self.journal = Journal(NAMES, 0, self.read_on)
        self.store.partitions[PARTITION] = replica.adopt()
        self.journal.keep({PARTITION: replica})
        self.unacknowledged.append((self.log.claim(), REACHED_KEY))
        self.epoch = self.log.epoch
        self.expiry = Expiry(self.store, lambda _key: LIFE, LIFE)
        self.plain = Store(4)
        self.plain.hold({PARTITION})
        for kind, rows in self.view(self.store).items():
            getattr(self.plain.partitions[PARTITION], kind).update(rows)

    def read_on(self, replica: Replica) -> None:
        """Read what others wrote; with it what is written of ours, which the broker has, whether it said so or not."""
        self.log.read(replica)
        self.read = dict(self.log.ends)

    def known(self, topic: str) -> int:
        """Return the offset below which the broker is known to have everything."""
        offsets = [message.offset() or 0 for message, _ in self.unacknowledged if message.topic() == topic]
        return max(min(offsets, default=self.log.ends[topic]), self.read.get(topic, 0))

    def write(self, topic: str, key: str | None, value: bytes | None) -> None:
        """Write a record, which is acknowledged some time."""
        message = self.log.write(topic, None if key is None else key.encode(), value, epoch_header(self.epoch))
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

    def settle(self, number: int) -> None:
        """Keep a settlement row."""
        self.time += 1
        row = SettlementRow(self.time, Position(PARTITION, self.time), b"{}", [], [], 0, [], None, [])
        for store in (self.store, self.plain):
            store.keep_settlement(PARTITION, f"S{number}", row)
        self.dropped.discard(f"S{number}")

    def save(self) -> None:
        """Write the window rows that changed."""
        for _, key, raw in self.store.take_changed():
            self.dropped.discard(key)
            if key.startswith(TRACE_PREFIX):
                self.write(NAMES.traces, None, encode_traces([TraceRow(key, raw)]))
            else:
                self.write(NAMES.windows, key, raw)
        self.plain.rest()

    def reach(self, number: int) -> None:
        """Write how far the rows have come."""
        row = ReachedRow(self.time + number, {1: number}, self.epoch)
        self.write(NAMES.windows, REACHED_KEY, encode_row(row))

    def acknowledge(self, count: int) -> None:
        """The broker acknowledges records."""
        for message, key in self.unacknowledged[:count]:
            self.ends[message.topic() or ""] = (message.offset() or 0) + 1
            self.journal.acknowledged(message.topic() or "", message, key, message.value(), epoch_header(self.epoch))
        del self.unacknowledged[:count]

    def flush(self) -> None:
        """Bring to disk what is acknowledged."""
        asyncio.run(self.journal.flush())

    def checkpoint(self) -> None:
        """Save, wait, forget what is over, bring to disk: as `streams.topology.checkpoint` does."""
        self.save()
        self.acknowledge(len(self.unacknowledged))
        before = self.view(self.store)
        for _, key in self.expiry.some() + self.expiry.some():  # the first may only begin a round
            if not key.startswith(TRACE_PREFIX):
                self.write(NAMES.windows, key, None)
        for kind, rows in self.view(self.store).items():
            for key in before[kind].keys() - rows.keys():
                self.dropped.add(key)
                del getattr(self.plain.partitions[PARTITION], kind)[key]
        self.flush()
        image = self.image()
        assert all(end <= image.offsets[topic] for topic, end in self.ends.items())
        for table in (image.rows.windows, image.rows.settlements):
            assert len(table) == len(list(table))
        forgotten = {key for key in self.dropped if not key.startswith(("p:", "i:"))}
        assert not forgotten & {*image.rows.windows, *image.rows.settlements}

    def disturb(self, number: int) -> None:
        """Somebody who has lost the partition still writes."""
        self.log.write(NAMES.windows, f"p:{number}".encode(), b"no row at all", epoch_header(self.epoch - 1))

    def usurp(self, number: int) -> None:
        """Somebody else takes the partition over; we notice late, and what we write until then is void."""
        self.checkpoint()
        self.log.claim()
        self.log.window(number)
        self.log.settlement(number)
        self.change(f"p:{number}")
        self.settle(number)
        self.checkpoint()
        self.crash()

    def crash(self) -> None:
        """All that was in memory is gone; what is on disk and in the changelog says the same as all of that."""
        self.begin()
        whole = Replica(PARTITION, NAMES, StateKey(KEY))
        self.log.read(whole)
        found, right = contents(self.store.partitions[PARTITION]), contents(whole.rows)
        # The other way round: what was forgotten without a word is not read again.
        assert right["windows"].keys() - found["windows"].keys() <= self.dropped
        assert {key for key, _ in right["settlements"]} - {key for key, _ in found["settlements"]} <= self.dropped
        assert found["windows"].items() <= right["windows"].items()
        assert found["settlements"] == [row for row in right["settlements"] if row in found["settlements"]]

    @staticmethod
    def view(store: Store) -> dict[str, dict[str, bytes]]:
        """Return what events see."""
        rows = store.partitions[PARTITION]
        return {
            "windows": {key: encoded(row) for key, row in rows.windows.items()},
            "settlements": dict(rows.settlements.items()),
        }


STEPS: Final[dict[str, Callable[[Holder, int], object]]] = {
    "person": lambda holder, number: holder.change(f"p:{number}"),
    "institution": lambda holder, number: holder.change(f"i:{number}"),
    "trace": lambda holder, number: holder.change(f"t:{number}"),
    "look": lambda holder, number: holder.store.partitions[PARTITION].window(f"p:{number}"),
    "reach": Holder.reach,
    "settle": Holder.settle,
    "save": lambda holder, _number: holder.save(),
    "acknowledge": Holder.acknowledge,
    "flush": lambda holder, _number: holder.flush(),
    "checkpoint": lambda holder, _number: holder.checkpoint(),
    "disturb": Holder.disturb,
    "usurp": Holder.usurp,
    "crash": lambda holder, _number: holder.crash(),
}


OFTEN: Final = ("person", "person", "trace", "settle", "save", "acknowledge", "flush", "checkpoint", "checkpoint")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([*STEPS, *OFTEN]), st.integers(0, 4)), min_size=20, max_size=80))
def test_rows_on_disk_are_those_of_memory_and_of_the_changelog(story: list[tuple[str, int]]) -> None:
    """Events see what they would see in memory; on disk is what the changelog says up to the offset that is there.

    That offset is never beyond what was acknowledged, whoever writes in between, and goes on; a crash loses nothing.
    """
    with tempfile.TemporaryDirectory() as folder, closing(Disk(Path(folder), {}, 1 << 20)) as disk:
        holder = Holder(disk)
        for step, number in story:
            STEPS[step](holder, number)
            assert holder.view(holder.store) == holder.view(holder.plain)
            assert all(end <= holder.known(topic) for topic, end in holder.image().offsets.items())
        holder.crash()


def test_a_row_that_changed_while_it_was_written_stays_in_memory() -> None:
    """What is on disk by then is an older one, and must not take its place when memory is short."""
    with tempfile.TemporaryDirectory() as folder, closing(Disk(Path(folder), {}, 1 << 20)) as disk:
        holder = Holder(disk)
        holder.change("p:0")
        holder.change("p:1")
        holder.checkpoint()
        holder.change("p:0")
        holder.save()
        holder.change("p:0")
        assert holder.store.partitions[PARTITION].window("p:1") is not None  # comes from disk, and is what may go
        holder.acknowledge(len(holder.unacknowledged))
        holder.flush()
        assert holder.view(holder.store) == holder.view(holder.plain)
        holder.checkpoint()
        assert holder.view(holder.store) == holder.view(holder.plain)
