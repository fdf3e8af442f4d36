"""V04, V05, V06: what a patient does during a stay, and stays that overlap or repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.province import CLINIC, HOSPITAL, PHARMACY
from streams.simulate.scenarios import acts
from streams.simulate.scenarios.base import Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.population import Person
    from streams.simulate.province import Place
    from streams.simulate.ward import Stay

_LUNGS, _HEART, _STROKE, _CHEMOTHERAPY = "J18.900", "I20.000", "I63.900", "Z51.101"
_FORTNIGHT = 15  # days within which a readmission is conspicuous


def _patient(kit: Kit) -> tuple[Person, Place]:
    area = kit.area()
    return kit.person(area), kit.fresh(HOSPITAL, area)


# ---------------------------------------------------------------------- V04: out and about during a stay


def _elsewhere(kit: Kit, story: Story, lying: Stay, day: int, kind: int, *, guilty: bool = False) -> None:
    """The patient of a stay is seen at another institution in the afternoon of a day."""
    person = lying.person
    place = kit.place(kind, lying.place.area)
    (time,) = kit.moments(day, 1, begin=13 * beijing.HOUR)
    if kind == PHARMACY:
        encounter = acts.purchase(kit, person, place, time, kit.drug())
    else:
        encounter = acts.visit(kit, person, place, time)
    story.settle(person, place, time, encounter, guilty=guilty)


def _shopping(kit: Kit, story: Story) -> None:
    """At a pharmacy, and the day after at a clinic, while the stay is open."""
    person, place = _patient(kit)
    first = kit.day(3)
    lying = acts.stay(kit, person, place, first, first + 6, _LUNGS)
    story.admit(lying)
    _elsewhere(kit, story, lying, first + 1, PHARMACY, guilty=True)
    _elsewhere(kit, story, lying, first + 2, CLINIC, guilty=True)


def _shopping_once(kit: Kit, story: Story) -> None:
    person, place = _patient(kit)
    first = kit.day(2)
    lying = acts.stay(kit, person, place, first, first + 6, _LUNGS)
    story.admit(lying)
    _elsewhere(kit, story, lying, first + 1, kit.rng.choice((PHARMACY, CLINIC)), guilty=True)


def _on_the_first_day(kit: Kit, story: Story) -> None:
    """On the day of the admission."""
    person, place = _patient(kit)
    first = kit.day()
    lying = acts.stay(kit, person, place, first, first + 5, _LUNGS)
    story.admit(lying)
    _elsewhere(kit, story, lying, first, PHARMACY)


def _on_the_last_day(kit: Kit, story: Story) -> None:
    """On the day of the discharge, after it."""
    person, place = _patient(kit)
    first = kit.day(4)
    lying = acts.stay(kit, person, place, first, first + 3, _LUNGS)
    story.admit(lying)
    story.leave(lying, acts.ward(kit, lying))
    _elsewhere(kit, story, lying, first + 3, PHARMACY)


def _in_the_same_house(kit: Kit, story: Story) -> None:
    """At the outpatient department of the hospital where the patient lies."""
    person, place = _patient(kit)
    first = kit.day(2)
    lying = acts.stay(kit, person, place, first, first + 6, _LUNGS)
    story.admit(lying)
    time = kit.moment(first + 1)
    story.settle(person, place, time, acts.visit(kit, person, place, time))


# ---------------------------------------------------------------------- V05: two stays at once


def _two_stays(
    kit: Kit, story: Story, first: tuple[int, int], second: tuple[int, int], *, same: bool = False, guilty: bool = False
) -> None:
    """Two stays, the second of which ends last; their first and last days are counted from some day."""
    person, place = _patient(kit)
    other = place if same else kit.fresh(HOSPITAL, place.area)
    zero = kit.day(1 + second[1])
    one = acts.stay(kit, person, place, zero + first[0], zero + first[1], _HEART)
    two = acts.stay(kit, person, other, zero + second[0], zero + second[1], _LUNGS, morning=12, hour=15)
    known = two.begin >= kit.province.first_day * beijing.DAY  # the admission to the second arrived
    story.leave(one, acts.ward(kit, one), guilty=guilty and known)
    # A bed on one day at two places is rightly found to be one too many as well.
    also = ("P10",) if second[0] < first[1] else ()
    story.leave(two, acts.ward(kit, two), guilty=guilty, also=also)


def _overlapping(kit: Kit, story: Story) -> None:
    _two_stays(kit, story, (-7, 0), (-5, 0), guilty=True)


def _overlapping_by_days(kit: Kit, story: Story) -> None:
    _two_stays(kit, story, (0, 3), (1, 5), guilty=True)


def _two_departments(kit: Kit, story: Story) -> None:
    """Two departments of one hospital, settled apart."""
    _two_stays(kit, story, (-7, 0), (-5, 0), same=True)


def _transferred(kit: Kit, story: Story) -> None:
    """Transferred: the second stay begins on the last day of the first."""
    _two_stays(kit, story, (-4, 0), (0, 3))


def _one_after_the_other(kit: Kit, story: Story) -> None:
    """The second stay begins days after the first."""
    _two_stays(kit, story, (-4, 0), (2, 5))


# ---------------------------------------------------------------------- V06: admitted again


def _readmitted(
    kit: Kit,
    story: Story,
    later: int,
    icd: tuple[str, str],
    *,
    elsewhere: bool = False,
    med_type: str = "21",
    guilty: bool = False,
) -> None:
    """A stay that ends on some day, and another that begins `later` days afterwards and lasts two nights."""
    person, place = _patient(kit)
    other = kit.fresh(HOSPITAL, place.area) if elsewhere else place
    day = kit.day(later + 3)
    first = acts.stay(kit, person, place, day - 6, day, icd[0])
    story.leave(first, acts.ward(kit, first))
    second = acts.stay(kit, person, other, day + later, day + later + 2, icd[1], med_type=med_type)
    story.leave(second, acts.ward(kit, second), guilty=guilty)


def _same_illness(kit: Kit, story: Story) -> None:
    _readmitted(kit, story, 1, (_STROKE, "I63.501"), elsewhere=kit.chance(0.5), guilty=True)


def _within_a_fortnight(kit: Kit, story: Story) -> None:
    _readmitted(kit, story, 9, (_LUNGS, _LUNGS), guilty=True)


def _other_illness(kit: Kit, story: Story) -> None:
    """Another illness."""
    _readmitted(kit, story, 1, (_STROKE, _LUNGS))


def _next_cycle(kit: Kit, story: Story) -> None:
    """The next cycle of a chemotherapy."""
    _readmitted(kit, story, 1, (_CHEMOTHERAPY, _CHEMOTHERAPY))


def _after_a_fortnight(kit: Kit, story: Story) -> None:
    """More than fifteen days later."""
    _readmitted(kit, story, _FORTNIGHT + 1, (_LUNGS, _LUNGS), elsewhere=True)


SCENARIOS = (
    Scenario(
        "V04",
        (Variant(_shopping_once, 2, days=2), Variant(_shopping, 3, days=3)),
        (
            Variant(_on_the_first_day, 2),
            Variant(_in_the_same_house, 2, days=2),
            Variant(_on_the_last_day, 4, days=4),
        ),
    ),
    Scenario(
        "V05",
        (Variant(_overlapping, 4), Variant(_overlapping_by_days, 6, days=6)),
        (Variant(_two_departments, 4), Variant(_transferred, 5, days=4), Variant(_one_after_the_other, 5, days=6)),
    ),
    Scenario(
        "V06",
        (Variant(_same_illness, 5, days=4), Variant(_within_a_fortnight, 5, days=12)),
        (
            Variant(_other_illness, 5, days=4),
            Variant(_next_cycle, 5, days=4),
            Variant(_after_a_fortnight, 5, days=_FORTNIGHT + 4),
        ),
    ),
)
