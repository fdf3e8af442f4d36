"""What rows on disk cost: events a second of the engine with either store, memory at a million active persons.

Run: `python -m tests.bench store` (three minutes, 1.5 GB). *Throughput*: simulated traffic is decoded and screened, and
what changed is saved now and then as a worker does it, without a broker: a record counts as acknowledged when it is
written. In memory that is all; on disk it is written there, too. *Memory*: a million rows of persons as simulated
traffic leaves them, each under a key of its own; what a process of its own has more afterwards.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from confluent_kafka import Message

from streams.contract.decode import decode_event
from streams.engine.engine import Engine
from streams.features.scopes import TRACE_PREFIX
from streams.memory import set_aside, spare_long_lived_objects
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.simulate import Simulation, SimulationConfig
from streams.state.disk import Disk
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
    from streams.engine.references import References
    from streams.rules.specs import Pack

EVENTS: Final = 12_000
ROUNDS: Final = 5
SAVE_EVERY: Final = 1_000
PERSONS: Final = 1_000_000
CACHE_MIB: Final = 64
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


def _resident() -> int:
    """Return this process's resident memory, bytes."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096


if __name__ == "__main__":
    main()
