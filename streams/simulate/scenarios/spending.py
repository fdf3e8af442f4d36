"""G04, V12: much more money than is usual for this institution, or for this person, in December."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.province import CLINIC
from streams.simulate.scenarios import acts
from streams.simulate.scenarios.base import Kit, Need, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.population import Person
    from streams.simulate.province import Place

_HISTORY = 16  # days of history, two more than are needed
_A_DAY = (2, 1, 3, 2, 3, 1)  # settlements on ordinary days
_DEAR = ("R03BB", "R03AK")  # hundreds of yuan
_CHEAP = ("A02BC", "A08GA", "R05CB")
_WEEKS = 5  # of history, one more than is needed
_LUNGS = "J44.900"
_MONTH = 30  # days
_WEEK = 7
_DECEMBER = 12


def _cheap(kit: Kit, story: Story, person: Person, place: Place, time: int) -> None:
    """A visit and a small prescription."""
    encounter = acts.visit(kit, person, place, time)
    shelf = kit.province.catalogue.shelves[kit.rng.choice(_CHEAP)]
    acts.prescribe(kit, encounter.bill, shelf.drugs[kit.rng.randrange(2)], 1, place)
    story.settle(person, place, time, encounter)


def _dear(kit: Kit, story: Story, person: Person, place: Place, time: int, *, guilty: bool) -> None:
    """A visit and a month of the dearest inhalers."""
    encounter = acts.visit(kit, person, place, time, icd=(_LUNGS,))
    for kind in _DEAR:
        drug = kit.province.catalogue.shelves[kind].drugs[-1]
        acts.prescribe(kit, encounter.bill, drug, 4, place, days=_MONTH)
    story.settle(person, place, time, encounter, guilty=guilty)


# ---------------------------------------------------------------------- G04: an institution's day


def _history(kit: Kit, story: Story, days: int, *, dear: bool, guilty: bool = False) -> None:
    """Days with a few small settlements each, and one with dear ones, or one that is like the others."""
    area = kit.area()
    place = kit.fresh(CLINIC, area)
    first = kit.day(days + 1)
    for day in range(first, first + days):
        for time in kit.moments(day, _A_DAY[day % len(_A_DAY)]):
            _cheap(kit, story, kit.person(area), place, time)
    for time in kit.moments(first + days, 2):
        if dear:
            _dear(kit, story, kit.person(area), place, time, guilty=guilty)
        else:
            _cheap(kit, story, kit.person(area), place, time)


def _rich_day(kit: Kit, story: Story) -> None:
    _history(kit, story, _HISTORY, dear=True, guilty=True)


def _ordinary_day(kit: Kit, story: Story) -> None:
    """A day like the others."""
    _history(kit, story, _HISTORY, dear=False)


def _new_here(kit: Kit, story: Story) -> None:
    """Ten days are too few to know what is usual."""
    _history(kit, story, 10, dear=True)


# ---------------------------------------------------------------------- V12: a person's December


def _ends(kit: Kit, weeks: int, *, december: bool) -> list[int]:
    """Days in or out of December that so many simulated weeks come before."""
    first = kit.province.first_day
    days = range(first + weeks * _WEEK, first + kit.days)
    return [day for day in days if (beijing.month_of(day) == _DECEMBER) == december]


def _need(weeks: int, *, december: bool = True) -> Need:
    where = "a day of December" if december else "a day outside December"
    return Need(f"{where} after {weeks} weeks", lambda kit: bool(_ends(kit, weeks, december=december)))


def _run_down(
    kit: Kit, story: Story, weeks: int, *, december: bool = True, dear: bool = True, guilty: bool = False
) -> None:
    """A small settlement in each of some weeks, and then a dear one, or one like the others."""
    area = kit.area()
    person = kit.person(area)
    places = [kit.fresh(CLINIC, area) for _ in range(weeks // 2 + 1)]
    day = kit.rng.choice(_ends(kit, weeks, december=december))
    for week in range(weeks, 0, -1):
        _cheap(kit, story, person, places[week // 2], kit.moment(day - _WEEK * week))
    time = kit.moment(day)
    if dear:
        _dear(kit, story, person, places[0], time, guilty=guilty)
    else:
        _cheap(kit, story, person, places[0], time)


def _before_the_year_ends(kit: Kit, story: Story) -> None:
    _run_down(kit, story, _WEEKS, guilty=True)


def _as_always(kit: Kit, story: Story) -> None:
    """As much as in each week."""
    _run_down(kit, story, _WEEKS, dear=False)


def _in_another_month(kit: Kit, story: Story) -> None:
    """Not in December."""
    _run_down(kit, story, _WEEKS, december=False)


def _hardly_known(kit: Kit, story: Story) -> None:
    """Two weeks are too few to know what is usual."""
    _run_down(kit, story, 2)


SCENARIOS = (
    Scenario(
        "G04",
        (Variant(_rich_day, 2 * _HISTORY + 2, days=_HISTORY + 1),),
        (Variant(_new_here, 22, days=11), Variant(_ordinary_day, 2 * _HISTORY + 2, days=_HISTORY + 1)),
    ),
    Scenario(
        "V12",
        (Variant(_before_the_year_ends, _WEEKS + 1, need=_need(_WEEKS)),),
        (
            Variant(_hardly_known, 3, need=_need(2)),
            Variant(_as_always, _WEEKS + 1, need=_need(_WEEKS)),
            Variant(_in_another_month, _WEEKS + 1, need=_need(_WEEKS, december=False)),
        ),
    ),
)
