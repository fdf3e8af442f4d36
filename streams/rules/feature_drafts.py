"""The expressions of one declared feature: where, of, at, fields, and what a stay is made of."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streams.language.builders import NONE, call, compared, constant, either, item, load, name, store
from streams.language.compile import FEATURE_ARGUMENTS
from streams.language.demands import of_event_alone, shows_another, tables_of
from streams.language.generate import Generator
from streams.language.tree import Node, conjunction, conjuncts
from streams.language.types import INT, ORDERED, TEXT, TIME, Field, Kind, Record
from streams.rules.declarations import name_fault
from streams.rules.feature_specs import FeatureSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streams.language.compile import FunctionSet
    from streams.language.names import FeatureInfo, Names, Uses
    from streams.language.types import Type
    from streams.rules.expressions import Desk
    from streams.rules.section import Section
    from streams.rules.yaml_files import Item

EVENT_TYPES = ("settlement", "admission", "discharge")
SUMMABLE = frozenset({Kind.INT, Kind.MONEY, Kind.PRICE, Kind.QUANTITY, Kind.DURATION})
COUNTABLE = ORDERED - {Kind.NUMBER}
STORABLE = ORDERED - {Kind.NUMBER} | {Kind.BOOL}
STORED_BITS = 63
"""What a row holds of a whole number."""

OF: Mapping[str, frozenset[Kind]] = {
    "sum": SUMMABLE,
    "share": frozenset({Kind.BOOL}),
    "distinct": COUNTABLE,
    "histogram": COUNTABLE,
    "stays": frozenset({Kind.TEXT}),
}
"""What an aggregate can be of; those that are missing here take nothing."""

FIRST_FIELD = {"log": 2, "stays": 3}
"""Where the declared fields begin in an entry."""
GIVEN: Mapping[str, Mapping[str, Field]] = {
    "log": {"time": Field(TIME, 0), "setl_id": Field(TEXT, 1)},
    "stays": {"key": Field(TEXT, 0), "begin": Field(TIME, 1), "end": Field(TIME.maybe(), 2)},
}
"""Fields that every entry has."""


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


class Draft:
    """The expressions of one feature."""

    def __init__(self, section: Section, desk: Desk, names: Names, aggregate: str) -> None:
        self.of: Node | None = None
        self.entry: Record | None = None
        self.fields: tuple[str, ...] = ()
        self.events: frozenset[str] = frozenset({"settlement"})
        self._section = section
        self._desk = desk
        self._names = names
        self._aggregate = aggregate
        self._where: Node | None = None
        self._at: Node | None = None
        self._begin: Node | None = None
        self._end: Node | None = None
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
        self._at = self._time("at")
        self._read_of()
        if self._aggregate in FIRST_FIELD:
            self._read_fields()
        elif "fields" in section.values:
            section.refuse(section.values["fields"], f"a {self._aggregate} has no fields", "only a log has")
        self._read_stay()

    def _time(self, key: str) -> Node | None:
        item = self._section.values.get(key)
        if item is None:
            return None
        node = self._desk.check(item, self._names, key)
        if node is not None and node.type.kind is not Kind.TIME:
            self._section.refuse(item, f"{key} is a time, this is {node.type}")
        return node

    def _read_of(self) -> None:
        section, aggregate = self._section, self._aggregate
        item = section.values.get("of")
        allowed = OF.get(aggregate)
        if allowed is None:
            if item is not None:
                section.refuse(item, f"a {aggregate} has no of")
            return
        if item is None:
            section.refuse(section.item, f"a {aggregate} needs of: what is taken")
            return
        self.of = self._desk.check(item, self._names, "of")
        if self.of is None:
            return
        if self.of.type.kind not in allowed or self.of.bits > STORED_BITS:
            section.refuse(item, f"a {aggregate} cannot be of {self.of.type}" + _too_large(self.of))
        elif aggregate == "stays" and self.of.type.nullable:
            section.refuse(item, "a stay needs a key that is always known", "such as event.mdtrt_id")

    def _read_fields(self) -> None:
        section, aggregate = self._section, self._aggregate
        fields = dict(GIVEN[aggregate])
        for key, value in section.named("fields"):
            fault = name_fault(key.value) if key.value in {"true", "false", "null"} else ""
            if key.value in GIVEN[aggregate]:
                fault = f"every entry of a {aggregate} has its {key.value}"
            if fault or not key.value.isidentifier():
                section.refuse(key, fault or "a field's name is small letters, digits and _")
            node = self._desk.check(value, self._names, f"field {key.value}")
            if node is None:
                continue
            if node.type.kind not in STORABLE or node.bits > STORED_BITS:
                section.refuse(value, f"a field cannot be {node.type}" + _too_large(node))
            if key.value not in GIVEN[aggregate]:
                fields[key.value] = Field(node.type, FIRST_FIELD[aggregate] + len(self._fields))
                self._fields.append(node)
        self.fields = tuple(name for name in fields if name not in GIVEN[aggregate])
        self.entry = Record(section.owner.removeprefix("feature ") + " entry", fields)

    def _read_stay(self) -> None:
        self._begin, self._end = self._time("begin"), self._time("end")
        wanted = self._aggregate == "stays"
        for key, node in (("begin", self._begin), ("end", self._end)):
            if wanted and key not in self._section.values:
                self._section.refuse(self._section.item, f"stays need {key}: a time, such as event.{key}date")
            elif not wanted and node is not None:
                self._section.refuse(self._section.values[key], f"a {self._aggregate} has no {key}")

    def value_type(self) -> Type | None:
        """Tell the type of what is summed or told apart; a count's is a whole number."""
        if self._aggregate == "count":
            return INT
        return None if self.of is None or self._aggregate in {"share", "stays"} else self.of.type.known()

    def tables(self) -> tuple[tuple[str, str], ...]:
        """Name tables and columns such that only lines with an item in one of them are observed; none if any may be."""
        return tuple(tables_of(self._where)) if self._where is not None else ()

    def known_codes(self) -> bool:
        """Whether only trace codes that were met before are observed."""
        parts = () if self._where is None else conjuncts(self._where)
        return self._names.each == "code" and any(shows_another(part, self._names) for part in parts)

    def write(self, functions: FunctionSet, prefix: str) -> dict[str, Callable[[], Any]]:
        """Add the feature's functions."""
        written: dict[str, Callable[[], Any]] = {}
        if self._where is not None:
            written["where"] = functions.condition(f"{prefix}_where", FEATURE_ARGUMENTS, self._where)
        value = self._value(Generator())
        if value is not None:
            written["of"] = functions.add(f"{prefix}_of", FEATURE_ARGUMENTS, value)
        written["at"] = functions.add(f"{prefix}_at", FEATURE_ARGUMENTS, self._time_code(Generator()))
        gate, _ = self._split()
        if gate is not None:
            written["gate"] = functions.condition(f"{prefix}_gate", "e", gate)
            key = ast.dump(Generator().truth(gate))
            written["gate_key"] = lambda: key
        return written

    def _split(self) -> tuple[Node | None, Node | None]:
        """Take what ``where`` demands of the event alone apart from the rest."""
        if self._where is None or self._names.each == "settlement":
            return None, self._where
        parts = conjuncts(self._where)
        gate = [part for part in parts if of_event_alone(part)]
        return conjunction(gate), conjunction([part for part in parts if part not in gate])

    def step(self, fid: str, part: str) -> ast.stmt:
        """Write the statement that appends what is observed to ``seen``; gates are passed.

        Args:
            fid: Of the feature.
            part: What names the part of the row; empty = the row as a whole.
        """
        generator = Generator()
        _, rest = self._split()
        tests = [] if rest is None else [generator.truth(rest)]
        found: list[ast.expr] = [constant(fid), name(part) if part else constant("")]
        value = self._value(generator) or NONE
        for code, nullable in (
            (self._time_code(generator), self._at is not None and self._at.type.nullable),
            (value, self.of is not None and self.of.type.nullable),
        ):
            temp = generator.temp()
            if nullable:
                tests.append(compared(ast.NamedExpr(store(temp), code), ast.IsNot(), NONE))
            found.append(load(temp) if nullable else code)
        if self._aggregate == "share" and self._names.each == "settlement":
            # Hits and total: no other observation of the settlement is added to it.
            found[-1] = ast.List([ast.IfExp(found[-1], constant(1), constant(0)), constant(1)], ast.Load())
        found += [constant(1), name("t" if self._aggregate == "log" and self._names.each == "line" else "s")]
        append = ast.Expr(call("seen.append", call("_observation", *found)))
        return ast.If(either("and", tests), [append], []) if tests else append

    def _time_code(self, generator: Generator) -> ast.expr:
        if self._at is not None:
            return generator.value(self._at)
        return name("e.time" if self._names.each == "settlement" else "l.fee_ocur_time")

    def _value(self, generator: Generator) -> ast.expr | None:
        """Write what is taken; None where nothing is."""
        fields = [generator.value(node) for node in self._fields]
        if self._aggregate == "log":
            return ast.Tuple(fields, ast.Load())
        if self._aggregate == "stays" and self.of and self._begin and self._end:
            stay = [item(name("e.event_type"), 0), *(generator.value(n) for n in (self.of, self._begin, self._end))]
            return ast.Tuple([*stay, *fields], ast.Load())
        return None if self.of is None else generator.value(self.of)


def _too_large(node: Node) -> str:
    return " that grows so large" if node.bits > STORED_BITS else ""


def expressions(item: Item) -> str:
    """Give the texts of a feature's expressions, to see which names they mention."""
    texts = []
    for key, value in item.items() if item.kind == "mapping" else ():
        if key.value in {"where", "of", "at", "begin", "end"} and value.kind == "text":
            texts.append(value.value)
        elif key.value == "fields" and value.kind == "mapping":
            texts += [field.value for _, field in value.items() if field.kind == "text"]
    return "\n".join(texts)
