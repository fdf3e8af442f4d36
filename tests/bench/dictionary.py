"""Makes a new dictionary for settlement rows from simulated ones: `python -m tests.bench.dictionary`.

It is written beside those there are (`streams.state.packing`), with the next number. All of them stay: rows that were
packed with an earlier one are read with it for as long as results are remembered.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import msgspec
import zstandard

from streams.contract.decode import decode_event
from streams.engine.engine import Engine
from streams.engine.scoring import Scoring
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.simulate import Simulation, SimulationConfig
from streams.state import packing
from streams.state.rows import Position, decode_settlement
from streams.state.store import Store
from tests.registries import registries

SEEDS: Final = (11, 12, 13)
EVENTS: Final = 2_500
FRAUD_RATE: Final = 0.03
SIZE: Final = 16_384
FOLDER: Final = Path(packing.__file__).parent / "dictionaries"


def rows(seed: int, events: int) -> list[bytes]:
    """Return the settlement rows of a simulated day, not packed."""
    found: list[bytes] = []

    def keep(_partition: int, _setl_id: str, raw: bytes) -> None:
        found.append(msgspec.msgpack.encode(decode_settlement(raw)))

    store = Store(on_settlement=keep)
    store.hold({0})
    simulation = Simulation(SimulationConfig(events=events, seed=seed, fraud_rate=FRAUD_RATE))
    pack, references = load_pack(shipped("rules"), shipped("knowledge")), registries(simulation)
    engine = Engine(pack, store, b"a key of no importance at all", references, Scoring(store))
    for number, simulated in enumerate(simulation):
        engine.screen(decode_event(simulated.raw, arrived=None), Position(number % 12, number))
    return found


def main() -> None:
    """Write it, and say what it does to rows that it was not made from."""
    samples = [row for seed in SEEDS for row in rows(seed, EVENTS)]
    made = zstandard.train_dictionary(SIZE, samples)
    number = max((int(file.stem) for file in FOLDER.glob("*.zdict")), default=0) + 1
    (FOLDER / f"{number}.zdict").write_bytes(made.as_bytes())
    others = rows(1, EVENTS)
    pack = zstandard.ZstdCompressor(level=packing.LEVEL, dict_data=made).compress
    packed = sum(len(pack(row)) for row in others) / len(others)
    plain = sum(map(len, others)) / len(others)
    sys.stdout.write(f"{number}.zdict: other rows take {packed:.0f} bytes instead of {plain:.0f}\n")


if __name__ == "__main__":
    main()
