"""What stories are made with: persons, institutions, boxes and numbers that ordinary traffic does not use."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.desk import Desk
from streams.simulate.identifiers import HALF, Boxes, Identifiers, first_box
from streams.simulate.population import Population
from streams.simulate.province import AREAS, CLINIC, HOSPITAL, NEIGHBOURS, PHARMACY
from streams.simulate.randomness import stream

if TYPE_CHECKING:
    from streams.simulate.catalogue import Drug
    from streams.simulate.population import Person
    from streams.simulate.province import Place, Province
    from streams.simulate.records import Json

APART = 150
"""Seconds at least between two events of a story: their order is clear on whatever partition each of them lies."""

OPENING = 8 * beijing.HOUR
CLOSING = 20 * beijing.HOUR + 30 * beijing.MINUTE

BRIEF = 12
"""Days within which an institution has no past of its own to compare with."""

ANY_DAY = 10_000

_COMMON = ("A02BC", "M01AH", "J01DC", "R06AE", "A08GA", "R05CB")
_ADULTS = (22, 40)
_ADULT = 18
_RETIRED = 60
_BUSY = 40  # settlements a day of an institution for which it has so many settlements a day that they do not matter
_MOST_GUESTS = 3  # stories that come to one ordinary institution; more could make it conspicuous
_QUIET = 20  # settlements that an institution of a story's own would have on an ordinary day
_TIERS = {PHARMACY: 0, CLINIC: 1, HOSPITAL: 2}


class Kit:
    """Hands a story what it needs, apart from everything that ordinary traffic uses.

    Args:
        province: where it happens.
        seed: of the simulation.
        population: number of ordinary persons; the story's have later numbers.
        days: of the simulation.

    Attributes:
        practitioners: registry records that stories rest on.
        persons: the same of persons.
        booked: what stories settle, fen by the index of the place and the day.
        institutions: what is otherwise than usual in the registry records of institutions, by code.
    """

    def __init__(self, province: Province, seed: int, population: int, days: int) -> None:
        self.province = province
        self.rng = stream(seed, "scenarios")
        self.days = days
        self.practitioners: list[Json] = []
        self.persons: list[Json] = []
        self.institutions: dict[str, Json] = {}
        self.booked: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self.ids = Identifiers(HALF)
        self.boxes = Boxes(province.catalogue.drugs, first_box(seed, province.first_day) + HALF)
        self.desk = Desk(province, self.rng, self.boxes, self.ids)
        self._people = Population(province, seed, population, "scenario people")
        self._next = population
        self._guests: Counter[int] = Counter()

    def chance(self, share: float) -> bool:
        """True in `share` of the cases."""
        return self.rng.random() < share

    # ------------------------------------------------------------------ where

    def area(self) -> str:
        """Some area."""
        return self.province.areas.at(self.rng.random())

    def other_city(self, area: str) -> str:
        """An area of the province in another city."""
        here = [other for other in self.province.area_codes if other[:4] != area[:4]]
        return self.rng.choice(here or [other for other, _ in AREAS if other[:4] != area[:4]])

    def place(self, kind: int, area: str) -> Place:
        """An institution to which an event more or less makes no difference: an ordinary one, or a new one."""
        if not self.province.has(kind, area):
            return self.fresh(kind, area)
        ordinary = self.province.choices(kind, area).at(self.rng.random())
        small = self.days > BRIEF and ordinary.daily < _BUSY
        if small or self._guests[ordinary.index] >= _MOST_GUESTS:
            return self.fresh(kind, area)
        self._guests[ordinary.index] += 1
        return ordinary

    def fresh(self, kind: int, area: str, tier: int | None = None, *, beds: int | None = None) -> Place:
        """An institution of the story's own, where nothing else happens."""
        tier = _TIERS[kind] if tier is None else tier
        return self.province.open(kind, area, tier, _QUIET, self.rng, beds=beds)

    def three_places(self, area: str) -> list[Place]:
        """A pharmacy, a clinic and a hospital of one area in any order."""
        places = [self.place(kind, area) for kind in (PHARMACY, CLINIC, HOSPITAL)]
        self.rng.shuffle(places)
        return places

    # ------------------------------------------------------------------ who

    def person(self, area: str, sex: str | None = None, scheme: str | None = None) -> Person:
        """A new grown-up who lives and is insured in an area, and is nobody else's."""
        youngest, oldest = _ADULTS
        home = area if self.province.has(PHARMACY, area) else self.area()
        while True:
            person = self._people.create(self._next, chronic=False, area=home, sex=sex)
            if youngest <= person.age <= oldest and (sex or person.gend in {"1", "2"}):
                self._next += 1
                person.insuplc = area
                person.insutype = scheme or person.insutype
                return person

    def visitor(self, area: str, sex: str | None = None) -> Person:
        """A new grown-up who is insured in another province."""
        person = self.person(area, sex)
        person.insuplc = self.rng.choice(NEIGHBOURS)
        return person

    def aged(self, person: Person, day: int, years: int = 0, days: int = 0) -> Person:
        """Let somebody be so many years and days old on a day; −1 days is the day before the birthday."""
        birthday = beijing.years_before(day - days, years)
        person.brdy = beijing.day_text(birthday)
        person.age = years if days >= 0 else years - 1
        if person.age < _ADULT:
            person.insutype, person.psn_type = "390", "15"
        elif person.age >= _RETIRED:
            person.psn_type = "12" if person.insutype == "310" else "14"
        return person

    # ------------------------------------------------------------------ what

    def drug(self, kind: str | None = None) -> Drug:
        """A drug of a class, or one for a short illness that anybody may buy."""
        shelf = self.province.catalogue.shelves[kind or self.rng.choice(_COMMON)]
        return self.rng.choice(shelf.drugs)

    # ------------------------------------------------------------------ when

    def day(self, days: int = 1) -> int:
        """A day that is followed by `days` − 1 others."""
        return self.province.first_day + self.rng.randrange(self.days - days + 1)

    def moments(self, day: int, count: int, apart: int = APART, begin: int = OPENING, end: int = CLOSING) -> list[int]:
        """Ascending times of one day between two seconds of the day, `apart` seconds from each other at least."""
        room = end - begin - apart * (count - 1)
        drawn = sorted(self.rng.randrange(room) for _ in range(count))
        return [day * beijing.DAY + begin + offset + number * apart for number, offset in enumerate(drawn)]

    def moment(self, day: int) -> int:
        """Some time of a day."""
        return self.moments(day, 1)[0]

    def whenever(self, count: int, within: int = BRIEF, apart: int = APART) -> list[int]:
        """Ascending times on any of `within` consecutive days, `apart` seconds from each other at least."""
        span = min(within, self.days)
        first = self.day(span)
        while True:
            times = sorted(
                (first + self.rng.randrange(span)) * beijing.DAY + OPENING + self.rng.randrange(CLOSING - OPENING)
                for _ in range(count)
            )
            if all(later - earlier >= apart for earlier, later in itertools.pairwise(times)):
                return times
