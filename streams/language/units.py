"""How values of two units meet: literals and parameters take the unit of their neighbour, nothing else changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streams.language.parse import offset_of
from streams.language.tree import Const, Node, Param
from streams.language.types import NUMBER, SCALES, Kind, Type

if TYPE_CHECKING:
    import ast

    from streams.language.check import Checker

LITERAL_BITS = 53
"""Literals, amounts and counts stay below 2^53 (the contract refuses larger amounts)."""
RATIO_BITS = 54
"""What the rounding of a binary float can add to the magnitude of a number or of its reciprocal."""

UNIT_FUNCTIONS = {Kind.MONEY: "yuan", Kind.PRICE: "price", Kind.QUANTITY: "quantity"}
"""The function that turns a plain number into the unit."""

HINTS: dict[frozenset[Kind], str] = {
    frozenset({Kind.TIME, Kind.DAY}): "take the day of the time: day(...)",
    frozenset({Kind.INT, Kind.DURATION}): "say of what: days(n), hours(n), minutes(n) or seconds(n)",
    frozenset({Kind.INT, Kind.TEXT}): "codes are texts: write them in quotes",
    frozenset({Kind.DAY, Kind.TEXT}): "write a date as day('2026-01-31')",
    frozenset({Kind.MONEY, Kind.PRICE}): "a price times a quantity is money",
    frozenset({Kind.MONEY, Kind.NUMBER}): "money stays whole fen: write prorate(money, part, whole)",
    frozenset({Kind.INT, Kind.MONEY}): "write yuan(...) around the number",
    frozenset({Kind.INT, Kind.QUANTITY}): "write quantity(...) around the number",
    frozenset({Kind.INT, Kind.PRICE}): "write price(...) around the number",
}
"""What to write instead, by the two kinds that do not meet."""


def adapt(checker: Checker, node: Node, kind: Kind) -> Node | None:
    """Give a plain literal or parameter the unit ``kind``.

    Returns:
        The node in the new unit; None when it is neither, or is not exact in it (then ``inexact`` says so).
    """
    if node.type.kind is kind:
        return node
    if isinstance(node, Const) and node.literal is not None:
        return _literal(node, kind)
    plain = node.type.kind in {Kind.INT, Kind.NUMBER}
    if isinstance(node, Param) and plain and kind in SCALES and checker.names.params is not None:
        index = checker.names.params.slot(node.name, kind)
        return None if index is None else replace(node, type=Type(kind), index=index)
    return None


def _literal(node: Const, kind: Kind) -> Node | None:
    literal = node.literal
    if literal is None:
        return None
    if kind is Kind.NUMBER:
        return replace(node, type=NUMBER, value=float(literal), literal=None)
    if kind is Kind.DURATION and literal == 0:
        return replace(node, type=Type(kind), value=0, literal=None)
    scale = SCALES.get(kind)
    if scale is None or (scaled := literal * scale) != scaled.to_integral_value():
        return None
    value = int(scaled)
    return replace(node, type=Type(kind), value=value, literal=None, bits=value.bit_length())


def inexact(node: Node, kind: Kind) -> str:
    """Say why a literal or parameter does not take a unit, when it is for its decimals; else an empty text."""
    number = isinstance(node, Param) or (isinstance(node, Const) and node.literal is not None)
    if number and node.type.kind is Kind.NUMBER and kind in SCALES:
        places = len(str(SCALES[kind])) - 1
        return f"a {kind.value} has at most {places} decimals"
    return ""


def meet(checker: Checker, at: ast.expr, left: Node, right: Node, doing: str) -> tuple[Node, Node] | None:
    """Bring two values to one unit; None when one was reported, or they do not meet (then that is reported)."""
    kinds = (left.type.kind, right.type.kind)
    if Kind.ERROR in kinds:
        return None
    if kinds[0] is kinds[1]:
        if left.type.item is right.type.item:
            return left, right
    elif set(kinds) == {Kind.INT, Kind.NUMBER}:
        return left, right
    elif (other := adapt(checker, right, kinds[0])) is not None:
        return left, other
    elif (other := adapt(checker, left, kinds[1])) is not None:
        return other, right
    hint = inexact(left, kinds[1]) or inexact(right, kinds[0]) or HINTS.get(frozenset(kinds), "")
    checker.error(at, f"cannot {doing} {left.type} and {right.type}", hint)
    return None


def common(left: Node, right: Node) -> Type:
    """Tell the type of a value that is either of two that met."""
    nullable = left.type.nullable or right.type.nullable
    if left.type.kind is not right.type.kind:
        return NUMBER.maybe(nullable)
    base = left.type.known()
    if left.type.values != right.type.values:
        base = replace(base, values=frozenset())
    return base.maybe(nullable)


def offset(checker: Checker, at: ast.expr) -> int:
    """Give the offset of a part in the text."""
    return offset_of(at, checker.text)
