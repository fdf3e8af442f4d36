"""Types of comparisons, membership and arithmetic."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, cast

from streams.language.arguments import BROKEN
from streams.language.tree import Arith, Call, Compare, Const, Logic, Member, Node
from streams.language.types import BOOL, DAY, DURATION, INT, MONEY, NUMBER, NUMERIC, ORDERED, TIME, Kind, Type
from streams.language.units import HINTS, RATIO_BITS, adapt, common, inexact, meet, offset

if TYPE_CHECKING:
    from streams.language.check import Checker

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
ARITHMETIC: dict[type[ast.operator], Literal["+", "-", "*", "/"]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}


def compare(checker: Checker, node: ast.Compare) -> Node:
    """Check ``a < b``, ``a in b`` and chains."""
    operands = [node.left, *node.comparators]
    if len(operands) > 2 and any(isinstance(part, ast.Compare) for inner in operands for part in ast.walk(inner)):  # noqa: PLR2004
        return checker.error(node, "a chain of comparisons within a chain", "join the comparisons with and")
    checked: dict[int, Node] = {}
    parts = []
    for index, op in enumerate(node.ops):
        left = checked.get(index) or checker.check(operands[index])
        if isinstance(op, ast.In | ast.NotIn):
            parts.append(_member(checker, node, left, operands[index + 1], isinstance(op, ast.NotIn)))
            continue
        if type(op) not in COMPARISONS:
            return checker.error(node, "is compares no values", "write ==, or known(x) to ask whether x is there")
        right = checked[index + 1] = checker.check(operands[index + 1])
        parts.append(_comparison(checker, node, COMPARISONS[type(op)], left, right))
    if any(part.type.kind is Kind.ERROR for part in parts):
        return BROKEN
    if len(parts) == 1:
        return parts[0]
    return Logic(
        type=BOOL.maybe(any(part.type.nullable for part in parts)),
        op="and",
        operands=tuple(parts),
        at=offset(checker, node),
        work=sum(part.work for part in parts),
        closed=all(part.closed for part in parts),
    )


def _comparison(checker: Checker, node: ast.Compare, op: str, left: Node, right: Node) -> Node:
    pair = meet(checker, node, left, right, "compare")
    if pair is None:
        return BROKEN
    left, right = pair
    if left.type.kind not in ORDERED:
        hint = "write the condition itself, or not ..." if left.type.kind is Kind.BOOL else ""
        return checker.error(node, f"a {left.type} cannot be compared", hint)
    for one, other in ((left, right), (right, left)):
        if op in {"==", "!="} and _never(one, other):
            return _never_equal(checker, node, one, other)
    return Compare(
        type=BOOL.maybe(left.type.nullable or right.type.nullable),
        op=cast("Any", op),
        left=left,
        right=right,
        at=offset(checker, node),
        work=left.work + right.work,
        closed=left.closed and right.closed,
    )


def _never(one: Node, other: Node) -> bool:
    """Whether a text with listed values is compared with a literal that is none of them."""
    return bool(one.type.values) and isinstance(other, Const) and other.value not in one.type.values


def _never_equal(checker: Checker, node: ast.expr, one: Node, other: Node) -> Node:
    assert isinstance(other, Const)  # noqa: S101 - _never looked
    return checker.error(node, f"this value is never {other.value!r}", "one of: " + ", ".join(sorted(one.type.values)))


def _member(checker: Checker, node: ast.Compare, item: Node, container: ast.expr, negated: bool) -> Node:  # noqa: FBT001
    if isinstance(container, ast.List | ast.Tuple):
        items = _literals(checker, item, container)
    else:
        items = checker.check(container)
        if items.type.kind not in {Kind.LIST, Kind.ERROR}:
            return checker.error(node, f"in needs a list, this is {items.type}", "text: starts_with(text, prefix)")
    if Kind.ERROR in {item.type.kind, items.type.kind}:
        return BROKEN
    if item.type.kind is not items.type.item:
        return checker.error(node, f"cannot look for {item.type} in a {items.type}", "")
    return Member(
        type=BOOL.maybe(item.type.nullable or items.type.nullable),
        item=item,
        items=items,
        negated=negated,
        at=offset(checker, node),
        work=item.work + items.work,
        closed=item.closed and items.closed,
    )


def _literals(checker: Checker, item: Node, container: ast.List | ast.Tuple) -> Node:
    """Check a literal list; its numbers take the unit of the item that is looked for."""
    values = []
    if not container.elts:
        return checker.error(container, "the list is empty: nothing is ever in it")
    for element in container.elts:
        found = checker.check(element)
        if Kind.ERROR in {found.type.kind, item.type.kind}:
            return BROKEN
        literal = adapt(checker, found, item.type.kind)
        if not isinstance(literal, Const):
            hint = inexact(found, item.type.kind) or HINTS.get(frozenset({found.type.kind, item.type.kind}), "")
            return checker.error(element, f"a literal {item.type} is needed here, this is {found.type}", hint)
        if _never(item, literal):
            return _never_equal(checker, element, item, literal)
        values.append(literal.value)
    return Const(type=Type(Kind.LIST, item=item.type.kind), value=tuple(values), closed=True)


def negative(checker: Checker, node: ast.UnaryOp) -> Node:
    """Check ``-x``."""
    part = checker.check(node.operand)
    if part.type.kind is Kind.ERROR:
        return part
    if part.type.kind not in NUMERIC - {Kind.TIME, Kind.DAY}:
        return checker.error(node, f"a {part.type} has no negative")
    if isinstance(part, Const):
        literal = None if part.literal is None else -part.literal
        return replace(part, value=-part.value, literal=literal)
    zero = Const(type=part.type.known(), value=0, closed=True)
    return Arith(
        type=part.type, op="-", left=zero, right=part, bits=part.bits, work=part.work, at=offset(checker, node)
    )


def arithmetic(checker: Checker, node: ast.BinOp) -> Node:
    """Check ``a + b`` and the like."""
    op = ARITHMETIC.get(type(node.op))
    if op is None:
        return checker.error(node, "the operator is not part of the language", "there are + - * /")
    left, right = checker.check(node.left), checker.check(node.right)
    if Kind.ERROR in {left.type.kind, right.type.kind}:
        return BROKEN
    if op == "*":
        return _product(checker, node, left, right)
    if op == "/":
        return _ratio(checker, node, left, right)
    return _sum(checker, node, op, left, right)


SUMS: dict[tuple[Kind, str, Kind], Type] = {
    (Kind.TIME, "-", Kind.TIME): DURATION,
    (Kind.TIME, "+", Kind.DURATION): TIME,
    (Kind.TIME, "-", Kind.DURATION): TIME,
    (Kind.DURATION, "+", Kind.TIME): TIME,
    (Kind.DAY, "-", Kind.DAY): INT,
    (Kind.DAY, "+", Kind.INT): DAY,
    (Kind.DAY, "-", Kind.INT): DAY,
    (Kind.INT, "+", Kind.DAY): DAY,
}
"""Sums and differences whose result has another unit than the operands."""

ADDABLE = frozenset({Kind.INT, Kind.NUMBER, Kind.MONEY, Kind.PRICE, Kind.QUANTITY, Kind.DURATION})


def _sum(checker: Checker, node: ast.BinOp, op: Literal["+", "-"], left: Node, right: Node) -> Node:
    type_ = SUMS.get((left.type.kind, op, right.type.kind))
    if type_ is None:
        pair = meet(checker, node, left, right, "add" if op == "+" else "subtract")
        if pair is None:
            return BROKEN
        left, right = pair
        if left.type.kind not in ADDABLE or right.type.kind not in ADDABLE:
            return checker.error(node, f"cannot compute {left.type} {op} {right.type}")
        type_ = common(left, right).known()
    growth = RATIO_BITS if type_.kind is Kind.NUMBER else 1
    return _arith(checker, node, op, left, right, type_, max(left.bits, right.bits) + growth)


def _product(checker: Checker, node: ast.BinOp, left: Node, right: Node) -> Node:
    kinds = {left.type.kind, right.type.kind}
    bits = left.bits + right.bits
    if kinds == {Kind.PRICE, Kind.QUANTITY}:
        price, quantity = (left, right) if left.type.kind is Kind.PRICE else (right, left)
        return Call(
            type=MONEY.maybe(price.type.nullable or quantity.type.nullable),
            name="total",
            args=(price, quantity),
            bits=bits,
            work=left.work + right.work,
            at=offset(checker, node),
        )
    if kinds <= {Kind.INT, Kind.NUMBER}:
        return _arith(checker, node, "*", left, right, common(left, right).known(), bits)
    whole = kinds - {Kind.INT}
    if Kind.INT in kinds and whole <= {Kind.MONEY, Kind.PRICE, Kind.QUANTITY, Kind.DURATION}:
        return _arith(checker, node, "*", left, right, Type(next(iter(whole))), bits)
    hint = HINTS.get(frozenset(kinds), "multiply by a whole number, or write prorate(money, part, whole)")
    return checker.error(node, f"cannot multiply {left.type} and {right.type}", hint)


def _ratio(checker: Checker, node: ast.BinOp, left: Node, right: Node) -> Node:
    kinds = {left.type.kind, right.type.kind}
    if not kinds <= {Kind.INT, Kind.NUMBER}:
        if len(kinds) > 1:
            hint = "a ratio is of two values of one unit; a part of an amount is prorate(money, part, whole)"
            return checker.error(node, f"cannot divide {left.type} by {right.type}", hint)
        if left.type.kind not in ADDABLE:
            return checker.error(node, f"a {left.type} cannot be divided")
    if isinstance(right, Const) and right.value == 0:
        return checker.error(node, "division by zero")
    return _arith(checker, node, "/", left, right, NUMBER, left.bits + right.bits + RATIO_BITS)


def _arith(
    checker: Checker, node: ast.BinOp, op: Literal["+", "-", "*", "/"], left: Node, right: Node, type_: Type, bits: int
) -> Node:
    zero = op == "/" and not isinstance(right, Const)
    return Arith(
        type=type_.maybe(left.type.nullable or right.type.nullable or zero),
        op=op,
        left=left,
        right=right,
        bits=bits,
        work=left.work + right.work,
        at=offset(checker, node),
        closed=left.closed and right.closed,
    )
