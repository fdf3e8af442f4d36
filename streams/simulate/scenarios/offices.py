"""G06, R02, R04: institutions that may not bill, and prescribers who cannot have been there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.province import CLINIC, HOSPITAL, PHARMACY
from streams.simulate.scenarios import acts
from streams.simulate.scenarios.base import OPENING, Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.province import Place

_HALF_HOUR = 30 * beijing.MINUTE
_MOST = 150
"""Settlements of one prescriber on one day; the next one is one too many."""

_LATE = 23 * beijing.HOUR


def _seen(
    kit: Kit,
    story: Story,
    place: Place,
    time: int,
    doctor: str | None = None,
    *,
    online: bool = False,
    guilty: bool = False,
) -> None:
    """A plain visit of somebody, or a purchase where there are no doctors."""
    person = kit.person(place.area)
    if place.kind == PHARMACY:
        encounter = acts.purchase(kit, person, place, time, kit.drug())
    else:
        encounter = acts.visit(kit, person, place, time, doctor=doctor, online=online)
    story.settle(person, place, time, encounter, guilty=guilty)


# ---------------------------------------------------------------------- G06: status of the institution


def _closed(kit: Kit, story: Story, status: str, begin: int, end: int | None, *, guilty: bool = False) -> None:
    """A settlement of an institution whose status holds from `begin` to `end`, days counted from that of it."""
    place, day = kit.fresh(kit.rng.choice((PHARMACY, CLINIC)), kit.area()), kit.day()
    kit.institutions[place.code] = {
        "status": status,
        "effective_from": beijing.day_text(day + begin),
        "effective_to": None if end is None else beijing.day_text(day + end),
    }
    _seen(kit, story, place, kit.moment(day), guilty=guilty)


def _suspended(kit: Kit, story: Story) -> None:
    _closed(kit, story, "suspended", -kit.rng.randint(0, 60), kit.rng.choice((None, 0, 30)), guilty=True)


def _terminated(kit: Kit, story: Story) -> None:
    _closed(kit, story, "terminated", -kit.rng.randint(1, 300), None, guilty=True)


def _tomorrow(kit: Kit, story: Story) -> None:
    """The suspension begins tomorrow."""
    _closed(kit, story, "suspended", 1, None)


def _yesterday(kit: Kit, story: Story) -> None:
    """The suspension ended yesterday."""
    _closed(kit, story, "suspended", -90, -1)


def _guided(kit: Kit, story: Story) -> None:
    """In the first months of its designation."""
    day = kit.day()
    since = day - kit.rng.randint(10, 150)
    place = kit.province.open(PHARMACY, kit.area(), 0, 20, kit.rng, since=since)
    _seen(kit, story, place, kit.moment(day))


# ---------------------------------------------------------------------- R02: in two places


def _two_places(
    kit: Kit, story: Story, apart: int, *, doctor: str | None = None, online: bool = False, guilty: bool = False
) -> None:
    """One prescriber at a hospital and, `apart` seconds later, at a clinic of the same city."""
    area = kit.area()
    first_place, second_place = kit.fresh(HOSPITAL, area), kit.fresh(CLINIC, area)
    name = kit.rng.choice(first_place.doctors) if doctor is None else doctor
    (first,) = kit.moments(kit.day(), 1)
    _seen(kit, story, first_place, first, name)
    _seen(kit, story, second_place, first + apart, name, online=online, guilty=guilty)


def _rushing(kit: Kit, story: Story) -> None:
    _two_places(kit, story, kit.rng.randint(200, 1_500), guilty=True)


def _taking_his_time(kit: Kit, story: Story) -> None:
    """A few minutes more than half an hour."""
    _two_places(kit, story, _HALF_HOUR + 240)


def _from_afar(kit: Kit, story: Story) -> None:
    """The second is an internet consultation."""
    _two_places(kit, story, 900, online=True)


def _nobody(kit: Kit, story: Story) -> None:
    """The prescriber is left out at both: a blank is nobody."""
    _two_places(kit, story, 900, doctor=kit.rng.choice(("", "000000000000", "9999999999")))


# ---------------------------------------------------------------------- R04: too many a day


def _long_day(kit: Kit, story: Story, count: int, *, known: bool = True) -> None:
    """So many settlements of one prescriber on one day; wrong from the 151st on."""
    place = kit.fresh(CLINIC, kit.area())
    doctor = kit.rng.choice(place.doctors) if known else "9999999999"
    times = kit.moments(kit.day(), count, 4 * beijing.MINUTE, OPENING, _LATE)
    for number, time in enumerate(times):
        _seen(kit, story, place, time, doctor, guilty=known and number >= _MOST)


def _tireless(kit: Kit, story: Story) -> None:
    _long_day(kit, story, _MOST + kit.rng.randint(1, 3))


def _busy(kit: Kit, story: Story) -> None:
    """As many as are possible."""
    _long_day(kit, story, _MOST)


def _not_one_man(kit: Kit, story: Story) -> None:
    """The prescriber is left out: these are many."""
    _long_day(kit, story, _MOST + 2, known=False)


SCENARIOS = (
    Scenario(
        "G06",
        (Variant(_suspended, 1), Variant(_terminated, 1)),
        (Variant(_guided, 1), Variant(_tomorrow, 1), Variant(_yesterday, 1)),
    ),
    Scenario(
        "R02", (Variant(_rushing, 2),), (Variant(_taking_his_time, 2), Variant(_from_afar, 2), Variant(_nobody, 2))
    ),
    Scenario("R04", (Variant(_tireless, _MOST + 2),), (Variant(_busy, _MOST), Variant(_not_one_man, _MOST + 2))),
)
