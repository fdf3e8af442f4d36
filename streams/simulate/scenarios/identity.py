"""V09, V14, V15: persons who cannot have been there, are new to the scheme, or are two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.province import CLINIC, HOSPITAL, PHARMACY
from streams.simulate.scenarios import acts
from streams.simulate.scenarios.base import Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.population import Person

_FEMALE = "2"
_EMPLOYEE, _RESIDENT = "310", "390"
_LONG_AGO = 900  # days since the first enrolment
_NEW = 90  # days within which a maternity settlement is conspicuous
_PREGNANT, _FIBROIDS = "Z34.900", "D25.900"
_CARD, _CODE = "03", "01"


def _seen(kit: Kit, story: Story, person: Person, day: int, *, guilty: bool = False) -> None:
    """A plain visit on a day."""
    place, time = kit.place(HOSPITAL, person.insuplc), kit.moment(day)
    story.settle(person, place, time, acts.visit(kit, person, place, time), guilty=guilty)


# ---------------------------------------------------------------------- V09: deceased or suspended


def _registered(kit: Kit, story: Story, status: str, begin: int, end: int | None, *, guilty: bool = False) -> None:
    """A visit of somebody whose status holds from `begin` to `end`, days counted from that of the visit."""
    person, day = kit.person(kit.area()), kit.day()
    record = person.record(beijing.day_text(day - _LONG_AGO), None, status, beijing.day_text(day + begin))
    kit.persons.append(record | {"effective_to": None if end is None else beijing.day_text(day + end)})
    _seen(kit, story, person, day, guilty=guilty)


def _deceased(kit: Kit, story: Story) -> None:
    _registered(kit, story, "deceased", -kit.rng.randint(3, 300), None, guilty=True)


def _suspended(kit: Kit, story: Story) -> None:
    _registered(kit, story, "suspended", -kit.rng.randint(0, 60), kit.rng.choice((None, 0, 30)), guilty=True)


def _suspended_tomorrow(kit: Kit, story: Story) -> None:
    """The suspension begins tomorrow."""
    _registered(kit, story, "suspended", 1, None)


def _suspended_until_yesterday(kit: Kit, story: Story) -> None:
    """The suspension ended yesterday."""
    _registered(kit, story, "suspended", -40, -1)


# ---------------------------------------------------------------------- V14: enrolled for the birth


def _expecting(
    kit: Kit,
    story: Story,
    day: int,
    enrolled: int,
    *,
    scheme: str = _EMPLOYEE,
    med_type: str = "51",
    employer: str | None = None,
    guilty: bool = False,
) -> None:
    """A settlement so many days after the first enrolment."""
    area = kit.area()
    person, place = kit.person(area, _FEMALE, scheme), kit.place(HOSPITAL, area)
    kit.persons.append(person.record(beijing.day_text(day - enrolled), employer))
    time = kit.moment(day)
    icd = _PREGNANT if med_type == "51" else acts.COUGH
    encounter = acts.visit(kit, person, place, time, "fetal", icd=(icd,), med_type=med_type)
    story.settle(person, place, time, encounter, guilty=guilty)


def _employer(kit: Kit) -> str:
    return f"E{kit.rng.randrange(10**8):08d}"


def _just_enrolled(kit: Kit, story: Story) -> None:
    _expecting(kit, story, kit.day(), kit.rng.randint(5, _NEW - 1), employer=_employer(kit), guilty=True)


def _one_employer(kit: Kit, story: Story) -> None:
    """Three who were enrolled by one employer lately."""
    employer, days = _employer(kit), min(kit.days, 20)
    first = kit.day(days)
    for day in sorted(first + kit.rng.randrange(days) for _ in range(3)):
        _expecting(kit, story, day, kit.rng.randint(20, _NEW - 1), employer=employer, guilty=True)


def _enrolled_long_enough(kit: Kit, story: Story) -> None:
    """The first day after the ninety."""
    _expecting(kit, story, kit.day(), _NEW + 1, employer=_employer(kit))


def _something_else(kit: Kit, story: Story) -> None:
    """New to the scheme, and ill."""
    _expecting(kit, story, kit.day(), 30, med_type="11", employer=_employer(kit))


def _resident(kit: Kit, story: Story) -> None:
    """New to the residents' scheme, where there is nothing to gain."""
    _expecting(kit, story, kit.day(), 30, scheme=_RESIDENT)


# ---------------------------------------------------------------------- V15: two persons


def _two_cards(
    kit: Kit, story: Story, apart: int, cards: tuple[str, str], *, elsewhere: bool = True, guilty: bool = False
) -> None:
    """A doctor and, `apart` seconds later, a pharmacy, or the same doctor; each time with a proof of identity."""
    area = kit.area()
    person, clinic = kit.person(area), kit.place(CLINIC, area)
    first = kit.moment(kit.day())
    person.certificate = cards[0]
    story.settle(person, clinic, first, acts.visit(kit, person, clinic, first))
    person.certificate = cards[1]
    second = first + apart
    if elsewhere:
        pharmacy = kit.place(PHARMACY, area)
        encounter = acts.purchase(kit, person, pharmacy, second, kit.drug())
        story.settle(person, pharmacy, second, encounter, guilty=guilty)
    else:
        story.settle(person, clinic, second, acts.visit(kit, person, clinic, second, "injection"), guilty=guilty)


def _card_and_code(kit: Kit, story: Story) -> None:
    cards = kit.rng.choice(((_CARD, _CODE), (_CODE, _CARD)))
    _two_cards(kit, story, kit.rng.randint(240, 1_500), cards, guilty=True)


def _one_card(kit: Kit, story: Story) -> None:
    """The same card."""
    _two_cards(kit, story, 900, (_CARD, _CARD))


def _one_house(kit: Kit, story: Story) -> None:
    """Two proofs of identity at one institution."""
    _two_cards(kit, story, 900, (_CARD, _CODE), elsewhere=False)


def _half_an_hour_later(kit: Kit, story: Story) -> None:
    """A few minutes more than half an hour."""
    _two_cards(kit, story, 35 * beijing.MINUTE, (_CARD, _CODE))


def _organ(kit: Kit, story: Story, *services: str, guilty: bool = False) -> None:
    """After the womb has been taken out, services at another hospital on the day of the discharge."""
    area = kit.area()
    person = kit.person(area, _FEMALE)
    place, other = kit.fresh(HOSPITAL, area, 3), kit.fresh(HOSPITAL, area)
    last = kit.day()
    lying = acts.stay(kit, person, place, last - 6, last, _FIBROIDS, hour=9)
    encounter = acts.ward(kit, lying)
    for key in ("hysterectomy", "anaesthesia"):
        kit.desk.counter.charge(encounter.bill, key, place, time=acts.night(lying, 1))
    story.leave(lying, encounter)
    (time,) = kit.moments(last, 1, begin=13 * beijing.HOUR)
    story.settle(person, other, time, acts.visit(kit, person, other, time, *services), guilty=guilty)


def _operated_on_what_is_gone(kit: Kit, story: Story) -> None:
    _organ(kit, story, kit.rng.choice(("endometrial biopsy", "abortion")), guilty=True)


def _other_organ(kit: Kit, story: Story) -> None:
    """Something that has nothing to do with it."""
    _organ(kit, story, "dressing")


SCENARIOS = (
    Scenario(
        "V09",
        (Variant(_deceased, 1), Variant(_suspended, 1)),
        (Variant(_suspended_tomorrow, 1), Variant(_suspended_until_yesterday, 1)),
    ),
    Scenario(
        "V14",
        (Variant(_just_enrolled, 1), Variant(_one_employer, 3)),
        (Variant(_enrolled_long_enough, 1), Variant(_something_else, 1), Variant(_resident, 1)),
    ),
    Scenario(
        "V15",
        (Variant(_card_and_code, 2), Variant(_operated_on_what_is_gone, 3)),
        (
            Variant(_one_card, 2),
            Variant(_half_an_hour_later, 2),
            Variant(_one_house, 2),
            Variant(_other_organ, 3),
        ),
    ),
)
