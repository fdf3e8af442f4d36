"""Which stories are told, and which are left out."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING

import pytest

from streams.simulate import SCENARIOS, Simulation, SimulationConfig
from streams.simulate.records import Label

if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST_SIX = {"P02", "P15", "T01", "V02", "G02", "R03"}


def roles(simulation: Simulation) -> Mapping[str, set[str | None]]:
    found: dict[str, set[str | None]] = defaultdict(set)
    for one in simulation:
        if one.label and one.label.scenario:
            found[one.label.scenario].add(one.label.role)
    return found


@pytest.mark.parametrize("events", [4_000, pytest.param(12_000, marks=pytest.mark.slow)])
def test_a_demo_shows_whatever_fits_into_a_day(events: int) -> None:
    """All but the five that need more days, with a culprit and a twin each."""
    simulation = Simulation(SimulationConfig(events=events, fraud_rate=0.02))
    found = roles(simulation)
    assert len(found) == len(SCENARIOS) - 5
    assert set(found) >= FIRST_SIX
    assert all({"positive", "twin"} <= parts for parts in found.values())


def test_a_small_run_has_as_many_as_fit_into_its_half() -> None:
    """What does not fit is named, and what fits changes with the seed."""
    shown = []
    for seed in (1, 2):
        simulation = Simulation(SimulationConfig(events=120, seed=seed))
        found = roles(simulation)
        told = sum(one.label is not None and one.label.scenario is not None for one in simulation)
        assert 30 < told <= 62
        assert set(found) | set(simulation.left_out) == set(SCENARIOS)
        assert set(found).isdisjoint(simulation.left_out)
        assert all({"positive", "twin"} <= parts for parts in found.values())
        assert "no room among so few events" in simulation.left_out.values()
        shown.append(set(found))
    assert shown[0] != shown[1]


@pytest.mark.parametrize(
    ("scenario", "options", "reason"),
    [
        ("V01", {"days": 1}, "needs 2 days"),
        ("V06", {"days": 3}, "needs 4 days"),
        ("G04", {"days": 16}, "needs 17 days"),
        ("G04", {"days": 17}, None),
        # December, but nothing before it
        ("V12", {"days": 31, "start": date(2026, 12, 1)}, "needs a day of December after 5 weeks"),
        ("V12", {"days": 35, "start": date(2026, 11, 1)}, "needs a day of December after 5 weeks"),
        ("V12", {"days": 36, "start": date(2026, 11, 1)}, None),
        ("V12", {"days": 60, "start": date(2026, 3, 1)}, "needs a day of December after 5 weeks"),
        # Before codes were mandatory
        ("T03", {"days": 1, "start": date(2025, 6, 1)}, "needs days from 2026 on"),
        ("R04", {"events": 400}, "no room among so few events"),
        ("R04", {"events": 700}, None),
    ],
)
def test_a_scenario_that_cannot_happen_is_left_out(
    scenario: str, options: dict[str, object], reason: str | None
) -> None:
    """Too few days, the wrong ones, or too few events: the reason is given, and the number of events is the same."""
    config = SimulationConfig(**{"events": 1_000, "scenarios": (scenario,)} | options)  # type: ignore[arg-type]
    simulation = Simulation(config)
    assert simulation.left_out == ({scenario: reason} if reason else {})
    assert sum(1 for _ in simulation) == config.events


def test_a_label_names_what_else_is_rightly_found() -> None:
    """The line of the labels file has the other rules as a list."""
    label = Label("S1", 0, "T04", "twin", ("T01",))
    assert label.record() == {"setl_id": "S1", "label": 0, "scenario": "T04", "role": "twin", "also": ("T01",)}
    assert Label("S2", 0, None, None).record()["also"] == ()
