"""T01: a box whose trace code has been settled before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.bill import Bill, Terms
from streams.simulate.counter import Encounter
from streams.simulate.identifiers import trace
from streams.simulate.province import PHARMACY
from streams.simulate.scenarios.base import ANY_DAY, Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.catalogue import Drug
    from streams.simulate.population import Person
    from streams.simulate.province import Place
    from streams.simulate.records import Json

_A_THIRD_SALE = 0.3
_DAYS_OF_A_PART = 2


def _sale(
    kit: Kit,
    story: Story,
    person: Person,
    place: Place,
    time: int,
    drug: Drug,
    codes: list[str],
    *,
    guilty: bool = False,
) -> Json:
    """Sell whole packs with these codes, and something small so that no two sales are alike."""
    counter = kit.desk.counter
    bill = Bill(beijing.text(time - 20), counter.doctor(place, time // beijing.DAY), None, None)
    price = counter.price(place, drug)
    bill.drug(drug, price, len(codes), len(codes) * drug.days, [trace(code) for code in codes])
    if kit.chance(0.5):
        counter.trifle(bill, place)
    encounter = Encounter("41", bill, Terms(0, person.insutype == "310"), [])
    return story.settle(person, place, time, encounter, guilty=guilty)


def _elsewhere(kit: Kit, story: Story) -> None:
    """The same box is settled for other persons at other institutions."""
    drug = kit.drug()
    codes = [kit.boxes.take(drug)]
    times = kit.whenever(3 if kit.chance(_A_THIRD_SALE) else 2, ANY_DAY)
    for number, time in enumerate(times):
        area = kit.area()
        _sale(kit, story, kit.person(area), kit.place(PHARMACY, area), time, drug, codes, guilty=number > 0)


def _same_place(kit: Kit, story: Story) -> None:
    """The same box is settled twice at one pharmacy, for different persons."""
    area, drug = kit.area(), kit.drug()
    place = kit.place(PHARMACY, area)
    code = kit.boxes.take(drug)
    first, second = kit.whenever(2)
    _sale(kit, story, kit.person(area), place, first, drug, [code])
    _sale(kit, story, kit.person(area), place, second, drug, [kit.boxes.take(drug), code], guilty=True)


def _same_person(kit: Kit, story: Story) -> None:
    """The same box is settled twice for one person at one pharmacy."""
    area, drug = kit.area(), kit.drug()
    person, place = kit.person(area), kit.place(PHARMACY, area)
    code = kit.boxes.take(drug)
    first, second = kit.moments(kit.day(), 2, 30 * beijing.MINUTE)
    _sale(kit, story, person, place, first, drug, [code])
    _sale(kit, story, person, place, second, drug, [code, kit.boxes.take(drug)], guilty=True)


def _cancelled(kit: Kit, story: Story) -> None:
    """The first sale was cancelled."""
    area, drug = kit.area(), kit.drug()
    place = kit.place(PHARMACY, area)
    codes = [kit.boxes.take(drug)]
    first, cancelled, second = kit.whenever(3)
    story.reverse(_sale(kit, story, kit.person(area), place, first, drug, codes), cancelled)
    _sale(kit, story, kit.person(area), place, second, drug, codes)


def _returned(kit: Kit, story: Story) -> None:
    """One box of two was given back and sold to somebody else."""
    area, drug = kit.area(), kit.drug()
    place = kit.place(PHARMACY, area)
    kept, returned = kit.boxes.take(drug), kit.boxes.take(drug)
    first, given_back, second = kit.whenever(3)
    sold = _sale(kit, story, kit.person(area), place, first, drug, [kept, returned])
    story.give_back(sold, sold["feedetail"][0], given_back)
    _sale(kit, story, kit.person(area), place, second, drug, [returned])


def _in_parts(kit: Kit, story: Story) -> None:
    """A split pack is sold in three parts that add up to less than a pack."""
    area = kit.area()
    place = kit.place(PHARMACY, area)
    counter = kit.desk.counter
    drug = kit.drug()
    while drug.days < 3 * _DAYS_OF_A_PART or drug.units < drug.days:
        drug = kit.drug()
    node = trace(kit.boxes.take(drug), split=True)
    units = drug.units * _DAYS_OF_A_PART // drug.days
    price = max(1, counter.price(place, drug) // drug.units)
    for time in kit.whenever(3):
        person = kit.person(area)
        bill = Bill(beijing.text(time - 20), counter.doctor(place, time // beijing.DAY), None, None)
        ceiling = max(price, drug.ceiling // drug.units)
        bill.add(drug.code, "101", drug.charge, units, price, ceiling, drug.own, days=_DAYS_OF_A_PART, traces=[node])
        counter.trifle(bill, place)
        story.settle(person, place, time, Encounter("41", bill, Terms(0, person.insutype == "310"), []))


def _sent_twice(kit: Kit, story: Story) -> None:
    """The same settlement arrives twice."""
    area, drug = kit.area(), kit.drug()
    first, second = kit.moments(kit.day(), 2)
    person, place = kit.person(area), kit.place(PHARMACY, area)
    story.resend(_sale(kit, story, person, place, first, drug, [kit.boxes.take(drug)]), second)


SCENARIOS = (
    Scenario(
        "T01",
        (Variant(_elsewhere, 3), Variant(_same_place, 2), Variant(_same_person, 2)),
        (Variant(_sent_twice, 2), Variant(_cancelled, 3), Variant(_returned, 3), Variant(_in_parts, 3)),
    ),
)
