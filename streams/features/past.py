"""A feature compared with its own past: an institution's day with its usual days, this hour with the same hour before.

A past keeps no state of its own. It reads the buckets of a count or sum (or adds up a field of a log by day), so it is
exact under disorder and retraction because they are. The current period is the last `step` up to now; the
periods it is compared with have the same length and lie `every` apart: yesterday and the days before (``step`` and
``every`` 1 d), this hour of the days before (1 h, 24 h), the weeks before the last seven days (7 d, 7 d). A period in
which nothing happened counts as nothing, or is left out where the pack says ``skip_empty``. Nothing before the first
observation is compared, and what is usual is unknown until `min_history` lies between that and the current period.

Mean and variance are weighted: a period `half_life` further back weighs half. With weights w and values x,
mean = Σwx / Σw and variance = Σw(x − mean)² / Σw (the population's, in one pass over at most a few hundred periods).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from streams.contract.time import BEIJING_MS, DAY_MS, day_of
from streams.features.buckets import SINCE, Bucketed
from streams.features.logs import Log
from streams.features.views import PastView

if TYPE_CHECKING:
    from streams.rules.feature_specs import FeatureSpec

KEPT = 50_000
"""Entities of which is remembered what is usual; it changes once a period."""


class Usual(NamedTuple):
    """What the earlier periods were like."""

    mean: float
    deviation: float


class Past:
    """Compares a feature's current period with its earlier ones.

    Args:
        spec: How.
        base: The arithmetic of the feature that is compared.
        fields: The fields of that feature, where it is a log.
    """

    def __init__(self, spec: FeatureSpec, base: Any, fields: tuple[str, ...] = ()) -> None:
        self._buckets: Bucketed | None = base if isinstance(base, Bucketed) else None
        self._log: Log | None = base if isinstance(base, Log) else None
        self._field = 2 + fields.index(spec.past_field) if spec.past_field else 0
        self._size = base.size if isinstance(base, Bucketed) else DAY_MS
        self._span = base.lives if isinstance(base, Log) else base.buckets * base.size
        self._step = spec.step // self._size
        self._every = spec.every // self._size
        self._min_history = spec.min_history
        self._skip_empty = spec.skip_empty
        self._floor = spec.least_deviation
        self._whole = spec.whole
        most = (self._span // self._size - self._step) // self._every
        periods = spec.half_life / (self._every * self._size)
        self._weights = [0.5 ** (number / periods) if periods else 1.0 for number in range(most)]
        #: Of the first n periods together.
        self._sums = [math.fsum(self._weights[:number]) for number in range(most + 1)]
        self._known: dict[str, tuple[Any, int, Usual | None]] = {}
        if isinstance(base, Bucketed):
            base.watched = True

    def view(self, state: Any | None, time: int, key: str) -> PastView:
        """What an event at `time` sees; `key` names the entity."""
        return PastView(self, state, time, key)

    def in_unit(self, value: float) -> float:
        """A mean in the unit of what is summed, which is whole; a mean of counts stays a fraction."""
        return math.floor(value + 0.5) if self._whole else value

    def now(self, state: Any | None, time: int) -> int:
        """What the current period amounts to."""
        if state is None:
            return 0
        last = (time + BEIJING_MS) // self._size
        if self._step == 1 and self._buckets is not None:
            partial = state[0].get(last)
            return 0 if partial is None else self._buckets.number(partial)
        numbers = self._numbers(state)
        return sum(numbers.get(bucket, 0) for bucket in range(last - self._step + 1, last + 1))

    def since(self, state: Any | None) -> int | None:
        """The earliest event time seen: of a log, the earliest that it remembers."""
        if not state:
            return None
        return int(state[0][0] if self._buckets is None else state[SINCE])

    def usual(self, state: Any | None, time: int, key: str) -> Usual | None:
        """What the earlier periods were like; None while there is too little history."""
        since = self.since(state)
        if state is None or since is None:
            return None
        last = (time + BEIJING_MS) // self._size
        begins = (last - self._step + 1) * self._size - BEIJING_MS
        if begins - since < self._min_history:
            return None
        if self._buckets is None:
            return self._compute(state, last, since)
        # Buckets other than the newest never change within one dictionary (see `Bucketed.watched`).
        known = self._known.get(key)
        if known is not None and known[0] is state[0] and known[1] == last:
            return known[2]
        found = self._compute(state, last, since)
        if last == state[3]:
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[key] = (state[0], last, found)
        return found

    def _compute(self, state: Any, last: int, since: int) -> Usual | None:
        totals: dict[int, int] = {}
        for bucket, number in self._numbers(state).items():
            period, within = divmod(last - bucket, self._every)
            if within < self._step and period:
                totals[period] = totals.get(period, 0) + number
        # Period n ends n times `every` before the current one; the first that is compared ends after `since`.
        first = (since + BEIJING_MS) // self._size
        periods = min(len(self._weights), (last - first) // self._every)
        pairs = [(self._weights[n - 1], total) for n, total in totals.items() if 0 < n <= periods and total]
        # What is left out of the pairs amounted to nothing.
        weight = math.fsum(w for w, _ in pairs) if self._skip_empty else self._sums[max(periods, 0)]
        if weight <= 0:
            return None
        mean = math.fsum(w * x for w, x in pairs) / weight
        empty = weight - math.fsum(w for w, _ in pairs)
        variance = (math.fsum(w * (x - mean) ** 2 for w, x in pairs) + max(0.0, empty) * mean * mean) / weight
        return Usual(mean, max(math.sqrt(variance), self._floor * abs(mean)))

    def _numbers(self, state: Any) -> dict[int, int]:
        if self._buckets is not None:
            return self._buckets.numbers(state)
        found: dict[int, int] = {}
        for entry in [] if self._log is None else self._log.everything(state):
            value = entry[self._field]
            if value is not None:
                day = day_of(entry[0])
                found[day] = found.get(day, 0) + value
        return found
