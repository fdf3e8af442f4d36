"""What sometimes follows an honest settlement: it is sent again, cancelled, or one line of it is given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from streams.simulate import beijing, documents
from streams.simulate.records import Json, Label, Simulated

if TYPE_CHECKING:
    from random import Random

    from streams.simulate.identifiers import Identifiers
    from streams.simulate.outbox import Outbox
    from streams.simulate.population import Person
    from streams.simulate.province import Place

_SAME_BYTES = 0.0015  # share of the settlements that arrive twice unchanged
_SENT_AGAIN = _SAME_BYTES + 0.0015  # twice, with another message id
_CANCELLED = _SENT_AGAIN + 0.0025
_REFUNDED = _CANCELLED + 0.005


class Aftermath:
    """Posts resends, reversals and refunds at low rates."""

    def __init__(self, rng: Random, ids: Identifiers, outbox: Outbox) -> None:
        self._random = rng.random
        self._ids = ids
        self._outbox = outbox

    def of(self, person: Person, place: Place, time: int, settled: Json) -> None:
        """Draw what follows a settlement; the person does nothing else before it has happened."""
        draw = self._random()
        if draw >= _REFUNDED:
            return
        if draw < _SENT_AGAIN:
            self._repeat(place, time, settled, changed=draw >= _SAME_BYTES)
            return
        later = time + 180 + int(self._random() * 7_200)
        if later // beijing.DAY != time // beijing.DAY:
            return
        person.closed_until = max(person.closed_until, later)
        person.last = max(person.last, later)
        if draw < _CANCELLED:
            person.spent -= round(settled["medfee_sumamt"] * 100)
            event = documents.reversal(self._ids, settled, later)
            self._outbox.post(later, Simulated(orjson.dumps(event), place.area, None, "reversal"))
        else:
            person.spent -= self._give_back(place, later, settled)

    def _repeat(self, place: Place, time: int, settled: Json, *, changed: bool) -> None:
        arrival = time + 8 + int(self._random() ** 3 * 1_800)
        event = documents.again(self._ids, settled, arrival) if changed else settled
        label = Label(settled["setl_id"], 0, None, None)
        self._outbox.post(arrival, Simulated(orjson.dumps(event), place.area, label, "resend"))

    def _give_back(self, place: Place, later: int, settled: Json) -> int:
        """Refund one unit of a line; returns how much that is, fen."""
        lines = [
            line
            for line in settled["feedetail"]
            if all(node["trdn_flag"] == "0" for node in line.get("drug_trac_info", ()))
        ]
        if not lines:
            return 0
        line = lines[int(self._random() * len(lines))]
        arrival = later + 1 + int(self._random() * 5)
        event = documents.refund(self._ids, settled, line, later, arrival)
        label = Label(event["setl_id"], 0, None, None)
        self._outbox.post(arrival, Simulated(orjson.dumps(event), place.area, label, "refund"))
        amount: float = event["medfee_sumamt"]
        return -round(amount * 100)
