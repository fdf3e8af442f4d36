"""Bytes of state for each active person, institution, prescriber and trace code, and for each settlement remembered.

Run: `python -m tests.bench state`. A simulated fortnight of a province is screened, and rows rest now and then as
they do after a checkpoint; the memory of all rows of a kind is what is freed when they go.
"""

from __future__ import annotations

import gc
import sys
import tracemalloc
from typing import Final

from streams.contract.decode import decode_event
from streams.engine.engine import Engine
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.simulate import Simulation, SimulationConfig
from streams.state.rows import Position
from streams.state.store import Partition, Store, encoded
from tests.registries import registries

EVENTS: Final = 40_000
DAYS: Final = 14
REST_EVERY: Final = 1_000
KINDS: Final = {"p": "person", "i": "institution", "d": "prescriber", "t": "trace code"}


def main() -> None:
    """Print rows, bytes in the changelog (mean and largest), and bytes in memory, by kind of row."""
    simulation = Simulation(SimulationConfig(events=EVENTS, days=DAYS))
    references = registries(simulation)
    store = Store()
    store.hold({0})
    engine = Engine(load_pack(shipped("rules"), shipped("knowledge")), store, b"a key of benchmarks", references)
    tracemalloc.start()
    for offset, simulated in enumerate(simulation):
        engine.screen(decode_event(simulated.raw, arrived=None), Position(0, offset))
        if offset % REST_EVERY == 0:
            store.rest()
    store.rest()
    partition = store.partitions[0]
    sys.stdout.write(f"{EVENTS} events over {DAYS} days\n")
    sys.stdout.write(f"{'row':12} {'rows':>8} {'mean bytes':>11} {'largest':>9} {'in memory':>10}\n")
    for letter, name in KINDS.items():
        sizes = [len(encoded(row)) for key, row in partition.windows.items() if key[0] == letter]
        _line(name, sizes, _freed(partition, letter))
    sizes = [len(raw) for raw in partition.settlements.values()]
    before = _traced()
    partition.settlements.clear()
    _line("settlement", sizes, before - _traced())
    tracemalloc.stop()


def _line(name: str, sizes: list[int], memory: int) -> None:
    count = len(sizes)
    if count:
        mean, each = sum(sizes) / count, memory / count
        sys.stdout.write(f"{name:12} {count:8,} {mean:11,.0f} {max(sizes):9,} {each:10,.0f}\n")


def _freed(partition: Partition, letter: str) -> int:
    before = _traced()
    partition.windows = {key: row for key, row in partition.windows.items() if key[0] != letter}
    return before - _traced()


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
