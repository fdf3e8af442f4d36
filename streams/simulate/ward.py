"""Stays: what happens between an admission and the settlement after the discharge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.bill import Terms
from streams.simulate.counter import Encounter
from streams.simulate.documents import diagnoses
from streams.simulate.randomness import chance

if TYPE_CHECKING:
    from random import Random

    from streams.simulate.bill import Bill
    from streams.simulate.conditions import Condition
    from streams.simulate.counter import Counter
    from streams.simulate.population import Person
    from streams.simulate.province import Place

_COST = (14.09, 0.55)
"""Logarithmic mean (of fen) and deviation of what a stay is meant to cost; the published mean of ¥6,911 comes out."""

_NIGHTS = (1.75, 0.5)
_FEWEST = 2
_MOST = 28
_TEST_SHARE = 0.4  # of the cost; from 60 % on a stay would look like a check-up
_DAILY = ("bed", "nursing", "rounds")
_THERAPIES = ("oxygen", "nebuliser", "dressing", "physio", "acupuncture")
_WARD_DAYS = 5  # days for which one ward line supplies
_SMALL = 500  # fen: not worth another line
_CODED = 12  # packs that a ward scans
_AFTER_STAY = 12  # days after which one may have the same drug again
_EMPLOYEES = "310"


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay, from admission to discharge.

    Attributes:
        person: who stays.
        place: the hospital.
        condition: why.
        visit: mdtrt_id.
        begin: admission, seconds.
        end: discharge, seconds.
        doctor: the attending prescriber.
    """

    person: Person
    place: Place
    condition: Condition
    visit: str
    begin: int
    end: int
    doctor: str | None

    @property
    def nights(self) -> int:
        """Days between admission and discharge."""
        return self.end // beijing.DAY - self.begin // beijing.DAY

    @property
    def med_type(self) -> str:
        """Kind of visit: 21, or 52 for births."""
        return self.condition.med_type or "21"


class Ward:
    """Plans stays and writes their bills."""

    def __init__(self, counter: Counter, rng: Random) -> None:
        self._counter = counter
        self._rng = rng

    def nights(self) -> int:
        """How long somebody stays."""
        return min(_MOST, max(_FEWEST, round(self._rng.lognormvariate(*_NIGHTS))))

    def plan(self, person: Person, place: Place, condition: Condition, begin: int, nights: int) -> Stay:
        """A stay that begins at `begin` and ends in the morning or afternoon of another day."""
        day = begin // beijing.DAY
        hour = 9 * beijing.HOUR + int((self._rng.random() + self._rng.random()) * 3.5 * beijing.HOUR)
        visit = self._counter.ids.visit(day)
        doctor = self._counter.doctor(place, day)
        return Stay(person, place, condition, visit, begin, (day + nights) * beijing.DAY + hour, doctor)

    def bill(self, stay: Stay) -> Encounter:
        """All fee lines of a stay: daily care on each day, the rest on one of the days."""
        rnd = self._rng.random
        want = self._rng.lognormvariate(*_COST) * (0.5 + stay.nights / 13)
        bill = self._counter.open_bill("", stay.place, stay.begin // beijing.DAY, stay.condition.dept)
        bill.doctor = stay.doctor
        for number in range(stay.nights):
            time = self._moment(stay, number)
            for key in _DAILY:
                self._counter.charge(bill, key, stay.place, time=time)
        self._operate(bill, stay)
        bill.time = self._moment(stay, 1)
        self._counter.tests(
            bill, stay.condition.tests, want * _TEST_SHARE * 0.6, stay.person, stay.place, stay.begin // beijing.DAY
        )
        self._medicate(bill, stay, want)
        for key in _THERAPIES[: 1 + int(rnd() * 3)]:
            self._counter.charge(bill, key, stay.place, time=self._moment(stay, int(rnd() * stay.nights)))
        if bill.examined > _TEST_SHARE * bill.total:
            sets = self._counter.catalogue.items["infusion set"].price
            missing = bill.examined / _TEST_SHARE - bill.total
            self._counter.charge(
                bill, "infusion set", stay.place, 1 + int(missing * 1_000 / (sets * stay.place.tariff))
            )
        share = 80 if stay.person.insutype == _EMPLOYEES else 68
        terms = Terms(share, account=False, deductible=20_000 * stay.place.tier)
        return Encounter(stay.med_type, bill, terms, diagnoses([stay.condition], "2"))

    def day_surgery(self, person: Person, place: Place, condition: Condition, time: int) -> Encounter:
        """An operation without a night (28)."""
        day = time // beijing.DAY
        bill = self._counter.open_bill(beijing.text(time - 3 * beijing.HOUR), place, day, condition.dept)
        for key in _DAILY:
            self._counter.charge(bill, key, place)
        self._counter.charge(bill, condition.operation, place)
        self._counter.charge(bill, condition.implant, place)
        self._counter.tests(bill, condition.tests, 20_000, person, place, day)
        share = 78 if person.insutype == _EMPLOYEES else 66
        terms = Terms(share, account=False, deductible=10_000 * place.tier)
        return Encounter("28", bill, terms, diagnoses([condition], "2"))

    def _moment(self, stay: Stay, number: int) -> str:
        """Text of a moment on the given day of a stay, between admission and discharge."""
        day = stay.begin // beijing.DAY + number
        early = max(stay.begin + 600, day * beijing.DAY + 8 * beijing.HOUR)
        return beijing.text(min(stay.end - 600, early + int(self._rng.random() * beijing.HOUR)))

    def _operate(self, bill: Bill, stay: Stay) -> None:
        condition = stay.condition
        if not condition.operation:
            return
        bill.time = self._moment(stay, 1)
        self._counter.charge(bill, condition.operation, stay.place)
        self._counter.charge(bill, "anaesthesia", stay.place)
        self._counter.charge(bill, condition.implant, stay.place, 1 + int(self._rng.random() * 2))

    def _medicate(self, bill: Bill, stay: Stay, want: float) -> None:
        """Ward drugs for the rest of the money: packs with codes, or loose without, as wards need not scan yet."""
        rnd = self._rng.random
        counter = self._counter
        day = stay.begin // beijing.DAY
        shelves = counter.shelves(stay.condition)
        lines = max(3, len(shelves)) + int(rnd() * 6)
        for number in range(lines):
            share = (want - bill.total) / (lines - number)
            if share < _SMALL:
                return
            drug = counter.pick(shelves[number % len(shelves)], int(share / _WARD_DAYS), stay.person, stay.place, day)
            if drug is None:
                continue
            price = counter.price(stay.place, drug)
            cnt = max(1, min(4 if drug.days > 1 else 60, round(share / price)))
            traces = counter.boxes.whole(drug, cnt) if cnt <= _CODED and chance(self._rng, 0.4) else []
            days = min(stay.nights, _WARD_DAYS)
            bill.drug(drug, price, cnt, days, traces, self._moment(stay, min(number, stay.nights - 1)))
            last = day + stay.nights
            counter.sold(drug, stay.person, stay.place, last, last + _AFTER_STAY)
