"""Aggregates that keep partial results by time bucket: counts, sums and shares.

State is ``[{bucket: partial}, [[bucket, setl_id, value], …], since, newest]``: the partials, the latest observations
as evidence, the earliest event time ever folded, and the newest bucket ever seen. A bucket is a calendar day in
Beijing, or ``resolution`` milliseconds counted from a Beijing midnight. A window that ends in bucket *b* covers whole
buckets, so a rolling window is exact to its resolution and a window of calendar days exactly.

``since`` is never taken back: a feature has looked at this entity since then, whatever became of what it saw. After a
new feature is deployed its state begins anew, and so does ``since``: rules that need history stay silent until there
is some again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from streams.contract.time import BEIJING_MS, DAY_MS
from streams.features.logs import forget
from streams.features.views import CountView, ShareView, SumView

if TYPE_CHECKING:
    from streams.features.views import View
    from streams.rules.feature_specs import FeatureSpec

PARTIALS, REMEMBERED, SINCE, NEWEST = range(4)
"""Places in a state."""


LATE = 2 * DAY_MS
"""How far behind the newest bucket a late observation is still folded, at most, unless the pack says otherwise."""


def late(spec: FeatureSpec) -> int:
    """How long a feature waits for late observations beyond its window, ms.

    One calendar day (settlements of yesterday arrive after midnight), or of a rolling window its own length, two days
    at most.
    """
    if spec.late is not None:
        return spec.late
    return DAY_MS if spec.days else min(spec.span, LATE)


class Bucketed(ABC):
    """Time buckets and evidence, shared by the aggregates that keep partials."""

    #: Whether only observations with hits are worth remembering as evidence.
    selective = False

    def __init__(self, spec: FeatureSpec) -> None:
        self.size = DAY_MS if spec.days else spec.resolution
        self.buckets = spec.days or -(-spec.span // spec.resolution)
        self.retained = self.buckets + -(-late(spec) // self.size)
        self.evidence = spec.evidence
        self.limit = spec.limit
        self.lives = self.retained * self.size
        #: Whether the past of this feature is compared: its dictionary of partials is then replaced, not changed,
        #: when anything but the newest bucket changes, so that what was computed of the past can be kept.
        self.watched = False

    def newest(self, state: Any) -> int:
        """See `Aggregate.newest`."""
        return int((state[NEWEST] + 1) * self.size - BEIJING_MS)

    def bucket(self, time: int) -> int:
        """The bucket that `time` falls into."""
        return (time + BEIJING_MS) // self.size

    def fold(self, state: Any | None, time: int, value: Any, setl_id: str) -> Any | None:
        """See `Aggregate.fold`."""
        bucket = (time + BEIJING_MS) // self.size
        if state is None:
            state = [{}, [], time, bucket]
        elif bucket != state[NEWEST] and not self._move(state, bucket):
            return None
        elif time < state[SINCE]:
            state[SINCE] = time
        self._add(state[PARTIALS], bucket, value)
        if self.evidence and (not self.selective or value[0]):
            remembered = state[REMEMBERED]
            remembered.append((bucket, setl_id, value))
            if len(remembered) > self.evidence:
                del remembered[0]
        return state

    def retract(self, state: Any, time: int, value: Any, setl_id: str) -> None:
        """See `Aggregate.retract`."""
        bucket = self.bucket(time)
        if bucket in state[PARTIALS]:
            if self.watched and bucket != state[NEWEST]:
                state[PARTIALS] = dict(state[PARTIALS])
            if self._take(state[PARTIALS], bucket, value):
                del state[PARTIALS][bucket]
        forget(state[REMEMBERED], (bucket, setl_id, value))

    def _move(self, state: Any, bucket: int) -> bool:
        """Make room for another bucket than the newest; False when it is too old to be kept."""
        newest = state[NEWEST]
        if bucket < newest:
            if bucket <= newest - self.retained:
                return False
            if self.watched:
                state[PARTIALS] = dict(state[PARTIALS])
            return True
        horizon = bucket - self.retained
        partials, remembered = state[PARTIALS], state[REMEMBERED]
        # What came first is nearly always the oldest: while it may stay, nothing needs to be looked for.
        if len(partials) > self.retained or next(iter(partials), bucket) <= horizon:
            state[PARTIALS] = {b: partial for b, partial in partials.items() if b > horizon}
        if remembered and remembered[0][0] <= horizon:
            state[REMEMBERED] = [entry for entry in remembered if entry[0] > horizon]
        state[NEWEST] = bucket
        return True

    @abstractmethod
    def _add(self, partials: dict[int, Any], bucket: int, value: Any) -> None: ...

    @abstractmethod
    def _take(self, partials: dict[int, Any], bucket: int, value: Any) -> bool:
        """Undo one `_add`; True when nothing is left in the bucket."""

    def number(self, partial: Any) -> int:
        """What a partial amounts to, where it is compared with its past or asked whether the day counts."""
        return int(partial[0])

    def numbers(self, state: Any) -> dict[int, int]:
        """What every bucket amounts to."""
        return {bucket: self.number(partial) for bucket, partial in state[PARTIALS].items()}

    def window(self, state: Any | None, time: int) -> list[Any]:
        """The partials of the window that ends with the bucket of `time`."""
        if state is None:
            return []
        partials: dict[int, Any] = state[PARTIALS]
        last = (time + BEIJING_MS) // self.size
        if self.buckets == 1:
            return [partials[last]] if last in partials else []
        first = last - self.buckets
        return [partial for bucket, partial in partials.items() if first < bucket <= last]

    def days_until(self, state: Any | None, time: int) -> list[int]:
        """The buckets of the window in which there is something, oldest first."""
        if state is None:
            return []
        last = self.bucket(time)
        partials = state[PARTIALS].items()
        return sorted(b for b, partial in partials if last - self.buckets < b <= last and self.number(partial) > 0)

    def settlements(self, state: Any | None, time: int, value: Any, setl_id: str) -> list[str]:  # noqa: ARG002
        """Other settlements remembered in the window, oldest first, each once."""
        return list(dict.fromkeys(entry[1] for entry in self.remembered(state, time, setl_id)))

    def remembered(self, state: Any | None, time: int, setl_id: str) -> list[Any]:
        """What is remembered of the window, without the settlement itself."""
        if state is None or not self.evidence:
            return []
        last = self.bucket(time)
        first = last - self.buckets
        return [entry for entry in state[REMEMBERED] if first < entry[0] <= last and entry[1] != setl_id]


class Count(Bucketed):
    """Number of observations; a partial is that number."""

    def _add(self, partials: dict[int, Any], bucket: int, value: Any) -> None:  # noqa: ARG002
        partials[bucket] = partials.get(bucket, 0) + 1

    def _take(self, partials: dict[int, Any], bucket: int, value: Any) -> bool:  # noqa: ARG002
        partials[bucket] -= 1
        return bool(partials[bucket] <= 0)

    def number(self, partial: Any) -> int:
        """See `Bucketed.number`."""
        return int(partial)

    def view(self, state: Any | None, time: int, value: Any, setl_id: str) -> View:
        """See `Aggregate.view`."""
        return CountView((self, state, time, value, setl_id), sum(self.window(state, time)))


class Sum(Bucketed):
    """Sum of a scaled integer, and how many observations made it: a partial is ``[sum, count]``."""

    def _add(self, partials: dict[int, Any], bucket: int, value: Any) -> None:
        partial = partials.get(bucket)
        partials[bucket] = (value, 1) if partial is None else (partial[0] + value, partial[1] + 1)

    def _take(self, partials: dict[int, Any], bucket: int, value: Any) -> bool:
        total, count = partials[bucket]
        partials[bucket] = (total - value, count - 1)
        return bool(count <= 1)

    def view(self, state: Any | None, time: int, value: Any, setl_id: str) -> View:
        """See `Aggregate.view`."""
        partials = self.window(state, time)
        evidence = (self, state, time, value, setl_id)
        return SumView(evidence, sum(p[0] for p in partials), sum(p[1] for p in partials))


class Share(Bucketed):
    """How many observations of all have a property: value and partial are ``[hits, total]``.

    One settlement's observations of one bucket come as one value (`streams.features.plan`).
    """

    def _add(self, partials: dict[int, Any], bucket: int, value: Any) -> None:
        hits, total = partials.get(bucket, (0, 0))
        partials[bucket] = (hits + value[0], total + value[1])

    def _take(self, partials: dict[int, Any], bucket: int, value: Any) -> bool:
        hits, total = partials[bucket]
        partials[bucket] = (hits - value[0], total - value[1])
        return bool(total <= value[1])

    selective = True

    def view(self, state: Any | None, time: int, value: Any, setl_id: str) -> View:
        """See `Aggregate.view`."""
        partials = self.window(state, time)
        evidence = (self, state, time, value, setl_id)
        return ShareView(evidence, sum(p[0] for p in partials), sum(p[1] for p in partials))
