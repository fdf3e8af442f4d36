"""V02: one person at three institutions on one day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.province import CLINIC, HOSPITAL, PHARMACY
from streams.simulate.scenarios.base import CLOSING, OPENING, Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.counter import Encounter
    from streams.simulate.population import Person
    from streams.simulate.province import Place

_THIRD = 2  # counted from 0
_BETWEEN = 45 * beijing.MINUTE  # from one institution to the next, so that nothing else looks odd


def _encounter(kit: Kit, person: Person, place: Place, time: int) -> Encounter:
    """An ordinary visit; the doctor's consultation is charged once a day, at the hospital."""
    if place.kind == PHARMACY:
        return kit.desk.pharmacy(person, place, time)
    return kit.desk.outpatient(person, place, time, consult=place.kind == HOSPITAL)


def _visit(
    kit: Kit, story: Story, person: Person, place: Place, time: int, *, guilty: bool = False
) -> dict[str, object]:
    return story.settle(person, place, time, _encounter(kit, person, place, time), guilty=guilty)


def _three(kit: Kit, story: Story) -> None:
    area = kit.area()
    person = kit.person(area)
    times = kit.moments(kit.day(), 3, _BETWEEN)
    for number, (place, time) in enumerate(zip(kit.three_places(area), times, strict=True)):
        _visit(kit, story, person, place, time, guilty=number == _THIRD)


def _three_and_back(kit: Kit, story: Story) -> None:
    """The fourth settlement, at an institution seen before, is known to be wrong as well."""
    area = kit.area()
    person = kit.person(area)
    places = kit.three_places(area)
    again = next(place for place in places if place.kind != HOSPITAL)
    times = kit.moments(kit.day(), 4, _BETWEEN)
    for number, (place, time) in enumerate(zip([*places, again], times, strict=True)):
        _visit(kit, story, person, place, time, guilty=number >= _THIRD)


def _emergency_last(kit: Kit, story: Story) -> None:
    """The third institution is an emergency."""
    area = kit.area()
    person = kit.person(area)
    times = kit.moments(kit.day(), 3, _BETWEEN)
    for kind, time in zip((PHARMACY, CLINIC), times[:2], strict=True):
        _visit(kit, story, person, kit.place(kind, area), time)
    hospital = kit.place(HOSPITAL, area)
    story.settle(person, hospital, times[2], kit.desk.emergency(person, hospital, times[2]))


def _one_online(kit: Kit, story: Story) -> None:
    """One of the three is an internet hospital."""
    area = kit.area()
    person = kit.person(area)
    times = kit.moments(kit.day(), 3, _BETWEEN)
    for place, time in zip(kit.three_places(area), times, strict=True):
        if place.kind == HOSPITAL:
            story.settle(person, place, time, kit.desk.online(person, place, time))
        else:
            _visit(kit, story, person, place, time)


def _two_only(kit: Kit, story: Story) -> None:
    """Three settlements at two institutions."""
    area = kit.area()
    person = kit.person(area)
    hospital, pharmacy = kit.place(HOSPITAL, area), kit.place(PHARMACY, area)
    times = kit.moments(kit.day(), 3, _BETWEEN)
    for place, time in zip((pharmacy, hospital, pharmacy), times, strict=True):
        _visit(kit, story, person, place, time)


def _one_cancelled(kit: Kit, story: Story) -> None:
    """The second settlement was cancelled before the third."""
    area = kit.area()
    person = kit.person(area)
    places = kit.three_places(area)
    times = kit.moments(kit.day(), 4, _BETWEEN)
    _visit(kit, story, person, places[0], times[0])
    cancelled = _visit(kit, story, person, places[1], times[1])
    story.reverse(cancelled, times[2])
    _visit(kit, story, person, places[2], times[3])


def _over_midnight(kit: Kit, story: Story) -> None:
    """Two before midnight, the third after it."""
    area = kit.area()
    person = kit.person(area)
    day = kit.day(days=2)
    evening = kit.moments(day, 2, _BETWEEN, CLOSING, beijing.DAY - 10 * beijing.MINUTE)
    (night,) = kit.moments(day + 1, 1, begin=50 * beijing.MINUTE, end=OPENING // 4)
    for place, time in zip(kit.three_places(area), [*evening, night], strict=True):
        _visit(kit, story, person, place, time)


SCENARIOS = (
    Scenario(
        "V02",
        (Variant(_three, 3), Variant(_three_and_back, 4)),
        (
            Variant(_one_online, 3),
            Variant(_emergency_last, 3),
            Variant(_two_only, 3),
            Variant(_over_midnight, 3, days=2),
            Variant(_one_cancelled, 4),
        ),
    ),
)
