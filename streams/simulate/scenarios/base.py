"""What a scenario is made of: variants that tell a story with persons, institutions and boxes of their own."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

import orjson

from streams.simulate import beijing, documents
from streams.simulate.desk import Desk
from streams.simulate.identifiers import HALF, Boxes, Identifiers
from streams.simulate.population import Population
from streams.simulate.province import CLINIC, HOSPITAL, PHARMACY
from streams.simulate.randomness import stream
from streams.simulate.records import Json, Label, Simulated

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.simulate.catalogue import Drug
    from streams.simulate.counter import Encounter
    from streams.simulate.population import Person
    from streams.simulate.province import Place, Province

APART = 150
"""Seconds at least between two events of a story: their order is clear on whatever partition each of them lies."""

OPENING = 8 * beijing.HOUR
CLOSING = 20 * beijing.HOUR + 30 * beijing.MINUTE

_COMMON = ("A02BC", "M01AH", "J01DC", "R06AE", "A08GA", "R05CB")
_ADULTS = (22, 40)


class Kit:
    """Hands a story what it needs, apart from everything that ordinary traffic uses.

    Args:
        province: where it happens.
        seed: of the simulation.
        population: number of ordinary persons; the story's have later numbers.
        days: of the simulation.
    """

    def __init__(self, province: Province, seed: int, population: int, days: int) -> None:
        self.province = province
        self.rng = stream(seed, "scenarios")
        self.days = days
        self.practitioners: list[Json] = []
        self.ids = Identifiers(HALF)
        self.boxes = Boxes(province.catalogue.drugs, HALF)
        self.desk = Desk(province, self.rng, self.boxes, self.ids)
        self._people = Population(province, seed, population, "scenario people")
        self._next = population

    def chance(self, share: float) -> bool:
        """True in `share` of the cases."""
        return self.rng.random() < share

    def area(self) -> str:
        """Some area."""
        return self.province.areas.at(self.rng.random())

    def place(self, kind: int, area: str) -> Place:
        """An ordinary institution."""
        return self.province.choices(kind, area).at(self.rng.random())

    def three_places(self, area: str) -> list[Place]:
        """A pharmacy, a clinic and a hospital of one area in any order."""
        places = [self.place(kind, area) for kind in (PHARMACY, CLINIC, HOSPITAL)]
        self.rng.shuffle(places)
        return places

    def person(self, area: str, sex: str | None = None) -> Person:
        """A new grown-up who lives and is insured in an area, and is nobody else's."""
        youngest, oldest = _ADULTS
        while True:
            person = self._people.create(self._next, chronic=False, area=area, sex=sex)
            if youngest <= person.age <= oldest and (sex or person.gend in {"1", "2"}):
                self._next += 1
                return person

    def drug(self) -> Drug:
        """A drug for a short illness that anybody may buy."""
        shelf = self.province.catalogue.shelves[self.rng.choice(_COMMON)]
        return self.rng.choice(shelf.drugs)

    def day(self, days: int = 1) -> int:
        """A day that is followed by `days` − 1 others."""
        return self.province.first_day + self.rng.randrange(self.days - days + 1)

    def moments(self, day: int, count: int, apart: int = APART, begin: int = OPENING, end: int = CLOSING) -> list[int]:
        """Ascending times of one day between two seconds of the day, `apart` seconds from each other at least."""
        room = end - begin - apart * (count - 1)
        drawn = sorted(self.rng.randrange(room) for _ in range(count))
        return [day * beijing.DAY + begin + offset + number * apart for number, offset in enumerate(drawn)]

    def whenever(self, count: int) -> list[int]:
        """Ascending times on any days."""
        while True:
            times = sorted(
                self.day() * beijing.DAY + OPENING + self.rng.randrange(CLOSING - OPENING) for _ in range(count)
            )
            if all(later - earlier >= APART for earlier, later in itertools.pairwise(times)):
                return times


class Story:
    """Collects the events of one instance of a scenario.

    Args:
        kit: what it is made with.
        scenario: its id.
        positive: whether it has a culprit.
    """

    def __init__(self, kit: Kit, scenario: str, *, positive: bool) -> None:
        self.events: list[tuple[int, Simulated]] = []
        self._kit = kit
        self._scenario = scenario
        self._positive = positive

    def settle(self, person: Person, place: Place, time: int, encounter: Encounter, *, guilty: bool = False) -> Json:
        """Settle an encounter; `guilty` marks it as one that can be known to be wrong from here on."""
        kit = self._kit
        arrival = self._arrival(time)
        visit = kit.ids.visit(time // beijing.DAY)
        event = documents.settlement(
            kit.ids, person, place, time=time, arrival=arrival, visit=visit, encounter=encounter
        )
        self._add(arrival, event, "settlement", guilty=guilty)
        return event

    def reverse(self, settled: Json, time: int) -> None:
        """Cancel a settlement."""
        event = documents.reversal(self._kit.ids, settled, time)
        self.events.append((time, Simulated(orjson.dumps(event), event["mdtrtarea_admvs"], None, "reversal")))

    def give_back(self, settled: Json, line: Json, time: int) -> None:
        """Refund one unit of a line."""
        arrival = self._arrival(time)
        self._add(arrival, documents.refund(self._kit.ids, settled, line, time, arrival), "refund", guilty=False)

    def resend(self, settled: Json, time: int) -> None:
        """Send a settlement again under another message id."""
        self._add(time, documents.again(self._kit.ids, settled, time), "resend", guilty=False)

    def _arrival(self, time: int) -> int:
        return time + 1 + self._kit.rng.randrange(5)

    def _add(self, arrival: int, event: Json, kind: str, *, guilty: bool) -> None:
        role = "twin" if not self._positive else "positive" if guilty else "buildup"
        label = Label(event["setl_id"], int(guilty), self._scenario, role)
        self.events.append((arrival, Simulated(orjson.dumps(event), event["mdtrtarea_admvs"], label, kind)))


class Variant(NamedTuple):
    """One way in which a scenario can happen.

    Attributes:
        tell: adds the events to the story.
        size: about how many events that are.
        days: how many days of simulation it needs.
    """

    tell: Callable[[Kit, Story], None]
    size: int
    days: int = 1


class Scenario(NamedTuple):
    """A scenario with its culprits and its harmless twins.

    Attributes:
        id: id of the rule that should find it.
        positives: ways to do wrong, the shortest first.
        twins: ways to look like it and be right, the shortest first.
    """

    id: str
    positives: tuple[Variant, ...]
    twins: tuple[Variant, ...]
