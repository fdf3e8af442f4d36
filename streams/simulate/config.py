"""What can be asked of the simulation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from streams.simulate.province import KINDS
from streams.simulate.scenarios import SCENARIOS
from streams.simulate.scenarios.plan import MOST_TOLD

DEFAULT_START = date(2026, 11, 2)
"""A Monday, so that the week's rhythm shows from the first day."""

_PERSONS_A_DAILY_EVENT = 20  # a person then has a settlement every three weeks; the nation's figure is nine weeks
_EVENTS_A_DAILY_PLACE = 20  # 18 million settlements a day over one million institutions
_VISITS_A_MONTH = 3  # on average; nobody has more than seven, so that nobody looks like a frequent visitor
_MONTH = 30
_MOST_DAYS = 730


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationConfig:
    """A simulation is a function of this and nothing else.

    Attributes:
        seed: any integer; another seed is another province.
        events: how many events come out in all, of every kind.
        days: over how many days they spread.
        start: the first day.
        scenarios: ids of `SCENARIOS`; empty means innocent traffic only. Those that need more days, or other ones, are
            left out.
        persons: how many insured persons there are; by default enough for believable visiting habits.
        institutions: how many designated institutions; by default one for each 20 events a day.
        fraud_rate: share of the events that belongs to scenarios, their build-up and their harmless twins included.
            Each scenario appears at least once with a twin, or as many of them as leave half of the events to others.

    Raises:
        ValueError: when a value is out of range or the persons are too few to stay innocent.
    """

    seed: int = 1
    events: int = 10_000
    days: int = 1
    start: date = DEFAULT_START
    scenarios: tuple[str, ...] = tuple(SCENARIOS)
    persons: int | None = None
    institutions: int | None = None
    fraud_rate: float = 0.003

    def __post_init__(self) -> None:
        if self.events < 1:
            raise ValueError("events must be at least 1")
        if not 1 <= self.days <= _MOST_DAYS:
            raise ValueError(f"days must lie between 1 and {_MOST_DAYS}")
        if not 0 <= self.fraud_rate <= MOST_TOLD:
            raise ValueError(f"the fraud rate must lie between 0 and {MOST_TOLD}")
        unknown = [name for name in self.scenarios if name not in SCENARIOS]
        if unknown:
            raise ValueError(f"unknown scenario {', '.join(unknown)}; known are {', '.join(SCENARIOS)}")
        if self.institutions is not None and self.institutions < len(KINDS):
            raise ValueError(f"a province needs at least {len(KINDS)} institutions, one of each kind")
        least = self.least_persons
        if self.persons is not None and self.persons < least:
            raise ValueError(f"{self.events} events in {self.days} days need at least {least} persons")

    @property
    def events_a_day(self) -> float:
        """Mean number of events a day."""
        return self.events / self.days

    @property
    def least_persons(self) -> int:
        """Fewer persons could not visit so often without looking suspicious."""
        a_day = math.ceil(self.events_a_day * 1.5)
        a_month = math.ceil(self.events / max(1.0, self.days / _MONTH) / _VISITS_A_MONTH)
        return max(60, a_day, a_month)

    @property
    def population(self) -> int:
        """Number of persons."""
        if self.persons is not None:
            return self.persons
        return max(3_000, self.least_persons, math.ceil(self.events_a_day * _PERSONS_A_DAILY_EVENT))

    @property
    def places(self) -> int:
        """Number of institutions."""
        if self.institutions is not None:
            return self.institutions
        return min(8_000, max(60, math.ceil(self.events_a_day / _EVENTS_A_DAILY_PLACE)))
