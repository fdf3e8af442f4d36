"""P06, P07, P16, P17, P18: things that this visit, institution, diagnosis or bill does not allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.province import CLINIC, HOSPITAL, PHARMACY
from streams.simulate.scenarios import acts
from streams.simulate.scenarios.base import Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.counter import Encounter
    from streams.simulate.population import Person
    from streams.simulate.province import Place

_FEMALE = "2"
_FOR_EMERGENCIES = "A04CA"  # in hospital, or in an emergency anywhere
_ON_WARDS = "N01AX"
_LUNG_CANCER, _BREAST_CANCER, _DIABETES, _OBESITY = "C34.900", "C50.900", "E11.900", "E66.900x011"
_NEEDED = {"lens": "cataract", "stent": "angioplasty", "mesh": "hernia"}
_NOT_PAID = ("check-up", "eyelid surgery")


# ---------------------------------------------------------------------- P06: kind of visit


def _outpatient(kit: Kit, story: Story) -> None:
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    time = kit.moment(kit.day())
    encounter = acts.visit(kit, person, place, time)
    drug = kit.drug(kit.rng.choice((_FOR_EMERGENCIES, _ON_WARDS)))
    acts.prescribe(kit, encounter.bill, drug, 1, place)
    story.settle(person, place, time, encounter, guilty=True)


def _over_the_counter(kit: Kit, story: Story) -> None:
    area = kit.area()
    person, place = kit.person(area), kit.place(PHARMACY, area)
    time = kit.moment(kit.day())
    encounter = acts.purchase(kit, person, place, time, kit.drug(_FOR_EMERGENCIES))
    story.settle(person, place, time, encounter, guilty=True)


def _in_an_emergency(kit: Kit, story: Story) -> None:
    """A drug that emergencies may have as well."""
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    time = kit.moment(kit.day())
    encounter = acts.visit(kit, person, place, time, icd=("I63.900",), med_type="13", emergency=True)
    acts.prescribe(kit, encounter.bill, kit.drug(_FOR_EMERGENCIES), 1, place)
    story.settle(person, place, time, encounter)


def _on_the_day_of_surgery(kit: Kit, story: Story) -> None:
    """Day surgery is a stay."""
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    time = kit.moment(kit.day())
    encounter = acts.visit(kit, person, place, time, "haemorrhoids", "suture", icd=("K64.900",), med_type="28")
    acts.prescribe(kit, encounter.bill, kit.drug(_ON_WARDS), 1, place)
    dates = time - 2 * beijing.HOUR, time - 10 * beijing.MINUTE
    story.settle(person, place, time, encounter, dates=dates)


# ---------------------------------------------------------------------- P07: level of institution


def _cancer_drug(kit: Kit, story: Story, kind: int, tier: int, *, guilty: bool = False) -> None:
    area = kit.area()
    person, place = kit.person(area, _FEMALE), kit.fresh(kind, area, tier)
    time = kit.moment(kit.day())
    if kind == PHARMACY:
        encounter = acts.purchase(kit, person, place, time, kit.drug("L01EB"))
    else:
        encounter = acts.visit(kit, person, place, time, icd=(_BREAST_CANCER,))
        acts.prescribe(kit, encounter.bill, kit.drug("L02BG"), 1, place)
    story.settle(person, place, time, encounter, guilty=guilty)


def _at_a_clinic(kit: Kit, story: Story) -> None:
    _cancer_drug(kit, story, CLINIC, 1, guilty=True)


def _at_a_pharmacy(kit: Kit, story: Story) -> None:
    _cancer_drug(kit, story, PHARMACY, 0, guilty=True)


def _secondary(kit: Kit, story: Story) -> None:
    """Exactly the level that is needed."""
    _cancer_drug(kit, story, HOSPITAL, 2)


def _tertiary(kit: Kit, story: Story) -> None:
    """More than is needed."""
    _cancer_drug(kit, story, HOSPITAL, 3)


# ---------------------------------------------------------------------- P16: diagnosis


def _slimming(kit: Kit, story: Story, *icd: str, guilty: bool = False) -> None:
    """A drug against diabetes that also slims."""
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    time = kit.moment(kit.day())
    encounter = acts.visit(kit, person, place, time, icd=icd)
    acts.prescribe(kit, encounter.bill, kit.drug("A10BJ"), 1, place)
    story.settle(person, place, time, encounter, guilty=guilty)


def _to_slim(kit: Kit, story: Story) -> None:
    _slimming(kit, story, _OBESITY, guilty=True)


def _wrong_cancer(kit: Kit, story: Story) -> None:
    area = kit.area()
    person, place = kit.person(area), kit.fresh(HOSPITAL, area, 3)
    time = kit.moment(kit.day())
    encounter = acts.visit(kit, person, place, time, icd=("C16.900", acts.COUGH))
    acts.prescribe(kit, encounter.bill, kit.drug("L01EB"), 1, place)
    story.settle(person, place, time, encounter, guilty=True)


def _second_diagnosis(kit: Kit, story: Story) -> None:
    """Diabetes is the second diagnosis."""
    _slimming(kit, story, _OBESITY, _DIABETES)


def _no_diagnosis(kit: Kit, story: Story) -> None:
    """Pharmacies seldom know the diagnosis: nothing can be said."""
    area = kit.area()
    person, place = kit.person(area), kit.place(PHARMACY, area)
    time = kit.moment(kit.day())
    story.settle(person, place, time, acts.purchase(kit, person, place, time, kit.drug("A10BJ")))


# ---------------------------------------------------------------------- P17: what it needs


def _implant(kit: Kit, story: Story, *services: str, guilty: bool = False) -> None:
    area = kit.area()
    person, place = kit.person(area), kit.fresh(HOSPITAL, area, 3)
    time = kit.moment(kit.day())
    dates = time - 3 * beijing.HOUR, time - 10 * beijing.MINUTE
    encounter = acts.visit(kit, person, place, time, *services, icd=("H25.900",), med_type="28")
    story.settle(person, place, time, encounter, guilty=guilty, dates=dates)


def _without_operation(kit: Kit, story: Story) -> None:
    _implant(kit, story, kit.rng.choice(tuple(_NEEDED)), guilty=True)


def _other_operation(kit: Kit, story: Story) -> None:
    """There was an operation, but not one that needs this."""
    _implant(kit, story, "haemorrhoids", "stent", guilty=True)


def _with_operation(kit: Kit, story: Story) -> None:
    """With the operation that it needs."""
    implant, operation = kit.rng.choice(tuple(_NEEDED.items()))
    _implant(kit, story, implant, operation)


# ---------------------------------------------------------------------- P18: outside the scope


def _unpaid(kit: Kit, person: Person, place: Place, time: int, key: str, own: int) -> Encounter:
    """Something that the fund does not pay, of which the patient pays `own` per cent himself."""
    item = kit.province.catalogue.items[key]
    price = item.price * place.tariff // 1_000
    make = acts.purchase if place.kind == PHARMACY else acts.visit
    encounter = make(kit, person, place, time)
    encounter.bill.add(item.code, item.list_type, item.charge, 1, price, None, own)
    return encounter


def _for_the_fund(kit: Kit, story: Story) -> None:
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    time = kit.moment(kit.day())
    story.settle(person, place, time, _unpaid(kit, person, place, time, kit.rng.choice(_NOT_PAID), 0), guilty=True)


def _toothbrush(kit: Kit, story: Story) -> None:
    """Consumer goods filed as a device."""
    area = kit.area()
    person, place = kit.person(area), kit.place(PHARMACY, area)
    time = kit.moment(kit.day())
    story.settle(person, place, time, _unpaid(kit, person, place, time, "toothbrush", 0), guilty=True)


def _self_paid(kit: Kit, story: Story) -> None:
    """The patient pays it himself, beside what the fund pays."""
    area = kit.area()
    kind = kit.rng.choice((HOSPITAL, PHARMACY))
    person, place = kit.person(area), kit.place(kind, area)
    time = kit.moment(kit.day())
    key = "toothbrush" if kind == PHARMACY else kit.rng.choice(_NOT_PAID)
    story.settle(person, place, time, _unpaid(kit, person, place, time, key, 100))


SCENARIOS = (
    Scenario(
        "P06",
        (Variant(_over_the_counter, 1), Variant(_outpatient, 1)),
        (Variant(_in_an_emergency, 1), Variant(_on_the_day_of_surgery, 1)),
    ),
    Scenario(
        "P07",
        (Variant(_at_a_clinic, 1), Variant(_at_a_pharmacy, 1)),
        (Variant(_secondary, 1), Variant(_tertiary, 1)),
    ),
    Scenario(
        "P16",
        (Variant(_to_slim, 1), Variant(_wrong_cancer, 1)),
        (Variant(_second_diagnosis, 1), Variant(_no_diagnosis, 1)),
    ),
    Scenario("P17", (Variant(_without_operation, 1), Variant(_other_operation, 1)), (Variant(_with_operation, 1),)),
    Scenario("P18", (Variant(_toothbrush, 1), Variant(_for_the_fund, 1)), (Variant(_self_paid, 1),)),
)
