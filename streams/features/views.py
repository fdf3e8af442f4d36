"""What a rule reads of a feature. Attribute names are those of the expression language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streams.features.aggregates import Aggregate


#: What it takes to name the settlements behind a value, should a rule hit (most never do): the aggregate, its state,
#: the event's time, its own value, and its settlement.
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


class CountView(View):
    """`count`: observations in the window, the event's own among them."""

    __slots__ = ("count",)

    def __init__(self, evidence: Evidence, count: int) -> None:
        self.evidence = evidence
        self.count = count


class SumView(View):
    """`sum`: in the unit of what is summed; `count`: of how many observations."""

    __slots__ = ("count", "sum")

    def __init__(self, evidence: Evidence, total: int, count: int) -> None:
        self.evidence = evidence
        self.sum = total
        self.count = count


class DistinctView(View):
    """`count`: different values in the window."""

    __slots__ = ("count",)

    def __init__(self, evidence: Evidence, count: int) -> None:
        self.evidence = evidence
        self.count = count


class HistogramView(View):
    """`same`: occurrences of the event's own value; `total`: of any value; `distinct`: different values."""

    __slots__ = ("distinct", "same", "total")

    def __init__(self, evidence: Evidence, same: int, total: int, distinct: int) -> None:
        self.evidence = evidence
        self.same = same
        self.total = total
        self.distinct = distinct


class LogView(View):
    """`entries`: one tuple of the declared fields for each remembered observation, oldest first; `count` of them."""

    __slots__ = ("count", "entries")

    def __init__(self, evidence: Evidence, entries: list[tuple[Any, ...]]) -> None:
        self.evidence = evidence
        self.entries = entries
        self.count = len(entries)
