"""P08, P10, P11, P12: more of a thing, or for longer, than is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.province import CLINIC, HOSPITAL
from streams.simulate.scenarios import acts
from streams.simulate.scenarios.base import Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.population import Person
    from streams.simulate.province import Place
    from streams.simulate.records import Json

_COURSE = 14  # days of supply that are paid
_STROKE = "I63.900"
_MOST_HOURS = 24
_MOST_SESSIONS = 2  # a day
_APART = 40 * beijing.MINUTE
_PERIOD = 15  # days between two tests
_TRAINED = 30  # days that are paid


# ---------------------------------------------------------------------- P08: course of a drug


def _supply(
    kit: Kit, story: Story, person: Person, place: Place, time: int, days: int, *, guilty: bool = False
) -> Json:
    """So many days of a drug whose course is limited; a pack lasts a day."""
    encounter = acts.visit(kit, person, place, time, icd=(_STROKE,))
    drug = kit.province.catalogue.shelves["C04AX"].drugs[0]
    acts.prescribe(kit, encounter.bill, drug, days, place)
    return story.settle(person, place, time, encounter, guilty=guilty)


def _course(kit: Kit, story: Story, *days: int) -> None:
    """Prescriptions of so many days each, six days from each other."""
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    first = kit.day(6 * len(days) - 5)
    total = 0
    for number, some in enumerate(days):
        total += some
        time = kit.moment(first + 6 * number)
        _supply(kit, story, person, place, time, some, guilty=total > _COURSE)


def _a_day_too_long(kit: Kit, story: Story) -> None:
    _course(kit, story, _COURSE + 1)


def _week_by_week(kit: Kit, story: Story) -> None:
    _course(kit, story, 7, 7, 7)


def _during_a_stay(kit: Kit, story: Story) -> None:
    """Three times five days and one more, within one stay."""
    area = kit.area()
    person, place = kit.person(area), kit.fresh(HOSPITAL, area)
    last = kit.day()
    lying = acts.stay(kit, person, place, last - 17, last, _STROKE)
    encounter = acts.ward(kit, lying)
    drug = kit.drug("N06BX")
    for number, days in enumerate((5, 5, 6)):
        acts.prescribe(
            kit, encounter.bill, drug, days, place, codes=(), days=days, time=acts.night(lying, 5 * number, 20)
        )
    story.leave(lying, encounter, guilty=True)


def _whole_course(kit: Kit, story: Story) -> None:
    """Exactly the course that is paid."""
    _course(kit, story, _COURSE)


def _cancelled_course(kit: Kit, story: Story) -> None:
    """A course that was cancelled, and prescribed again."""
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    first, cancelled, again = kit.moments(kit.day(), 3)
    story.reverse(_supply(kit, story, person, place, first, _COURSE), cancelled)
    _supply(kit, story, person, place, again, _COURSE)


# ---------------------------------------------------------------------- P10: units a day


def _monitored(kit: Kit, story: Story, hours: int, *, guilty: bool = False) -> None:
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    time = kit.moment(kit.day())
    encounter = acts.visit(kit, person, place, time, med_type="13", emergency=True, icd=("I20.000",))
    kit.desk.counter.charge(encounter.bill, "monitoring", place, hours)
    story.settle(person, place, time, encounter, guilty=guilty)


def _long_day(kit: Kit, story: Story) -> None:
    _monitored(kit, story, _MOST_HOURS + kit.rng.randint(1, 12), guilty=True)


def _whole_day(kit: Kit, story: Story) -> None:
    """A day has 24 hours."""
    _monitored(kit, story, _MOST_HOURS)


def _exercise(
    kit: Kit, story: Story, person: Person, place: Place, time: int, sessions: int, *, guilty: bool = False
) -> Json:
    encounter = acts.visit(kit, person, place, time, icd=("Z50.100", "I69.300"))
    kit.desk.counter.charge(encounter.bill, "exercise therapy", place, sessions)
    return story.settle(person, place, time, encounter, guilty=guilty)


def _two_houses(kit: Kit, story: Story) -> None:
    """The third session of the day, at another institution."""
    area = kit.area()
    person = kit.person(area)
    first, second = kit.moments(kit.day(), 2, _APART)
    _exercise(kit, story, person, kit.place(HOSPITAL, area), first, _MOST_SESSIONS)
    _exercise(kit, story, person, kit.place(CLINIC, area), second, 1, guilty=True)


def _two_sessions(kit: Kit, story: Story) -> None:
    """Two sessions, one at each of two institutions."""
    area = kit.area()
    person = kit.person(area)
    first, second = kit.moments(kit.day(), 2, _APART)
    _exercise(kit, story, person, kit.place(HOSPITAL, area), first, 1)
    _exercise(kit, story, person, kit.place(CLINIC, area), second, 1)


def _sessions_cancelled(kit: Kit, story: Story) -> None:
    """The morning's sessions were cancelled."""
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    first, cancelled, second = kit.moments(kit.day(), 3, _APART)
    story.reverse(_exercise(kit, story, person, place, first, _MOST_SESSIONS), cancelled)
    _exercise(kit, story, person, place, second, 1)


# ---------------------------------------------------------------------- P11: times in a period


def _tested(
    kit: Kit, story: Story, person: Person, place: Place, time: int, key: str = "hba1c", *, guilty: bool = False
) -> Json:
    return story.settle(person, place, time, acts.visit(kit, person, place, time, key, icd=("E11.900",)), guilty=guilty)


def _tested_twice(kit: Kit, story: Story, apart: int, *keys: str, guilty: bool = False) -> None:
    """At a clinic and then at a hospital, `apart` days later."""
    area = kit.area()
    person = kit.person(area)
    first = kit.day(apart + 1)
    times = [kit.moment(first), kit.moment(first + apart)] if apart else kit.moments(first, 2, _APART)
    _tested(kit, story, person, kit.place(CLINIC, area), times[0], keys[0])
    _tested(kit, story, person, kit.place(HOSPITAL, area), times[1], keys[-1], guilty=guilty)


def _same_day(kit: Kit, story: Story) -> None:
    _tested_twice(kit, story, 0, "hba1c", guilty=True)


def _same_week(kit: Kit, story: Story) -> None:
    _tested_twice(kit, story, 5, kit.rng.choice(("hba1c", "fructosamine", "balance test")), guilty=True)


def _other_test(kit: Kit, story: Story) -> None:
    """Two different tests."""
    _tested_twice(kit, story, 0, "hba1c", "fructosamine")


def _period_over(kit: Kit, story: Story) -> None:
    """The period is over."""
    _tested_twice(kit, story, _PERIOD + 1, "hba1c")


def _first_cancelled(kit: Kit, story: Story) -> None:
    """The first test was cancelled."""
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    first, cancelled, second = kit.moments(kit.day(), 3, _APART)
    story.reverse(_tested(kit, story, person, place, first), cancelled)
    _tested(kit, story, person, place, second)


# ---------------------------------------------------------------------- P12: course of a service


def _trained(kit: Kit, story: Story, days: int, *, again: bool, guilty: bool = False) -> None:
    """Training on so many days of a stay, the last of them yesterday, and a session today after the discharge.

    Args:
        kit: what it is made with.
        story: takes the events.
        days: charged in the stay.
        again: whether the stay was charged for today as well.
        guilty: whether the session of today is one too many.
    """
    area = kit.area()
    person, place = kit.person(area), kit.fresh(HOSPITAL, area)
    today = kit.day()
    lying = acts.stay(kit, person, place, today - days - 2, today, "I69.300", hour=9)
    encounter = acts.ward(kit, lying)
    for number in range(2, days + 2):
        time = acts.night(lying, number, 40)
        kit.desk.counter.charge(encounter.bill, "wheelchair training", place, time=time)
    if again:
        time = beijing.text(lying.end - 30 * beijing.MINUTE)
        kit.desk.counter.charge(encounter.bill, "wheelchair training", place, time=time)
    story.leave(lying, encounter)
    (time_,) = kit.moments(today, 1, begin=13 * beijing.HOUR)
    session = acts.visit(kit, person, place, time_, "wheelchair training", icd=("Z50.100", "I69.300"))
    story.settle(person, place, time_, session, guilty=guilty)


def _a_session_too_many(kit: Kit, story: Story) -> None:
    _trained(kit, story, _TRAINED, again=False, guilty=True)


def _last_session(kit: Kit, story: Story) -> None:
    """The last day that is paid."""
    _trained(kit, story, _TRAINED - 1, again=False)


def _twice_on_the_last_day(kit: Kit, story: Story) -> None:
    """Two sessions on the last day that is paid: it is days that count."""
    _trained(kit, story, _TRAINED - 1, again=True)


SCENARIOS = (
    Scenario(
        "P08",
        (Variant(_a_day_too_long, 1), Variant(_during_a_stay, 2), Variant(_week_by_week, 3, days=13)),
        (Variant(_whole_course, 1), Variant(_cancelled_course, 3)),
    ),
    Scenario(
        "P10",
        (Variant(_long_day, 1), Variant(_two_houses, 2)),
        (Variant(_whole_day, 1), Variant(_two_sessions, 2), Variant(_sessions_cancelled, 3)),
    ),
    Scenario(
        "P11",
        (Variant(_same_day, 2), Variant(_same_week, 2, days=6)),
        (Variant(_other_test, 2), Variant(_first_cancelled, 3), Variant(_period_over, 2, days=_PERIOD + 2)),
    ),
    Scenario(
        "P12",
        (Variant(_a_session_too_many, 3),),
        (Variant(_last_session, 3), Variant(_twice_on_the_last_day, 3)),
    ),
)
