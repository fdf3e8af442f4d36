"""Stays: what is known of each by admission, discharge and settlement, and which are open.

State is ``[newest, {key: {source: [begin, end, field, …]}}, {key: begin}]``; the last names the stays whose end is not
known. A stay is known by its key (``mdtrt_id``). Each source says what it knows: all admissions of one stay
together (``a``), all discharges (``d``), and each settlement by its ``setl_id``. An admission or discharge that
is sent again, or sent corrected, adds no stay: the earliest begin and the latest end hold. A settlement that is
reversed takes its word back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.contract.time import DAY_MS
from streams.features.views import StaysView

if TYPE_CHECKING:
    from streams.features.views import View
    from streams.rules.feature_specs import FeatureSpec

NEWEST, KNOWN, OPEN = range(3)
"""Places in a state."""
SWEEP_EVERY = 16
"""Every so many stays it is looked which of them ended a window ago."""
KINDS = ("d", "a")
"""Sources that are not settlements, the better informed first."""

Part = list[Any]


def _merged(one: Part, other: Part) -> Part:
    """The earliest begin, the latest end, of other fields the greater of two known values: in any order the same."""
    begins = [part[0] for part in (one, other) if part[0] is not None]
    rest = [
        max(pair) if None not in pair else next((value for value in pair if value is not None), None)
        for pair in zip(one[1:], other[1:], strict=True)
    ]
    return [min(begins, default=None), *rest]


class Stays:
    """Stays of a person, or at an institution; a stay ends to be remembered `window` after its end."""

    def __init__(self, spec: FeatureSpec) -> None:
        self.span = spec.span or spec.days * DAY_MS
        self.limit = spec.limit
        self.lives = self.span

    def newest(self, state: Any) -> int:
        """See `Aggregate.newest`."""
        return int(state[NEWEST])

    def fold(self, state: Any | None, time: int, value: Any, setl_id: str) -> Any | None:
        """See `Aggregate.fold`; `value` is (kind of event, key, begin, end, field, …)."""
        if state is None:
            state = [time, {}, {}]
        elif time > state[NEWEST]:
            state[NEWEST] = time
        elif time < state[NEWEST] - self.span:
            return None
        kind, key, *part = value
        known = state[KNOWN]
        if key not in known and (len(known) >= self.limit or len(known) % SWEEP_EVERY == 0):
            self._make_room(state)
        sources = known.setdefault(key, {})
        source = setl_id if kind == "s" else kind
        sources[source] = _merged(sources[source], part) if source in sources else list(part)
        self._index(state, key)
        return state

    def retract(self, state: Any, time: int, value: Any, setl_id: str) -> None:  # noqa: ARG002
        """See `Aggregate.retract`."""
        sources = state[KNOWN].get(value[1])
        if sources is None or setl_id not in sources:
            return
        del sources[setl_id]
        if not sources:
            del state[KNOWN][value[1]]
        self._index(state, value[1])

    def view(self, state: Any | None, time: int, value: Any, setl_id: str) -> View:
        """See `Aggregate.view`."""
        return StaysView((self, state, time, value, setl_id))

    def settlements(self, state: Any | None, time: int, value: Any, setl_id: str) -> list[str]:  # noqa: ARG002
        """Settlements of stays that are known, oldest stay first."""
        if state is None:
            return []
        found = [source for sources in state[KNOWN].values() for source in sources if source not in KINDS]
        return [source for source in found if source != setl_id][-self.limit :]

    def entries(self, state: Any | None) -> list[tuple[Any, ...]]:
        """Each stay: key, begin, end (None while it is not known), fields; earliest begin first."""
        if state is None:
            return []
        horizon = state[NEWEST] - self.span
        recent = [(key, sources) for key, sources in state[KNOWN].items() if self._latest(sources) >= horizon]
        found = [(key, *self._summary(sources)) for key, sources in recent]
        return sorted((stay for stay in found if stay[1] is not None), key=lambda stay: (stay[1], stay[0]))

    def open(self, state: Any | None, time: int) -> int:
        """How many stays have begun and not ended, as far as is known; those begun a window ago are not believed."""
        if state is None:
            return 0
        return sum(begin > time - self.span for begin in state[OPEN].values())

    def _summary(self, sources: dict[str, Part]) -> Part:
        ordered = [part for source, part in sorted(sources.items()) if source not in KINDS]
        ordered += [sources[kind] for kind in KINDS if kind in sources]
        begins = [part[0] for part in ordered if part[0] is not None]
        ends = [part[1] for part in ordered if part[1] is not None]
        rest = [next((value for value in values if value is not None), None) for values in zip(*ordered, strict=True)]
        return [min(begins, default=None), max(ends, default=None), *rest[2:]]

    def _index(self, state: Any, key: str) -> None:
        """Keep the list of open stays in step."""
        state[OPEN].pop(key, None)
        sources = state[KNOWN].get(key)
        if not sources or any(part[1] is not None for part in sources.values()):
            return
        begins = [part[0] for part in sources.values() if part[0] is not None]
        if begins:
            state[OPEN][key] = min(begins)

    @staticmethod
    def _latest(sources: dict[str, Part]) -> int:
        return max((at for part in sources.values() for at in part[:2] if at is not None), default=0)

    def _make_room(self, state: Any) -> None:
        """Before a new stay: forget those that ended a window ago, then the earliest of what is too much."""
        known, horizon = state[KNOWN], state[NEWEST] - self.span
        ends = {key: self._latest(sources) for key, sources in known.items()}
        gone = [key for key, end in ends.items() if end < horizon]
        left = sorted((end, key) for key, end in ends.items() if end >= horizon)
        gone += [key for _, key in left[: max(0, len(left) - self.limit + 1)]]
        for key in gone:
            del known[key]
            state[OPEN].pop(key, None)
