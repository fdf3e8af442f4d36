"""Scenarios by the id of the rule that should find them."""

from __future__ import annotations

from streams.simulate.scenarios import (
    beds,
    codes,
    contained,
    course,
    crowds,
    duplicates,
    g02,
    identity,
    offices,
    p02,
    p15,
    r03,
    resale,
    spending,
    stays,
    supply,
    t01,
    v02,
    visits,
    where,
    who,
)
from streams.simulate.scenarios.base import Scenario

_ORDER = "PTDVGR"  # as in the catalogue
_MODULES = (
    beds, codes, contained, course, crowds, duplicates, g02, identity, offices, p02, p15,
    r03, resale, spending, stays, supply, t01, v02, visits, where, who,
)  # fmt: skip

SCENARIOS: dict[str, Scenario] = {
    scenario.id: scenario
    for scenario in sorted(
        (scenario for module in _MODULES for scenario in module.SCENARIOS),
        key=lambda one: (_ORDER.index(one.id[0]), one.id),
    )
}
"""Every scenario, in the order of the catalogue; a new one belongs into the `SCENARIOS` of a module named here."""

__all__ = ["SCENARIOS", "Scenario"]
