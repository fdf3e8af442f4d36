"""A believable province: labelled, reproducible streams of settlement events.

It knows the wire contract and nothing of the engine, so that what it says about an event is a second opinion.
"""

from __future__ import annotations

from streams.simulate.config import SimulationConfig
from streams.simulate.records import Label, Reference, Simulated
from streams.simulate.scenarios import SCENARIOS
from streams.simulate.simulation import Simulation

__all__ = ["SCENARIOS", "Label", "Reference", "Simulated", "Simulation", "SimulationConfig"]
