"""The engine alone on one core: simulated traffic in memory, decoded, screened and answered, beside `orjson.loads`.

Run: `python -m tests.bench engine`. Traffic is what `prewarn simulate` makes (about five lines and four trace codes a
settlement); every round starts with empty state. Rows rest now and then, as they do after a worker's checkpoints.
"""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Final

import orjson

from streams.contract.decode import decode_event
from streams.engine.engine import Engine
from streams.memory import set_aside, spare_long_lived_objects
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.simulate import Simulation, SimulationConfig
from streams.state.rows import Position
from streams.state.store import Store
from tests.registries import registries

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.engine.references import References
    from streams.rules.specs import Pack

EVENTS: Final = 20_000
ROUNDS: Final = 5
REST_EVERY: Final = 2_000


def main() -> None:
    """Print microseconds an event, events a second and the ratio, best of interleaved rounds."""
    simulation = Simulation(SimulationConfig(events=EVENTS))
    raws = [simulated.raw for simulated in simulation]
    references = registries(simulation)
    pack = load_pack(shipped("rules"), shipped("knowledge"))
    spare_long_lived_objects()
    works = {
        "orjson.loads": lambda: _each(raws, orjson.loads),
        "decode": lambda: _each(raws, partial(decode_event, arrived=None)),
        "decode + screen": lambda: _screen(raws, pack, references),
    }
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, work in works.items():
            best[name] = min(best.get(name, float("inf")), _seconds(work))
    lines = sum(raw.count(b'"feedetl_sn"') for raw in raws)
    sys.stdout.write(f"{EVENTS} events, {lines / EVENTS:.1f} lines each, {len(pack.rules)} rules\n")
    for name, seconds in best.items():
        each, ratio = seconds / EVENTS, seconds / best["orjson.loads"]
        sys.stdout.write(
            f"{name:16} {each * 1e6:7.1f} us/event {1 / each:9,.0f} events/s {ratio:6.1f} x orjson.loads\n"
        )


def _each(raws: list[bytes], work: Callable[[bytes], object]) -> None:
    for raw in raws:
        work(raw)


def _screen(raws: list[bytes], pack: Pack, references: References) -> None:
    store = Store()
    store.hold({0})
    engine = Engine(pack, store, b"a key of benchmarks", references)
    for offset, raw in enumerate(raws):
        engine.screen(decode_event(raw, arrived=None), Position(0, offset))
        if (offset + 1) % REST_EVERY == 0:
            store.rest()
            set_aside()


def _seconds(work: Callable[[], None]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun
