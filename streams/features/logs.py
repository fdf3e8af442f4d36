"""Logs: the latest observations themselves, at most `limit`, each with the declared fields.

State is ``[[time, setl_id, field, …], …]``, oldest event time first.

A log of lines sees refund lines too: such a line puts in an entry that names the refunded settlement behind `CANCELS`,
and one entry of that settlement (the one with the same ``item``, if the log has such a field) is hidden from every
view. So a partial refund takes its line out of the log however the two arrive, and reversing the refund
brings it back. Part of a line's quantity hides the whole line: the log then errs on the silent side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.contract.time import DAY_MS
from streams.features.views import LogView

if TYPE_CHECKING:
    from streams.features.views import View
    from streams.rules.feature_specs import FeatureSpec

CANCELS = "\x18"
"""Begins the setl_id of an entry that hides one of that settlement."""
ITEM = "item"
"""The field by which a refund line finds the entry it hides, where the log's key does not name the item."""


def forget(entries: list[Any], entry: tuple[Any, ...]) -> None:
    """Take an entry out, whether it is a tuple or was read from a changelog as a list."""
    for place, found in enumerate(entries):
        if tuple(found) == entry:
            del entries[place]
            return


class Log:
    """The latest observations themselves."""

    def __init__(self, spec: FeatureSpec) -> None:
        self.span = spec.span or spec.days * DAY_MS
        self.limit = spec.limit
        self.lives = self.span
        #: Whether a settlement sees its own entries too.
        self.own = spec.own
        self.cancels = spec.each == "line"
        self.item = 2 + spec.fields.index(ITEM) if ITEM in spec.fields else None

    def newest(self, state: Any) -> int:
        """See `Aggregate.newest`."""
        return int(state[-1][0]) if state else 0

    def fold(self, state: Any | None, time: int, value: Any, setl_id: str) -> Any | None:
        """See `Aggregate.fold`: an entry that would be the first to go is not worth keeping."""
        # A tuple: the garbage collector need not look at it again and again. Read from a changelog it is a list.
        entry = (time, setl_id, *value)
        if not state:
            return [entry]
        if time >= state[-1][0]:
            state.append(entry)
        elif time < state[0][0] and len(state) >= self.limit:
            return None
        else:
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
        forget(state, (time, setl_id, *value))

    def view(self, state: Any | None, time: int, value: Any, setl_id: str) -> View:
        """See `Aggregate.view`: entries within the window, on either side of `time`."""
        return LogView((self, state, time, value, setl_id), self.live(state, time, setl_id))

    def settlements(self, state: Any | None, time: int, value: Any, setl_id: str) -> list[str]:  # noqa: ARG002
        """See `Aggregate.settlements`."""
        return [found for found in dict.fromkeys(e[1] for e in self.live(state, time, setl_id)) if found != setl_id]

    def live(self, state: Any | None, time: int, setl_id: str) -> list[Any]:
        """The entries that a settlement sees."""
        if not state or (len(state) == 1 and state[0][1] == setl_id and not self.own):
            return []  # nearly every trace code: sold once, here
        span = self.span
        if self.own:
            found = [e for e in state if -span <= e[0] - time <= span]
        else:
            found = [e for e in state if e[1] != setl_id and -span <= e[0] - time <= span]
        if self.cancels:
            for entry in found:
                if entry[1].startswith(CANCELS):
                    return self._uncancelled(found)
        return found

    def everything(self, state: Any) -> list[Any]:
        """All entries that are remembered, the settlement's own among them."""
        if self.cancels and any(entry[1].startswith(CANCELS) for entry in state):
            return self._uncancelled(state)
        return list(state)

    def _uncancelled(self, entries: list[Any]) -> list[Any]:
        kept = [e for e in entries if not e[1].startswith(CANCELS)]
        item = self.item
        for entry in entries:
            if not entry[1].startswith(CANCELS):
                continue
            target = entry[1].removeprefix(CANCELS)
            for other in kept:
                if other[1] == target and (item is None or other[item] == entry[item]):
                    kept.remove(other)
                    break
        return kept
