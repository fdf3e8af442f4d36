"""A kind of fraud that no rule knows, in the simulated province."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from streams.contract.decode import decode_event
from streams.engine.engine import Engine
from streams.engine.scoring import Scoring
from streams.simulate import Simulation, SimulationConfig
from streams.state.rows import Position
from streams.state.store import Store
from tests.packs import shipped_pack
from tests.unit.engine.histories import KEY

if TYPE_CHECKING:
    from streams.rules.specs import Pack

pytestmark = pytest.mark.slow

EVENTS = 5_000


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Return the shipped pack."""
    return shipped_pack()


@pytest.mark.parametrize("kind", ["T01", "V15", "D02", "P15"])
def test_a_kind_that_no_rule_knows_is_ranked_at_the_top_within_a_day(kind: str, pack: Pack) -> None:
    """With its rule held out and no verdict ever given, a settlement of it is in the day's top 1 % by score."""
    held_out = replace(pack, rules=tuple(rule for rule in pack.rules if rule.rule_id != kind), _candidates={})
    store = Store()
    store.hold({0})
    engine = Engine(held_out, store, KEY, scoring=Scoring(store))
    scores: dict[str, float] = {}
    frauds: set[str] = set()
    day = Simulation(SimulationConfig(seed=3, events=EVENTS, scenarios=(kind,), fraud_rate=0.01))
    for offset, simulated in enumerate(day):
        outcome = engine.screen(decode_event(simulated.raw, arrived=None), Position(0, offset))
        if outcome.result is not None and outcome.result.model is not None:
            scores[outcome.result.setl_id] = outcome.result.model.score
            if simulated.label is not None and simulated.label.label == 1:
                frauds.add(outcome.result.setl_id)
    ordered = sorted(scores, key=lambda setl_id: -scores[setl_id])
    assert frauds
    assert frauds & set(ordered[: len(ordered) // 100])
