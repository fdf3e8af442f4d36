"""One instance of a scenario: its events, and what is true about each settlement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from streams.simulate import beijing, documents
from streams.simulate.records import Json, Label, Simulated

if TYPE_CHECKING:
    from streams.simulate.counter import Encounter
    from streams.simulate.population import Person
    from streams.simulate.province import Place
    from streams.simulate.scenarios.kit import Kit
    from streams.simulate.ward import Stay

_PAPERWORK = 25 * beijing.MINUTE
"""Between a discharge and the settlement of the stay."""


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
        self._admitted: set[str] = set()

    def settle(
        self,
        person: Person,
        place: Place,
        time: int,
        encounter: Encounter,
        *,
        guilty: bool = False,
        also: tuple[str, ...] = (),
        dates: tuple[int, int] | None = None,
        visit: str | None = None,
    ) -> Json:
        """Settle an encounter.

        Args:
            person: whose.
            place: where.
            time: when, seconds.
            encounter: what.
            guilty: whether from here on it can be known to be wrong, in a story that has a culprit.
            also: other rules that rightly find something here.
            dates: begin and end of the stay, when it is one.
            visit: mdtrt_id of a visit that has begun already.
        """
        kit = self._kit
        arrival = self._arrival(time)
        kit.booked[place.index][time // beijing.DAY] += encounter.bill.total
        event = documents.settlement(
            kit.ids,
            person,
            place,
            time=time,
            arrival=arrival,
            visit=visit or kit.ids.visit(time // beijing.DAY),
            encounter=encounter,
            dates=dates,
        )
        self._add(arrival, event, "settlement", guilty=guilty, also=also)
        return event

    def admit(self, stay: Stay) -> None:
        """Begin a stay; nobody hears of it when it began before the simulation."""
        if stay.visit not in self._admitted and stay.begin >= self._kit.province.first_day * beijing.DAY:
            self._move(stay, stay.begin, None)
        self._admitted.add(stay.visit)

    def discharge(self, stay: Stay) -> None:
        """End a stay."""
        self.admit(stay)
        self._move(stay, stay.end, stay.end)

    def leave(self, stay: Stay, encounter: Encounter, *, guilty: bool = False, also: tuple[str, ...] = ()) -> Json:
        """End a stay, and settle it half an hour later."""
        self.discharge(stay)
        dates = stay.begin, stay.end
        time = stay.end + _PAPERWORK
        return self.settle(
            stay.person, stay.place, time, encounter, guilty=guilty, also=also, dates=dates, visit=stay.visit
        )

    def reverse(self, settled: Json, time: int) -> None:
        """Cancel a settlement."""
        event = documents.reversal(self._kit.ids, settled, time)
        self.events.append((time, Simulated(orjson.dumps(event), event["mdtrtarea_admvs"], None, "reversal")))

    def give_back(self, settled: Json, line: Json, time: int) -> None:
        """Refund one unit of a line."""
        arrival = self._arrival(time)
        self._add(arrival, documents.refund(self._kit.ids, settled, line, time, arrival), "refund")

    def resend(self, settled: Json, time: int) -> None:
        """Send a settlement again under another message id."""
        self._add(time, documents.again(self._kit.ids, settled, time), "resend")

    def _move(self, stay: Stay, time: int, end: int | None) -> None:
        arrival = self._arrival(time)
        event = documents.movement(self._kit.ids, stay, arrival=arrival, end=end)
        kind = "admission" if end is None else "discharge"
        self.events.append((arrival, Simulated(orjson.dumps(event), stay.place.area, None, kind)))

    def _arrival(self, time: int) -> int:
        return time + 1 + self._kit.rng.randrange(5)

    def _add(self, arrival: int, event: Json, kind: str, *, guilty: bool = False, also: tuple[str, ...] = ()) -> None:
        guilty = guilty and self._positive
        role = "twin" if not self._positive else "positive" if guilty else "buildup"
        label = Label(event["setl_id"], int(guilty), self._scenario, role, also)
        self.events.append((arrival, Simulated(orjson.dumps(event), event["mdtrtarea_admvs"], label, kind)))
