"""The simulation as others use it: a configuration in, labelled events out."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.population import Population
from streams.simulate.province import HOSPITAL, Province
from streams.simulate.randomness import stream
from streams.simulate.records import Json, Reference, Simulated
from streams.simulate.rhythm import SLICE
from streams.simulate.scenarios import SCENARIOS
from streams.simulate.scenarios.kit import Kit
from streams.simulate.scenarios.plan import plan
from streams.simulate.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.simulate.config import SimulationConfig

_ORDER = itemgetter(0, 1)
_REGISTERED = 200  # persons and practitioners of no special status that are listed nevertheless
_IDLE = 3  # closed institutions, struck-off practitioners, deceased persons: known, and never seen in the traffic


class Simulation:
    """Labelled events of some days of a province, made while they are read.

    The same configuration gives the same bytes each time it is read. Memory grows with the persons who come, not with
    the events.

    Args:
        config: what to simulate.

    Attributes:
        config: the same.
        left_out: why, by the id of each scenario that was asked for and does not appear.
    """

    def __init__(self, config: SimulationConfig) -> None:
        self.config = config
        self._province = Province(config)
        self._kit = Kit(self._province, config.seed, config.population, config.days)
        chosen = [SCENARIOS[name] for name in config.scenarios]
        self._plan = plan(self._kit, chosen, config.events, config.fraud_rate)
        self.left_out = self._plan.left_out
        self._struck = [self._province.registry.prescriber(area) for area in self._province.area_codes[:_IDLE]]
        self._closed = [self._province.open(HOSPITAL, area, 1, 1.0) for area in self._province.area_codes[:_IDLE]]

    def __iter__(self) -> Iterator[Simulated]:
        """Yield the events in the order of their arrival."""
        config = self.config
        planned = self._plan.events
        ordinary = config.events - len(planned)
        booked = self._kit.booked
        traffic = Traffic(self._province, config.seed, config.population, config.days, ordinary, booked)
        position = 0
        for number, found in enumerate(traffic.slices()):
            end = traffic.rhythm.begin + (number + 1) * SLICE
            begin = position
            while position < len(planned) and planned[position][0] < end:
                position += 1
            events = sorted(found + planned[begin:position], key=_ORDER) if position > begin else found
            for _, _, event in events:
                yield event

    def reference(self) -> Reference:
        """Registry facts: all institutions, and those practitioners and persons of whom something is known."""
        return Reference(self._institutions(), self._practitioners(), self._persons())

    def _institutions(self) -> list[Json]:
        closed = {
            place.code: status
            for place, status in zip(self._closed, ("suspended", "terminated", "suspended"), strict=False)
        }
        told = self._kit.institutions
        return [
            place.record(closed.get(place.code, "active")) | told.get(place.code, {}) for place in self._province.places
        ]

    def _practitioners(self) -> list[Json]:
        rng = stream(self.config.seed, "practitioners")
        first = self._province.first_day
        struck = [
            {
                "bilg_dr_codg": doctor,
                "status": rng.choice(("suspended", "terminated")),
                "effective_from": beijing.day_text(first - rng.randint(5, 300)),
                "effective_to": None,
            }
            for doctor in self._struck
        ]
        doctors = [doctor for place in self._province.places for doctor in place.doctors]
        active = [
            {"bilg_dr_codg": doctor, "status": "active", "effective_from": None, "effective_to": None}
            for doctor in doctors[:: max(1, len(doctors) // _REGISTERED)]
        ]
        return self._kit.practitioners + struck + active

    def _persons(self) -> list[Json]:
        rng = stream(self.config.seed, "registry of persons")
        first = self._province.first_day
        people = Population(self._province, self.config.seed, self.config.population)
        listed = list(self._kit.persons)
        for index in range(min(_REGISTERED, self.config.population)):
            person = people.person(index)
            employer = f"E{rng.randrange(10**8):08d}" if person.insutype == "310" else None
            listed.append(person.record(beijing.day_text(first - rng.randint(400, 5_000)), employer))
        for number in range(_IDLE):
            gone = people.create(self.config.population * 2 + number, chronic=False)
            since = beijing.day_text(first - rng.randint(400, 5_000))
            status = ("deceased", "suspended", "deceased")[number]
            listed.append(gone.record(since, None, status, beijing.day_text(first - rng.randint(1, 90))))
        return listed
