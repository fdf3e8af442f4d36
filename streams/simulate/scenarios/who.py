"""P01, P03, P04, P05, P13: things that this patient, by sex, age or scheme, cannot have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate.province import HOSPITAL
from streams.simulate.scenarios import acts
from streams.simulate.scenarios.base import Kit, Scenario, Story, Variant

if TYPE_CHECKING:
    from streams.simulate.population import Person

_MALE, _FEMALE = "1", "2"
_OF_MEN = ("G04CB",)
_OF_WOMEN = ("G01AF", "D02AA")
_OF_CHILDREN = ("A02DA", "H01AC")
_INJURED_AT_WORK = "D03AX"
_GIVING_BIRTH = "G02AD"
_EMPLOYEE, _RESIDENT, _WORK_INJURY, _MATERNITY = "310", "390", "410", "510"
_NEWBORN_DAYS = 28
_CHILD_YEARS = 18
_WORKING = (16, 60)  # years; both may still be trained


def _given(
    kit: Kit, story: Story, person: Person, day: int, *, drug: str = "", service: str = "", guilty: bool
) -> None:
    """A visit at which somebody is given one drug or service."""
    place = kit.place(HOSPITAL, person.insuplc)
    time = kit.moment(day)
    encounter = acts.visit(kit, person, place, time, *([service] if service else []))
    if drug:
        acts.prescribe(kit, encounter.bill, kit.drug(drug), 1, place)
    story.settle(person, place, time, encounter, guilty=guilty)


# ---------------------------------------------------------------------- P01: sex


def _drug_of_the_other_sex(kit: Kit, story: Story) -> None:
    sex = kit.rng.choice((_MALE, _FEMALE))
    drug = kit.rng.choice(_OF_WOMEN if sex == _MALE else _OF_MEN)
    _given(kit, story, kit.person(kit.area(), sex), kit.day(), drug=drug, guilty=True)


def _drug_of_the_right_sex(kit: Kit, story: Story) -> None:
    """The right sex."""
    sex = kit.rng.choice((_MALE, _FEMALE))
    drug = kit.rng.choice(_OF_MEN if sex == _MALE else _OF_WOMEN)
    _given(kit, story, kit.person(kit.area(), sex), kit.day(), drug=drug, guilty=False)


def _drug_and_sex_unstated(kit: Kit, story: Story) -> None:
    """Sex unknown (0) or unstated (9): nothing can be said."""
    person = kit.person(kit.area(), kit.rng.choice("09"))
    _given(kit, story, person, kit.day(), drug=kit.rng.choice(_OF_MEN + _OF_WOMEN), guilty=False)


# ---------------------------------------------------------------------- P03, P04, P13: age


def _aged(
    kit: Kit, story: Story, years: int, days: int, *, drug: str = "", service: str = "", guilty: bool = False
) -> None:
    """Give it to somebody who is so many years and days old on that day."""
    day = kit.day()
    person = kit.aged(kit.person(kit.area()), day, years, days)
    _given(kit, story, person, day, drug=drug, service=service, guilty=guilty)


def _childrens_drug(kit: Kit, story: Story) -> None:
    _aged(kit, story, kit.rng.randint(19, 60), kit.rng.randint(0, 300), drug=kit.rng.choice(_OF_CHILDREN), guilty=True)


def _grown_up_today(kit: Kit, story: Story) -> None:
    """On the eighteenth birthday."""
    _aged(kit, story, _CHILD_YEARS, 0, drug=kit.rng.choice(_OF_CHILDREN), guilty=True)


def _grown_up_tomorrow(kit: Kit, story: Story) -> None:
    """On the last day of childhood."""
    _aged(kit, story, _CHILD_YEARS, -1, drug=kit.rng.choice(_OF_CHILDREN))


def _child(kit: Kit, story: Story) -> None:
    """A child."""
    _aged(kit, story, kit.rng.randint(2, 12), kit.rng.randint(0, 300), drug=kit.rng.choice(_OF_CHILDREN))


def _no_longer_newborn(kit: Kit, story: Story) -> None:
    _aged(kit, story, 0, _NEWBORN_DAYS + kit.rng.randint(1, 200), service="newborn care", guilty=True)


def _childs_infusion(kit: Kit, story: Story) -> None:
    _aged(kit, story, kit.rng.randint(20, 50), 40, service="scalp infusion", guilty=True)


def _last_day_as_newborn(kit: Kit, story: Story) -> None:
    """The 28th day of life still counts."""
    _aged(kit, story, 0, _NEWBORN_DAYS, service=kit.rng.choice(("newborn care", "phototherapy")))


def _infusion_of_a_child(kit: Kit, story: Story) -> None:
    """A child."""
    _aged(kit, story, kit.rng.randint(1, 5), 40, service="scalp infusion")


def _pensioner_trained(kit: Kit, story: Story) -> None:
    _aged(kit, story, _WORKING[1] + kit.rng.randint(1, 20), 30, service="vocational training", guilty=True)


def _child_trained(kit: Kit, story: Story) -> None:
    _aged(kit, story, _WORKING[0] - kit.rng.randint(1, 5), 30, service="vocational training", guilty=True)


def _oldest_trained(kit: Kit, story: Story) -> None:
    """Exactly as old as is allowed."""
    _aged(kit, story, _WORKING[1], 0, service="vocational training")


def _youngest_trained(kit: Kit, story: Story) -> None:
    """Of working age since today."""
    _aged(kit, story, _WORKING[0], 0, service="vocational training")


# ---------------------------------------------------------------------- P05: scheme


def _insured(kit: Kit, story: Story, scheme: str, drug: str, *, guilty: bool = False) -> None:
    person = kit.person(kit.area(), _FEMALE if drug == _GIVING_BIRTH else None, scheme)
    _given(kit, story, person, kit.day(), drug=drug, guilty=guilty)


def _not_injured_at_work(kit: Kit, story: Story) -> None:
    _insured(kit, story, kit.rng.choice((_EMPLOYEE, _RESIDENT)), _INJURED_AT_WORK, guilty=True)


def _no_maternity_insurance(kit: Kit, story: Story) -> None:
    _insured(kit, story, _RESIDENT, _GIVING_BIRTH, guilty=True)


def _injured_at_work(kit: Kit, story: Story) -> None:
    """Paid by the work injury insurance."""
    _insured(kit, story, _WORK_INJURY, _INJURED_AT_WORK)


def _maternity_insurance(kit: Kit, story: Story) -> None:
    """Paid by the maternity insurance, by itself or as part of the employees' scheme."""
    _insured(kit, story, kit.rng.choice((_MATERNITY, _EMPLOYEE)), _GIVING_BIRTH)


SCENARIOS = (
    Scenario(
        "P01",
        (Variant(_drug_of_the_other_sex, 1),),
        (Variant(_drug_and_sex_unstated, 1), Variant(_drug_of_the_right_sex, 1)),
    ),
    Scenario(
        "P03",
        (Variant(_childrens_drug, 1), Variant(_grown_up_today, 1)),
        (Variant(_grown_up_tomorrow, 1), Variant(_child, 1)),
    ),
    Scenario(
        "P04",
        (Variant(_no_longer_newborn, 1), Variant(_childs_infusion, 1)),
        (Variant(_last_day_as_newborn, 1), Variant(_infusion_of_a_child, 1)),
    ),
    Scenario(
        "P05",
        (Variant(_not_injured_at_work, 1), Variant(_no_maternity_insurance, 1)),
        (Variant(_injured_at_work, 1), Variant(_maternity_insurance, 1)),
    ),
    Scenario(
        "P13",
        (Variant(_pensioner_trained, 1), Variant(_child_trained, 1)),
        (Variant(_oldest_trained, 1), Variant(_youngest_trained, 1)),
    ),
)
