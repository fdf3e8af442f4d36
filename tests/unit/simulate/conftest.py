"""Streams that several tests look at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from streams.simulate import Simulation, SimulationConfig

if TYPE_CHECKING:
    from streams.simulate import Label, Simulated


class Stream(NamedTuple):
    """A simulation, read to its end."""

    simulation: Simulation
    simulated: list[Simulated]
    events: list[dict[str, Any]]
    labels: dict[str, Label]

    def settlements(self) -> list[dict[str, Any]]:
        """Settlements as they first arrived, without refunds."""
        return [event for event, one in zip(self.events, self.simulated, strict=True) if one.kind == "settlement"]


def read(**options: Any) -> Stream:
    """Run a simulation to its end."""
    simulation = Simulation(SimulationConfig(**options))
    simulated = list(simulation)
    labels = {one.label.setl_id: one.label for one in simulated if one.label}
    return Stream(simulation, simulated, [json.loads(one.raw) for one in simulated], labels)


@pytest.fixture(scope="session")
def day() -> Stream:
    """The default: one Monday."""
    return read(events=15_000)


@pytest.fixture(scope="session")
def weeks() -> Stream:
    """Nine days with many scenarios."""
    return read(events=25_000, days=9, seed=5, fraud_rate=0.06)
