"""What people do in stories: plain visits, purchases and stays, with nothing in them that is not meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.bill import Bill, Terms
from streams.simulate.conditions import Condition
from streams.simulate.counter import Encounter
from streams.simulate.identifiers import trace
from streams.simulate.ward import Stay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streams.simulate.catalogue import Drug
    from streams.simulate.population import Person
    from streams.simulate.province import Place
    from streams.simulate.records import Json
    from streams.simulate.scenarios.kit import Kit

BEFORE = 20
"""Seconds between a service and its settlement."""

COUGH = "R05.x00"
"""A diagnosis of no consequence."""

_EMPLOYEES = "310"
_DAILY = ("bed", "nursing", "rounds")
_SUPPLY = 5  # days for which one ward line supplies
_DEPT = "A03"


def diagnosed(*codes: str, stage: str = "1") -> list[Json]:
    """A diagnosis list, main diagnosis first; stage 2 = on discharge."""
    return [
        {"dise_codg": code, "maindise_flag": "0" if position else "1", "inout_dise_type": stage}
        for position, code in enumerate(codes)
    ]


def shared(person: Person) -> Terms:
    """Outpatient: the fund pays 65 % for employees and 50 % for residents."""
    employee = person.insutype == _EMPLOYEES
    return Terms(65 if employee else 50, account=employee)


def blank(kit: Kit, place: Place, time: int, doctor: str | None = None) -> Bill:
    """An empty bill of services just before `time`, by any prescriber of the place or by the one who is named."""
    day = time // beijing.DAY
    bill = kit.desk.counter.open_bill(beijing.text(time - BEFORE), place, day, _DEPT)
    if doctor is not None:
        bill.doctor = doctor
    return bill


def visit(
    kit: Kit,
    person: Person,
    place: Place,
    time: int,
    *services: str,
    icd: Sequence[str] = (COUGH,),
    med_type: str = "11",
    doctor: str | None = None,
    emergency: bool = False,
    online: bool = False,
) -> Encounter:
    """A consultation, the services that are named, and a trifle by which each visit costs something else."""
    bill = blank(kit, place, time, doctor)
    kit.desk.counter.charge(bill, "emergency" if emergency else "online" if online else "consult", place)
    for key in services:
        kit.desk.counter.charge(bill, key, place)
    if not online:
        kit.desk.counter.trifle(bill, place)
    return Encounter(med_type, bill, shared(person), diagnosed(*icd), emergency, online)


def purchase(
    kit: Kit,
    person: Person,
    place: Place,
    time: int,
    *drugs: Drug,
    packs: int = 1,
    codes: Iterable[str] | None = None,
) -> Encounter:
    """Packs of each drug over the counter, in new boxes or in those with the given codes, and something small."""
    bill = blank(kit, place, time)
    for drug in drugs:
        prescribe(kit, bill, drug, packs, place, codes=codes)
    kit.desk.counter.trifle(bill, place)
    return Encounter("41", bill, Terms(0, account=person.insutype == _EMPLOYEES), [])


def prescribe(
    kit: Kit,
    bill: Bill,
    drug: Drug,
    packs: int,
    place: Place,
    *,
    codes: Iterable[str] | None = None,
    days: int | None = None,
    time: str | None = None,
) -> Json:
    """Add whole packs to a bill; `days` of supply when they are not the usual ones."""
    price = kit.desk.counter.price(place, drug)
    traces = kit.boxes.whole(drug, packs) if codes is None else [trace(code) for code in codes]
    supply = packs * drug.days if days is None else days
    return bill.add(
        drug.code,
        "101",
        drug.charge,
        packs,
        price,
        drug.ceiling,
        drug.own,
        days=supply,
        traces=traces,
        time=time,
    )


def part(kit: Kit, person: Person, place: Place, time: int, drug: Drug, code: str, units: int) -> Encounter:
    """So many tablets out of the opened box with this code, and something small."""
    counter = kit.desk.counter
    bill = blank(kit, place, time)
    price = max(1, counter.price(place, drug) // drug.units)
    ceiling = max(price, drug.ceiling // drug.units)
    days = max(1, units * drug.days // drug.units)
    node = trace(code, split=True)
    bill.add(drug.code, "101", drug.charge, units, price, ceiling, drug.own, days=days, traces=[node])
    counter.trifle(bill, place)
    return Encounter("41", bill, Terms(0, account=person.insutype == _EMPLOYEES), [])


def stay(
    kit: Kit,
    person: Person,
    place: Place,
    first: int,
    last: int,
    icd: str,
    *,
    med_type: str = "21",
    morning: int = 9,
    hour: int = 10,
) -> Stay:
    """A stay from some time after `morning` o'clock of day `first` to some time after `hour` o'clock of day `last`."""
    begin = first * beijing.DAY + morning * beijing.HOUR + kit.rng.randrange(30 * beijing.MINUTE)
    end = last * beijing.DAY + hour * beijing.HOUR + kit.rng.randrange(15 * beijing.MINUTE)
    condition = Condition(icd, 1, (), med_type=med_type)
    return Stay(person, place, condition, kit.ids.visit(first), begin, end, kit.desk.counter.doctor(place, first))


def night(stay: Stay, number: int, minute: int = 0) -> str:
    """Text of a moment on the given day of a stay, counted from 0."""
    return beijing.text((stay.begin // beijing.DAY + number) * beijing.DAY + 13 * beijing.HOUR + minute * 60)


def ward(kit: Kit, stay: Stay, *, beds: int | None = None, nursed: bool = True) -> Encounter:
    """The bill of a stay: bed (or so many `beds`), nursing and rounds for each night, and infusions."""
    counter = kit.desk.counter
    bill = counter.open_bill("", stay.place, stay.begin // beijing.DAY, _DEPT)
    bill.doctor = stay.doctor
    for number in range(max(1, stay.nights)):
        time = night(stay, number)
        for key in _DAILY:
            if (key != "bed" or beds is None or number < beds) and (key != "nursing" or nursed):
                counter.charge(bill, key, stay.place, time=time)
    supply = min(max(1, stay.nights), _SUPPLY)
    prescribe(kit, bill, kit.drug("B05BB"), 2 * supply, stay.place, codes=(), days=supply, time=night(stay, 0, 30))
    share = 80 if stay.person.insutype == _EMPLOYEES else 68
    return Encounter(stay.med_type, bill, Terms(share, account=False), diagnosed(stay.condition.icd, stage="2"))
