"""D01, D02, D03: one person gets more of a drug, or more often, than he can take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.province import CLINIC, HOSPITAL, PHARMACY
from streams.simulate.scenarios import acts
from streams.simulate.scenarios.base import APART, BRIEF, Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.catalogue import Drug
    from streams.simulate.population import Person
    from streams.simulate.province import Place
    from streams.simulate.records import Json

_PRESSURE = "I10.x00"
_CHRONIC = "140104"
_MONTHLY = ("C08CA", "C09CA", "C10AA")  # a pack lasts 28 days
_FORTNIGHTLY = ("C07AB", "C09AA")
_WEEKLY = ("A02BC", "M01AH")
_FEW_DAYS = ("N02BE", "A07BC", "J01FA")  # a pack lasts three days
_OFTEN = 5
"""The fifth purchase of one drug within 30 days is one too many."""

_WALK = 40 * beijing.MINUTE


def _prescribed(
    kit: Kit,
    story: Story,
    person: Person,
    place: Place,
    time: int,
    drug: Drug,
    packs: int,
    *,
    days: int | None = None,
    med_type: str = "11",
    emergency: bool = False,
    guilty: bool = False,
) -> Json:
    """A visit at which packs of a drug are prescribed."""
    encounter = acts.visit(kit, person, place, time, icd=(_PRESSURE,), med_type=med_type, emergency=emergency)
    acts.prescribe(kit, encounter.bill, drug, packs, place, days=days)
    return story.settle(person, place, time, encounter, guilty=guilty)


def _once(
    kit: Kit,
    story: Story,
    kinds: tuple[str, ...],
    packs: int,
    *,
    med_type: str = "11",
    emergency: bool = False,
    guilty: bool = False,
) -> None:
    """One prescription."""
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    drug, time = kit.drug(kit.rng.choice(kinds)), kit.moment(kit.day())
    _prescribed(kit, story, person, place, time, drug, packs, med_type=med_type, emergency=emergency, guilty=guilty)


# ---------------------------------------------------------------------- D01: too much at home


def _eight_weeks(kit: Kit, story: Story) -> None:
    _once(kit, story, _MONTHLY, 2, guilty=True)


def _twenty_weeks(kit: Kit, story: Story) -> None:
    """More than the twelve weeks that the chronically ill may have, and a month in hand."""
    _once(kit, story, _MONTHLY, 5, med_type=_CHRONIC, guilty=True)


def _fortnight_from_emergency(kit: Kit, story: Story) -> None:
    _once(kit, story, _WEEKLY, 2, med_type="13", emergency=True, guilty=True)


def _refilled_at_once(kit: Kit, story: Story) -> None:
    """Four weeks, and a few hours later two more, at the same institution."""
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    drug = kit.drug(kit.rng.choice(_FORTNIGHTLY))
    first, second = kit.moments(kit.day(), 2, _WALK)
    _prescribed(kit, story, person, place, first, drug, 2)
    _prescribed(kit, story, person, place, second, drug, 1, guilty=True)


def _twelve_weeks(kit: Kit, story: Story) -> None:
    """A long prescription for a chronic illness."""
    _once(kit, story, _MONTHLY, 3, med_type=_CHRONIC)


def _week_from_emergency(kit: Kit, story: Story) -> None:
    """A week after an emergency."""
    _once(kit, story, _WEEKLY, 1, med_type="13", emergency=True)


def _cancelled(kit: Kit, story: Story) -> None:
    """Four weeks that were cancelled, and four weeks again."""
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    drug = kit.drug(kit.rng.choice(_MONTHLY))
    first, cancelled, second = kit.moments(kit.day(), 3, _WALK)
    story.reverse(_prescribed(kit, story, person, place, first, drug, 1), cancelled)
    _prescribed(kit, story, person, place, second, drug, 1)


def _week_in_hand(kit: Kit, story: Story) -> None:
    """Seven days left and thirty more: exactly what one may have."""
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    drug = kit.drug("A10BF")  # a pack lasts ten days
    day = kit.day(4)
    first = kit.moment(day)
    _prescribed(kit, story, person, place, first, drug, 1)
    _prescribed(kit, story, person, place, first + 3 * beijing.DAY + APART, drug, 3)


# ---------------------------------------------------------------------- D02: the same from two institutions


def _two_places(
    kit: Kit, story: Story, kinds: tuple[str, ...], *, later: int = 0, same: bool = False, guilty: bool = False
) -> None:
    """A pack at the hospital, and another one at a clinic some days later."""
    area = kit.area()
    person, hospital = kit.person(area), kit.place(HOSPITAL, area)
    clinic = hospital if same else kit.place(CLINIC, area)
    drug = kit.drug(kit.rng.choice(kinds))
    first, second = kit.moments(kit.day(later + 1), 2, _WALK)
    _prescribed(kit, story, person, hospital, first, drug, 1)
    _prescribed(kit, story, person, clinic, second + later * beijing.DAY, drug, 1, guilty=guilty)


def _same_day_elsewhere(kit: Kit, story: Story) -> None:
    _two_places(kit, story, _FORTNIGHTLY, guilty=True)


def _next_days_elsewhere(kit: Kit, story: Story) -> None:
    _two_places(kit, story, _FORTNIGHTLY, later=4, guilty=True)


def _nearly_used_up(kit: Kit, story: Story) -> None:
    """Six days are left at most."""
    _two_places(kit, story, ("J01CA", "J01DC"))


def _same_place(kit: Kit, story: Story) -> None:
    """The institution that gave the first pack gives the second."""
    _two_places(kit, story, _FORTNIGHTLY, same=True)


def _when_it_ends(kit: Kit, story: Story) -> None:
    """Elsewhere, but the first pack is nearly empty."""
    _two_places(kit, story, _FORTNIGHTLY, later=9, guilty=False)


# ---------------------------------------------------------------------- D03: too often


def _buy(kit: Kit, story: Story, times: list[int], *, cancelled: int | None = None) -> None:
    """Buy a small pack of one drug again and again; the one at `cancelled` is cancelled soon after."""
    area = kit.area()
    person, place = kit.person(area), kit.place(PHARMACY, area)
    drug = kit.drug(kit.rng.choice(_FEW_DAYS))
    live: list[int] = []
    for number, time in enumerate(times):
        encounter = acts.purchase(kit, person, place, time, drug)
        live = [other for other in live if time - other < 30 * beijing.DAY] + [time]
        settled = story.settle(person, place, time, encounter, guilty=len(live) >= _OFTEN)
        if number == cancelled:
            story.reverse(settled, time + APART)
            live.remove(time)


def _five_times(kit: Kit, story: Story) -> None:
    _buy(kit, story, kit.whenever(_OFTEN, BRIEF, _WALK))


def _six_times(kit: Kit, story: Story) -> None:
    _buy(kit, story, kit.whenever(_OFTEN + 1, BRIEF, _WALK))


def _four_times(kit: Kit, story: Story) -> None:
    """Four times."""
    _buy(kit, story, kit.whenever(_OFTEN - 1, BRIEF, _WALK))


def _one_cancelled(kit: Kit, story: Story) -> None:
    """Five times, of which one was cancelled."""
    _buy(kit, story, kit.whenever(_OFTEN, BRIEF, _WALK), cancelled=1)


def _within_two_months(kit: Kit, story: Story) -> None:
    """Five times, nine days between them, at three pharmacies in turn."""
    area = kit.area()
    person, drug = kit.person(area), kit.drug(kit.rng.choice(_FEW_DAYS))
    places = [kit.fresh(PHARMACY, area) for _ in range(3)]
    first = kit.day(37)
    for number in range(_OFTEN):
        place, time = places[number // 2], kit.moment(first + 9 * number)
        story.settle(person, place, time, acts.purchase(kit, person, place, time, drug))


SCENARIOS = (
    Scenario(
        "D01",
        (
            Variant(_eight_weeks, 1),
            Variant(_twenty_weeks, 1),
            Variant(_fortnight_from_emergency, 1),
            Variant(_refilled_at_once, 2),
        ),
        (
            Variant(_twelve_weeks, 1),
            Variant(_week_from_emergency, 1),
            Variant(_cancelled, 3),
            Variant(_week_in_hand, 2, days=4),
        ),
    ),
    Scenario(
        "D02",
        (Variant(_same_day_elsewhere, 2), Variant(_next_days_elsewhere, 2, days=5)),
        (Variant(_nearly_used_up, 2), Variant(_same_place, 2), Variant(_when_it_ends, 2, days=10)),
    ),
    Scenario(
        "D03",
        (Variant(_five_times, _OFTEN), Variant(_six_times, _OFTEN + 1)),
        (
            Variant(_four_times, _OFTEN - 1),
            Variant(_one_cancelled, _OFTEN + 1),
            Variant(_within_two_months, _OFTEN, days=37),
        ),
    ),
)
