"""What can be asked for, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from streams.simulate import SCENARIOS, SimulationConfig


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"events": 0}, "events must be at least 1"),
        ({"days": 0}, "days must lie between 1 and 730"),
        ({"days": 731}, "days must lie between 1 and 730"),
        ({"fraud_rate": -0.1}, "fraud rate must lie between 0 and 0.5"),
        ({"fraud_rate": float("nan")}, "fraud rate must lie between 0 and 0.5"),
        ({"scenarios": ("P02", "Q9")}, "unknown scenario Q9; known are P01, P02"),
        ({"institutions": 2}, "at least 3 institutions"),
        ({"events": 1_000, "persons": 1_000}, "1000 events in 1 days need at least 1500 persons"),
        ({"events": 60_000, "days": 60, "persons": 9_000}, "need at least 10000 persons"),
    ],
)
def test_what_cannot_be_simulated_is_refused(options: dict[str, Any], reason: str) -> None:
    """Each impossible value is named with what would be possible."""
    with pytest.raises(ValueError, match=reason):
        SimulationConfig(**options)


def test_defaults_are_a_small_day_with_every_scenario() -> None:
    """Without options: ten thousand events on one day, all scenarios, persons and institutions in proportion."""
    config = SimulationConfig()
    assert (config.events, config.days, config.fraud_rate) == (10_000, 1, 0.003)
    assert config.scenarios == tuple(SCENARIOS)
    assert (config.population, config.places) == (200_000, 500)


@pytest.mark.parametrize(
    ("options", "population", "places"),
    [
        # small runs still have a province
        ({"events": 10}, 3_000, 60),
        # the same number over more days needs fewer of both
        ({"events": 300_000, "days": 30}, 200_000, 500),
        # what was asked for stands
        ({"events": 1_000, "persons": 1_500, "institutions": 7}, 1_500, 7),
        # a nation's day does not need a nation's institutions
        ({"events": 1_000_000}, 20_000_000, 8_000),
    ],
)
def test_sizes_follow_from_the_events_of_a_day(options: dict[str, Any], population: int, places: int) -> None:
    """Persons and institutions grow with the daily events unless they are given."""
    config = SimulationConfig(**options)
    assert (config.population, config.places) == (population, places)
