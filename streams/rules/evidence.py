"""What a rule saw, as JSON: parameters, the fact row, features with the settlements behind them, named values."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from streams.language.builders import call, constant, load
from streams.language.generate import Generator
from streams.language.generate_values import view_code
from streams.language.names import LEVELS
from streams.language.problems import did_you_mean
from streams.language.resolve import OF_VALUE
from streams.language.texts import as_json
from streams.language.tree import FeatureSlot, Node, Param
from streams.language.types import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.language.compile import FunctionSet
    from streams.language.names import FeatureInfo, Names, Uses
    from streams.language.params import ParamTable
    from streams.rules.expressions import Desk
    from streams.rules.knowledge import Fact
    from streams.rules.section import Section
    from streams.rules.yaml_files import Item

ENTRIES_SHOWN = 20
"""Latest entries of a log that evidence lists; a clerk reads no more."""

RATIO_PLACES = 4
"""Decimals of a ratio in evidence."""

PLAIN = frozenset({"params", "fact"})
"""Names that evidence gives by itself."""


def _counts(view: Any, names: tuple[str, ...], kind: Kind) -> dict[str, Any]:
    found = {name: as_json(_rounded(getattr(view, name)), kind if name in OF_VALUE else Kind.INT) for name in names}
    return found | _settlements(view)


def _rounded(value: Any) -> Any:
    return round(value, RATIO_PLACES) if isinstance(value, float) else value


def _settlements(view: Any) -> dict[str, list[str]]:
    settlements = list(view.settlements)
    return {"settlements": settlements} if settlements else {}


def _log(view: Any, fields: tuple[tuple[str, Kind], ...]) -> dict[str, Any]:
    entries = view.entries
    shown = [
        {name: as_json(value, kind) for (name, kind), value in zip(fields, entry, strict=True)}
        for entry in entries[-ENTRIES_SHOWN:]
    ]
    return {"count": len(entries), "entries": shown} | _settlements(view)


def _fact(fact: Fact, fields: tuple[tuple[str, Kind], ...]) -> dict[str, Any]:
    return {name: as_json(getattr(fact, name), kind) for name, kind in fields}


HELPERS = {"_counts": _counts, "_log": _log, "_fact": _fact, "_json": as_json}
SHOWN = {
    "count": ("count",),
    "sum": ("sum", "count"),
    "share": ("hits", "total"),
    "distinct": ("count",),
    "histogram": ("same", "total", "distinct"),
    "past": ("now", "mean", "deviation", "z", "history"),
}
"""What evidence tells of a feature."""


class EvidenceWriter:
    """Writes the evidence function of one rule.

    Args:
        functions: Takes kinds and helpers as constants.
        prefix: Begins the names of those constants.
    """

    def __init__(self, functions: FunctionSet, prefix: str) -> None:
        self._functions = functions
        self._prefix = prefix
        self._values: dict[str, ast.expr] = {}
        for name, helper in HELPERS.items():
            functions.constant(name, helper)

    def params(self, params: ParamTable, uses: Uses) -> None:
        """Show the parameters that the rule reads, with the values that held."""
        shown = {}
        for name in sorted(uses.params):
            type_ = params.types.get(name)
            index = None if type_ is None else params.slot(name, type_.kind)
            if type_ is not None and index is not None:
                shown[name] = self._json(Param(type=type_, name=name, index=index))
        if shown:
            self._values["params"] = _dict(shown)

    def fact(self, names: Names) -> None:
        """Show the row of the rule's table, without dates, areas and basis."""
        if names.fact is not None:
            hidden = {"effective_from", "effective_to", "basis"}
            kinds = tuple((name, field.type.kind) for name, field in names.fact.fields.items() if name not in hidden)
            self._values["fact"] = call("_fact", load("fact"), self._constant("fact", kinds))

    def feature(self, name: str, info: FeatureInfo) -> None:
        """Show a feature."""
        view = view_code(FeatureSlot(info.each, info.index))
        if info.entry is not None:
            kinds = tuple((name, field.type.kind) for name, field in info.entry.fields.items())
            self._values[name] = call("_log", view, self._constant(name, kinds))
        else:
            kind = info.value.kind if info.value is not None else Kind.INT
            names = constant(tuple(name for name in SHOWN[info.aggregate] if name != "same" or info.own_value))
            self._values[name] = call("_counts", view, names, self._constant(f"{name}_kind", kind))

    def value(self, name: str, node: Node) -> None:
        """Show a named value."""
        self._values[name] = self._json(node)

    def code(self) -> ast.expr:
        """Write the expression that makes the evidence."""
        return _dict(self._values)

    def _json(self, node: Node) -> ast.expr:
        kind = node.type.kind
        return call("_json", Generator().value(node), self._constant(f"json_{kind.name}", kind))

    def _constant(self, name: str, value: Any) -> ast.expr:
        full = f"{self._prefix}_{name}"
        self._functions.constant(full, value)
        return load(full)


def _dict(values: Mapping[str, ast.expr]) -> ast.expr:
    return ast.Dict([ast.Constant(name) for name in values], list(values.values()))


def read_evidence(section: Section, desk: Desk, names: Names, writer: EvidenceWriter) -> None:
    """Check ``evidence``: a list of features and of ``{name: expression}``, or such a mapping alone."""
    item = section.values.get("evidence")
    if item is None:
        return
    for element in item.elements() if item.kind == "list" else [item]:
        if element.kind == "mapping":
            for key, value in element.items():
                _read_value(section, desk, names, writer, key, value)
        elif element.value in names.features:
            _read_feature(section, desk, names, writer, element)
        elif element.value not in names.broken:
            hint = did_you_mean(element.value, names.features) or "{name: expression} shows any value"
            section.refuse(element, f"evidence: there is no feature {element.value!r}", hint)


def _read_feature(section: Section, desk: Desk, names: Names, writer: EvidenceWriter, element: Item) -> None:
    name = element.value
    info = names.features[name]
    desk.uses.features.add(name)
    if LEVELS[info.each] > LEVELS[names.each]:
        section.refuse(
            element, f"evidence: feature {name} is observed for each {info.each}", f"write each: {info.each}"
        )
    else:
        writer.feature(name, info)


def _read_value(section: Section, desk: Desk, names: Names, writer: EvidenceWriter, key: Item, value: Item) -> None:
    if key.value in PLAIN or not key.value.isidentifier():
        section.refuse(key, f"evidence: {key.value!r} cannot be a name", "small letters, digits and _")
        return
    node = desk.check(value, names, f"evidence {key.value}")
    if node is None:
        return
    if node.type.kind in {Kind.RECORD, Kind.RECORDS}:
        section.refuse(value, f"evidence {key.value}: {node.type} cannot be shown", "take one of its attributes")
        return
    writer.value(key.value, node)
