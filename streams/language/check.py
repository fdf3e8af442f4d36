"""Gives every part of an expression a type and a unit, or says why it has none.

A part that was reported has the type ``ERROR``, with which everything is allowed: one mistake is reported once, and
the rest of the expression is still checked.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from streams.language import functions, operators
from streams.language.generate import constant_of
from streams.language.names import LEVELS, PROPERTIES, RESERVED, ROOTS, Names, Uses
from streams.language.parse import MAX_NODES, SyntaxFault, offset_of, parse
from streams.language.problems import did_you_mean
from streams.language.schema import REFERENCES
from streams.language.tree import (
    Const,
    FeatureGet,
    FeatureSlot,
    Get,
    If,
    LetGet,
    Logic,
    Node,
    Not,
    Param,
    Reference,
    Var,
    children,
)
from streams.language.types import BOOL, ERROR, INT, NUMBER, NUMERIC, TEXT, Kind, Type

if TYPE_CHECKING:
    from streams.language.names import FeatureInfo

Report = Callable[[int, str, str], None]
"""Takes a fault: offset in the text in characters, message, hint."""

LITERAL_BITS = 53
"""Literals, amounts and counts stay below 2^53 (the contract refuses larger amounts)."""
SUM_BITS = 96
"""Sums over a window: 2^53 amounts of 2^43 fen each would be needed to pass it."""
RATIO_BITS = 54
"""What the rounding of a binary float can add to the magnitude of a number or of its reciprocal."""
MAX_BITS = 512
"""Values stay far below the end of a float (2^1023), so that no division overflows."""


class Checker:
    """Checks one expression.

    Args:
        text: The expression.
        names: What it may mention.
        report: Called for each fault.
    """

    def __init__(self, text: str, names: Names, report: Report) -> None:
        self.text = text
        self.names = names
        self.uses = Uses()
        self.loops: dict[str, Var] = {}
        self.loop_count = 0
        self._report = report
        self._inlined = 0
        self.failed = False

    def run(self) -> Node | None:
        """Check the whole expression; None when it was reported."""
        try:
            tree = parse(self.text)
        except SyntaxFault as fault:
            self._fail(fault.offset, fault.message, fault.hint)
            return None
        node = self.check(tree)
        return None if self.failed else node

    def check(self, node: ast.expr) -> Node:
        """Check one part."""
        handler = HANDLERS.get(type(node))
        if handler is None:
            return self.error(node, f"{type(node).__name__} is not part of the language")
        found: Node = handler(self, node)
        if found.bits > MAX_BITS:
            return self.error(node, "the value can grow too large to compute with")
        return found

    def error(self, node: ast.expr, message: str, hint: str = "") -> Node:
        """Report a part; gives the node that stands for it."""
        self._fail(offset_of(node, self.text), message, hint)
        return Const(type=ERROR, value=None, at=offset_of(node, self.text))

    def _fail(self, offset: int, message: str, hint: str) -> None:
        self.failed = True
        self._report(offset, message, hint)

    def condition(self, node: ast.expr) -> Node:
        """Check a part that must be true or false, and must not always be the same."""
        found = self.check(node)
        if found.type.kind is Kind.ERROR:
            return found
        if found.type.kind is not Kind.BOOL:
            return self.error(node, f"a condition is needed here, this is {found.type}", "compare it with something")
        if found.closed:
            value = {True: "true", False: "false"}.get(constant_of(found), "unknown")
            return self.error(node, f"this is always {value}: nothing is tested", "")
        return found

    def constant(self, node: ast.Constant) -> Node:
        """Check a literal."""
        value = node.value
        at = offset_of(node, self.text)
        if isinstance(value, bool):
            return Const(type=BOOL, value=value, at=at, closed=True)
        if isinstance(value, str):
            return Const(type=TEXT, value=value, at=at, closed=True)
        if isinstance(value, int) and value.bit_length() <= LITERAL_BITS:
            return Const(type=INT, value=value, literal=Decimal(value), at=at, closed=True, bits=value.bit_length())
        if isinstance(value, float) and math.isfinite(value) and abs(value) < 2**LITERAL_BITS:
            bits = int(abs(value)).bit_length() + RATIO_BITS
            return Const(type=NUMBER, value=value, literal=Decimal(repr(value)), at=at, closed=True, bits=bits)
        if isinstance(value, int | float):
            return self.error(node, "the number is too large")
        return self.error(node, f"{node.value!r} is not part of the language", "ask known(x) whether a value is there")

    def name(self, node: ast.Name) -> Node:
        """Check a bare name."""
        name, at = node.id, offset_of(node, self.text)
        if name in self.loops:
            return replace(self.loops[name], at=at)
        if name in ROOTS and LEVELS[ROOTS[name][0]] <= LEVELS[self.names.each]:
            _, variable, record = ROOTS[name]
            return Var(type=Type(Kind.RECORD, record=record), name=variable, at=at)
        if name == "fact" and self.names.fact is not None:
            return Var(type=Type(Kind.RECORD, record=self.names.fact), name="fact", at=at)
        if name in REFERENCES and self.names.references and (name != "practitioner" or self.names.each != "settlement"):
            self.uses.references.add(name)
            return Reference(type=Type(Kind.RECORD, nullable=True, record=REFERENCES[name]), name=name, at=at)
        if name in self.names.lets:
            return self._let(name, at)
        if name in self.names.exemptions:
            return self._exemption(node, name)
        if name in self.names.features:
            return self._feature(node, name, "")
        if name == "lines" and self.names.lines:
            return Var(type=INT, name="lines", at=at, bits=LITERAL_BITS)
        if name in {"true", "false"}:
            return Const(type=BOOL, value=name == "true", at=at, closed=True)
        return self._unknown_name(node, name)

    def _unknown_name(self, node: ast.expr, name: str) -> Node:
        if name in self.names.withheld:
            return self.error(node, f"{name} cannot be used here", self.names.withheld[name])
        if name in ROOTS:
            level = ROOTS[name][0]
            return self.error(
                node,
                f"there is no {name} when each: {self.names.each}",
                f"write each: {level}, or go through all of them: any(x... for x in event.feedetail)",
            )
        if name == "fact":
            return self.error(node, "there is no fact without a table", "name the knowledge table with table:")
        if name in {"null", "none", "None"}:
            return self.error(node, f"{name} is not a value", "ask known(x) whether a value is there")
        if name in RESERVED:
            return self.error(node, f"{name} cannot be used here")
        return self.error(node, f"unknown name {name!r}", did_you_mean(name, {*self.names.roots(), *self.loops}))

    def _let(self, name: str, at: int) -> Node:
        info = self.names.lets[name]
        self.uses.lets.add(name)
        self.uses.add(info.uses)
        return LetGet(type=info.node.type, function=info.function, at=at, bits=info.node.bits, work=info.node.work)

    def _exemption(self, node: ast.expr, name: str) -> Node:
        inlined, uses = self.names.exemptions[name]
        if uses.references and not self.names.references:
            return self.error(node, f"exemption {name} reads a registry, which is not known here")
        self.uses.exemptions.add(name)
        self.uses.add(uses)
        self._inlined += _size(inlined)
        if self._inlined > MAX_NODES:
            return self.error(node, f"the expression has more than {MAX_NODES} parts with its exemptions written out")
        return inlined

    def attribute(self, node: ast.Attribute) -> Node:
        """Check ``base.attr``."""
        if isinstance(node.value, ast.Name) and node.value.id not in self.loops:
            name = node.value.id
            if name == "param" and self.names.params is not None:
                return self._param(node)
            if name in self.names.features and name not in RESERVED:
                return self._feature(node, name, node.attr)
        base = self.check(node.value)
        if base.type.kind is Kind.ERROR:
            return base
        record = base.type.record
        if base.type.kind is not Kind.RECORD or record is None:
            return self.error(node, f"{base.type} has no attributes")
        found = record.fields.get(node.attr)
        if found is None:
            return self.error(node, f"{record.name} has no {node.attr!r}", did_you_mean(node.attr, record.fields))
        if found.hint:
            return self.error(node, f"{record.name}.{node.attr} is withheld", found.hint)
        bits = LITERAL_BITS + (RATIO_BITS if found.type.kind is Kind.NUMBER else 0)
        return Get(
            type=found.type.maybe(base.type.nullable),
            base=base,
            field=found,
            at=offset_of(node, self.text),
            bits=bits if found.type.kind in NUMERIC else 0,
            work=base.work,
        )

    def _param(self, node: ast.Attribute) -> Node:
        params = self.names.params
        assert params is not None  # noqa: S101 - the caller looked
        name = node.attr
        if name not in params.values:
            return self.error(node, f"the rule has no parameter {name!r}", did_you_mean(name, params.values))
        self.uses.params.add(name)
        type_ = params.types.get(name)
        index = None if type_ is None else params.slot(name, type_.kind)
        if type_ is None or index is None:
            return Const(type=ERROR, value=None)  # reported where the parameter stands
        bits = LITERAL_BITS + (RATIO_BITS if type_.kind is Kind.NUMBER else 0)
        return Param(type=type_, name=name, index=index, at=offset_of(node, self.text), bits=bits)

    def _feature(self, node: ast.expr, name: str, prop: str) -> Node:
        info = self.names.features[name]
        self.uses.features.add(name)
        if LEVELS[info.each] > LEVELS[self.names.each]:
            return self.error(
                node,
                f"feature {name} is observed for each {info.each}, this is looked at for each {self.names.each}",
                f"write each: {info.each}",
            )
        slot = FeatureSlot(info.each, info.index)
        if not prop:
            return self._entries(node, name, info, slot)
        known = PROPERTIES[info.aggregate]
        if prop not in known:
            return self.error(node, f"a {info.aggregate} has no {prop!r}", did_you_mean(prop, known))
        type_ = known[prop] or info.value or ERROR
        if type_.kind is Kind.RECORD:
            type_ = replace(type_, record=info.entry)
        bits = SUM_BITS if prop == "sum" else LITERAL_BITS
        return FeatureGet(type=type_, slot=slot, prop=prop, at=offset_of(node, self.text), bits=bits)

    def _entries(self, node: ast.expr, name: str, info: FeatureInfo, slot: FeatureSlot) -> Node:
        if info.aggregate != "log":
            names = ", ".join(f"{name}.{prop}" for prop in PROPERTIES[info.aggregate])
            return self.error(node, f"{name} is a feature, not a value", f"write {names}")
        type_ = Type(Kind.RECORDS, record=info.entry, limit=info.limit)
        return FeatureGet(type=type_, slot=slot, prop="entries", at=offset_of(node, self.text))

    def logic(self, node: ast.BoolOp) -> Node:
        """Check ``and`` and ``or``."""
        parts = tuple(self.condition(part) for part in node.values)
        return Logic(
            type=BOOL.maybe(any(part.type.nullable for part in parts)),
            op="and" if isinstance(node.op, ast.And) else "or",
            parts=parts,
            at=offset_of(node, self.text),
            work=sum(part.work for part in parts),
        )

    def unary(self, node: ast.UnaryOp) -> Node:
        """Check ``not x``, ``-x`` and ``+x``."""
        if isinstance(node.op, ast.Not):
            part = self.condition(node.operand)
            if part.type.kind is Kind.ERROR:
                return part
            return Not(type=part.type, part=part, at=offset_of(node, self.text), work=part.work)
        if isinstance(node.op, ast.USub):
            return operators.negative(self, node)
        return self.error(node, "the operator is not part of the language")

    def conditional(self, node: ast.IfExp) -> Node:
        """Check ``a if test else b``."""
        test = self.condition(node.test)
        pair = operators.meet(self, node, self.check(node.body), self.check(node.orelse), "choose between")
        if pair is None or test.type.kind is Kind.ERROR:
            return Const(type=ERROR, value=None)
        then, other = pair
        nullable = test.type.nullable or then.type.nullable or other.type.nullable
        return If(
            type=operators.common(then, other).maybe(nullable),
            test=test,
            then=then,
            other=other,
            at=offset_of(node, self.text),
            bits=max(then.bits, other.bits),
            work=test.work + then.work + other.work,
        )

    def list_(self, node: ast.List | ast.Tuple) -> Node:
        """Refuse a list literal anywhere but behind ``in`` and as a function's list of prefixes."""
        return self.error(node, "a list can only stand behind in, or be a list of prefixes")

    def call(self, node: ast.Call) -> Node:
        """Check a function."""
        return functions.check(self, node)

    def binary(self, node: ast.BinOp) -> Node:
        """Check ``+ - * /``."""
        return operators.arithmetic(self, node)

    def compare(self, node: ast.Compare) -> Node:
        """Check comparisons, chains of them, and ``in``."""
        return operators.compare(self, node)


HANDLERS: dict[type[ast.expr], Any] = {
    ast.Constant: Checker.constant,
    ast.Name: Checker.name,
    ast.Attribute: Checker.attribute,
    ast.BoolOp: Checker.logic,
    ast.UnaryOp: Checker.unary,
    ast.BinOp: Checker.binary,
    ast.Compare: Checker.compare,
    ast.IfExp: Checker.conditional,
    ast.Call: Checker.call,
    ast.List: Checker.list_,
    ast.Tuple: Checker.list_,
}


def _size(node: Node) -> int:
    return 1 + sum(_size(child) for child in children(node))
