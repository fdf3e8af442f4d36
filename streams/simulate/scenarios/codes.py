"""T02 to T06: trace codes of the wrong drug, too few of them, the same one too often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.province import CLINIC, HOSPITAL, PHARMACY
from streams.simulate.scenarios import acts
from streams.simulate.scenarios.base import Kit, Need, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.catalogue import Drug
    from streams.simulate.population import Person
    from streams.simulate.province import Place

_DEAR = "C10AX"
_SPLIT = ("A02BC", "M01AH", "R06AE", "J01DC")  # tablets that last for days
_MANDATORY_YEAR = 2026

_MANDATORY = Need(
    "days from 2026 on", lambda kit: beijing.day_text(kit.province.first_day) >= f"{_MANDATORY_YEAR}-01-01"
)
"""Since 1 January 2026 every pack that is settled must have its code."""


def _customer(kit: Kit) -> tuple[Person, Place, int]:
    """Somebody at a pharmacy at some time."""
    area = kit.area()
    return kit.person(area), kit.place(PHARMACY, area), kit.moment(kit.day())


# ---------------------------------------------------------------------- T02: another drug's code


def _swapped(kit: Kit, story: Story) -> None:
    """A cheap drug goes over the counter, a dear one on the bill."""
    person, place, time = _customer(kit)
    codes = [kit.boxes.take(kit.drug())]
    encounter = acts.purchase(kit, person, place, time, kit.drug(_DEAR), codes=codes)
    story.settle(person, place, time, encounter, guilty=True)


def _one_of_three(kit: Kit, story: Story) -> None:
    """One of three boxes is of another maker."""
    person, place, time = _customer(kit)
    drugs = kit.province.catalogue.shelves["A02BC"].drugs
    mine, other = kit.rng.sample(drugs, 2)
    codes = [kit.boxes.take(drug) for drug in (mine, mine, other)]
    story.settle(person, place, time, acts.purchase(kit, person, place, time, mine, packs=3, codes=codes), guilty=True)


def _foreign_code(kit: Kit, story: Story) -> None:
    """The code of an imported box, whose prefix nobody knows."""
    person, place, time = _customer(kit)
    codes = [f"0106{kit.rng.randrange(10**12):012d}21{kit.rng.randrange(16**10):010X}"]
    story.settle(person, place, time, acts.purchase(kit, person, place, time, kit.drug(), codes=codes))


# ---------------------------------------------------------------------- T03: too few codes


def _too_few(kit: Kit, story: Story) -> None:
    person, place, time = _customer(kit)
    drug = kit.drug()
    packs = kit.rng.randint(2, 3)
    codes = [kit.boxes.take(drug) for _ in range(packs - 1)]
    encounter = acts.purchase(kit, person, place, time, drug, packs=packs, codes=codes)
    story.settle(person, place, time, encounter, guilty=True)


def _none(kit: Kit, story: Story) -> None:
    person, place, time = _customer(kit)
    encounter = acts.purchase(kit, person, place, time, kit.drug(), codes=())
    story.settle(person, place, time, encounter, guilty=True)


def _some_tablets(kit: Kit, story: Story) -> None:
    """Many tablets, one opened box."""
    person, place, time = _customer(kit)
    drug = kit.drug(kit.rng.choice(_SPLIT))
    encounter = acts.part(kit, person, place, time, drug, kit.boxes.take(drug), drug.units // 2)
    story.settle(person, place, time, encounter)


def _herbs(kit: Kit, story: Story) -> None:
    """Herbal pieces have no codes."""
    area = kit.area()
    person, place = kit.person(area), kit.place(CLINIC, area)
    time = kit.moment(kit.day())
    story.settle(person, place, time, kit.desk.herbal(person, place, time))


def _on_the_ward(kit: Kit, story: Story) -> None:
    """Wards give drugs out of opened packs."""
    area = kit.area()
    last = kit.day()
    lying = acts.stay(kit, kit.person(area), kit.fresh(HOSPITAL, area), last - 5, last, "J18.900")
    story.leave(lying, acts.ward(kit, lying))


# ---------------------------------------------------------------------- T05: more than a pack, or sold elsewhere


def _parts(kit: Kit, story: Story, drug: Drug, *units: int) -> None:
    """Sell parts of one box to different persons; wrong from where they are more than the box."""
    area = kit.area()
    place = kit.place(PHARMACY, area)
    code = kit.boxes.take(drug)
    total = 0
    for time, some in zip(kit.whenever(len(units)), units, strict=True):
        total += some
        person = kit.person(area)
        encounter = acts.part(kit, person, place, time, drug, code, some)
        story.settle(person, place, time, encounter, guilty=total > drug.units)


def _too_many_tablets(kit: Kit, story: Story) -> None:
    drug = kit.drug(kit.rng.choice(_SPLIT))
    _parts(kit, story, drug, drug.units * 2 // 3, drug.units * 2 // 3)


def _one_tablet_too_many(kit: Kit, story: Story) -> None:
    drug = kit.drug(kit.rng.choice(_SPLIT))
    third = drug.units // 3
    _parts(kit, story, drug, third, third, drug.units - 2 * third + 1)


def _whole_pack_in_parts(kit: Kit, story: Story) -> None:
    """The parts make up the pack."""
    drug = kit.drug(kit.rng.choice(_SPLIT))
    third = drug.units // 3
    _parts(kit, story, drug, third, third, drug.units - 2 * third)


def _returned(kit: Kit, story: Story, *, elsewhere: bool) -> None:
    """A box is given back and sold again."""
    area, drug = kit.area(), kit.drug()
    place = kit.fresh(PHARMACY, area)
    other = kit.fresh(PHARMACY, area) if elsewhere else place
    codes = [kit.boxes.take(drug)]
    first, given_back, second = kit.whenever(3)
    person = kit.person(area)
    sold = story.settle(person, place, first, acts.purchase(kit, person, place, first, drug, codes=codes))
    story.give_back(sold, sold["feedetail"][0], given_back)
    person = kit.person(area)
    encounter = acts.purchase(kit, person, other, second, drug, codes=codes)
    story.settle(person, other, second, encounter, guilty=elsewhere)


def _sold_elsewhere(kit: Kit, story: Story) -> None:
    _returned(kit, story, elsewhere=True)


def _sold_here(kit: Kit, story: Story) -> None:
    """The institution that took it back sells it again."""
    _returned(kit, story, elsewhere=False)


# ---------------------------------------------------------------------- T06: twice in one settlement


def _same_code_twice(kit: Kit, story: Story) -> None:
    person, place, time = _customer(kit)
    drug = kit.drug()
    code = kit.boxes.take(drug)
    encounter = acts.purchase(kit, person, place, time, drug, packs=2, codes=(code, code))
    story.settle(person, place, time, encounter, guilty=True)


def _on_two_lines(kit: Kit, story: Story) -> None:
    person, place, time = _customer(kit)
    drug = kit.drug()
    codes = [kit.boxes.take(drug)]
    encounter = acts.purchase(kit, person, place, time, drug, codes=codes)
    acts.prescribe(kit, encounter.bill, drug, 1, place, codes=codes)
    story.settle(person, place, time, encounter, guilty=True)


def _sent_twice(kit: Kit, story: Story) -> None:
    """The settlement arrives twice."""
    area = kit.area()
    person, place = kit.person(area), kit.place(PHARMACY, area)
    first, second = kit.moments(kit.day(), 2)
    encounter = acts.purchase(kit, person, place, first, kit.drug(), packs=2)
    story.resend(story.settle(person, place, first, encounter), second)


def _alike(kit: Kit, story: Story) -> None:
    """Two codes that differ in the last digit."""
    person, place, time = _customer(kit)
    drug = kit.drug()
    code = kit.boxes.take(drug)
    other = code[:-1] + str((int(code[-1]) + 1) % 10)
    story.settle(person, place, time, acts.purchase(kit, person, place, time, drug, packs=2, codes=(code, other)))


SCENARIOS = (
    Scenario("T02", (Variant(_swapped, 1), Variant(_one_of_three, 1)), (Variant(_foreign_code, 1),)),
    Scenario(
        "T03",
        (Variant(_too_few, 1, need=_MANDATORY), Variant(_none, 1, need=_MANDATORY)),
        (Variant(_some_tablets, 1), Variant(_herbs, 1), Variant(_on_the_ward, 2)),
    ),
    Scenario(
        "T05",
        (Variant(_too_many_tablets, 2), Variant(_sold_elsewhere, 3), Variant(_one_tablet_too_many, 3)),
        (Variant(_whole_pack_in_parts, 3), Variant(_sold_here, 3)),
    ),
    Scenario(
        "T06",
        (Variant(_same_code_twice, 1), Variant(_on_two_lines, 1)),
        (Variant(_alike, 1), Variant(_sent_twice, 2)),
    ),
)
