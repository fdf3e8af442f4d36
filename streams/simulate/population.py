"""The insured persons: who they are, where they go, and what they may do next without looking suspicious."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from streams.simulate import beijing
from streams.simulate.ailments import Ailments
from streams.simulate.ledger import KNOWN_DAYS, MOST_WEEKS
from streams.simulate.province import CLINIC, HOSPITAL, NEIGHBOURS, PHARMACY, Place
from streams.simulate.randomness import Weighted, scatter, stream

if TYPE_CHECKING:
    from random import Random

    from streams.simulate.conditions import Condition
    from streams.simulate.province import Province
    from streams.simulate.records import Json

CHRONIC_SHARE = 0.24
"""The first so many persons by index are chronically ill."""

_MIGRANTS = 0.046  # live here, insured elsewhere
_FROM_OTHER_PROVINCES = 0.45  # of them
_TRAVELLERS = 0.045  # live at home, see the doctor in the capital
_UNSTATED_SEX = 0.004
_EMPLOYEES = 0.55  # of the grown-ups
_ADULT = 18
_RETIRED = 60
_ELSEWHERE = 10_000  # seconds between two places: more than two hours from door to door, fee lines included
_AGES = Weighted([(0.15, (1, 13)), (0.65, (14, 46)), (0.2, (60, 30))])  # youngest and how many years
_VISITS = 7  # in 31 days, registrations and refunds included
_MONTH = 31
_WEEK = 7
_CERTIFICATES = ("01", "01", "02", "03")


_NOTHING: dict[int, int] = {}  # shared by all who have had nothing yet


class Person:
    """One insured person with the little history that keeps him innocent.

    Attributes:
        index: position in the population; psn_no is a permutation.
        age: years at the start.
        illnesses: chronic conditions.
        places: usual pharmacy, clinic and hospital; hardly anybody goes anywhere else.
        closed_until: no visit before this second (a stay is open, or something still follows).
        last: time of the last settlement.
        where: index of the institution of the last settlement.
        day: day of the last settlement.
        bought: whether he was at a pharmacy on that day.
        treated: whether he saw a doctor on that day.
        days: days of the last settlements.
        stayed: day of the last discharge.
        refill: day of the next regular refill.
        allowed: by drug or service index, the first day on which it may be had again.
        first: day of the first settlement.
        spent: fen settled since then.
        week: days and amounts (fen) of what was settled in the last week before and during December.
    """

    __slots__ = (
        "age", "allowed", "bought", "brdy", "certificate", "closed_until", "day", "days", "first", "gend", "illnesses",
        "index", "insuplc", "insutype", "last", "places", "psn_type", "refill", "spent", "stayed", "treated", "week",
        "where",
    )  # fmt: skip

    def __init__(self, index: int, insuplc: str, places: tuple[Place, Place, Place]) -> None:
        self.index = index
        self.insuplc = insuplc
        self.places = places
        self.gend = self.brdy = self.insutype = self.psn_type = self.certificate = ""
        self.age = 0
        self.illnesses: tuple[Condition, ...] = ()
        self.closed_until = self.last = self.day = -1
        self.where = self.stayed = self.refill = -1
        self.bought = self.treated = False
        self.days: tuple[int, ...] = ()
        self.allowed = _NOTHING
        self.first = -1
        self.spent = 0
        self.week: tuple[tuple[int, int], ...] = ()

    @property
    def psn_no(self) -> str:
        """The person's number: made when it is asked for, as most of a big population waits in memory."""
        return f"{self.insuplc[:2]}0000{scatter(self.index, 17):017d}"

    def free(self, time: int, place: Place) -> bool:
        """Whether a visit now is beyond suspicion: see the catalogue's rules about one person's visits."""
        if time < self.closed_until:
            return False
        day = time // beijing.DAY
        if day == self.day and (self.bought if place.kind == PHARMACY else self.treated):
            return False
        if place.index != self.where and time < self.last + _ELSEWHERE:
            return False
        return len(self.days) < _VISITS or self.days[-_VISITS] < day - _MONTH

    def came(self, time: int, place: Place) -> None:
        """Remember a settlement."""
        day = time // beijing.DAY
        if day != self.day:
            self.day = day
            self.bought = self.treated = False
        if place.kind == PHARMACY:
            self.bought = True
        else:
            self.treated = True
        self.last = time
        self.where = place.index
        self.days = (*self.days[1 - _VISITS :], day)

    def allowance(self, day: int) -> float:
        """How much more (fen) he may spend on a day of December without seeming to use up what is left of the year."""
        known = day - self.first
        if self.first < 0 or known < KNOWN_DAYS:
            return inf
        week = sum(amount for other, amount in self.week if day - other <= _WEEK)
        return MOST_WEEKS * _WEEK * (self.spent - week) / (known + 1) - week

    def pays(self, day: int, amount: int, *, keep: bool) -> None:
        """Remember what was spent, fen; `keep` when December is near."""
        if self.first < 0:
            self.first = day
        self.spent += amount
        if keep:
            self.week = (*((other, some) for other, some in self.week if day - other <= _WEEK), (day, amount))

    def has(self, index: int, until: int) -> None:
        """Remember that a drug or service is not needed before a day."""
        if self.allowed is _NOTHING:
            self.allowed = {}
        self.allowed[index] = until

    def record(self, since: str, employer: str | None, status: str = "active", day: str | None = None) -> Json:
        """The registry record; a status other than active holds from `day`."""
        return {
            "psn_no": self.psn_no,
            "status": status,
            "insured_from": since,
            "emp_no": employer,
            "effective_from": day,
            "effective_to": None,
        }


class Population:
    """Persons by index, made when first met so that memory grows with those who come."""

    def __init__(self, province: Province, seed: int, count: int, purpose: str = "people") -> None:
        self.count = count
        self.ailments = Ailments()
        self._province = province
        self._rng = stream(seed, purpose)
        self._chronic = int(count * CHRONIC_SHARE)
        self._met: dict[int, Person] = {}

    def person(self, index: int) -> Person:
        """The person with this index."""
        found = self._met.get(index)
        if found is None:
            found = self._met[index] = self.create(index, chronic=index < self._chronic)
        return found

    def anyone(self, rng: Random) -> Person:
        """Somebody; the chronically ill more often than others."""
        return self.person(int(rng.random() ** 1.25 * self.count))

    def patient(self, rng: Random) -> Person:
        """Somebody who is chronically ill."""
        return self.person(int(rng.random() * max(1, self._chronic)))

    def create(self, index: int, *, chronic: bool, area: str | None = None, sex: str | None = None) -> Person:
        """Make a person, outside the population when `index` lies beyond it."""
        rnd = self._rng.random
        home = area or self._province.areas.at(rnd())
        insured = home if area else self._insured(home)
        person = Person(index, insured, self._habits(home, travels=area is None and rnd() < _TRAVELLERS))
        age = self._age(chronic=chronic)
        person.age = age
        person.gend = sex or ("9" if rnd() < _UNSTATED_SEX else "12"[int(rnd() * 2)])
        birthday = self._province.first_day - int(age * 365.25) - 2 - int(rnd() * 360)
        person.brdy = beijing.day_text(birthday)
        employee = age >= _ADULT and rnd() < _EMPLOYEES
        person.insutype = "310" if employee else "390"
        person.psn_type = ("12" if age >= _RETIRED else "11") if employee else ("14" if age >= _ADULT else "15")
        person.certificate = _CERTIFICATES[int(rnd() * len(_CERTIFICATES))]
        if chronic:
            person.illnesses = self.ailments.chronic(person, self._rng)
        return person

    def _insured(self, home: str) -> str:
        rnd = self._rng.random
        if rnd() >= _MIGRANTS:
            return home
        areas = self._province.area_codes
        if rnd() < _FROM_OTHER_PROVINCES or len(areas) == 1:
            return NEIGHBOURS[int(rnd() * len(NEIGHBOURS))]
        other = areas[int(rnd() * (len(areas) - 1))]
        return other if other != home else areas[-1] if areas[-1] != home else areas[0]

    def _habits(self, home: str, *, travels: bool) -> tuple[Place, Place, Place]:
        rnd = self._rng.random
        choices = self._province.choices
        hospitals = choices(HOSPITAL, home)
        if travels and len(self._province.capital_hospitals):
            hospitals = self._province.capital_hospitals
        return choices(PHARMACY, home).at(rnd()), choices(CLINIC, home).at(rnd()), hospitals.at(rnd())

    def _age(self, *, chronic: bool) -> int:
        rnd = self._rng.random
        if chronic:
            return 42 + int(46 * (rnd() + rnd()) / 2)
        youngest, years = _AGES.at(rnd())
        return youngest + int(rnd() * years)
