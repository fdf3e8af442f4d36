"""R03: a prescriber whose right to bill is suspended or terminated orders something."""

from __future__ import annotations

from streams.simulate import beijing
from streams.simulate.province import HOSPITAL
from streams.simulate.scenarios.base import Kit, Scenario, Story, Variant


def _tell(
    kit: Kit,
    story: Story,
    status: str,
    begin: int,
    end: int | None,
    *,
    guilty: bool = False,
    emergency: bool = False,
) -> None:
    """A visit to a prescriber whose status holds from `begin` to `end`, days counted from that of the visit."""
    area = kit.area()
    person, place = kit.person(area), kit.place(HOSPITAL, area)
    day = kit.day()
    (time,) = kit.moments(day, 1)
    doctor = kit.province.registry.prescriber(place.area)
    kit.practitioners.append(
        {
            "bilg_dr_codg": doctor,
            "status": status,
            "effective_from": beijing.day_text(day + begin),
            "effective_to": None if end is None else beijing.day_text(day + end),
        }
    )
    make = kit.desk.emergency if emergency else kit.desk.outpatient
    encounter = make(person, place, time)
    for line in encounter.bill.lines:
        line["bilg_dr_codg"] = doctor
    story.settle(person, place, time, encounter, guilty=guilty)


def _suspended(kit: Kit, story: Story) -> None:
    _tell(kit, story, "suspended", -kit.rng.randint(1, 60), None, guilty=True)


def _terminated(kit: Kit, story: Story) -> None:
    _tell(kit, story, "terminated", -kit.rng.randint(1, 200), None, guilty=True)


def _first_day(kit: Kit, story: Story) -> None:
    _tell(kit, story, "suspended", 0, 90, guilty=True)


def _last_day(kit: Kit, story: Story) -> None:
    _tell(kit, story, "suspended", -90, 0, guilty=True)


def _emergency(kit: Kit, story: Story) -> None:
    """Saving a life is paid for."""
    _tell(kit, story, "suspended", -30, 60, emergency=True)


def _tomorrow(kit: Kit, story: Story) -> None:
    """The suspension begins tomorrow."""
    _tell(kit, story, "suspended", 1, 90)


def _yesterday(kit: Kit, story: Story) -> None:
    """The suspension ended yesterday."""
    _tell(kit, story, "suspended", -60, -1)


SCENARIOS = (
    Scenario(
        "R03",
        (Variant(_suspended, 1), Variant(_terminated, 1), Variant(_first_day, 1), Variant(_last_day, 1)),
        (Variant(_tomorrow, 1), Variant(_emergency, 1), Variant(_yesterday, 1)),
    ),
)
