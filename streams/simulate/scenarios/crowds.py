"""G01, G03: cards that come together, and more people at an hour than there should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.province import HOSPITAL, PHARMACY
from streams.simulate.scenarios import acts
from streams.simulate.scenarios.base import BRIEF, Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.population import Person
    from streams.simulate.province import Place
    from streams.simulate.records import Json

_TOGETHER = 3
"""The third time is conspicuous."""

_TOGETHER_WITHIN = 300  # seconds
_NEAR = 80  # seconds from one card to the next
_MANY = 20  # settlements in an hour, or on a day, below which nothing is said
_USUAL = 2  # settlements in the hour on ordinary days; five times as many would be ten
_BUSY = 5  # the same at a busier pharmacy; five times as many would be 25
_WEEK = 8  # days of history, one more than is needed
_NIGHT = 22 * beijing.HOUR
_MIDNIGHT = beijing.DAY - 2 * beijing.MINUTE


def _buy(kit: Kit, story: Story, person: Person, place: Place, time: int, *, guilty: bool = False) -> Json:
    return story.settle(person, place, time, acts.purchase(kit, person, place, time, kit.drug()), guilty=guilty)


# ---------------------------------------------------------------------- G01: cards together


def _gather(
    kit: Kit, story: Story, times: int, persons: int, *, apart: int = _NEAR, places: int = 1, cancelled: bool = False
) -> None:
    """The same persons buy one after the other, so many times.

    Args:
        kit: what it is made with.
        story: takes the events.
        times: how often; wrong from the second person of the third time on.
        persons: how many.
        apart: seconds between one and the next.
        places: at how many pharmacies in turn.
        cancelled: whether the first person's first purchase is cancelled.
    """
    area = kit.area()
    shops = [kit.fresh(PHARMACY, area) for _ in range(places)]
    group = [kit.person(area) for _ in range(persons)]
    together = apart * (persons - 1) <= _TOGETHER_WITHIN and places == 1 and not cancelled
    for turn, begin in enumerate(_rounds(kit, times)):
        for number, person in enumerate(group):
            guilty = together and turn >= _TOGETHER - 1 and number > 0
            settled = _buy(kit, story, person, shops[turn % places], begin + number * apart, guilty=guilty)
            if cancelled and not turn and not number:
                story.reverse(settled, begin + 30 * beijing.MINUTE)


def _rounds(kit: Kit, count: int) -> list[int]:
    """Times on some days, two hours from each other at least."""
    if kit.days < count:
        return kit.moments(kit.day(), count, 2 * beijing.HOUR, end=19 * beijing.HOUR)
    span = min(kit.days, BRIEF)
    days = sorted(kit.rng.sample(range(span), count))
    first = kit.day(span)
    return [kit.moments(first + day, 1, end=19 * beijing.HOUR)[0] for day in days]


def _three_cards(kit: Kit, story: Story) -> None:
    _gather(kit, story, _TOGETHER, 3)


def _two_cards_four_times(kit: Kit, story: Story) -> None:
    _gather(kit, story, _TOGETHER + 1, 2)


def _twice(kit: Kit, story: Story) -> None:
    """Two times."""
    _gather(kit, story, _TOGETHER - 1, 3)


def _one_after_the_other(kit: Kit, story: Story) -> None:
    """Three times on the same days, but seven minutes apart."""
    _gather(kit, story, _TOGETHER, 2, apart=420)


def _different_places(kit: Kit, story: Story) -> None:
    """Three times at three pharmacies."""
    _gather(kit, story, _TOGETHER, 2, places=3)


def _cancelled(kit: Kit, story: Story) -> None:
    """Three times, of which one was cancelled."""
    _gather(kit, story, _TOGETHER, 2, cancelled=True)


# ---------------------------------------------------------------------- G03: an hour, a night


def _shop(kit: Kit, story: Story, place: Place, times: list[int], *, guilty_from: int | None = None) -> None:
    """Purchases by different persons; wrong from a position on, counted from 0."""
    for number, time in enumerate(times):
        guilty = guilty_from is not None and number >= guilty_from
        _buy(kit, story, kit.person(place.area), place, time, guilty=guilty)


def _nightly(kit: Kit, story: Story, kind: int, by_day: int, by_night: int, *, guilty: bool = False) -> None:
    """Settlements by day and then by night; conspicuous from the twentieth on, when enough of them are by night."""
    place = kit.fresh(kind, kit.area())
    day = kit.day()
    times = kit.moments(day, by_day, 10 * beijing.MINUTE) + kit.moments(day, by_night, begin=_NIGHT, end=_MIDNIGHT)
    if kind == PHARMACY:
        _shop(kit, story, place, times, guilty_from=_MANY - 1 if guilty else None)
        return
    for time in times:
        person = kit.person(place.area)
        story.settle(person, place, time, acts.visit(kit, person, place, time, med_type="13", emergency=True))


def _by_night(kit: Kit, story: Story) -> None:
    _nightly(kit, story, PHARMACY, 12, 11, guilty=True)


def _evening(kit: Kit, story: Story) -> None:
    """A fifth of the day by night."""
    _nightly(kit, story, PHARMACY, 20, 5)


def _emergency_ward(kit: Kit, story: Story) -> None:
    """A hospital is busy by night."""
    _nightly(kit, story, HOSPITAL, 9, 13)


def _surge(kit: Kit, story: Story, usual: int, history: int, count: int, *, guilty: bool = False) -> None:
    """The same hour on some days, and then so many in it."""
    place = kit.fresh(PHARMACY, kit.area())
    first = kit.day(history + 1)
    hour = kit.rng.randrange(9, 19) * beijing.HOUR
    begin, end = hour + 90, hour + 58 * beijing.MINUTE
    for day in range(first, first + history):
        _shop(kit, story, place, kit.moments(day, usual, begin=begin, end=end))
    times = kit.moments(first + history, count, 120, begin, end)
    _shop(kit, story, place, times, guilty_from=_MANY - 1 if guilty else None)


def _full_hour(kit: Kit, story: Story) -> None:
    _surge(kit, story, _USUAL, _WEEK, _MANY + 3, guilty=True)


def _nearly_twenty(kit: Kit, story: Story) -> None:
    """Nineteen in the hour."""
    _surge(kit, story, _USUAL, _WEEK, _MANY - 1)


def _nobody_knows_what_is_usual(kit: Kit, story: Story) -> None:
    """Four days are too few to know what is usual."""
    _surge(kit, story, _USUAL, 4, _MANY + 3)


def _four_times_as_many(kit: Kit, story: Story) -> None:
    """About four times the usual."""
    _surge(kit, story, _BUSY, _WEEK, _MANY + 2)


SCENARIOS = (
    Scenario(
        "G01",
        (Variant(_three_cards, 9), Variant(_two_cards_four_times, 8)),
        (
            Variant(_twice, 6),
            Variant(_one_after_the_other, 6),
            Variant(_cancelled, 7),
            Variant(_different_places, 6, days=_TOGETHER),
        ),
    ),
    Scenario(
        "G03",
        (Variant(_by_night, 23), Variant(_full_hour, _WEEK * _USUAL + 23, days=_WEEK + 1)),
        (
            Variant(_emergency_ward, 22),
            Variant(_evening, 25),
            Variant(_nobody_knows_what_is_usual, 31, days=5),
            Variant(_nearly_twenty, _WEEK * _USUAL + 19, days=_WEEK + 1),
            Variant(_four_times_as_many, _WEEK * _BUSY + 22, days=_WEEK + 1),
        ),
    ),
)
