"""P15: a price above the ceiling that stands on the same line."""

from __future__ import annotations

from streams.simulate.counter import Encounter
from streams.simulate.province import HOSPITAL, PHARMACY
from streams.simulate.scenarios.base import Kit, Scenario, Story, Variant

_HIGHEST = 0.4  # above the ceiling


def _sell(kit: Kit, story: Story, over: int | None, *, guilty: bool) -> None:
    """Sell a drug `over` fen above its ceiling, or dearly without a ceiling (None)."""
    area = kit.area()
    person, place = kit.person(area), kit.place(PHARMACY, area)
    (time,) = kit.moments(kit.day(), 1)
    encounter = kit.desk.pharmacy(person, place, time)
    drug = kit.drug()
    while drug.index in person.allowed:  # on the bill already
        drug = kit.drug()
    packs = 1 + kit.rng.randrange(2)
    price, ceiling = (drug.ceiling * 3 // 2, None) if over is None else (drug.ceiling + over, drug.ceiling)
    codes = kit.boxes.whole(drug, packs)
    encounter.bill.add(
        drug.code, "101", drug.charge, packs, price, ceiling, drug.own, days=packs * drug.days, traces=codes
    )
    story.settle(person, place, time, Encounter("41", encounter.bill, encounter.terms, []), guilty=guilty)


def _by_a_fen(kit: Kit, story: Story) -> None:
    _sell(kit, story, 1, guilty=True)


def _by_much(kit: Kit, story: Story) -> None:
    _sell(kit, story, 2 + int(kit.rng.random() * _HIGHEST * kit.drug().ceiling), guilty=True)


def _service(kit: Kit, story: Story) -> None:
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    (time,) = kit.moments(kit.day(), 1)
    encounter = kit.desk.outpatient(person, place, time)
    item = kit.province.catalogue.items["dressing"]
    ceiling = item.price * place.tariff // 1_000
    price = ceiling + 1 + int(kit.rng.random() * _HIGHEST * ceiling)
    encounter.bill.add(item.code, item.list_type, item.charge, 1, price, ceiling, 0)
    story.settle(person, place, time, encounter, guilty=True)


def _at_the_ceiling(kit: Kit, story: Story) -> None:
    """Exactly at the ceiling."""
    _sell(kit, story, 0, guilty=False)


def _no_ceiling(kit: Kit, story: Story) -> None:
    """Dear, but no ceiling is known."""
    _sell(kit, story, None, guilty=False)


SCENARIOS = (
    Scenario(
        "P15",
        (Variant(_by_much, 1), Variant(_by_a_fen, 1), Variant(_service, 1)),
        (Variant(_at_the_ceiling, 1), Variant(_no_ceiling, 1)),
    ),
)
