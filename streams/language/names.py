"""What the names in an expression stand for; each place of a pack (a feature, a rule, a message) has its own set."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from streams.language.schema import CODE, EVENT, LINE
from streams.language.types import INT, NUMBER, TIME, Kind, Record, Type

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.language.params import ParamTable
    from streams.language.tree import Node

Each = Literal["settlement", "line", "code"]

LEVELS: Mapping[Each, int] = {"settlement": 0, "line": 1, "code": 2}
"""What is looked at: a settlement as a whole, each line, each trace code of a line. A finer level sees the coarser."""

ROOTS: Mapping[str, tuple[Each, str, Record]] = {
    "event": ("settlement", "e", EVENT),
    "line": ("line", "l", LINE),
    "code": ("code", "k", CODE),
}
"""Root names of the record under test: level from which they exist, variable, record."""

RESERVED = frozenset({*ROOTS, "fact", "param", "lines", "institution", "practitioner", "person"})
"""Names that a feature, an exemption, a named expression or a loop variable must not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureInfo:
    """What an expression needs to know of a feature."""

    each: Each
    """The level at which its key is known: whoever looks at this level or a finer one can read it."""
    index: int
    aggregate: str
    value: Type | None = None
    """Type of what is summed, told apart or compared with its past."""
    entry: Record | None = None
    """A log's entry, or a stay."""
    limit: int = 0
    own_value: bool = True
    """Whether the place that reads it has a value of its own (a feature of lines has none at the settlement)."""
    scope: str = ""
    own: bool = False
    """Whether a log shows the settlement's own entries."""
    by_day: bool = False
    """Whether its window is of calendar days, so that the days themselves can be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableInfo:
    """What an expression needs to know of a knowledge table."""

    fact: Record
    many: bool
    """Whether one code can have several rows."""
    by: Literal["item", "trace"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetInfo:
    """A named expression of the rule."""

    function: str
    index: int
    node: Node
    uses: Uses


@dataclass(slots=True)
class Uses:
    """What an expression turned out to read."""

    features: set[str] = field(default_factory=set)
    references: set[str] = field(default_factory=set)
    params: set[str] = field(default_factory=set)
    exemptions: set[str] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)
    columns: set[tuple[str, str]] = field(default_factory=set)
    """Tables looked up by another column than their code."""
    lets: set[str] = field(default_factory=set)

    def add(self, other: Uses) -> None:
        """Take over what another expression reads."""
        self.features |= other.features
        self.references |= other.references
        self.params |= other.params
        self.exemptions |= other.exemptions
        self.tables |= other.tables
        self.columns |= other.columns
        self.lets |= other.lets


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names that an expression at some place of a pack may mention."""

    each: Each
    features: Mapping[str, FeatureInfo] = field(default_factory=dict)
    withheld: Mapping[str, str] = field(default_factory=dict)
    """Names that exist but mean nothing at this place, with the reason."""
    broken: frozenset[str] = frozenset()
    """Names whose declaration was reported: using them is no further mistake."""
    fact: Record | None = None
    params: ParamTable | None = None
    references: bool = True
    """Whether registry records may be read (features are folded without them)."""
    exemptions: Mapping[str, tuple[Node, Uses]] = field(default_factory=dict)
    tables: Mapping[str, TableInfo] = field(default_factory=dict)
    lets: Mapping[str, LetInfo] = field(default_factory=dict)
    lines: bool = False
    """Whether ``lines``, the number of hit lines, is known (messages)."""

    def roots(self) -> set[str]:
        """List every name an expression may begin with, for hints."""
        known = {name for name, (level, _, _) in ROOTS.items() if LEVELS[level] <= LEVELS[self.each]}
        known |= {*self.features, *self.exemptions, *self.lets}
        if self.fact is not None:
            known.add("fact")
        if self.params is not None:
            known.add("param")
        if self.references:
            known |= {"institution", "person"}
            if self.each != "settlement":
                known.add("practitioner")
        return known | ({"lines"} if self.lines else set())


_KEPT: Mapping[str, Type] = {"since": TIME.maybe(), "history": INT}
_RATIO = NUMBER.maybe()


def properties(info: FeatureInfo) -> Mapping[str, Type]:
    """Give the properties that a feature has, with their types."""
    value = info.value or INT
    usual = (NUMBER if value.kind is Kind.INT else value).maybe()
    extremes = {"min": value.maybe(), "max": value.maybe()}
    ends = {name: Type(Kind.RECORD, nullable=True, record=info.entry) for name in ("first", "last")}
    known: Mapping[str, Mapping[str, Type]] = {
        "count": {"count": INT, **_KEPT},
        "sum": {"sum": value, "count": INT, "mean": value.maybe(), **_KEPT},
        "share": {"hits": INT, "total": INT, "share": NUMBER.maybe(), **_KEPT},
        "distinct": {"count": INT, **extremes, **_KEPT},
        "histogram": {**({"same": INT} if info.own_value else {}), "total": INT, "distinct": INT, **extremes, **_KEPT},
        "log": {"count": INT, **ends},
        "stays": {"count": INT, "open": INT},
        "past": {"now": value, "mean": usual, "deviation": usual, "z": _RATIO, "ratio": _RATIO, **_KEPT},
    }
    return known[info.aggregate]
