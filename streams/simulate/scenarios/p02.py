"""P02: a service that only the other sex can receive."""

from __future__ import annotations

from streams.simulate.province import HOSPITAL
from streams.simulate.scenarios.base import Kit, Scenario, Story, Variant

_OF_MEN = ("circumcision", "prostatectomy")
_OF_WOMEN = ("cervical treatment", "endometrial biopsy", "abortion")
_MALE, _FEMALE = "1", "2"


def _tell(kit: Kit, story: Story, sex: str, services: tuple[str, ...], *, guilty: bool) -> None:
    area = kit.area()
    person, place = kit.person(area, sex), kit.place(HOSPITAL, area)
    (time,) = kit.moments(kit.day(), 1)
    encounter = kit.desk.outpatient(person, place, time)
    kit.desk.counter.charge(encounter.bill, kit.rng.choice(services), place)
    story.settle(person, place, time, encounter, guilty=guilty)


def _man(kit: Kit, story: Story) -> None:
    _tell(kit, story, _MALE, _OF_WOMEN, guilty=True)


def _woman(kit: Kit, story: Story) -> None:
    _tell(kit, story, _FEMALE, _OF_MEN, guilty=True)


def _right(kit: Kit, story: Story) -> None:
    """The right sex."""
    sex = kit.rng.choice((_MALE, _FEMALE))
    _tell(kit, story, sex, _OF_MEN if sex == _MALE else _OF_WOMEN, guilty=False)


def _unstated(kit: Kit, story: Story) -> None:
    """Sex unknown (0) or unstated (9): nothing can be said."""
    _tell(kit, story, kit.rng.choice("09"), kit.rng.choice((_OF_MEN, _OF_WOMEN)), guilty=False)


SCENARIOS = (Scenario("P02", (Variant(_man, 1), Variant(_woman, 1)), (Variant(_unstated, 1), Variant(_right, 1))),)
