"""Finds what a name in an expression stands for, or says which one was probably meant."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from streams.language.names import LEVELS, RESERVED, ROOTS, properties
from streams.language.parse import MAX_NODES, offset_of
from streams.language.problems import did_you_mean
from streams.language.schema import REFERENCES
from streams.language.tree import Const, FeatureGet, FeatureSlot, Get, LetGet, Node, Param, Reference, Var
from streams.language.types import BOOL, INT, NUMERIC, Kind, Type
from streams.language.units import LITERAL_BITS, RATIO_BITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.language.check import Checker
    from streams.language.names import FeatureInfo

SUM_BITS = 96
"""Sums over a window: 2^43 amounts of 2^53 fen each would be needed to pass it."""

OF_VALUE = frozenset({"sum", "mean", "min", "max", "now", "deviation"})
"""Properties in the unit of what is observed."""


def bare(checker: Checker, node: ast.Name) -> Node:
    """Check a bare name."""
    name, at = node.id, offset_of(node, checker.text)
    if name in checker.names.broken:
        return checker.passed_over()
    if name in checker.loops:
        return replace(checker.loops[name], at=at)
    return _variable(checker, name, at) or _declared(checker, node, name, at)


def _declared(checker: Checker, node: ast.Name, name: str, at: int) -> Node:
    """Give the node of a name that the pack declares."""
    if name in checker.names.lets:
        return _let(checker, name, at)
    if name in checker.names.exemptions:
        return _exemption(checker, node, name)
    if name in checker.names.features:
        return _feature(checker, node, name, "")
    return _unknown_name(checker, node, name)


def _variable(checker: Checker, name: str, at: int) -> Node | None:
    """Give the node of a name that every pack has; None when it does not exist here."""
    names = checker.names
    found: Node | None = None
    if name in ROOTS and LEVELS[ROOTS[name][0]] <= LEVELS[names.each]:
        _, variable, record = ROOTS[name]
        found = Var(type=Type(Kind.RECORD, record=record), name=variable, at=at)
    elif name == "fact" and names.fact is not None:
        found = Var(type=Type(Kind.RECORD, record=names.fact), name="fact", at=at)
    elif name in REFERENCES and names.references and (name != "practitioner" or names.each != "settlement"):
        checker.uses.references.add(name)
        found = Reference(type=Type(Kind.RECORD, nullable=True, record=REFERENCES[name]), name=name, at=at)
    elif name == "lines" and names.lines:
        found = Var(type=INT, name="lines", at=at, bits=LITERAL_BITS)
    elif name in {"true", "false"}:
        found = Const(type=BOOL, value=name == "true", at=at, closed=True)
    return found


def _unknown_name(checker: Checker, node: ast.expr, name: str) -> Node:
    if name in checker.names.withheld:
        return checker.error(node, f"{name} cannot be used here", checker.names.withheld[name])
    if name in ROOTS:
        level = ROOTS[name][0]
        return checker.error(
            node,
            f"there is no {name} when each: {checker.names.each}",
            f"write each: {level}, or go through all of them: any(x... for x in event.feedetail)",
        )
    if name == "fact":
        return checker.error(node, "there is no fact without a table", "name the knowledge table with table:")
    if name in {"null", "none", "None"}:
        return checker.error(node, f"{name} is not a value", "ask known(x) whether a value is there")
    if name in RESERVED:
        return checker.error(node, f"{name} cannot be used here")
    return checker.error(node, f"unknown name {name!r}", did_you_mean(name, {*checker.names.roots(), *checker.loops}))


def _let(checker: Checker, name: str, at: int) -> Node:
    info = checker.names.lets[name]
    checker.uses.lets.add(name)
    checker.uses.add(info.uses)
    return LetGet(type=info.node.type, function=info.function, index=info.index, at=at, bits=info.node.bits)


def _exemption(checker: Checker, node: ast.expr, name: str) -> Node:
    inlined, uses = checker.names.exemptions[name]
    if uses.references and not checker.names.references:
        return checker.error(node, f"exemption {name} reads a registry, which is not known here")
    checker.uses.exemptions.add(name)
    checker.uses.add(uses)
    checker.inlined += _size(inlined)
    if checker.inlined > MAX_NODES:
        return checker.error(node, f"the expression has more than {MAX_NODES} parts with its exemptions written out")
    return inlined


def attribute(checker: Checker, node: ast.Attribute) -> Node:
    """Check ``base.attr``."""
    declared = _declared_attribute(checker, node)
    if declared is not None:
        return declared
    base = checker.check(node.value)
    record = base.type.record
    if base.type.kind is not Kind.RECORD or record is None:
        return base if base.type.kind is Kind.ERROR else checker.error(node, f"{base.type} has no attributes")
    found = record.fields.get(node.attr)
    if found is None:
        return checker.error(node, f"{record.name} has no {node.attr!r}", did_you_mean(node.attr, record.fields))
    if found.hint:
        return checker.error(node, f"{record.name}.{node.attr} is withheld", found.hint)
    bits = LITERAL_BITS + (RATIO_BITS if found.type.kind is Kind.NUMBER else 0)
    return Get(
        type=found.type.maybe(base.type.nullable),
        base=base,
        field=found,
        at=offset_of(node, checker.text),
        bits=bits if found.type.kind in NUMERIC else 0,
        work=base.work,
    )


def _declared_attribute(checker: Checker, node: ast.Attribute) -> Node | None:
    """Give the node of ``param.x`` or ``feature.x``; None when the base is neither."""
    if not isinstance(node.value, ast.Name) or node.value.id in checker.loops:
        return None
    name = node.value.id
    if name in checker.names.broken:
        return checker.passed_over()
    if name == "param" and checker.names.params is not None:
        return _param(checker, node)
    return _feature(checker, node, name, node.attr) if name in checker.names.features else None


def _param(checker: Checker, node: ast.Attribute) -> Node:
    params = checker.names.params
    assert params is not None  # noqa: S101 - the caller looked
    name = node.attr
    if name not in params.values:
        return checker.error(node, f"the rule has no parameter {name!r}", did_you_mean(name, params.values))
    checker.uses.params.add(name)
    type_ = params.types.get(name)
    index = None if type_ is None else params.slot(name, type_.kind)
    if type_ is None or index is None:
        return checker.passed_over()
    bits = LITERAL_BITS + (RATIO_BITS if type_.kind is Kind.NUMBER else 0)
    return Param(type=type_, name=name, index=index, at=offset_of(node, checker.text), bits=bits)


def _feature(checker: Checker, node: ast.expr, name: str, prop: str) -> Node:
    info = checker.names.features[name]
    checker.uses.features.add(name)
    if LEVELS[info.each] > LEVELS[checker.names.each]:
        return checker.error(
            node,
            f"feature {name} is known for each {info.each}, this is looked at for each {checker.names.each}",
            f"write each: {info.each}",
        )
    slot = FeatureSlot(info.each, info.index)
    if not prop:
        return _entries(checker, node, name, info, slot)
    known = properties(info)
    if prop not in known:
        return checker.error(node, f"a {info.aggregate} has no {prop!r}", _hint(info, prop, known))
    if prop in OF_VALUE and info.value is None:
        return checker.passed_over()
    type_ = known[prop]
    bits = SUM_BITS if prop in OF_VALUE else LITERAL_BITS
    bits += RATIO_BITS if type_.kind is Kind.NUMBER else 0
    return FeatureGet(type=type_, slot=slot, prop=prop, at=offset_of(node, checker.text), bits=bits)


def _hint(info: FeatureInfo, prop: str, known: Mapping[str, Type]) -> str:
    if prop == "same" and not info.own_value:
        return "what is observed for each line has no value of its own here"
    return did_you_mean(prop, known)


def _entries(checker: Checker, node: ast.expr, name: str, info: FeatureInfo, slot: FeatureSlot) -> Node:
    if info.aggregate not in {"log", "stays"}:
        names = ", ".join(f"{name}.{prop}" for prop in properties(info) if prop not in {"since", "history"})
        return checker.error(node, f"{name} is a feature, not a value", f"write {names}")
    type_ = Type(Kind.RECORDS, record=info.entry, limit=info.limit)
    return FeatureGet(type=type_, slot=slot, prop="entries", at=offset_of(node, checker.text))


def _size(node: Node) -> int:
    return 1 + sum(_size(part) for part in node.parts())
