"""Aggregates that tell values apart: how many different ones, how often the event's own.

A partial is ``[observations, {value: occurrences}]``. A bucket tells at most `limit` different values apart;
observations of further ones count in the total alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.features.buckets import Bucketed
from streams.features.views import DistinctView, HistogramView

if TYPE_CHECKING:
    from streams.features.views import View


class _Tally(Bucketed):
    def _add(self, partials: dict[int, Any], bucket: int, value: Any) -> None:
        partial = partials.setdefault(bucket, [0, {}])
        partial[0] += 1
        tally = partial[1]
        if value in tally:
            tally[value] += 1
        elif len(tally) < self.limit:
            tally[value] = 1

    def _take(self, partials: dict[int, Any], bucket: int, value: Any) -> bool:
        partial = partials[bucket]
        partial[0] -= 1
        tally = partial[1]
        if tally.get(value, 0) > 1:
            tally[value] -= 1
        else:
            tally.pop(value, None)
        return bool(partial[0] <= 0)

    def extreme(self, state: Any | None, time: int, *, least: bool) -> Any:
        """The least or greatest value of the window; None when there is none."""
        values = [value for partial in self.window(state, time) for value in partial[1]]
        return (min if least else max)(values, default=None)


def different(partials: list[Any]) -> int:
    """How many different values a window has."""
    if len(partials) == 1:
        return len(partials[0][1])
    return len(set().union(*[partial[1] for partial in partials]))


class Distinct(_Tally):
    """Number of different values."""

    def view(self, state: Any | None, time: int, value: Any, setl_id: str) -> View:
        """See `Aggregate.view`."""
        return DistinctView((self, state, time, value, setl_id), different(self.window(state, time)))


class Histogram(_Tally):
    """How often the event's own value occurs among all; as evidence, the other settlements with that value."""

    def settlements(self, state: Any | None, time: int, value: Any, setl_id: str) -> list[str]:
        """See `Bucketed.settlements`."""
        entries = self.remembered(state, time, setl_id)
        return list(dict.fromkeys(entry[1] for entry in entries if entry[2] == value))

    def view(self, state: Any | None, time: int, value: Any, setl_id: str) -> View:
        """See `Aggregate.view`."""
        return HistogramView((self, state, time, value, setl_id), self.window(state, time))
