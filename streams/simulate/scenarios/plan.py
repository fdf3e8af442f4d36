"""How often each scenario happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.simulate.scenarios.base import Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from streams.simulate.records import Simulated

MOST_TOLD = 0.5
"""Largest share of the events that scenarios take, however small the run."""

_NO_ROOM = "no room among so few events"


@dataclass(frozen=True, slots=True)
class Plan:
    """All events of all scenarios.

    Attributes:
        events: (arrival, tie-breaker, event) in the order of arrival.
        left_out: why, by the id of each scenario that does not appear with a culprit and a twin.
    """

    events: list[tuple[int, int, Simulated]]
    left_out: dict[str, str]


class _Cast:
    """Takes a scenario's variants in turn, so that every one of them comes up as soon as there is room."""

    def __init__(self, scenario: Scenario, kit: Kit) -> None:
        self.scenario = scenario
        self.spent = 0
        self._told = 0
        self._sides = tuple(
            [variant for variant in variants if variant.fits(kit)] for variants in (scenario.positives, scenario.twins)
        )

    @property
    def pair(self) -> int:
        """About how many events the first positive and the first twin are."""
        return sum(variants[0].size for variants in self._sides)

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


def plan(kit: Kit, scenarios: Sequence[Scenario], events: int, rate: float) -> Plan:
    """Tell stories until they make up the wanted share of the events.

    One positive and one twin of each scenario come first, as many as fit into half of the events; which scenarios
    these are, where not all fit, changes with the seed.

    Args:
        kit: what they are made with.
        scenarios: which ones; each gets an equal share.
        events: size of the whole simulation.
        rate: wanted share; what comes first may exceed it.
    """
    left_out = {scenario.id: lack for scenario in scenarios if (lack := scenario.lacks(kit))}
    casts = [_Cast(scenario, kit) for scenario in scenarios if scenario.id not in left_out]
    begin = kit.rng.randrange(len(casts)) if casts else 0
    found: list[tuple[int, Simulated]] = []
    told = []
    for cast in casts[begin:] + casts[:begin]:
        if len(found) + cast.pair > events * MOST_TOLD:
            left_out[cast.scenario.id] = _NO_ROOM
            continue
        found += cast.tell(kit) + cast.tell(kit)
        told.append(cast)
    budget = events * rate
    while told:
        cast = min(told, key=lambda one: one.spent)
        if len(found) + cast.next()[0].size > budget:
            told.remove(cast)
        else:
            found += cast.tell(kit)
    ordered = sorted(
        ((arrival, number, event) for number, (arrival, event) in enumerate(found)), key=lambda row: row[:2]
    )
    return Plan(ordered, left_out)
