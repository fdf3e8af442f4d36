"""Writes conditions as plain bools: ``positive`` asks "is it true?", otherwise "is it false?"; unknown is neither."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from streams.language.builders import NONE, OPERATORS, compared, constant, either, load, not_
from streams.language.generate_loops import loop_code
from streams.language.tree import Compare, Const, Get, If, Known, Logic, Loop, Member, Node, Not, Var

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.language.generate import Generator

INVERSE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
"""The comparison that is true where the other is false (orders are total; null operands are guarded)."""


def plain_condition(generator: Generator, node: Node, positive: bool) -> ast.expr:  # noqa: FBT001
    """Write any other condition: a field, a parameter, a default, a look-up."""
    found = generator.value(node)
    if node.type.nullable:
        return compared(found, ast.Is(), constant(positive))
    return found if positive else not_(found)


def _const(_generator: Generator, node: Const, positive: bool) -> ast.expr:  # noqa: FBT001
    return constant(node.value is positive)


def _logic(generator: Generator, node: Logic, positive: bool) -> ast.expr:  # noqa: FBT001
    op = node.op if positive else {"and": "or", "or": "and"}[node.op]
    return either(op, [generator.condition(part, positive=positive) for part in node.operands])


def _not(generator: Generator, node: Not, positive: bool) -> ast.expr:  # noqa: FBT001
    return generator.condition(node.part, positive=not positive)


def _compare(generator: Generator, node: Compare, positive: bool) -> ast.expr:  # noqa: FBT001
    op = node.op if positive else INVERSE[node.op]
    left, right = node.left, node.right
    flag = _flag_compared(left, right, op) or _flag_compared(right, left, op)
    if flag is not None:
        return flag
    if op == "==" and left.type.nullable != right.type.nullable:
        # A null equals nothing that is known: the comparison itself is the null check.
        return compared(generator.value(left), OPERATORS[op], generator.value(right))
    return generator.required([left, right], lambda codes: compared(codes[0], OPERATORS[op], codes[1]))


def _flag_compared(flag: Node, other: Node, op: str) -> ast.expr | None:
    """Write a flag's comparison with the value that a blank does not mean: the blank need not be filled in."""
    if not isinstance(flag, Get) or not flag.field.blank or op not in {"==", "!="}:
        return None
    if not isinstance(flag.base, Var) or not isinstance(other, Const) or other.value == flag.field.blank:
        return None
    raw = ast.Attribute(load(flag.base.name), str(flag.field.attr), ast.Load())
    return compared(raw, OPERATORS[op], constant(other.value))


def _member(generator: Generator, node: Member, positive: bool) -> ast.expr:  # noqa: FBT001
    if node.negated != positive and not node.items.type.nullable:
        # A null is in no list: the look-up itself is the null check.
        return compared(generator.value(node.item), ast.In(), generator.value(node.items))
    operator: ast.cmpop = ast.NotIn() if node.negated == positive else ast.In()
    return generator.required([node.item, node.items], lambda codes: compared(codes[0], operator, codes[1]))


def _if(generator: Generator, node: If, positive: bool) -> ast.expr:  # noqa: FBT001
    then = generator.condition(node.then, positive=positive)
    other = generator.condition(node.other, positive=positive)
    if not node.test.type.nullable:
        return ast.IfExp(generator.truth(node.test), then, other)
    temp = generator.temp()
    unknown = compared(generator.bound(temp, node.test), ast.Is(), NONE)
    return ast.IfExp(unknown, constant(False), ast.IfExp(load(temp), then, other))


def _known(generator: Generator, node: Known, positive: bool) -> ast.expr:  # noqa: FBT001
    return compared(generator.value(node.part), ast.IsNot() if positive else ast.Is(), NONE)


def _loop(generator: Generator, node: Loop, positive: bool) -> ast.expr:  # noqa: FBT001
    return loop_code(generator, node, "truth" if positive else "falsity")


CONDITIONS: dict[type[Node], Callable[[Generator, Any, bool], ast.expr]] = {
    Const: _const,
    Logic: _logic,
    Not: _not,
    Compare: _compare,
    Member: _member,
    If: _if,
    Known: _known,
    Loop: _loop,
}
"""Parts that are conditions by nature; a field or a parameter is one only by its type."""
