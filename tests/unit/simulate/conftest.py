"""Streams that several tests look at."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from streams.simulate import Simulation, SimulationConfig
from tests.unit.simulate import judges

if TYPE_CHECKING:
    from streams.simulate import Label, Simulated


class Stream:
    """A simulation, read to its end."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.simulated: list[Simulated] = list(simulation)
        self.events: list[dict[str, Any]] = [json.loads(one.raw) for one in self.simulated]
        self.labels: dict[str, Label] = {
            one.label.setl_id: one.label for one in self.simulated if one.label and one.kind != "resend"
        }

    def settlements(self) -> list[dict[str, Any]]:
        """Settlements as they first arrived, without refunds."""
        return [event for event, one in zip(self.events, self.simulated, strict=True) if one.kind == "settlement"]

    def ordinary(self) -> list[dict[str, Any]]:
        """Those that belong to no scenario."""
        return [event for event in self.settlements() if self.labels[event["setl_id"]].scenario is None]

    @cached_property
    def verdicts(self) -> dict[str, set[str]]:
        """By rule, the settlements at which brute force finds something."""
        return judges.verdicts(self.events, self.simulation.reference())

    @cached_property
    def truths(self) -> dict[str, set[str]]:
        """By rule, the settlements at which labels say that there is something."""
        found: dict[str, set[str]] = defaultdict(set)
        for setl_id, label in self.labels.items():
            for rule in label.also:
                found[rule].add(setl_id)
            if label.label and label.scenario:
                found[label.scenario].add(setl_id)
        return found


def read(**options: Any) -> Stream:
    """Run a simulation to its end."""
    return Stream(Simulation(SimulationConfig(**options)))


@pytest.fixture(scope="session")
def day() -> Stream:
    """The default, a little smaller: one Monday."""
    return read(events=9_000)


@pytest.fixture(scope="session")
def weeks() -> Stream:
    """Nine days with many scenarios."""
    return read(events=14_000, days=9, seed=5, fraud_rate=0.15)


@pytest.fixture(scope="session")
def season() -> Stream:
    """Six weeks that end in December, with every scenario."""
    return read(events=9_000, days=45, start=date(2026, 11, 3), seed=8, fraud_rate=0.3)
