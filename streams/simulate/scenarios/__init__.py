"""Scenarios by the id of the rule that should find them."""

from __future__ import annotations

from streams.simulate.scenarios import g02, p02, p15, r03, t01, v02
from streams.simulate.scenarios.base import Scenario

SCENARIOS: dict[str, Scenario] = {module.SCENARIO.id: module.SCENARIO for module in (p02, p15, t01, v02, g02, r03)}
"""Every scenario; a new one is a module with a `SCENARIO` and its name in this line."""

__all__ = ["SCENARIOS", "Scenario"]
