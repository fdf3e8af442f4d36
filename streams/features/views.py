"""What a rule reads of a feature. Attribute names are those of the expression language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.contract.money import prorate
from streams.contract.time import DAY_MS, day_of

if TYPE_CHECKING:
    from streams.features.aggregates import Aggregate
    from streams.features.past import Past, Usual


#: What it takes to name the settlements behind a value, should a rule hit (most never do): the aggregate, its state,
#: the time at which it is read, the event's own value, and its settlement.
Evidence = tuple["Aggregate", Any, int, Any, str]


class View:
    """Common to all features."""

    __slots__ = ("evidence",)

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence

    @property
    def settlements(self) -> list[str]:
        """The other settlements that made the value, oldest first, at most what the feature remembers."""
        aggregate, state, time, value, setl_id = self.evidence
        return aggregate.settlements(state, time, value, setl_id)


class BucketedView(View):
    """Common to the features that keep partials by time."""

    __slots__ = ()

    @property
    def since(self) -> int | None:
        """The earliest event time that this feature has seen of this entity; None when it has seen nothing."""
        state = self.evidence[1]
        return None if state is None else state[2]

    @property
    def history(self) -> int:
        """Whole days from `since` to now."""
        since = self.since
        return 0 if since is None else max(0, self.evidence[2] - since) // DAY_MS

    def episode(self, gap: int) -> list[int]:
        """The days up to today without a gap of more than `gap` days between two of them, oldest first."""
        aggregate, state, time, _, _ = self.evidence
        days: list[int] = aggregate.days_until(state, time)  # type: ignore[attr-defined] # only these features are asked
        first, last = len(days), day_of(time)
        while first and last - days[first - 1] <= gap:
            first -= 1
            last = days[first]
        return days[first:]


class CountView(BucketedView):
    """`count`: observations in the window, the event's own among them."""

    __slots__ = ("count",)

    def __init__(self, evidence: Evidence, count: int) -> None:
        self.evidence = evidence
        self.count = count


class SumView(BucketedView):
    """`sum`: in the unit of what is summed; `count`: of how many observations; `mean` of them."""

    __slots__ = ("count", "sum")

    def __init__(self, evidence: Evidence, total: int, count: int) -> None:
        self.evidence = evidence
        self.sum = total
        self.count = count

    @property
    def mean(self) -> int | None:
        """In the unit of what is summed, rounded; None when there is nothing."""
        return prorate(self.sum, 1, self.count) if self.count else None


class ShareView(BucketedView):
    """`hits` of `total` observations have the property; `share` is their ratio, None of nothing."""

    __slots__ = ("hits", "total")

    def __init__(self, evidence: Evidence, hits: int, total: int) -> None:
        self.evidence = evidence
        self.hits = hits
        self.total = total

    @property
    def share(self) -> float | None:
        """Between 0 and 1."""
        return self.hits / self.total if self.total else None


class _Extremes(BucketedView):
    __slots__ = ()

    @property
    def min(self) -> Any:
        """The least value of the window; None of nothing."""
        aggregate, state, time, _, _ = self.evidence
        return aggregate.extreme(state, time, least=True)  # type: ignore[attr-defined] # tallies have it

    @property
    def max(self) -> Any:
        """The greatest value of the window; None of nothing."""
        aggregate, state, time, _, _ = self.evidence
        return aggregate.extreme(state, time, least=False)  # type: ignore[attr-defined] # tallies have it


class DistinctView(_Extremes):
    """`count`: different values in the window."""

    __slots__ = ("count",)

    def __init__(self, evidence: Evidence, count: int) -> None:
        self.evidence = evidence
        self.count = count


class HistogramView(_Extremes):
    """`same`: occurrences of the event's own value; `total`: of any value; `distinct`: different values."""

    __slots__ = ("_partials",)

    def __init__(self, evidence: Evidence, partials: list[Any]) -> None:
        self.evidence = evidence
        self._partials = partials

    @property
    def same(self) -> int:
        """How often the event's own value occurs, itself included."""
        value = self.evidence[3]
        partials = self._partials
        if len(partials) == 1:
            return int(partials[0][1].get(value, 0))
        return sum(partial[1].get(value, 0) for partial in partials)

    @property
    def total(self) -> int:
        """Number of observations."""
        return sum(partial[0] for partial in self._partials)

    @property
    def distinct(self) -> int:
        """Number of different values."""
        return len(set().union(*[partial[1] for partial in self._partials]))


class LogView(View):
    """`entries`: ``[time, setl_id, field, …]`` of each remembered observation, oldest first; `count` of them."""

    __slots__ = ("count", "entries")

    def __init__(self, evidence: Evidence, entries: list[Any]) -> None:
        self.evidence = evidence
        self.entries = entries
        self.count = len(entries)


class StaysView(View):
    """`entries`: ``(key, begin, end, field, …)`` of each stay; `count` of them; `open`: how many have not ended."""

    __slots__ = ()

    @property
    def entries(self) -> list[tuple[Any, ...]]:
        """Every stay that is known, earliest begin first."""
        aggregate, state, _, _, _ = self.evidence
        return aggregate.entries(state)  # type: ignore[attr-defined, no-any-return] # stays have it

    @property
    def count(self) -> int:
        """Number of stays."""
        return len(self.entries)

    @property
    def open(self) -> int:
        """Number of stays that have begun and not ended."""
        aggregate, state, time, _, _ = self.evidence
        return aggregate.open(state, time)  # type: ignore[attr-defined, no-any-return] # stays have it


class PastView:
    """A feature's current period beside its own past; what is usual is unknown until there is enough history."""

    __slots__ = ("_key", "_past", "_state", "_time", "now")

    def __init__(self, past: Past, state: Any | None, time: int, key: str) -> None:
        self._past = past
        self._state = state
        self._time = time
        self._key = key
        self.now = past.now(state, time)

    @property
    def _usual(self) -> Usual | None:
        return self._past.usual(self._state, self._time, self._key)

    @property
    def since(self) -> int | None:
        """The earliest event time that the feature has seen of this entity."""
        return self._past.since(self._state)

    @property
    def history(self) -> int:
        """Whole days from `since` to now."""
        since = self.since
        return 0 if since is None else max(0, self._time - since) // DAY_MS

    @property
    def settlements(self) -> list[str]:
        """None: periods are compared, not settlements."""
        return []

    @property
    def mean(self) -> float | None:
        """Of the earlier periods, the later ones weighing more where the pack says so."""
        usual = self._usual
        return None if usual is None else self._past.in_unit(usual.mean)

    @property
    def deviation(self) -> float | None:
        """Standard deviation of the earlier periods, at least the share of the mean that the pack says."""
        usual = self._usual
        return None if usual is None else self._past.in_unit(usual.deviation)

    @property
    def z(self) -> float | None:
        """By how many deviations the current period is above the mean; unknown where there is no deviation."""
        usual = self._usual
        return (self.now - usual.mean) / usual.deviation if usual is not None and usual.deviation else None

    @property
    def ratio(self) -> float | None:
        """How many times the mean the current period is; unknown where the mean is nothing."""
        usual = self._usual
        return self.now / usual.mean if usual is not None and usual.mean else None
