"""How often each scenario happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.simulate.scenarios.base import Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.simulate.records import Json, Simulated

MOST_TOLD = 0.5
"""Largest share of the events that scenarios take, however small the run."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All events of all scenarios.

    Attributes:
        events: (arrival, tie-breaker, event) in the order of arrival.
        practitioners: registry records that the scenarios rest on.
    """

    events: list[tuple[int, int, Simulated]]
    practitioners: list[Json]


class _Cast:
    """Takes a scenario's variants in turn, so that every one of them comes up as soon as there is room."""

    def __init__(self, scenario: Scenario, days: int) -> None:
        self.scenario = scenario
        self.spent = 0
        self._told = 0
        self._sides = tuple(
            [variant for variant in variants if variant.days <= days]
            for variants in (scenario.positives, scenario.twins)
        )

    def next(self) -> tuple[Variant, bool]:
        """The next variant, and whether it is a positive one: positives and twins alternate."""
        turn, side = divmod(self._told, 2)
        variants = self._sides[side]
        return variants[turn % len(variants)], side == 0

    def tell(self, kit: Kit) -> list[tuple[int, Simulated]]:
        """Tell the next variant's story."""
        variant, positive = self.next()
        story = Story(kit, self.scenario.id, positive=positive)
        variant.tell(kit, story)
        self._told += 1
        self.spent += len(story.events)
        return story.events


def plan(kit: Kit, scenarios: Iterable[Scenario], events: int, rate: float) -> Plan:
    """Tell stories until they make up the wanted share of the events.

    Args:
        kit: what they are made with.
        scenarios: which ones; each gets an equal share.
        events: size of the whole simulation.
        rate: wanted share. One positive and one twin of each scenario come first, and may exceed it up to one half.
    """
    casts = [_Cast(scenario, kit.days) for scenario in scenarios]
    found: list[tuple[int, Simulated]] = []
    for cast in casts:
        for _ in range(2):
            if len(found) + cast.next()[0].size <= events * MOST_TOLD:
                found += cast.tell(kit)
    budget = events * rate
    open_casts = list(casts)
    while open_casts:
        cast = min(open_casts, key=lambda one: one.spent)
        if len(found) + cast.next()[0].size > budget:
            open_casts.remove(cast)
        else:
            found += cast.tell(kit)
    ordered = sorted(
        ((arrival, number, event) for number, (arrival, event) in enumerate(found)), key=lambda row: row[:2]
    )
    return Plan(ordered, kit.practitioners)
