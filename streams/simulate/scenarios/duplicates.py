"""T04: an institution at which boxes turn up that have been sold before, again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.province import PHARMACY
from streams.simulate.scenarios import acts
from streams.simulate.scenarios.base import APART, OPENING, Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.catalogue import Drug

_MANY = 5
"""From the fifth duplicate within a week on it is known; they are far more than 0.5 % of so few codes."""

_CLASSES = ("A02BC", "M01AH", "J01DC", "R06AE", "A08GA", "R05CB", "A01BA")
_FIRST_SALE = OPENING + 2 * beijing.HOUR


def _reflow(kit: Kit, story: Story, count: int, *, days: int = 1, late: int = 0) -> None:
    """One pharmacy sells so many different boxes, and another sells them once more, one by one.

    Args:
        kit: what it is made with.
        story: takes the events.
        count: boxes.
        days: how long the whole takes.
        late: how many of them come on the last day, the others on the first.
    """
    area = kit.area()
    first, second = kit.fresh(PHARMACY, area), kit.fresh(PHARMACY, area)
    day = kit.day(days)
    drugs: list[Drug] = [kit.drug(kind) for kind in _CLASSES[:count]]
    codes = [kit.boxes.take(drug) for drug in drugs]
    for time, drug, code in zip(kit.moments(day, count, end=_FIRST_SALE), drugs, codes, strict=True):
        person = kit.person(area)
        story.settle(person, first, time, acts.purchase(kit, person, first, time, drug, codes=[code]))
    begin = _FIRST_SALE + APART
    times = kit.moments(day, count - late, begin=begin) + kit.moments(day + days - 1, late, begin=begin)
    for number, (time, drug, code) in enumerate(zip(times, drugs, codes, strict=True), 1):
        person = kit.person(area)
        encounter = acts.purchase(kit, person, second, time, drug, codes=[code])
        guilty = number >= _MANY and not late
        story.settle(person, second, time, encounter, guilty=guilty, also=("T01",))


def _many(kit: Kit, story: Story) -> None:
    _reflow(kit, story, _MANY + kit.rng.randint(0, 2))


def _few(kit: Kit, story: Story) -> None:
    """Four duplicates: each is one, but the institution is not yet known for them."""
    _reflow(kit, story, _MANY - 1)


def _over_two_weeks(kit: Kit, story: Story) -> None:
    """Four duplicates in one week, the fifth in the next but one."""
    _reflow(kit, story, _MANY, days=12, late=1)


SCENARIOS = (
    Scenario(
        "T04", (Variant(_many, 2 * _MANY),), (Variant(_few, 2 * _MANY - 2), Variant(_over_two_weeks, 10, days=12))
    ),
)
