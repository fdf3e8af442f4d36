"""D04, D05, R01: drugs that are easily resold, bought together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.province import CLINIC, HOSPITAL, PHARMACY
from streams.simulate.scenarios import acts
from streams.simulate.scenarios.base import OPENING, Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.catalogue import Drug
    from streams.simulate.province import Place

_TONIC, _TONIC_2, _SLIMMING = "A09CA", "A09DA", "A10BJ"
_DIABETES = "E11.900"
_BUYERS = 5
_THIRD = 2  # counted from 0
_AWAY = 0.6
_BETWEEN = 8 * beijing.MINUTE
_WALK = 40 * beijing.MINUTE


# ---------------------------------------------------------------------- D04: buyers from elsewhere


def _buyers(kit: Kit, story: Story, away: list[bool], *, days: int = 1) -> None:
    """Persons who each buy one pack of the same drug at one pharmacy.

    Args:
        kit: what it is made with.
        story: takes the events.
        away: for each buyer, whether he is insured elsewhere.
        days: on how many days, equally many on each.
    """
    area = kit.area()
    place = kit.fresh(PHARMACY, area)
    drug = kit.drug(_TONIC)
    first = kit.day(days)
    a_day = len(away) // days
    begin = kit.rng.randrange(OPENING, 15 * beijing.HOUR)
    for day in range(days):
        times = kit.moments(first + day, a_day, _BETWEEN, begin, begin + 3 * beijing.HOUR)
        for number, time in enumerate(times, 1):
            strangers = away[day * a_day : day * a_day + number]
            person = kit.visitor(area) if strangers[-1] else kit.person(area)
            guilty = number >= _BUYERS and sum(strangers) >= _AWAY * number
            story.settle(person, place, time, acts.purchase(kit, person, place, time, drug), guilty=guilty)


def _coach_party(kit: Kit, story: Story) -> None:
    _buyers(kit, story, [True] * kit.rng.randint(_BUYERS, 8))


def _mixed_party(kit: Kit, story: Story) -> None:
    """Three of five come from elsewhere: just enough."""
    away = [True, True, True, False, False]
    kit.rng.shuffle(away)
    _buyers(kit, story, away)


def _four_strangers(kit: Kit, story: Story) -> None:
    """Four buyers."""
    _buyers(kit, story, [True] * (_BUYERS - 1))


def _mostly_neighbours(kit: Kit, story: Story) -> None:
    """Two of six come from elsewhere."""
    _buyers(kit, story, [False, False, False, True, False, True])


def _over_days(kit: Kit, story: Story) -> None:
    """Six strangers, two on each of three days."""
    _buyers(kit, story, [True] * 6, days=3)


# ---------------------------------------------------------------------- D05: one buyer


def _three_drugs(kit: Kit, story: Story) -> None:
    """Three different ones in one go."""
    area = kit.area()
    person, place = kit.person(area), kit.place(PHARMACY, area)
    time = kit.moment(kit.day())
    drugs = [kit.drug(kind) for kind in (_TONIC, _TONIC_2, _SLIMMING)]
    story.settle(person, place, time, acts.purchase(kit, person, place, time, *drugs), guilty=True)


def _one_by_one(kit: Kit, story: Story, kinds: tuple[str, ...], days: int, *, guilty: bool) -> None:
    """One drug after the other at one pharmacy."""
    area = kit.area()
    person, place = kit.person(area), kit.place(PHARMACY, area)
    first = kit.day(days)
    times = kit.moments(first, len(kinds), _WALK)
    times[-1] += (days - 1) * beijing.DAY
    for number, (time, kind) in enumerate(zip(times, kinds, strict=True), 1):
        encounter = acts.purchase(kit, person, place, time, kit.drug(kind))
        story.settle(person, place, time, encounter, guilty=guilty and number == len(kinds))


def _in_a_week(kit: Kit, story: Story) -> None:
    _one_by_one(kit, story, (_TONIC, _SLIMMING, _TONIC_2), 5, guilty=True)


def _three_pharmacies(kit: Kit, story: Story) -> None:
    """Two drugs at three institutions on three days; each is nearly used up when it is bought again."""
    area = kit.area()
    person = kit.person(area)
    drugs = kit.rng.sample(kit.province.catalogue.shelves[_TONIC].drugs, 2)
    first = kit.day(5)
    for number in range(_THIRD + 1):
        place, time = kit.fresh(PHARMACY, area), kit.moment(first + 2 * number)
        encounter = acts.purchase(kit, person, place, time, drugs[number % 2])
        story.settle(person, place, time, encounter, guilty=number == _THIRD)


def _two_drugs(kit: Kit, story: Story) -> None:
    """Two different ones."""
    _one_by_one(kit, story, (_TONIC, _TONIC_2), 1, guilty=False)


def _third_later(kit: Kit, story: Story) -> None:
    """Two, and a third nine days later."""
    _one_by_one(kit, story, (_TONIC, _TONIC_2, _SLIMMING), 10, guilty=False)


def _one_cancelled(kit: Kit, story: Story) -> None:
    """Two, of which one was cancelled, and a third."""
    area = kit.area()
    person, place = kit.person(area), kit.place(PHARMACY, area)
    times = kit.moments(kit.day(), 4, _WALK)
    for number, (time, kind) in enumerate(zip(times[::2] + times[-1:], (_TONIC, _SLIMMING, _TONIC_2), strict=True)):
        settled = story.settle(person, place, time, acts.purchase(kit, person, place, time, kit.drug(kind)))
        if not number:
            story.reverse(settled, times[1])


# ---------------------------------------------------------------------- R01: one prescriber, within a minute


def _prescriptions(
    kit: Kit, story: Story, place: Place, drug: Drug, doctor: str, count: int, apart: int, *, guilty: bool = False
) -> None:
    """Prescriptions for one person after another, `apart` seconds from each other; wrong from the third on."""
    (begin,) = kit.moments(kit.day(), 1)
    for number in range(count):
        person = kit.person(place.area)
        time = begin + number * apart
        encounter = acts.visit(kit, person, place, time, icd=(_DIABETES,), doctor=doctor)
        acts.prescribe(kit, encounter.bill, drug, 1, place)
        story.settle(person, place, time, encounter, guilty=guilty and number >= _THIRD)


def _burst(kit: Kit, story: Story) -> None:
    place = kit.fresh(HOSPITAL, kit.area())
    count = kit.rng.randint(3, 4)
    _prescriptions(kit, story, place, kit.drug(_SLIMMING), kit.rng.choice(place.doctors), count, 15, guilty=True)


def _two_patients(kit: Kit, story: Story) -> None:
    """Two persons within a minute."""
    place = kit.fresh(HOSPITAL, kit.area())
    _prescriptions(kit, story, place, kit.drug(_SLIMMING), kit.rng.choice(place.doctors), 2, 15)


def _at_ease(kit: Kit, story: Story) -> None:
    """Three persons within a quarter of an hour."""
    place = kit.fresh(CLINIC, kit.area())
    _prescriptions(kit, story, place, kit.drug(_SLIMMING), kit.rng.choice(place.doctors), 3, 280)


def _nobody_knows_who(kit: Kit, story: Story) -> None:
    """Three persons within a minute, but the prescriber is left out: a blank is nobody."""
    place = kit.fresh(HOSPITAL, kit.area())
    doctor = kit.rng.choice(("", "000000000000", "9999999999"))
    _prescriptions(kit, story, place, kit.drug(_SLIMMING), doctor, 3, 15)


def _harmless_drug(kit: Kit, story: Story) -> None:
    """Three persons within a minute, with a drug that nobody resells."""
    place = kit.fresh(HOSPITAL, kit.area())
    _prescriptions(kit, story, place, kit.drug("A10BB"), kit.rng.choice(place.doctors), 3, 15)


SCENARIOS = (
    Scenario(
        "D04",
        (Variant(_mixed_party, _BUYERS), Variant(_coach_party, 7)),
        (Variant(_four_strangers, _BUYERS - 1), Variant(_mostly_neighbours, 6), Variant(_over_days, 6, days=3)),
    ),
    Scenario(
        "D05",
        (Variant(_three_drugs, 1), Variant(_in_a_week, 3, days=5), Variant(_three_pharmacies, 3, days=5)),
        (Variant(_two_drugs, 2), Variant(_one_cancelled, 4), Variant(_third_later, 3, days=10)),
    ),
    Scenario(
        "R01",
        (Variant(_burst, 4),),
        (Variant(_two_patients, 2), Variant(_at_ease, 3), Variant(_nobody_knows_who, 3), Variant(_harmless_drug, 3)),
    ),
)
