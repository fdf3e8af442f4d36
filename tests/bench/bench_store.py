"""What rows on disk cost: events a second of the engine with either store, memory at a million active persons.

Run: `python -m tests.bench store` (three minutes, 1.5 GB). *Throughput*: simulated traffic is decoded and screened, and
what changed is saved now and then as a worker does it, without a broker: a record counts as acknowledged when it is
written. In memory that is all; on disk it is written there, too. *Memory*: a million rows of persons as simulated
traffic leaves them, each under a key of its own; what a process of its own has more afterwards. *Reads*: of two million
rows in a database that was opened again, as it is after a restart, with the smallest cache; the baseline are the same
rows as one would keep them first, with whole filters in the cache, and options that are not named for what is there.
"""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from confluent_kafka import Message
from rocksdict import BlockBasedOptions, Cache, Options, Rdict, WriteBatch

from streams.contract.decode import decode_event
from streams.engine.engine import Engine
from streams.features.scopes import TRACE_PREFIX
from streams.memory import set_aside, spare_long_lived_objects
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.simulate import Simulation, SimulationConfig
from streams.simulate.randomness import stream
from streams.state.disk import WINDOW, Disk
from streams.state.rows import Position, TraceRow, encode_traces
from streams.state.store import Store, encoded
from streams.topology.checkpoint import TRACES_A_RECORD
from streams.topology.diskimage import DiskImage
from streams.topology.journal import Journal
from streams.topology.replica import Record, Replica
from streams.topology.screening import Names
from streams.topology.statekey import StateKey
from tests.registries import registries

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.engine.references import References
    from streams.rules.specs import Pack

EVENTS: Final = 12_000
ROUNDS: Final = 5
SAVE_EVERY: Final = 1_000
PERSONS: Final = 1_000_000
CACHE_MIB: Final = 64
ROWS: Final = 2_000_000
ROW_BYTES: Final = 200
BATCH: Final = 10_000
QUESTIONS: Final = 10_000
READ_CACHE_MIB: Final = 16
KEY: Final = b"a key of benchmarks"
NAMES: Final = Names(*Names._fields)
MEMORY: Final = "memory"
ROCKSDB: Final = "rocksdb"


class Log:
    """Changelogs that acknowledge at once."""

    def __init__(self, journal: Journal | None) -> None:
        self._journal = journal
        self._ends: dict[str, int] = dict.fromkeys((NAMES.windows, NAMES.traces, NAMES.settlements), 0)

    def write(self, topic: str, key: str | None, value: bytes) -> None:
        """Write a record."""
        offset = self._ends[topic]
        self._ends[topic] = offset + 1
        message = Message(topic=topic, partition=0, offset=offset)
        if self._journal is not None:
            self._journal.acknowledged(topic, message, key, value, None)

    def save(self, store: Store) -> None:
        """Write the window rows that changed."""
        traces = []
        for _, key, raw in store.take_changed():
            if key.startswith(TRACE_PREFIX):
                traces.append(TraceRow(key, raw))
            else:
                self.write(NAMES.windows, key, raw)
        for begin in range(0, len(traces), TRACES_A_RECORD):
            self.write(NAMES.traces, None, encode_traces(traces[begin : begin + TRACES_A_RECORD]))
        if self._journal is not None:
            asyncio.run(self._journal.flush())


def main() -> None:
    """Print both."""
    if sys.argv[-1] in {MEMORY, ROCKSDB}:
        _hold_persons(sys.argv[-1])
        return
    _throughput()
    for kind in (MEMORY, ROCKSDB):
        command = [sys.executable, "-m", "tests.bench.bench_store", kind]
        sys.stdout.write(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    _reads()


def _throughput() -> None:
    simulation = Simulation(SimulationConfig(events=EVENTS))
    raws = [simulated.raw for simulated in simulation]
    references = registries(simulation)
    pack = load_pack(shipped("rules"), shipped("knowledge"))
    spare_long_lived_objects()
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        for kind in (MEMORY, ROCKSDB):
            best[kind] = min(best.get(kind, float("inf")), _screen(kind, raws, pack, references))
    for kind, seconds in best.items():
        sys.stdout.write(
            f"{kind:8} {seconds / EVENTS * 1e6:6.0f} us/event {EVENTS / seconds:7,.0f} events/s "
            f"{best[MEMORY] / seconds:5.2f} x memory\n"
        )


def _screen(kind: str, raws: list[bytes], pack: Pack, references: References) -> float:
    """Return the seconds of this process's threads that screening and saving took."""
    with tempfile.TemporaryDirectory() as folder:
        log: Log
        store = Store(1, on_settlement=lambda _number, key, raw: log.write(NAMES.settlements, key, raw))
        store.hold({0})
        journal, disk = None, None
        if kind == ROCKSDB:
            disk = Disk(Path(folder), {}, CACHE_MIB << 19)
            journal = Journal(NAMES, CACHE_MIB << 19, lambda _replica: None)
            replica = Replica(0, NAMES, StateKey(KEY), DiskImage(disk, 0))
            store.partitions[0] = replica.adopt()
            journal.keep({0: replica})
        log = Log(journal)
        engine = Engine(pack, store, KEY, references)
        begun = time.process_time()
        for offset, raw in enumerate(raws):
            engine.screen(decode_event(raw, arrived=None), Position(0, offset))
            if (offset + 1) % SAVE_EVERY == 0:
                log.save(store)
                set_aside()
        took = time.process_time() - begun
        if disk is not None:
            disk.close()
        return took


def _hold_persons(kind: str) -> None:
    """Print what a process has more with a million persons' rows."""
    engine = Engine(load_pack(shipped("rules"), shipped("knowledge")), (store := Store()), KEY)
    store.hold({0})
    for offset, simulated in enumerate(Simulation(SimulationConfig(events=EVENTS, days=14))):
        engine.screen(decode_event(simulated.raw, arrived=None), Position(0, offset))
    rows = {key: encoded(row) for key, row in store.partitions[0].windows.items() if key[0] == "p"}
    patterns = list(rows.items())
    store.hold(set())
    with tempfile.TemporaryDirectory() as folder:
        disk = Disk(Path(folder), {}, CACHE_MIB << 19) if kind == ROCKSDB else None
        replica = Replica(0, NAMES, StateKey(KEY), None if disk is None else DiskImage(disk, 0))
        before = _resident()
        for n in range(PERSONS):
            key, raw = patterns[n % len(patterns)]
            own = f"{n:08x}"
            name = (key[:2] + own + key[2 + len(own) :]).encode()
            # A copy: rows of one pattern would otherwise share their bytes.
            replica.take(Record(NAMES.windows, n, name, bytes(bytearray(raw)), 0), ours=True)
        kept = replica.adopt()
        grown = _resident() - before
        sys.stdout.write(
            f"{kind:8} {len(kept.windows):,} persons: {grown / 2**20:6,.0f} MiB more, {grown / PERSONS:5,.0f} bytes "
            f"each ({sum(map(len, rows.values())) / len(rows):,.0f} encoded)"
        )
        if disk is not None:
            disk.close()
            size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
            sys.stdout.write(f", {size / 2**20:,.0f} MiB on disk, cache {CACHE_MIB} MiB")
        sys.stdout.write("\n")


def _reads() -> None:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        disk, plain = Disk(Path(folder), {}, READ_CACHE_MIB << 20), Rdict(other, _naive())
        dice = stream(1, "rows")
        for begin in range(0, ROWS, BATCH):
            ours, theirs = disk.batch(), WriteBatch(raw_mode=True)
            for number in range(begin, begin + BATCH):
                row = dice.randbytes(ROW_BYTES)
                ours.put(0, WINDOW, _key(number), row)
                theirs.put(_key(number), row)
            disk.write(ours)
            plain.write(theirs)
        disk.close()
        plain.close()
        disk, plain = Disk(Path(folder), {}, READ_CACHE_MIB << 20), Rdict(other, _naive())
        base, found = _asked(plain.get), _asked(lambda key: disk.get(0, WINDOW, key))
        disk.close()
        plain.close()
    for what, (seconds, read) in found.items():
        sys.stdout.write(
            f"{what:14} {seconds / QUESTIONS * 1e6:6.1f} us, {read / QUESTIONS / 1024:5.1f} KiB of files a question; "
            f"as one would at first {base[what][0] / seconds:5.1f} x, {base[what][1] / QUESTIONS / 1024:5.1f} KiB\n"
        )


def _naive() -> Options:
    table = BlockBasedOptions()
    table.set_block_cache(Cache(READ_CACHE_MIB << 20))
    table.set_cache_index_and_filter_blocks(True)
    table.set_bloom_filter(10, False)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(table)
    return options


def _asked(get: Callable[[bytes], object]) -> dict[str, tuple[float, int]]:
    """Return seconds of the process and bytes read from files, for rows that there are and for others."""
    dice = stream(2, "questions")
    found: dict[str, tuple[float, int]] = {}
    for what, first in (("rows there", 0), ("rows not there", ROWS)):
        keys = [_key(first + dice.randrange(ROWS)) for _ in range(QUESTIONS)]
        begun, before = time.process_time(), _read_bytes()
        for key in keys:
            get(key)
        found[what] = time.process_time() - begun, _read_bytes() - before
    return found


def _key(number: int) -> bytes:
    return b"p:" + hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest().encode()


def _read_bytes() -> int:
    return int(Path("/proc/self/io").read_text("ascii").split()[1])


def _resident() -> int:
    """Return this process's resident memory, bytes."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096


if __name__ == "__main__":
    main()
