"""How an observation is folded into a feature's state, taken out again, and read.

State is plain data (lists, dictionaries, integers, texts), so that a row can be written to a changelog as it is:

* bucketed aggregates: ``[{bucket: partial}, [[bucket, setl_id, value], …]]``: partials by time bucket, and the
  latest observations as evidence;
* ``log``: ``[[time, setl_id, field, …], …]``, oldest event time first.

A bucket is a calendar day in Beijing or ``resolution`` milliseconds of a rolling window. A window that ends in
bucket *b* covers whole buckets, so a rolling window is exact to its resolution and a calendar window exactly.
Folding and retracting commute: any order of the same observations gives the same partials, and a
retraction leaves exactly what would be there had the observation never come (evidence aside, which is bounded
and keeps the latest). What has left the window is dropped as later observations arrive.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

from streams.contract.time import day_of
from streams.features.views import CountView, DistinctView, HistogramView, LogView, SumView, View

if TYPE_CHECKING:
    from streams.rules.specs import FeatureSpec

#: How far behind the newest bucket a late observation is still folded, beyond the window itself: one calendar day
#: (settlements of yesterday arrive after midnight), or for rolling windows the window's own length once more.
LATE_DAYS = 1
DAY_MS = 86_400_000


class Aggregate(Protocol):
    """One feature's arithmetic."""

    def fold(self, state: Any | None, time: int, value: Any, setl_id: str) -> Any:
        """Add an observation; returns the state (made anew when it was None)."""

    def retract(self, state: Any, time: int, value: Any, setl_id: str) -> None:
        """Take out exactly what `fold` with the same arguments put in; what has been dropped is passed over."""

    def view(self, state: Any | None, time: int, value: Any, setl_id: str) -> View:
        """What an event at `time` with its own `value` sees."""

    def settlements(self, state: Any | None, time: int, value: Any, setl_id: str) -> list[str]:
        """Other settlements behind the value that `view` shows, oldest first, as many as are remembered."""

    def is_late(self, state: Any | None, time: int) -> bool:
        """Whether an observation at `time` is too old for what is still kept."""

    #: How long after its latest observation a state says anything, ms.
    lives: int

    def newest(self, state: Any) -> int:
        """About when the latest observation was, epoch ms: never before it, a bucket's length after it at most."""


class _Bucketed(ABC):
    """Time buckets and evidence, shared by the aggregates that keep partials."""

    def __init__(self, spec: FeatureSpec) -> None:
        self.days = spec.days
        self.resolution = spec.resolution
        self.buckets = spec.days or -(-spec.span // spec.resolution)
        self.retained = self.buckets + (LATE_DAYS if spec.days else self.buckets)
        self.evidence = spec.evidence
        self.limit = spec.limit
        self.lives = self.retained * (DAY_MS if spec.days else spec.resolution)

    def newest(self, state: Any) -> int:
        """See `Aggregate.newest`."""
        if not state[0]:
            return 0
        return int(max(state[0]) + 1) * (DAY_MS if self.days else self.resolution)

    def bucket(self, time: int) -> int:
        """The bucket that `time` falls into."""
        return day_of(time) if self.days else time // self.resolution

    def is_late(self, state: Any | None, time: int) -> bool:
        """See `Aggregate.is_late`."""
        return state is not None and bool(state[0]) and self.bucket(time) <= max(state[0]) - self.retained

    def fold(self, state: Any | None, time: int, value: Any, setl_id: str) -> Any:
        """See `Aggregate.fold`."""
        if state is None:
            state = [{}, []]
        bucket = self.bucket(time)
        if state[0] and bucket not in state[0] and not self._make_room(state, bucket):
            return state
        self._add(state[0], bucket, value)
        if self.evidence:
            state[1].append([bucket, setl_id, value])
            if len(state[1]) > self.evidence:
                del state[1][0]
        return state

    def retract(self, state: Any, time: int, value: Any, setl_id: str) -> None:
        """See `Aggregate.retract`."""
        bucket = self.bucket(time)
        if bucket in state[0] and self._take(state[0], bucket, value):
            del state[0][bucket]
        entry = [bucket, setl_id, value]
        if entry in state[1]:
            state[1].remove(entry)

    def _make_room(self, state: Any, bucket: int) -> bool:
        """Drop what a new bucket makes too old; False when the new bucket is itself too old."""
        newest = max(state[0])
        if bucket < newest:
            return bool(bucket > newest - self.retained)
        horizon = bucket - self.retained
        state[0] = {b: partial for b, partial in state[0].items() if b > horizon}
        state[1] = [entry for entry in state[1] if entry[0] > horizon]
        return True

    @abstractmethod
    def _add(self, partials: dict[int, Any], bucket: int, value: Any) -> None: ...

    @abstractmethod
    def _take(self, partials: dict[int, Any], bucket: int, value: Any) -> bool:
        """Undo one `_add`; True when nothing is left in the bucket."""

    def _window(self, state: Any | None, time: int) -> list[Any]:
        """The partials of the window that ends with the bucket of `time`."""
        if state is None:
            return []
        partials: dict[int, Any] = state[0]
        last = self.bucket(time)
        if self.buckets == 1:
            return [partials[last]] if last in partials else []
        first = last - self.buckets
        return [partial for bucket, partial in partials.items() if first < bucket <= last]

    def settlements(self, state: Any | None, time: int, value: Any, setl_id: str) -> list[str]:  # noqa: ARG002
        """Other settlements remembered in the window, oldest first, each once."""
        return list(dict.fromkeys(entry[1] for entry in self._remembered(state, time, setl_id)))

    def _remembered(self, state: Any | None, time: int, setl_id: str) -> list[Any]:
        if state is None or not self.evidence:
            return []
        last = self.bucket(time)
        first = last - self.buckets
        return [entry for entry in state[1] if first < entry[0] <= last and entry[1] != setl_id]


class Count(_Bucketed):
    """Number of observations."""

    def _add(self, partials: dict[int, Any], bucket: int, value: Any) -> None:  # noqa: ARG002
        partials[bucket] = partials.get(bucket, 0) + 1

    def _take(self, partials: dict[int, Any], bucket: int, value: Any) -> bool:  # noqa: ARG002
        partials[bucket] -= 1
        return bool(partials[bucket] <= 0)

    def view(self, state: Any | None, time: int, value: Any, setl_id: str) -> View:
        """See `Aggregate.view`."""
        return CountView((self, state, time, value, setl_id), sum(self._window(state, time)))


class Sum(_Bucketed):
    """Sum of a scaled integer, and how many observations made it: a partial is ``[sum, count]``."""

    def _add(self, partials: dict[int, Any], bucket: int, value: Any) -> None:
        total, count = partials.get(bucket, (0, 0))
        partials[bucket] = [total + value, count + 1]

    def _take(self, partials: dict[int, Any], bucket: int, value: Any) -> bool:
        total, count = partials[bucket]
        partials[bucket] = [total - value, count - 1]
        return bool(count <= 1)

    def view(self, state: Any | None, time: int, value: Any, setl_id: str) -> View:
        """See `Aggregate.view`."""
        partials = self._window(state, time)
        evidence = (self, state, time, value, setl_id)
        return SumView(evidence, sum(p[0] for p in partials), sum(p[1] for p in partials))


class _Tally(_Bucketed):
    """How often each value occurs: a partial is ``[observations, {value: occurrences}]``.

    A bucket tells at most `limit` different values apart; observations of further ones count in the total alone.
    """

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

    @staticmethod
    def _different(partials: list[Any]) -> int:
        return len(partials[0][1]) if len(partials) == 1 else len(set().union(*(p[1] for p in partials)))


class Distinct(_Tally):
    """Number of different values."""

    def view(self, state: Any | None, time: int, value: Any, setl_id: str) -> View:
        """See `Aggregate.view`."""
        return DistinctView((self, state, time, value, setl_id), self._different(self._window(state, time)))


class Histogram(_Tally):
    """How often the event's own value occurs among all; as evidence, the other settlements with that value."""

    def settlements(self, state: Any | None, time: int, value: Any, setl_id: str) -> list[str]:
        """See `_Bucketed.settlements`."""
        entries = self._remembered(state, time, setl_id)
        return list(dict.fromkeys(entry[1] for entry in entries if entry[2] == value))

    def view(self, state: Any | None, time: int, value: Any, setl_id: str) -> View:
        """See `Aggregate.view`."""
        partials = self._window(state, time)
        return HistogramView(
            (self, state, time, value, setl_id),
            sum(p[1].get(value, 0) for p in partials),
            sum(p[0] for p in partials),
            self._different(partials),
        )


class Log:
    """The latest observations themselves, at most `limit`, each with the declared fields."""

    def __init__(self, spec: FeatureSpec) -> None:
        self.span = spec.span or spec.days * DAY_MS
        self.limit = spec.limit
        self.lives = self.span

    def newest(self, state: Any) -> int:
        """See `Aggregate.newest`."""
        return int(state[-1][0]) if state else 0

    def is_late(self, state: Any | None, time: int) -> bool:
        """See `Aggregate.is_late`: an entry that would be the first to go is not worth keeping."""
        return state is not None and len(state) >= self.limit and time < state[0][0]

    def fold(self, state: Any | None, time: int, value: Any, setl_id: str) -> Any:
        """See `Aggregate.fold`."""
        entry = [time, setl_id, *value]
        if state is None:
            return [entry]
        at = len(state)
        while at and state[at - 1][0] > time:
            at -= 1
        state.insert(at, entry)
        oldest = state[-1][0] - self.span
        while state[0][0] < oldest or len(state) > self.limit:
            del state[0]
        return state

    def retract(self, state: Any, time: int, value: Any, setl_id: str) -> None:
        """See `Aggregate.retract`."""
        entry = [time, setl_id, *value]
        if entry in state:
            state.remove(entry)

    def view(self, state: Any | None, time: int, value: Any, setl_id: str) -> View:
        """See `Aggregate.view`: the entries of other settlements within the window, on either side of `time`."""
        live = self._live(state, time, setl_id)
        return LogView((self, state, time, value, setl_id), [tuple(entry[2:]) for entry in live])

    def settlements(self, state: Any | None, time: int, value: Any, setl_id: str) -> list[str]:  # noqa: ARG002
        """See `Aggregate.settlements`."""
        return list(dict.fromkeys(entry[1] for entry in self._live(state, time, setl_id)))

    def _live(self, state: Any | None, time: int, setl_id: str) -> list[Any]:
        if state is None or (len(state) == 1 and state[0][1] == setl_id):
            return []  # nearly every trace code: sold once, here
        span = self.span
        return [e for e in state if e[1] != setl_id and -span <= e[0] - time <= span]


AGGREGATES: dict[str, type[Count | Sum | Distinct | Histogram | Log]] = {
    "count": Count,
    "sum": Sum,
    "distinct": Distinct,
    "histogram": Histogram,
    "log": Log,
}
