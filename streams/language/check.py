"""Gives every part of an expression a type and a unit, or says why it has none.

A part that was reported has the type ``ERROR``, with which everything is allowed: one mistake is reported once, and
the rest of the expression is still checked.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from streams.language import functions, operators, resolve
from streams.language.generate import constant_of
from streams.language.names import Names, Uses
from streams.language.parse import ExpressionError, offset_of, parse
from streams.language.tree import Const, If, Logic, Node, Not, Var
from streams.language.types import BOOL, ERROR, INT, NUMBER, TEXT, Kind
from streams.language.units import LITERAL_BITS, RATIO_BITS, common, meet

Report = Callable[[int, str, str], None]
"""Takes a fault: offset in the text in characters, message, hint."""

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
        self.inlined = 0
        """Parts of named exemptions written out so far."""
        self.failed = False
        self._report = report

    def run(self) -> Node | None:
        """Check the whole expression; None when it was reported."""
        try:
            tree = parse(self.text)
        except ExpressionError as fault:
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

    def passed_over(self) -> Node:
        """Give the node of a part whose mistake was reported where it stands."""
        self.failed = True
        return Const(type=ERROR, value=None)

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

    def logic(self, node: ast.BoolOp) -> Node:
        """Check ``and`` and ``or``."""
        operands = tuple(self.condition(part) for part in node.values)
        return Logic(
            type=BOOL.maybe(any(part.type.nullable for part in operands)),
            op="and" if isinstance(node.op, ast.And) else "or",
            operands=operands,
            at=offset_of(node, self.text),
            work=sum(part.work for part in operands),
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
        pair = meet(self, node, self.check(node.body), self.check(node.orelse), "choose between")
        if pair is None or test.type.kind is Kind.ERROR:
            return Const(type=ERROR, value=None)
        then, other = pair
        nullable = test.type.nullable or then.type.nullable or other.type.nullable
        return If(
            type=common(then, other).maybe(nullable),
            test=test,
            then=then,
            other=other,
            at=offset_of(node, self.text),
            bits=max(then.bits, other.bits),
            work=test.work + then.work + other.work,
        )

    def name(self, node: ast.Name) -> Node:
        """Check a bare name."""
        return resolve.bare(self, node)

    def attribute(self, node: ast.Attribute) -> Node:
        """Check ``base.attr``."""
        return resolve.attribute(self, node)

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
