"""Rules that are taken out of action."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streams.contract.decode import Limits as Size
from streams.contract.decode import decode_event
from streams.engine.engine import Engine, Outcome
from streams.observability.metrics import Metrics
from streams.state.rows import Position
from streams.state.store import Store
from streams.topology.guard import BLOCK, HISTORY, Guard, Limits
from tests.unit.engine.test_engine import KEY, changed
from tests.unit.engine.test_replay import pack

EXAMPLE = json.loads(Path("tests/contract/examples/valid-events.jsonl").read_text("utf-8").splitlines()[0])
NEVER = Limits(errors=0, share=1.0, surge=0.0)


class Guarded:
    """An engine under guard, and settlements one after the other, some of which break the price limit (P15)."""

    def __init__(self, limits: Limits, **change: Any) -> None:
        store = Store()
        store.hold({0})
        self.engine = Engine(changed(pack("cases"), "P15", **change) if change else pack("cases"), store, KEY)
        self.metrics = Metrics()
        self.guard = Guard(self.engine, self.metrics, limits)
        self._number = 0

    def settle(self, *, dear: bool = False) -> Outcome:
        """Screen the next settlement."""
        self._number += 1
        own = {"setl_id": f"S{self._number}", "psn_no": f"P{self._number}", "mdtrt_id": f"M{self._number}"}
        line = EXAMPLE["feedetail"][0] | {"pric": 50.0, "pric_uplmt_amt": 48.0 if dear else 50.0, "cnt": 1}
        event = EXAMPLE | own | {"feedetail": [line | {"det_item_fee_sumamt": 50.0}]}
        decoded = decode_event(json.dumps(event).encode(), arrived=None, limits=Size(future_ms=10**12))
        outcome = self.engine.screen(decoded, Position(0, self._number))
        self.guard.took(outcome)
        return outcome

    @property
    def paused(self) -> float | None:
        """The metric."""
        return self.metrics.registry.get_sample_value("prewarn_rule_paused", {"rule_id": "P15"})


def rules(outcome: Outcome) -> tuple[list[str], list[str]]:
    """Return which rules acted and which were on trial, of P15 alone."""
    assert outcome.result is not None
    found = outcome.result.violations, outcome.result.shadow_violations
    acted, tried = ([v.rule_id for v in violations if v.rule_id == "P15"] for violations in found)
    return acted, tried


def test_a_rule_that_raises_is_asked_no_more() -> None:
    """After so many errors it is off and missing; nothing else is; another pack gives it another chance."""

    def broken(*_: object) -> bool:
        raise ZeroDivisionError

    guarded = Guarded(NEVER._replace(errors=3), when=broken)
    outcomes = [guarded.settle(dear=True) for _ in range(5)]
    assert [bool(outcome.failed) for outcome in outcomes] == [True, True, True, False, False]
    assert all(outcome.result is not None and outcome.result.missing == ["P15"] for outcome in outcomes)
    assert guarded.paused == 1
    guarded.engine.adopt(pack("cases"))
    assert rules(guarded.settle(dear=True)) == (["P15"], [])


def test_a_rule_that_hits_most_of_what_there_is_goes_on_in_shadow() -> None:
    """The hit that exceeds its share still acts; the ones after it do not, and are shown."""
    guarded = Guarded(NEVER._replace(share=0.003))
    hits = [rules(guarded.settle(dear=True)) for _ in range(6)]
    assert hits == [(["P15"], [])] * 4 + [([], ["P15"])] * 2
    assert guarded.engine.paused == {"P15": "shadow"}
    assert guarded.paused == 1


@pytest.mark.parametrize(("surge", "acts"), [(20.0, False), (0.0, True)])
def test_a_rule_that_surges_goes_on_in_shadow(*, surge: float, acts: bool) -> None:
    """Its own rate is known after some blocks; before that, and below a hundred hits, nothing is a surge."""
    guarded = Guarded(NEVER._replace(surge=surge))
    hit, quiet = guarded.settle(dear=True), guarded.settle()
    for number in range(HISTORY * BLOCK - 2):  # counting alone, for speed
        guarded.guard.took(hit if number % BLOCK == 0 else quiet)
    for _ in range(100):
        guarded.guard.took(hit)
    assert guarded.engine.paused == {}
    guarded.guard.took(hit)
    assert (guarded.engine.paused == {}) == acts
    assert rules(guarded.settle(dear=True)) == ((["P15"], []) if acts else ([], ["P15"]))
