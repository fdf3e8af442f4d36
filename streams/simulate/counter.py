"""Putting drugs and services on a bill: the price of this place, a new box for each pack, nothing too early."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.simulate.bill import Bill
from streams.simulate.province import PHARMACY
from streams.simulate.randomness import chance
from streams.simulate.treatments import SMALL_GOODS

if TYPE_CHECKING:
    from random import Random

    from streams.simulate.bill import Terms
    from streams.simulate.catalogue import Drug, Shelf
    from streams.simulate.conditions import Condition
    from streams.simulate.identifiers import Boxes, Identifiers
    from streams.simulate.population import Person
    from streams.simulate.province import Place, Province
    from streams.simulate.records import Json

_REFILL_EARLY = 5  # days before the supply ends, as people do
_SAME_DRUG = 12  # days between two purchases of one drug: at most three in a month
_SAME_TEST = 17  # days: no examination is repeated within the fortnight of mutual recognition
_NEXT_WATCHED = 9  # days: nobody has two easily resold drugs within a week
_MOST_WATCHED = 4  # easily resold drugs that one institution sells on a day
_WATCHED = -1  # stands for all easily resold drugs in what a person may have again
_DOCTOR_DAY = 90  # settlements a prescriber has time for
_MOST_PACKS = 4
_LONGEST = 30  # days that an ordinary prescription supplies
_SPLIT_DAYS = 3
_UNKNOWN_DOCTOR: tuple[str | None, ...] = (None, "", "", "", "", "", "000000000000", "99999999")


class Encounter(NamedTuple):
    """What happened at one visit: all that a settlement says apart from who, where and when."""

    med_type: str
    bill: Bill
    terms: Terms
    found: list[Json]
    emergency: bool = False
    online: bool = False


class Counter:
    """Sells and charges at any institution.

    Args:
        province: places and catalogue.
        rng: an own stream.
        boxes: where boxes come from.
        ids: where prescription numbers come from.
    """

    def __init__(self, province: Province, rng: Random, boxes: Boxes, ids: Identifiers) -> None:
        self.catalogue = province.catalogue
        self.rng = rng
        self.boxes = boxes
        self.ids = ids
        self._loads: dict[int, tuple[int, list[int]]] = {}
        self._shelves: dict[str, list[Shelf]] = {}
        self._watched: dict[int, tuple[int, int]] = {}

    def open_bill(self, time: str, place: Place, day: int, dept: str | None, first: int = 1) -> Bill:
        """A bill with a prescriber of this place, or one of the many ways to leave him out."""
        prescription = None if place.kind == PHARMACY else self.ids.prescription(day)
        return Bill(time, self.doctor(place, day), None if place.kind == PHARMACY else dept, prescription, first)

    def doctor(self, place: Place, day: int) -> str | None:
        """A prescriber who still has time on this day."""
        doctors = place.doctors
        if not doctors:
            return _UNKNOWN_DOCTOR[int(self.rng.random() * len(_UNKNOWN_DOCTOR))]
        known, load = self._loads.get(place.index, (-1, []))
        if known != day:
            load = [0] * len(doctors)
            self._loads[place.index] = (day, load)
        begin = int(self.rng.random() * len(doctors))
        for step in range(len(doctors)):
            number = (begin + step) % len(doctors)
            if load[number] < _DOCTOR_DAY:
                load[number] += 1
                return doctors[number]
        return None

    def shelves(self, condition: Condition) -> list[Shelf]:
        """The drugs of a condition, by class."""
        found = self._shelves.get(condition.icd)
        if found is None:
            found = self._shelves[condition.icd] = [self.catalogue.shelves[code] for code in condition.drugs]
        return found

    @staticmethod
    def price(place: Place, drug: Drug) -> int:
        """What a pack costs here, fen; always below the ceiling."""
        return max(1, drug.ceiling * place.markups[drug.index % len(place.markups)] // 1_000)

    def pick(self, shelf: Shelf, want: int, person: Person, place: Place, day: int) -> Drug | None:
        """A drug of about `want` fen that the person has not enough of at home; None when there is none."""
        drugs = shelf.drugs
        begin = shelf.near(want) + int(self.rng.random() * 3) - 1
        for step in range(len(drugs)):
            drug = drugs[(begin + step) % len(drugs)]
            if drug.level <= place.tier and person.allowed.get(drug.index, 0) <= day:
                if drug.watched and not self._spare(person, place, day):
                    return None
                return drug
        return None

    def _spare(self, person: Person, place: Place, day: int) -> bool:
        """Whether an easily resold drug may be sold to this person, here and today."""
        known, sold = self._watched.get(place.index, (-1, 0))
        return person.allowed.get(_WATCHED, 0) <= day and (known != day or sold < _MOST_WATCHED)

    def sold(self, drug: Drug, person: Person, place: Place, day: int, until: int) -> None:
        """Remember that somebody has a drug, last bought on `day`, and may have it again from `until` on."""
        person.has(drug.index, until)
        if drug.watched:
            person.has(_WATCHED, day + _NEXT_WATCHED)
            known, count = self._watched.get(place.index, (-1, 0))
            self._watched[place.index] = (day, 1 + (count if known == day else 0))

    def sell(self, bill: Bill, drug: Drug, packs: int, person: Person, place: Place, day: int) -> None:
        """Charge new packs and remember how long they last."""
        days = packs * drug.days
        bill.drug(drug, self.price(place, drug), packs, days, self.boxes.whole(drug, packs))
        self.sold(drug, person, place, day, day + max(_SAME_DRUG, days - _REFILL_EARLY))

    def split(self, bill: Bill, drug: Drug, person: Person, place: Place, day: int) -> None:
        """Charge tablets for a few days out of an opened pack."""
        days = min(_SPLIT_DAYS, drug.days)
        units = max(1, drug.units * days // drug.days)
        price = max(1, self.price(place, drug) // drug.units)
        bill.add(
            drug.code,
            "101",
            drug.charge,
            units,
            price,
            max(price, drug.ceiling // drug.units),
            drug.own,
            days=days,
            traces=self.boxes.part(drug, place.index, units),
        )
        self.sold(drug, person, place, day, day + _SAME_DRUG)

    def drugs(
        self, bill: Bill, condition: Condition, lines: int, want: float, person: Person, place: Place, day: int
    ) -> None:
        """Charge drugs of different classes of a condition for about `want` fen in all."""
        rnd = self.rng.random
        shelves = self.shelves(condition)
        lines = min(lines, len(shelves))
        begin = int(rnd() * len(shelves)) if shelves else 0
        for number in range(lines):
            share = want / (lines - number) * (0.6 + 0.8 * rnd())
            drug = self.pick(shelves[(begin + number) % len(shelves)], int(share), person, place, day)
            if drug is None:
                continue
            before = bill.total
            if drug.units > 1 and chance(self.rng, 0.02):
                self.split(bill, drug, person, place, day)
            else:
                room = min(_MOST_PACKS, _LONGEST // drug.days, round(share / self.price(place, drug)))
                self.sell(bill, drug, max(1, room), person, place, day)
            want -= bill.total - before

    def charge(self, bill: Bill, key: str, place: Place, cnt: int = 1, time: str | None = None) -> None:
        """Charge a service or consumable at this place's tariff."""
        item = self.catalogue.items[key]
        bill.service(item, item.price * place.tariff // 1_000, cnt, time)

    def tests(self, bill: Bill, keys: tuple[str, ...], want: float, person: Person, place: Place, day: int) -> None:
        """Charge those examinations that fit the money, the person and what was examined lately."""
        items = self.catalogue.items
        for key in keys:
            item = items[key]
            price = item.price * place.tariff // 1_000
            fits = price <= want and item.sex in {"", person.gend}
            if fits and chance(self.rng, 0.75) and person.allowed.get(item.index, 0) <= day:
                bill.service(item, price)
                want -= price
                person.has(item.index, day + _SAME_TEST)

    def trifle(self, bill: Bill, place: Place) -> None:
        """Charge something for a few yuan."""
        rnd = self.rng.random
        key = SMALL_GOODS[int(rnd() * len(SMALL_GOODS))]
        item = self.catalogue.items[key]
        bill.service(item, item.price * place.tariff // 1_000 + int(rnd() * 90), 1 + int(rnd() * 3))
