"""What the model finds that no rule knows, before any verdict: `python -m tests.bench unknown`.

A simulated day with all kinds of fraud is scored without a single rule, so that every kind is held out. A kind is found
if one of its settlements is in the day's rarest percent; the other line says how many innocent settlements X01 names.
`EVENTS` and `SEED` choose another day.

What a model without a verdict can see is that a number is larger than it usually is. It finds what leaves such a number
among its inputs (`models.inputs`). Of the other kinds it cannot:

* *Facts of a table* (P01–P10, P12–P14, P16–P18, T02, V13, D01): the settlement is ordinary but for which item meets
  which person, diagnosis or other item, or how much of it there may be. To learn what usually meets, each item would
  need a row of counts, of which a settlement changes several, and in a day most pairs are rare.
* *Facts of a registry* (R03, G05, G06, V09, V14): what differs is a person's or an institution's status, nothing in the
  settlement.
* *Too little by itself* (D04, D05, G01, G03, R01, V07, V08): night, a second visit in a week, a short stay
  are what some innocent do too. Verdicts tell them apart, through the same inputs.
* *Too few to be rare among* (V05, on some days T03): of the few dozen stays of an area nothing can be shown to be rarer
  than one in a hundred.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace

from streams.contract.decode import decode_event
from streams.engine.engine import Engine
from streams.engine.scoring import REMARKABLE, Scoring
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.simulate import Simulation, SimulationConfig
from streams.state.rows import Position
from streams.state.store import Store

TOP = 0.01


def main() -> None:
    """Print the kinds that are found and those that are not, with the best rank of each."""
    store = Store()
    store.hold({0})
    pack = replace(load_pack(shipped("rules"), shipped("knowledge")), rules=())
    engine = Engine(pack, store, b"a key of benches", scoring=Scoring(store))
    scores: dict[str, float] = {}
    kinds: dict[str, str] = {}
    innocent = named = 0
    size = {name: int(os.environ.get(name.upper(), default)) for name, default in (("events", 20_000), ("seed", 1))}
    for offset, simulated in enumerate(Simulation(SimulationConfig(**size))):
        result = engine.screen(decode_event(simulated.raw, arrived=None), Position(0, offset)).result
        if result is None or result.model is None:
            continue
        scores[result.setl_id] = result.model.score
        label = simulated.label
        if label is None or label.scenario is None:
            innocent += 1
            named += bool(result.violations)
        elif label.label:
            kinds[result.setl_id] = label.scenario
    rank = {setl_id: place / len(scores) for place, setl_id in enumerate(sorted(scores, key=lambda key: -scores[key]))}
    best: dict[str, float] = {}
    for setl_id, kind in kinds.items():
        best[kind] = min(best.get(kind, 1.0), rank[setl_id])
    found = sorted(kind for kind, place in best.items() if place < TOP)
    told = "  ".join(f"{kind} {100 * place:.1f}" for kind, place in sorted(best.items(), key=lambda pair: pair[1]))
    sys.stdout.write(f"{len(scores):,} settlements, no rule, no verdict; best rank of each kind in percent: {told}\n")
    sys.stdout.write(f"in the top {TOP:.0%}: {len(found)} of {len(best)} kinds ({' '.join(found)})\n")
    rate = 1000 * named / innocent
    sys.stdout.write(f"X01 names {rate:.1f} of 1,000 innocent settlements (asked for: {1000 * REMARKABLE:.0f})\n")
