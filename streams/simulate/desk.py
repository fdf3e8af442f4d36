"""Visits without a bed: pharmacy, outpatient, chronic, emergency, herbal, maternity, registration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.ailments import Ailments
from streams.simulate.bill import Bill, Terms
from streams.simulate.conditions import HERBAL, PREGNANCY, Condition
from streams.simulate.counter import Counter, Encounter
from streams.simulate.documents import diagnoses
from streams.simulate.province import CLINIC
from streams.simulate.randomness import chance

if TYPE_CHECKING:
    from random import Random

    from streams.simulate.identifiers import Boxes, Identifiers
    from streams.simulate.population import Person
    from streams.simulate.province import Place, Province

# Logarithmic mean (of fen) and deviation of what a visit of a kind is meant to cost. What it does cost follows from
# packs and tariffs; the means come out at the published ¥102, ¥180 and ¥623.
_PHARMACY = (9.37, 0.75)
_OUTPATIENT = (9.93, 0.8)
_CHRONIC = (11.26, 0.6)
_EMERGENCY = (10.1, 0.6)

_PHARMACY_LINES = (1, 1, 1, 2, 2, 2, 2, 3, 3, 4)
_DIAGNOSED = 0.08  # pharmacy records that have a diagnosis
_EMERGENCY_DAYS = 7
_STOCK = 6  # days that may be left of an earlier supply; none when the emergency limit is ten days in all
_SUPPLIES = (28, 56, 84)  # days of a chronic prescription
_OWN_ILLNESS = 0.45  # purchases of the chronically ill that are for their illness
_EMPLOYEES = "310"


class Desk:
    """Makes the encounters of people who walk in."""

    def __init__(self, province: Province, rng: Random, boxes: Boxes, ids: Identifiers) -> None:
        self.counter = Counter(province, rng, boxes, ids)
        self.ailments = Ailments()
        self._rng = rng

    def _want(self, shape: tuple[float, float]) -> float:
        return self._rng.lognormvariate(*shape)

    def _bill(self, time: int, place: Place, dept: str, minutes: int, first: int = 1) -> Bill:
        """A bill of services up to `minutes` before the settlement, on its day."""
        day = time // beijing.DAY
        before = 5 + int(self._rng.random() * minutes * 60)
        return self.counter.open_bill(beijing.text(max(day * beijing.DAY, time - before)), place, day, dept, first)

    def pharmacy(self, person: Person, place: Place, time: int) -> Encounter:
        """Drugs over the counter: mostly no diagnosis, no prescriber, paid from the personal account."""
        rnd = self._rng.random
        illness = self._complaint(person, _OWN_ILLNESS, shop=True)
        bill = self._bill(time, place, "", 2)
        lines = _PHARMACY_LINES[int(rnd() * len(_PHARMACY_LINES))]
        self.counter.drugs(bill, illness, lines, self._want(_PHARMACY), person, place, time // beijing.DAY)
        diagnosed = bool(bill.lines) and rnd() < _DIAGNOSED
        if not bill.lines or chance(self._rng, 0.1):
            self.counter.trifle(bill, place)
        account = person.insutype == _EMPLOYEES
        terms = Terms(0 if chance(self._rng, 0.7) else 50, account=account)
        return Encounter("41", bill, terms, diagnoses([illness]) if diagnosed else [])

    def outpatient(self, person: Person, place: Place, time: int, *, first: int = 1, consult: bool = True) -> Encounter:
        """A doctor's consultation with tests and drugs."""
        rnd = self._rng.random
        illness = self._complaint(person, _OWN_ILLNESS)
        day = time // beijing.DAY
        want = self._want(_OUTPATIENT)
        bill = self._bill(time, place, illness.dept, 25, first)
        if consult:
            key = "specialist" if place.kind != CLINIC and chance(self._rng, 0.3) else "consult"
            self.counter.charge(bill, key, place)
        self.counter.tests(bill, illness.tests, (want - bill.total) * 0.8, person, place, day)
        lines = 1 + int(rnd() * 4)
        self.counter.drugs(bill, illness, lines, max(800, want - bill.total), person, place, day)
        if not bill.lines or chance(self._rng, 0.15):
            self.counter.trifle(bill, place)
        return Encounter("11", bill, self._shared(person), diagnoses([illness]))

    def online(self, person: Person, place: Place, time: int) -> Encounter:
        """A follow-up through the internet hospital: advice and drugs, no examination."""
        illness = self._complaint(person, 0.8)
        bill = self._bill(time, place, illness.dept, 20)
        self.counter.charge(bill, "online", place)
        self.counter.drugs(bill, illness, 2, self._want(_PHARMACY), person, place, time // beijing.DAY)
        return Encounter("11", bill, self._shared(person), diagnoses([illness]), online=True)

    def chronic(self, person: Person, place: Place, time: int) -> tuple[Encounter, int]:
        """A refill of long-term drugs for four, eight or twelve weeks, and its days."""
        day = time // beijing.DAY
        want = self._want(_CHRONIC)
        illnesses = person.illnesses
        bill = self._bill(time, place, illnesses[0].dept, 25)
        self.counter.charge(bill, "consult", place)
        for illness in illnesses:
            self.counter.tests(bill, illness.tests, (want - bill.total) * 0.25, person, place, day)
        chosen = {}
        for illness in illnesses:
            for shelf in self.counter.shelves(illness)[:3]:
                drug = self.counter.pick(shelf, int((want - bill.total) / 5), person, place, day)
                if drug is not None and drug.days <= _SUPPLIES[0] + 2:
                    chosen[drug.index] = drug
        month = sum(self.counter.price(place, drug) * max(1, _SUPPLIES[0] // drug.days) for drug in chosen.values())
        weeks = min(_SUPPLIES, key=lambda days: abs(bill.total + month * days / _SUPPLIES[0] - want))
        for drug in chosen.values():
            self.counter.sell(bill, drug, max(1, weeks // drug.days), person, place, day)
        med_type = "140201" if any(illness.special for illness in illnesses) else "140104"
        terms = Terms(80 if person.insutype == _EMPLOYEES else 65, account=person.insutype == _EMPLOYEES)
        return Encounter(med_type, bill, terms, diagnoses(illnesses)), weeks

    def emergency(self, person: Person, place: Place, time: int) -> Encounter:
        """An emergency: tests, an infusion, drugs for a few days."""
        illness = self.ailments.acute(person, self._rng)
        day = time // beijing.DAY
        want = self._want(_EMERGENCY)
        bill = self._bill(time, place, "A20", 40)
        self.counter.charge(bill, "emergency", place)
        self.counter.tests(bill, illness.tests, want - bill.total, person, place, day)
        if chance(self._rng, 0.5):  # a drip
            self.counter.charge(bill, "infusion", place)
            self.counter.charge(bill, "infusion set", place)
        for shelf in self.counter.shelves(illness)[:2]:
            drug = self.counter.pick(shelf, int(want / 4), person, place, day - _STOCK)
            if drug is not None and drug.days <= _EMERGENCY_DAYS:
                self.counter.sell(bill, drug, 1, person, place, day)
        terms = self._shared(person)
        return Encounter("13", bill, terms, diagnoses([illness]), emergency=True)

    def herbal(self, person: Person, place: Place, time: int) -> Encounter:
        """Chinese medicine: needles and seven doses of a dozen herbs, priced by the gram."""
        rnd = self._rng.random
        herbs = self.counter.catalogue.herbs
        bill = self._bill(time, place, HERBAL.dept, 30)
        self.counter.charge(bill, "consult", place)
        self.counter.charge(bill, HERBAL.tests[int(rnd() * 2)], place)
        begin = int(rnd() * len(herbs))
        for step in range(6 + int(rnd() * 6)):
            herb = herbs[(begin + 5 * step) % len(herbs)]
            price = max(1, herb.price * (800 + place.markups[step]) // 2_000)
            bill.add(herb.code, "102", "10", 7 * (6 + int(rnd() * 10)), price, None, 0, days=7)
        return Encounter("16", bill, self._shared(person), diagnoses([HERBAL]))

    def maternity(self, person: Person, place: Place, time: int) -> Encounter:
        """An examination before birth."""
        bill = self._bill(time, place, PREGNANCY.dept, 40)
        self.counter.charge(bill, "consult", place)
        self.counter.tests(bill, PREGNANCY.tests, 40_000, person, place, time // beijing.DAY)
        return Encounter("51", bill, Terms(90, account=False), diagnoses([PREGNANCY]))

    def registration(self, person: Person, time: int, fee: int) -> Encounter:
        """The fee for a turn at the doctor's, settled by itself."""
        bill = Bill(beijing.text(time), None, "A03", None)
        item = self.counter.catalogue.items["registration"]
        bill.add(item.code, item.list_type, item.charge, 1, fee, None, 0)
        return Encounter("12", bill, self._shared(person), [])

    def _complaint(self, person: Person, own: float, *, shop: bool = False) -> Condition:
        rnd = self._rng.random
        if person.illnesses and rnd() < own:
            return person.illnesses[int(rnd() * len(person.illnesses))]
        return self.ailments.shop(person, self._rng) if shop else self.ailments.acute(person, self._rng)

    @staticmethod
    def _shared(person: Person) -> Terms:
        """Outpatient: employees 65 %, the rest from the account; residents 50 %, the rest in cash."""
        employee = person.insutype == _EMPLOYEES
        return Terms(65 if employee else 50, account=employee)
