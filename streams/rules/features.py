"""From a declared feature to its specification."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from streams.language.compile import FEATURE_ARGUMENTS
from streams.language.generate import Generator
from streams.language.names import LEVELS, FeatureInfo, Names, Uses
from streams.language.types import ORDERED, Field, Kind, Record
from streams.rules.declarations import name_fault
from streams.rules.expressions import Desk
from streams.rules.section import Section
from streams.rules.specs import FeatureSpec
from streams.rules.windows import Window, read_window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streams.language.compile import FunctionSet
    from streams.language.names import Each
    from streams.language.tree import Node
    from streams.rules.places import Problems
    from streams.rules.yaml_files import Item

KEYS = frozenset(
    {"doc", "scope", "each", "events", "where", "aggregate", "of", "fields", "at"}
    | {"window", "resolution", "limit", "evidence"}
)
REQUIRED = ("doc", "scope", "each", "aggregate", "window")

SCOPES: Mapping[str, Each] = {
    "institution": "settlement",
    "person": "settlement",
    "prescriber": "line",
    "person_item": "line",
    "trace_code": "code",
}
"""Scopes, with the level at which their key is known."""

EVENT_TYPES = ("settlement", "admission", "discharge")
AGGREGATES = ("count", "sum", "distinct", "histogram", "log")
LIMITS = {"distinct": 100, "histogram": 1_000}
"""Different values that a bucket tells apart unless the pack says otherwise; a log has to say."""
MAX_LIMIT = 10_000
EVIDENCE = 10
MAX_EVIDENCE = 100

SUMMABLE = frozenset({Kind.INT, Kind.MONEY, Kind.PRICE, Kind.QUANTITY, Kind.DURATION})
COUNTABLE = ORDERED - {Kind.NUMBER}
STORABLE = ORDERED - {Kind.NUMBER} | {Kind.BOOL}
STORED_BITS = 63
"""What a row holds of a whole number."""


@dataclass(slots=True)
class DeclaredFeature:
    """A checked feature; ``spec`` gives its specification once the functions are compiled."""

    info: FeatureInfo
    uses: Uses
    parts: dict[str, Any]
    """Fields of the specification that are known already."""
    functions: dict[str, Callable[[], Any]] = field(default_factory=dict)

    def spec(self) -> FeatureSpec:
        """Give the specification."""
        ready = {name: function() for name, function in self.functions.items()}
        return FeatureSpec(**{"where": None, "of": None, **self.parts, **ready})


class FeatureBuilder:
    """Checks features one by one; slots are numbered in the order of declaration within a level."""

    def __init__(self, functions: FunctionSet, names: Names, meanings: Mapping[str, str], problems: Problems) -> None:
        self._functions = functions
        self._names = names
        self._meanings = meanings
        self._problems = problems
        self._slots: dict[str, int] = {}

    def declare(self, name: str, item: Item) -> DeclaredFeature | None:
        """Check one feature; None when it was reported."""
        before = len(self._problems.errors)
        section = Section(item, f"feature {name}", self._problems, KEYS, REQUIRED)
        scope = section.choice("scope", tuple(SCOPES))
        each = cast("Each", section.choice("each", tuple(LEVELS)))
        aggregate = section.choice("aggregate", AGGREGATES)
        if not (each and scope and aggregate):
            return None
        if LEVELS[each] < LEVELS[SCOPES[scope]]:
            hint = f"write each: {SCOPES[scope]}"
            section.refuse(section.values["each"], f"the {scope} is not known for each {each}", hint)
            return None
        window = read_window(section, log=aggregate == "log") or Window()
        uses = Uses()
        draft = _Draft(section, Desk(section.owner, self._problems, uses), self._level(each), aggregate)
        draft.read()
        limit = _limit(section, aggregate)
        if len(self._problems.errors) > before:
            return None
        index = self._slots[each] = self._slots.get(each, -1) + 1
        parts = {
            "name": name,
            "fid": f"{name}-{self._digest(section, window, uses)}",
            "doc": section.text("doc"),
            "scope": scope,
            "each": each,
            "aggregate": aggregate,
            "days": window.days,
            "span": window.span,
            "resolution": window.resolution,
            "limit": limit,
            "evidence": section.whole("evidence", EVIDENCE, 0, MAX_EVIDENCE),
            "fields": tuple(draft.entry.fields) if draft.entry is not None else (),
            "events": draft.events,
            "index": index,
        }
        info = draft.info(index, limit)
        return DeclaredFeature(info, uses, parts, draft.write(self._functions, f"feature_{name}"))

    def _level(self, each: Each) -> Names:
        names = self._names
        return Names(
            each=each,
            withheld=names.withheld,
            broken=names.broken,
            references=False,
            exemptions=names.exemptions,
            tables=names.tables,
        )

    def _digest(self, section: Section, window: Window, uses: Uses) -> str:
        """Hash what the state means: everything but names, texts and how much is kept."""
        texts = [section.text(key) for key in ("scope", "each", "aggregate", "where", "of", "at")]
        texts += [f"{key.value}={value.value}" for key, value in section.named("fields")]
        texts += [event.value for event in section.texts("events")]
        texts += [self._meanings[name] for name in sorted(uses.exemptions)]
        texts.append(f"{window.days} {window.span} {window.resolution}")
        joined = "\n".join(" ".join(text.split()) for text in texts)
        return hashlib.sha256(joined.encode()).hexdigest()[:8]


class _Draft:
    """The expressions of one feature."""

    def __init__(self, section: Section, desk: Desk, names: Names, aggregate: str) -> None:
        self.of: Node | None = None
        self.entry: Record | None = None
        self.events: frozenset[str] = frozenset({"settlement"})
        self._section = section
        self._desk = desk
        self._names = names
        self._aggregate = aggregate
        self._where: Node | None = None
        self._at: Node | None = None
        self._fields: list[Node] = []

    def read(self) -> None:
        """Check all of them."""
        section = self._section
        if "events" in section.values:
            self.events = frozenset(item.value for item in section.texts("events"))
            for item in section.texts("events"):
                if item.value not in EVENT_TYPES:
                    section.refuse(item, f"no event of type {item.value!r} is observed", ", ".join(EVENT_TYPES))
        if "where" in section.values:
            self._where = self._desk.condition(section.values["where"], self._names, "where")
        self._read_at()
        if self._aggregate == "log":
            self._read_fields()
        elif "fields" in section.values:
            section.refuse(section.values["fields"], f"a {self._aggregate} has no fields", "only a log has")
        self._read_of()

    def _read_at(self) -> None:
        item = self._section.values.get("at")
        if item is None:
            return
        self._at = self._desk.check(item, self._names, "at")
        if self._at is not None and self._at.type.kind is not Kind.TIME:
            self._section.refuse(item, f"at is a time, this is {self._at.type}")

    def _read_of(self) -> None:
        section, aggregate = self._section, self._aggregate
        item = section.values.get("of")
        if aggregate in {"count", "log"}:
            if item is not None:
                section.refuse(item, f"a {aggregate} has no of")
            return
        if item is None:
            section.refuse(section.item, f"a {aggregate} needs of: what is taken")
            return
        self.of = self._desk.check(item, self._names, "of")
        allowed = SUMMABLE if aggregate == "sum" else COUNTABLE
        if self.of is not None and (self.of.type.kind not in allowed or self.of.bits > STORED_BITS):
            section.refuse(item, f"a {aggregate} cannot be of {self.of.type}" + _too_large(self.of))

    def _read_fields(self) -> None:
        section = self._section
        fields: dict[str, Field] = {}
        for key, value in section.named("fields"):
            fault = name_fault(key.value) if key.value in {"true", "false", "null"} else ""
            if fault or not key.value.isidentifier():
                section.refuse(key, fault or "a field's name is small letters, digits and _")
            node = self._desk.check(value, self._names, f"field {key.value}")
            if node is None:
                continue
            if node.type.kind not in STORABLE or node.bits > STORED_BITS:
                section.refuse(value, f"a field cannot be {node.type}" + _too_large(node))
            fields[key.value] = Field(node.type, len(self._fields))
            self._fields.append(node)
        if not fields:
            section.refuse(section.item, "a log needs fields: {name: expression}")
        self.entry = Record(section.owner.removeprefix("feature ") + " entry", fields)

    def info(self, index: int, limit: int) -> FeatureInfo:
        """Give what expressions need to know of the feature."""
        return FeatureInfo(
            each=self._names.each,
            index=index,
            aggregate=self._aggregate,
            value=None if self.of is None else self.of.type.known(),
            entry=self.entry,
            limit=limit or MAX_LIMIT,
        )

    def write(self, functions: FunctionSet, prefix: str) -> dict[str, Callable[[], Any]]:
        """Add the feature's functions."""
        written: dict[str, Callable[[], Any]] = {}
        if self._where is not None:
            written["where"] = functions.condition(f"{prefix}_where", FEATURE_ARGUMENTS, self._where)
        if self.of is not None:
            written["of"] = functions.value(f"{prefix}_of", FEATURE_ARGUMENTS, self.of)
        if self._fields:
            generator = Generator()
            values = ast.Tuple([generator.value(node) for node in self._fields], ast.Load())
            written["of"] = functions.add(f"{prefix}_of", FEATURE_ARGUMENTS, values)
        at = self._at
        if at is None:
            own = "e.time" if self._names.each == "settlement" else "l.fee_ocur_time"
            written["at"] = functions.add(f"{prefix}_at", FEATURE_ARGUMENTS, ast.parse(own, mode="eval").body)
        else:
            written["at"] = functions.value(f"{prefix}_at", FEATURE_ARGUMENTS, at)
        return written


def _too_large(node: Node) -> str:
    return " that grows so large" if node.bits > STORED_BITS else ""


def _limit(section: Section, aggregate: str) -> int:
    """Read the limit of what a key lists; 0 where it lists nothing."""
    item = section.values.get("limit")
    if aggregate in {"count", "sum"}:
        if item is not None:
            section.refuse(item, f"a {aggregate} keeps no list to limit")
        return 0
    if aggregate == "log" and item is None:
        section.refuse(section.item, "a log without limit is unbounded", "limit: how many entries a key keeps")
    return section.whole("limit", LIMITS.get(aggregate, 1), 1, MAX_LIMIT)
