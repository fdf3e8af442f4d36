"""P09, P14: things whose price is already in the price of another thing, in whole or in part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate.province import HOSPITAL
from streams.simulate.scenarios import acts
from streams.simulate.scenarios.base import Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.counter import Encounter
    from streams.simulate.ward import Stay

_APPENDICITIS = "K35.800"
_NIGHTS = 6


def _stay(kit: Kit, *, nursed: bool = True) -> tuple[Stay, Encounter]:
    """A stay of six nights that ends on some day, and its bill."""
    area = kit.area()
    last = kit.day()
    lying = acts.stay(kit, kit.person(area), kit.fresh(HOSPITAL, area, 3), last - _NIGHTS, last, _APPENDICITIS)
    return lying, acts.ward(kit, lying, nursed=nursed)


def _charge(kit: Kit, lying: Stay, bill: Encounter, key: str, number: int, minute: int = 0, cnt: int = 1) -> None:
    """Charge a service on one day of the stay, so many minutes after one o'clock."""
    kit.desk.counter.charge(bill.bill, key, lying.place, cnt, acts.night(lying, number, minute))


# ---------------------------------------------------------------------- P09: contained


def _intubated(kit: Kit, story: Story) -> None:
    """Intubation is part of general anaesthesia."""
    lying, bill = _stay(kit)
    for key in ("appendectomy", "anaesthesia", "intubation"):
        _charge(kit, lying, bill, key, 1)
    story.leave(lying, bill, guilty=True)


def _nursed_in_intensive_care(kit: Kit, story: Story) -> None:
    """Nursing is part of a day in intensive care."""
    lying, bill = _stay(kit)
    _charge(kit, lying, bill, "intensive care", 2, cnt=24)
    story.leave(lying, bill, guilty=True)


def _monitored_twice(kit: Kit, story: Story) -> None:
    """Monitoring is part of monitored anaesthesia in the same hour."""
    lying, bill = _stay(kit)
    for key in ("appendectomy", "anaesthesia", "monitored anaesthesia", "monitoring"):
        _charge(kit, lying, bill, key, 1)
    story.leave(lying, bill, guilty=True)


def _intubated_in_an_emergency(kit: Kit, story: Story) -> None:
    """Intubation without anaesthesia."""
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    time = kit.moment(kit.day())
    encounter = acts.visit(kit, person, place, time, "intubation", icd=("J96.000",), med_type="13", emergency=True)
    story.settle(person, place, time, encounter)


def _nursed_before_and_after(kit: Kit, story: Story) -> None:
    """Intensive care on one day, nursing on the others."""
    lying, bill = _stay(kit, nursed=False)
    for number in range(_NIGHTS):
        intensive = number == _NIGHTS // 2
        _charge(kit, lying, bill, "intensive care" if intensive else "nursing", number, cnt=24 if intensive else 1)
    story.leave(lying, bill)


def _monitored_afterwards(kit: Kit, story: Story) -> None:
    """Monitoring three hours after the anaesthesia."""
    lying, bill = _stay(kit)
    for key in ("appendectomy", "anaesthesia", "monitored anaesthesia"):
        _charge(kit, lying, bill, key, 1)
    _charge(kit, lying, bill, "monitoring", 1, 180)
    story.leave(lying, bill)


# ---------------------------------------------------------------------- P14: second operations


def _operated(kit: Kit, story: Story, *operations: tuple[str, int], guilty: bool = False) -> None:
    """Operations, each on its day of the stay, at their full price."""
    lying, bill = _stay(kit)
    for key, number in operations:
        _charge(kit, lying, bill, key, number)
        _charge(kit, lying, bill, "anaesthesia", number)
    story.leave(lying, bill, guilty=guilty)


def _both_in_full(kit: Kit, story: Story) -> None:
    _operated(kit, story, ("appendectomy", 1), ("adhesiolysis", 1), guilty=True)


def _on_two_days(kit: Kit, story: Story) -> None:
    """Two operations on two days."""
    _operated(kit, story, ("appendectomy", 1), ("adhesiolysis", 4))


def _other_organ(kit: Kit, story: Story) -> None:
    """Two operations of different groups."""
    _operated(kit, story, ("appendectomy", 1), ("cholecystectomy", 1))


SCENARIOS = (
    Scenario(
        "P09",
        (Variant(_intubated, 2), Variant(_nursed_in_intensive_care, 2), Variant(_monitored_twice, 2)),
        (
            Variant(_intubated_in_an_emergency, 1),
            Variant(_nursed_before_and_after, 2),
            Variant(_monitored_afterwards, 2),
        ),
    ),
    Scenario("P14", (Variant(_both_in_full, 2),), (Variant(_on_two_days, 2), Variant(_other_organ, 2))),
)
