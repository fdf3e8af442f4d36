"""What all aggregates can do: fold an observation into a feature's state, take it out again, and show a view.

State is plain data (lists, dictionaries, integers, texts), so that a row can be written to a changelog as it is; each
module says what its state looks like. Folding and retracting commute: any order of the same observations gives
the same answers, and a retraction leaves what would be there had the observation never come. Two things are
outside of that: evidence, which is bounded and keeps the latest, and what exceeds a declared limit, where
what came first, or latest, is kept. What has left the window is dropped as later observations arrive; an
observation that is later than `FeatureSpec.late` finds its bucket gone and is counted as late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from streams.features.buckets import Count, Share, Sum
from streams.features.logs import Log
from streams.features.stays import Stays
from streams.features.tallies import Distinct, Histogram

if TYPE_CHECKING:
    from streams.features.views import View


class Aggregate(Protocol):
    """One feature's arithmetic."""

    def fold(self, state: Any | None, time: int, value: Any, setl_id: str) -> Any | None:
        """Add an observation; returns the state (made anew when it was None), or None.

        None, and nothing is changed, where the observation is too old for what is still kept.
        """

    def retract(self, state: Any, time: int, value: Any, setl_id: str) -> None:
        """Take out exactly what `fold` with the same arguments put in; what has been dropped is passed over."""

    def view(self, state: Any | None, time: int, value: Any, setl_id: str) -> View:
        """What an event at `time` with its own `value` sees."""

    def settlements(self, state: Any | None, time: int, value: Any, setl_id: str) -> list[str]:
        """Other settlements behind the value that `view` shows, oldest first, as many as are remembered."""

    #: How long after its latest observation a state says anything, ms.
    lives: int

    def newest(self, state: Any) -> int:
        """About when the latest observation was, epoch ms: never before it, a bucket's length after it at most."""


AGGREGATES: dict[str, type[Count | Sum | Share | Distinct | Histogram | Log | Stays]] = {
    "count": Count,
    "sum": Sum,
    "share": Share,
    "distinct": Distinct,
    "histogram": Histogram,
    "log": Log,
    "stays": Stays,
}
"""By the name that packs use; ``past`` keeps no state and is made from another feature's arithmetic."""
