"""Innocent traffic: a province that goes to the pharmacy, sees doctors and stays in hospitals, slice by slice."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import orjson

from streams.simulate import beijing, documents
from streams.simulate.desk import Desk
from streams.simulate.identifiers import Boxes, Identifiers, first_box
from streams.simulate.outbox import Outbox
from streams.simulate.population import Population
from streams.simulate.province import CLINIC, HOSPITAL, PHARMACY
from streams.simulate.randomness import stream
from streams.simulate.records import Simulated
from streams.simulate.rhythm import NIGHT_KINDS, SLICE, Rhythm, admission_factor
from streams.simulate.till import Till
from streams.simulate.ward import Stay, Ward

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from streams.simulate.population import Person
    from streams.simulate.province import Place, Province

_TRIES = 400
_FULL = 0.93  # of the beds
_BETWEEN_STAYS = 40  # days
_LONGEST_STAY = 28
_ADMISSIONS_AN_EVENT = 0.0455  # in the steady state
_CLINIC_SHARE = 0.4  # of consultations
_PREGNANT = (22, 40)
_HERBAL_FROM = 20
_WORTH = 300  # fen: what a settlement is at least


class Traffic:
    """Makes exactly `count` innocent events.

    Args:
        province: where it happens.
        seed: of the simulation.
        persons: size of the population.
        days: from the province's first day on.
        count: how many events.
        booked: what stories settle at ordinary institutions: fen by place and day.
    """

    def __init__(
        self,
        province: Province,
        seed: int,
        persons: int,
        days: int,
        count: int,
        booked: Mapping[int, Mapping[int, int]] | None = None,
    ) -> None:
        rng = stream(seed, "traffic")
        self.rhythm = Rhythm(province.first_day, days)
        self._count = count
        self._days = days
        self._random = rng.random
        self._rng = rng
        self._ids = Identifiers()
        self._people = Population(province, seed, persons)
        boxes = Boxes(province.catalogue.drugs, first_box(seed, province.first_day))
        self._desk = Desk(province, rng, boxes, self._ids)
        self._ward = Ward(self._desk.counter, rng)
        self._open = [0] * len(province.places)
        self._outbox = Outbox(self.rhythm.begin, self.rhythm.end, SLICE)
        self._till = Till(province, days, self._desk.counter, rng, self._outbox, booked or {})
        self._leaving: defaultdict[int, list[Stay]] = defaultdict(list)
        self._due: defaultdict[int, list[int]] = defaultdict(list)
        self._kinds = {
            "pharmacy": self._pharmacy,
            "outpatient": self._outpatient,
            "online": self._online,
            "registration": self._registration,
            "admission": self._admission,
            "chronic": self._chronic,
            "emergency": self._emergency,
            "herbal": self._herbal,
            "maternity": self._maternity,
            "day_surgery": self._day_surgery,
        }

    def slices(self) -> Iterator[list[tuple[int, int, Simulated]]]:
        """The events of each slice in the order of arrival, as (arrival, tie-breaker, event)."""
        self._fill_beds()
        sent = 0
        for number in range(self.rhythm.slices):
            for stay in self._leaving.pop(number, []):
                self._discharge(stay)
            last = number == self.rhythm.slices - 1
            self._begin_visits(number, round(self.rhythm.share_until(number) * self._count) - sent, last=last)
            found = self._outbox.collect(number)[: self._count - sent]
            sent += len(found)
            yield found

    def _begin_visits(self, number: int, wanted: int, *, last: bool) -> None:
        """Let visits begin until as many events arrive in this slice as should."""
        begin = self.rhythm.begin + number * SLICE
        missing = wanted - self._outbox.waiting(number)
        if last:
            self._till.quiet = True
            for _ in range(20 * max(0, missing)):
                if self._outbox.waiting(number) >= wanted:
                    return
                self._kinds[NIGHT_KINDS.at(self._random())](begin + int(self._random() * (SLICE - 10)))
            if missing > 0:
                raise RuntimeError("the persons are too few for so many visits")
            return
        kinds = self.rhythm.kinds(number)
        for time in sorted(begin + int(self._random() * SLICE) for _ in range(missing)):
            self._kinds[kinds.at(self._random())](time)

    # ------------------------------------------------------------------ kinds of visits

    def _pharmacy(self, time: int) -> None:
        person = self._somebody(time, PHARMACY)
        if person:
            place = person.places[PHARMACY]
            self._till.settle(person, place, time, self._desk.pharmacy(person, place, time))

    def _outpatient(self, time: int) -> None:
        kind = CLINIC if self._random() < _CLINIC_SHARE else HOSPITAL
        person = self._somebody(time, kind)
        if person:
            place = person.places[kind]
            self._till.settle(person, place, time, self._desk.outpatient(person, place, time))

    def _online(self, time: int) -> None:
        person = self._somebody(time, HOSPITAL)
        if person:
            place = person.places[HOSPITAL]
            self._till.settle(person, place, time, self._desk.online(person, place, time))

    def _registration(self, time: int) -> None:
        """First the fee, half an hour or more later the consultation of the same visit."""
        person = self._somebody(time, HOSPITAL)
        if not person:
            return
        place = person.places[HOSPITAL]
        fee = place.fees[int(self._random() * len(place.fees))]
        visit = self._ids.visit(time // beijing.DAY)
        if not self._till.fee(person, place, time, self._desk.registration(person, time, fee), visit):
            self._till.settle(person, place, time, self._desk.outpatient(person, place, time))
            return
        later = min(time + 1_500 + int(self._random() * 5_400), (time // beijing.DAY + 1) * beijing.DAY - 60)
        self._till.settle(person, place, later, self._desk.outpatient(person, place, later, first=2), visit)

    def _chronic(self, time: int) -> None:
        """A refill that is due, or the first one that is seen of a patient."""
        day = time // beijing.DAY
        person = self._due_patient(time) or self._somebody(time, HOSPITAL, patient=True)
        if not person:
            return
        place = self._refill_place(person)
        if person.refill > day or not person.free(time, place):
            return
        encounter, supply = self._desk.chronic(person, place, time)
        person.refill = day + supply - int(self._random() * 4)
        if person.refill < self.rhythm.end // beijing.DAY:
            self._due[person.refill].append(person.index)
        self._till.settle(person, place, time, encounter)

    def _emergency(self, time: int) -> None:
        person = self._somebody(time, HOSPITAL)
        if person:
            place = person.places[HOSPITAL]
            self._till.settle(person, place, time, self._desk.emergency(person, place, time))

    def _herbal(self, time: int) -> None:
        person = self._somebody(time, CLINIC)
        if person and person.age >= _HERBAL_FROM:
            place = person.places[CLINIC]
            self._till.settle(person, place, time, self._desk.herbal(person, place, time))

    def _maternity(self, time: int) -> None:
        youngest, oldest = _PREGNANT
        for _ in range(40):
            person = self._somebody(time, HOSPITAL)
            if person and person.gend == "2" and youngest <= person.age <= oldest:
                place = person.places[HOSPITAL]
                self._till.settle(person, place, time, self._desk.maternity(person, place, time))
                return

    def _day_surgery(self, time: int) -> None:
        for _ in range(20):
            person = self._somebody(time, HOSPITAL)
            condition = self._desk.ailments.day_surgery(person, self._rng) if person else None
            if person and condition:
                place = person.places[HOSPITAL]
                begin = max(time // beijing.DAY * beijing.DAY, time - 5 * beijing.HOUR)
                encounter = self._ward.day_surgery(person, place, condition, time)
                self._till.settle(person, place, time, encounter, dates=(begin, time - 20 * beijing.MINUTE))
                return

    # ------------------------------------------------------------------ stays

    def _admission(self, time: int) -> None:
        stay = self._admit(time, self._ward.nights())
        if stay:
            self._move(stay, stay.begin, None)

    def _admit(self, time: int, nights: int) -> Stay | None:
        day = time // beijing.DAY
        for _ in range(20):
            person = self._somebody(time, HOSPITAL, pays=False)
            if not person or (person.stayed >= 0 and day - person.stayed < _BETWEEN_STAYS):
                continue
            place = person.places[HOSPITAL]
            condition = self._desk.ailments.inpatient(person, self._rng)
            if condition is None or place.beds is None or self._open[place.index] >= int(place.beds * _FULL):
                continue
            if not self._till.takes_stay(person, day + nights):
                continue
            stay = self._ward.plan(person, place, condition, time, nights)
            self._open[place.index] += 1
            person.came(time, place)
            person.bought = True
            person.stayed = stay.end // beijing.DAY
            person.closed_until = (person.stayed + 1) * beijing.DAY
            self._leaving[(stay.end - self.rhythm.begin) // SLICE].append(stay)
            return stay
        return None

    def _fill_beds(self) -> None:
        """Those who are in hospital when the simulation begins."""
        first = self.rhythm.begin // beijing.DAY
        for day in range(first - _LONGEST_STAY, first):
            expected = self._count / self._days * _ADMISSIONS_AN_EVENT * admission_factor(day)
            for _ in range(int(expected + self._random())):
                nights = self._ward.nights()
                if day + nights >= first:
                    self._admit(day * beijing.DAY + 8 * beijing.HOUR + int(self._random() * 9 * beijing.HOUR), nights)

    def _discharge(self, stay: Stay) -> None:
        self._open[stay.place.index] -= 1
        self._move(stay, stay.end, stay.end)
        later = min(stay.end + 600 + int(self._random() * 4_800), (stay.end // beijing.DAY + 1) * beijing.DAY - 60)
        dates = stay.begin, stay.end
        self._till.settle(stay.person, stay.place, later, self._ward.bill(stay), stay.visit, dates=dates, ward=True)

    def _move(self, stay: Stay, time: int, end: int | None) -> None:
        arrival = time + 1 + int(self._random() * 5)
        event = documents.movement(self._ids, stay, arrival=arrival, end=end)
        kind = "admission" if end is None else "discharge"
        self._outbox.post(arrival, Simulated(orjson.dumps(event), stay.place.area, None, kind))

    # ------------------------------------------------------------------ people and settlements

    def _somebody(self, time: int, kind: int, *, patient: bool = False, pays: bool = True) -> Person | None:
        """Somebody who can come now, and pay if he does, without raising suspicion."""
        people = self._people
        for _ in range(_TRIES):
            person = people.patient(self._rng) if patient else people.anyone(self._rng)
            place = person.places[kind]
            if person.free(time, place) and (not pays or self._till.most(person, place, time) > _WORTH):
                return person
        return None

    def _due_patient(self, time: int) -> Person | None:
        day = time // beijing.DAY
        waiting = self._due[day]
        while waiting:
            person = self._people.person(waiting.pop())
            if person.free(time, self._refill_place(person)):
                return person
            self._due[day + 1].append(person.index)
        return None

    @staticmethod
    def _refill_place(person: Person) -> Place:
        return person.places[CLINIC if person.index % 2 else HOSPITAL]
