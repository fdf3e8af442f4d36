"""V07, V08, G05: stays that are none, and more of them than there are beds."""

from __future__ import annotations

from streams.simulate.province import HOSPITAL
from streams.simulate.scenarios import acts
from streams.simulate.scenarios.base import Kit, Scenario, Story, Variant

_FEMALE = "2"
_LUNGS, _HEART, _CHEMOTHERAPY = "J18.900", "I20.000", "Z51.101"
_PICTURES = ("ct", "mri", "echo", "ultrasound")
_TESTS = ("blood", "liver", "kidney", "lipids", "thyroid", "markers", "hepatitis")
_BEDS = 10
_MOST = 11
"""110 % of the beds."""


# ---------------------------------------------------------------------- V07: no stay at all


def _lain(
    kit: Kit,
    story: Story,
    nights: int,
    *,
    beds: int | None = None,
    icd: str = _LUNGS,
    med_type: str = "21",
    guilty: bool = False,
) -> None:
    """A stay of so many nights for which so many bed-days are charged."""
    area = kit.area()
    person, place = kit.person(area), kit.fresh(HOSPITAL, area)
    last = kit.day()
    lying = acts.stay(kit, person, place, last - nights, last, icd, med_type=med_type, hour=15)
    story.leave(lying, acts.ward(kit, lying, beds=beds), guilty=guilty)


def _empty_bed(kit: Kit, story: Story) -> None:
    _lain(kit, story, 9, beds=kit.rng.randint(1, 5), guilty=True)


def _in_and_out(kit: Kit, story: Story) -> None:
    _lain(kit, story, 0, guilty=True)


def _day_surgery(kit: Kit, story: Story) -> None:
    """Day surgery has no night."""
    _lain(kit, story, 0, icd="H25.900", med_type="28")


def _short_cycle(kit: Kit, story: Story) -> None:
    """A day of chemotherapy."""
    _lain(kit, story, 1, icd=_CHEMOTHERAPY)


def _two_nights(kit: Kit, story: Story) -> None:
    """Two nights, two bed-days."""
    _lain(kit, story, 2)


# ---------------------------------------------------------------------- V08: a check-up with a bed


def _checked(kit: Kit, story: Story, nights: int, *services: str, guilty: bool = False) -> None:
    """A woman's stay with all these services on its second day."""
    area = kit.area()
    person, place = kit.person(area, _FEMALE), kit.fresh(HOSPITAL, area)
    last = kit.day()
    lying = acts.stay(kit, person, place, last - nights, last, _HEART)
    encounter = acts.ward(kit, lying)
    for number, key in enumerate(services):
        kit.desk.counter.charge(encounter.bill, key, place, time=acts.night(lying, 1, number))
    story.leave(lying, encounter, guilty=guilty)


def _check_up(kit: Kit, story: Story) -> None:
    _checked(kit, story, kit.rng.randint(2, 4), *_PICTURES, *_TESTS, guilty=True)


def _longer(kit: Kit, story: Story) -> None:
    """As many examinations in a longer stay."""
    _checked(kit, story, 8, *_PICTURES, *_TESTS)


def _operated(kit: Kit, story: Story) -> None:
    """As many examinations before an operation."""
    _checked(kit, story, 4, *_PICTURES, *_TESTS, "cervical treatment")


def _few_tests(kit: Kit, story: Story) -> None:
    """A few tests in a short stay."""
    _checked(kit, story, 3, "ct", "blood")


# ---------------------------------------------------------------------- G05: more patients than beds


def _full(kit: Kit, story: Story, count: int, *, counted: bool = True, guilty: bool = False) -> None:
    """So many are admitted in the morning; two who came days before leave in the afternoon.

    Args:
        kit: what it is made with.
        story: takes the events.
        count: admissions.
        counted: whether the registry knows how many beds there are.
        guilty: whether there are too many patients.
    """
    area = kit.area()
    place = kit.fresh(HOSPITAL, area, 1, beds=_BEDS)
    if not counted:
        kit.institutions[place.code] = {"beds": None}
    day = kit.day()
    for _ in range(count):
        story.admit(acts.stay(kit, kit.person(area), place, day, day + 5, _LUNGS))
    for hour in (13, 15):
        lying = acts.stay(kit, kit.person(area), place, day - 4, day, _HEART, hour=hour)
        story.leave(lying, acts.ward(kit, lying), guilty=guilty)


def _too_full(kit: Kit, story: Story) -> None:
    _full(kit, story, _MOST + 4, guilty=True)


def _just_full(kit: Kit, story: Story) -> None:
    """When the first of the two has left, there are as many as are tolerated."""
    _full(kit, story, _MOST - 1)


def _nobody_counted_beds(kit: Kit, story: Story) -> None:
    """The registry does not know how many beds there are."""
    _full(kit, story, _MOST + 4, counted=False)


SCENARIOS = (
    Scenario(
        "V07",
        (Variant(_empty_bed, 2), Variant(_in_and_out, 2)),
        (Variant(_two_nights, 2), Variant(_day_surgery, 2), Variant(_short_cycle, 2)),
    ),
    Scenario(
        "V08",
        (Variant(_check_up, 2),),
        (Variant(_few_tests, 2), Variant(_longer, 2), Variant(_operated, 2)),
    ),
    Scenario(
        "G05",
        (Variant(_too_full, _MOST + 8),),
        (Variant(_just_full, _MOST + 3), Variant(_nobody_counted_beds, _MOST + 8)),
    ),
)
