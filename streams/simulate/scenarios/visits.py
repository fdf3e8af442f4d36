"""V01, V03, V10, V11, V13: visits of one person that are too many, too far apart, or the same once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.bill import Terms
from streams.simulate.province import CLINIC, HOSPITAL, PHARMACY
from streams.simulate.scenarios import acts
from streams.simulate.scenarios.base import CLOSING, OPENING, Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.counter import Encounter
    from streams.simulate.population import Person
    from streams.simulate.province import Place
    from streams.simulate.records import Json

_OFTEN = 10  # outpatient settlements in 30 days
_PLACES = 4
_DIALYSIS = ("Z49.100", "N18.900")
_WALK = 40 * beijing.MINUTE
_TRIP = 2 * beijing.HOUR
_SAME = 10 * beijing.MINUTE
_FORTNIGHT = 14
_INJURIES = ("S82.200", "S52.500x001", "T14.100", "T24.200", "S06.000")


def _see(kit: Kit, story: Story, person: Person, place: Place, time: int, *services: str, guilty: bool = False) -> Json:
    """A plain visit, or a purchase where there are no doctors."""
    if place.kind == PHARMACY:
        encounter = acts.purchase(kit, person, place, time, kit.drug())
    else:
        encounter = acts.visit(kit, person, place, time, *services)
    return story.settle(person, place, time, encounter, guilty=guilty)


# ---------------------------------------------------------------------- V01: too often


def _tour(kit: Kit, story: Story, places: int, *, guilty: bool = False) -> None:
    """A doctor at one institution after the other, two a day."""
    area = kit.area()
    person = kit.person(area)
    first = kit.day((places + 1) // 2)
    for number in range(places):
        day, turn = divmod(number, 2)
        begin = (8 if turn == 0 else 14) * beijing.HOUR
        (time,) = kit.moments(first + day, 1, begin=begin, end=begin + 4 * beijing.HOUR)
        place = kit.fresh(CLINIC if turn else HOSPITAL, area)
        _see(kit, story, person, place, time, guilty=guilty and number >= _PLACES - 1)


def _every_day(kit: Kit, story: Story, count: int, *, dialysis: bool = False) -> None:
    """The same hospital on `count` consecutive days."""
    area = kit.area()
    person, place = kit.person(area), kit.fresh(HOSPITAL, area)
    first = kit.day(count)
    for number in range(count):
        time = kit.moment(first + number)
        if dialysis:
            encounter = acts.visit(kit, person, place, time, "dialysis", icd=_DIALYSIS, med_type="140201")
        else:
            encounter = acts.visit(kit, person, place, time)
        story.settle(person, place, time, encounter, guilty=number >= _OFTEN - 1 and not dialysis)


def _four_places(kit: Kit, story: Story) -> None:
    _tour(kit, story, _PLACES, guilty=True)


def _ten_days(kit: Kit, story: Story) -> None:
    _every_day(kit, story, _OFTEN)


def _three_places(kit: Kit, story: Story) -> None:
    """Three institutions."""
    _tour(kit, story, _PLACES - 1)


def _nine_days(kit: Kit, story: Story) -> None:
    """Nine visits."""
    _every_day(kit, story, _OFTEN - 1)


def _dialysis(kit: Kit, story: Story) -> None:
    """Dialysis needs many visits."""
    _every_day(kit, story, _OFTEN + 1, dialysis=True)


# ---------------------------------------------------------------------- V03: in two cities at once


def _trip(kit: Kit, story: Story, apart: int, *, how: str = "", guilty: bool = False) -> None:
    """A visit in one city, and `apart` seconds later another in another city.

    Args:
        kit: what it is made with.
        story: takes the events.
        apart: seconds.
        how: what the second is: an ``emergency``, ``online``, or an ordinary visit.
        guilty: whether the second is wrong.
    """
    area = kit.area()
    person, here, there = kit.person(area), kit.place(CLINIC, area), kit.place(HOSPITAL, kit.other_city(area))
    (first,) = kit.moments(kit.day(), 1, end=CLOSING - apart)
    _see(kit, story, person, here, first)
    second = first + apart
    encounter = acts.visit(
        kit,
        person,
        there,
        second,
        med_type="13" if how == "emergency" else "11",
        emergency=how == "emergency",
        online=how == "online",
    )
    story.settle(person, there, second, encounter, guilty=guilty)


def _in_an_hour(kit: Kit, story: Story) -> None:
    _trip(kit, story, kit.rng.randint(600, 5_000), guilty=True)


def _longer_trip(kit: Kit, story: Story) -> None:
    """A few minutes more than two hours."""
    _trip(kit, story, _TRIP + 240)


def _online(kit: Kit, story: Story) -> None:
    """The second is an internet hospital."""
    _trip(kit, story, 3_000, how="online")


def _emergency(kit: Kit, story: Story) -> None:
    """The second is an emergency."""
    _trip(kit, story, 3_000, how="emergency")


def _next_district(kit: Kit, story: Story) -> None:
    """Two institutions of one city."""
    area = kit.area()
    near = [other for other in kit.province.area_codes if other[:4] == area[:4]]
    person = kit.person(area)
    first, second = kit.moments(kit.day(), 2, _WALK, OPENING, OPENING + _TRIP)
    _see(kit, story, person, kit.place(CLINIC, area), first)
    _see(kit, story, person, kit.place(HOSPITAL, kit.rng.choice(near)), second)


# ---------------------------------------------------------------------- V10: settled once more


def _bill(kit: Kit, person: Person, place: Place, time: int) -> Encounter:
    encounter = acts.visit(kit, person, place, time)
    for key in ("injection", "dressing"):
        kit.desk.counter.charge(encounter.bill, key, place)
    return encounter


def _settled_twice(kit: Kit, story: Story, later: int, *, cancelled: bool = False, guilty: bool = False) -> None:
    """The same bill under two settlements."""
    area = kit.area()
    person, place = kit.person(area), kit.place(CLINIC, area)
    first = kit.moment(kit.day())
    encounter = _bill(kit, person, place, first)
    settled = story.settle(person, place, first, encounter)
    if cancelled:
        story.reverse(settled, first + later // 2)
    story.settle(person, place, first + later, encounter, guilty=guilty)


def _at_once(kit: Kit, story: Story) -> None:
    _settled_twice(kit, story, kit.rng.randint(150, 500), guilty=True)


def _corrected(kit: Kit, story: Story) -> None:
    """The first was cancelled before."""
    _settled_twice(kit, story, 420, cancelled=True)


def _later(kit: Kit, story: Story) -> None:
    """A few minutes more than ten."""
    _settled_twice(kit, story, _SAME + 200)


def _something_else(kit: Kit, story: Story) -> None:
    """Something else a few minutes later."""
    area = kit.area()
    person, place = kit.person(area), kit.place(CLINIC, area)
    first = kit.moment(kit.day())
    story.settle(person, place, first, _bill(kit, person, place, first))
    _see(kit, story, person, place, first + 300, "dressing")


# ---------------------------------------------------------------------- V11: examined again


def _examined(kit: Kit, story: Story, later: int, first: str, second: str, *, guilty: bool = False) -> None:
    """An examination at one hospital, and one at another `later` days afterwards."""
    area = kit.area()
    person = kit.person(area)
    day = kit.day(later + 1)
    times = kit.moments(day, 2, _WALK)
    _see(kit, story, person, kit.fresh(HOSPITAL, area), times[0], first)
    time = times[1] + later * beijing.DAY
    _see(kit, story, person, kit.fresh(HOSPITAL, area), time, second, guilty=guilty)


def _again_at_once(kit: Kit, story: Story) -> None:
    key = kit.rng.choice(("ct", "mri", "echo"))
    _examined(kit, story, 0, key, key, guilty=True)


def _again_in_a_week(kit: Kit, story: Story) -> None:
    _examined(kit, story, 6, "ct", "ct", guilty=True)


def _other_examination(kit: Kit, story: Story) -> None:
    """Another kind of examination."""
    _examined(kit, story, 0, "ct", "mri")


def _after_a_fortnight(kit: Kit, story: Story) -> None:
    """More than a fortnight later."""
    _examined(kit, story, _FORTNIGHT + 1, "ct", "ct")


def _given_back(kit: Kit, story: Story) -> None:
    """The first was paid back, as it had not been done."""
    area = kit.area()
    person = kit.person(area)
    place, other = kit.fresh(HOSPITAL, area), kit.fresh(HOSPITAL, area)
    first, back, second = kit.moments(kit.day(), 3, _WALK)
    settled = _see(kit, story, person, place, first, "ct")
    ct = kit.province.catalogue.items["ct"].code
    story.give_back(settled, next(line for line in settled["feedetail"] if line["med_list_codg"] == ct), back)
    _see(kit, story, person, other, second, "ct")


# ---------------------------------------------------------------------- V13: who should pay


def _injured(kit: Kit, story: Story, *icd: str, terms: Terms | None = None, guilty: bool = False) -> None:
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    time = kit.moment(kit.day())
    encounter = acts.visit(kit, person, place, time, "dressing", icd=icd)
    story.settle(person, place, time, encounter._replace(terms=terms or encounter.terms), guilty=guilty)


def _injury(kit: Kit, story: Story) -> None:
    _injured(kit, story, kit.rng.choice(_INJURIES), guilty=True)


def _paid_by_himself(kit: Kit, story: Story) -> None:
    """The fund pays nothing."""
    _injured(kit, story, kit.rng.choice(_INJURIES), terms=Terms(0, account=False))


def _backache(kit: Kit, story: Story) -> None:
    """Pain without an injury."""
    _injured(kit, story, "M54.500")


SCENARIOS = (
    Scenario(
        "V01",
        (Variant(_four_places, _PLACES, days=2), Variant(_ten_days, _OFTEN, days=_OFTEN)),
        (
            Variant(_three_places, _PLACES - 1, days=2),
            Variant(_nine_days, _OFTEN - 1, days=_OFTEN - 1),
            Variant(_dialysis, _OFTEN + 1, days=_OFTEN + 1),
        ),
    ),
    Scenario(
        "V03",
        (Variant(_in_an_hour, 2),),
        (Variant(_longer_trip, 2), Variant(_online, 2), Variant(_emergency, 2), Variant(_next_district, 2)),
    ),
    Scenario(
        "V10",
        (Variant(_at_once, 2),),
        (Variant(_later, 2), Variant(_something_else, 2), Variant(_corrected, 3)),
    ),
    Scenario(
        "V11",
        (Variant(_again_at_once, 2), Variant(_again_in_a_week, 2, days=7)),
        (Variant(_other_examination, 2), Variant(_given_back, 3), Variant(_after_a_fortnight, 2, days=_FORTNIGHT + 2)),
    ),
    Scenario("V13", (Variant(_injury, 1),), (Variant(_backache, 1), Variant(_paid_by_himself, 1))),
)
