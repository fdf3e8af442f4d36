"""Each way in which a scenario can happen, told by itself."""

from __future__ import annotations

import json
import pickle
from collections import defaultdict
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

import pytest

from streams.simulate import SCENARIOS, Reference, SimulationConfig
from streams.simulate.province import Province
from streams.simulate.scenarios.base import Kit, Story, Variant
from tests.unit.simulate.judges import verdicts

if TYPE_CHECKING:
    from streams.simulate.scenarios import Scenario

TELLINGS = 3
WHOLE = SimulationConfig(events=4_000, days=65, start=date(2026, 10, 20))
"""Long enough for every scenario, with days in and out of December."""
ONE_DAY = SimulationConfig(events=1_200)

VARIANTS = [
    pytest.param(scenario, variant, positive, id=f"{scenario.id}{variant.tell.__name__}")
    for scenario in SCENARIOS.values()
    for positive, variants in ((True, scenario.positives), (False, scenario.twins))
    for variant in variants
]


@cache
def province(config: SimulationConfig) -> bytes:
    """A province before any story, to be copied: stories open institutions in it."""
    return pickle.dumps(Province(config))


def kit_of(config: SimulationConfig, seed: int) -> Kit:
    return Kit(pickle.loads(province(config)), seed, config.population, config.days)  # noqa: S301 - our own bytes


def judged(kit: Kit, story: Story) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """By settlement, the rules that brute force and the labels name."""
    events = [event for _, event in sorted(story.events, key=lambda pair: pair[0])]
    institutions = [place.record() | kit.institutions.get(place.code, {}) for place in kit.province.places]
    facts = Reference(institutions, kit.practitioners, kit.persons)
    found, told = defaultdict(set), defaultdict(set)
    for rule, settlements in verdicts([json.loads(event.raw) for event in events], facts).items():
        for setl_id in settlements:
            found[setl_id].add(rule)
    for event in events:
        if event.label and event.kind != "resend":
            rules = {*event.label.also, *([event.label.scenario] if event.label.label else [])}
            if rules:
                told[event.label.setl_id] = {rule for rule in rules if rule}
    return found, told


@pytest.mark.parametrize(("scenario", "variant", "positive"), VARIANTS)
def test_a_story_is_labelled_right(scenario: Scenario, variant: Variant, *, positive: bool) -> None:
    """Brute force names just the rules that the labels name; a positive has a culprit, a twin has none of this rule."""
    for config in (WHOLE, ONE_DAY):
        kit = kit_of(config, 7)
        for _ in range(TELLINGS if variant.fits(kit) else 0):
            story = Story(kit, scenario.id, positive=positive)
            variant.tell(kit, story)
            found, told = judged(kit, story)
            assert found == told
            assert positive == any(scenario.id in rules for rules in told.values())


@pytest.mark.parametrize(("scenario", "variant", "positive"), VARIANTS)
def test_a_story_keeps_to_its_days_and_size(scenario: Scenario, variant: Variant, *, positive: bool) -> None:
    """With exactly the days that it needs, all of it arrives within them, and it is about as long as it says."""
    days = variant.days
    kit = kit_of(SimulationConfig(events=1_200, days=days), 3)
    if not variant.fits(kit):
        kit = kit_of(WHOLE, 3)
        days = WHOLE.days
    story = Story(kit, scenario.id, positive=positive)
    variant.tell(kit, story)
    begin = kit.province.first_day * 86_400
    assert begin <= min(arrival for arrival, _ in story.events)
    assert max(arrival for arrival, _ in story.events) < begin + days * 86_400
    assert len(story.events) <= variant.size * 1.6 + 3


def test_a_twin_says_what_excuses_it() -> None:
    """Each twin has a sentence."""
    assert [
        twin.tell.__name__ for scenario in SCENARIOS.values() for twin in scenario.twins if not twin.tell.__doc__
    ] == []
