"""The tills of all institutions: what is settled there, how much it may be, and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from streams.simulate import beijing, documents
from streams.simulate.aftermath import Aftermath
from streams.simulate.ledger import DECEMBER, KNOWN_DAYS, Ledger
from streams.simulate.province import PHARMACY
from streams.simulate.records import Json, Label, Simulated

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from streams.simulate.counter import Counter, Encounter
    from streams.simulate.outbox import Outbox
    from streams.simulate.population import Person
    from streams.simulate.province import Place, Province

_WEEK = 7
_MORNING, _EVENING = 6 * beijing.HOUR, 22 * beijing.HOUR


def _by_night(place: Place, time: int) -> bool:
    """Whether a pharmacy sells at an hour at which hardly anybody comes."""
    return place.kind == PHARMACY and not _MORNING <= time % beijing.DAY < _EVENING


class Till:
    """Settles what would not be conspicuous.

    Args:
        province: where.
        days: of the simulation.
        counter: adds trifles, and gives out numbers.
        rng: the stream of the traffic.
        outbox: takes the events.
        booked: what stories settle at ordinary institutions: fen by place and day.

    Attributes:
        quiet: whether nothing follows any more from what is settled.
    """

    def __init__(
        self,
        province: Province,
        days: int,
        counter: Counter,
        rng: Random,
        outbox: Outbox,
        booked: Mapping[int, Mapping[int, int]],
    ) -> None:
        self.quiet = False
        self._counter = counter
        self._ids = counter.ids
        self._random = rng.random
        self._outbox = outbox
        self._aftermath = Aftermath(rng, counter.ids, outbox)
        self._ledgers = [Ledger(booked.get(place.index)) for place in province.places]
        first = province.first_day
        known = range(first + KNOWN_DAYS, first + days)
        self._december = {day for day in known if beijing.month_of(day) == DECEMBER}
        self._near_december = {day - back for day in self._december for back in range(_WEEK + 1)}

    def most(self, person: Person, place: Place, time: int) -> float:
        """How much (fen) a settlement may be at most."""
        day = time // beijing.DAY
        most = self._ledgers[place.index].room(day, night=_by_night(place, time))
        return min(most, person.allowance(day)) if day in self._december else most

    def takes_stay(self, person: Person, until: int) -> bool:
        """Whether a stay that ends on a day can be paid: not in December by somebody whose usual week is known."""
        return until not in self._december or not 0 <= person.first <= until - KNOWN_DAYS

    def fee(self, person: Person, place: Place, time: int, encounter: Encounter, visit: str) -> bool:
        """Settle a fee by itself, unless it would be conspicuous: nothing can be added to it or left out."""
        day, amount = time // beijing.DAY, encounter.bill.total
        if self.most(person, place, time) < amount or not self._ledgers[place.index].accepts(day, amount):
            return False
        self._send(person, place, time, encounter, visit, None)
        person.pays(day, amount, keep=day in self._near_december)
        person.came(time, place)
        return True

    def settle(
        self,
        person: Person,
        place: Place,
        time: int,
        encounter: Encounter,
        visit: str | None = None,
        *,
        dates: tuple[int, int] | None = None,
        ward: bool = False,
    ) -> None:
        """Settle an encounter, unless it would be conspicuous, and whatever follows from it.

        Short bills are made shorter; those of stays are settled after the simulation has ended.
        """
        day = time // beijing.DAY
        bill = encounter.bill
        most = self.most(person, place, time)
        if bill.total > most and (ward or not bill.trim(most)):
            return
        night = _by_night(place, time)
        while not self._ledgers[place.index].accepts(day, bill.total, night=night):
            self._counter.trifle(bill, place)
        event = self._send(person, place, time, encounter, visit or self._ids.visit(day), dates)
        person.pays(day, bill.total, keep=day in self._near_december)
        if not ward:
            person.came(time, place)
        if not self.quiet:
            self._aftermath.of(person, place, time, event)

    def _send(
        self,
        person: Person,
        place: Place,
        time: int,
        encounter: Encounter,
        visit: str,
        dates: tuple[int, int] | None,
    ) -> Json:
        arrival = time + 1 + int(self._random() * 5)
        event = documents.settlement(
            self._ids, person, place, time=time, arrival=arrival, visit=visit, encounter=encounter, dates=dates
        )
        label = Label(event["setl_id"], 0, None, None)
        self._outbox.post(arrival, Simulated(orjson.dumps(event), place.area, label, "settlement"))
        return event
