"""What all functions do with the arguments of a call."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from streams.language.tree import Call, Const, Node
from streams.language.types import ERROR, TEXTS, Kind, Type
from streams.language.units import offset

if TYPE_CHECKING:
    from streams.language.check import Checker

BROKEN = Const(type=ERROR, value=None)
"""Stands for a part that was reported."""


def arguments(checker: Checker, node: ast.Call, name: str, counts: range) -> list[Node] | None:
    """Check the arguments' number and each of them; None when something was reported."""
    if len(node.args) not in counts:
        number = str(counts.start) if len(counts) == 1 else f"{counts.start} to {counts.stop - 1}"
        checker.error(node, f"{name}() takes {number} argument(s), here are {len(node.args)}")
        return None
    found = [_words(checker, arg) if isinstance(arg, ast.List | ast.Tuple) else checker.check(arg) for arg in node.args]
    return None if any(arg.type.kind is Kind.ERROR for arg in found) else found


def _words(checker: Checker, node: ast.List | ast.Tuple) -> Node:
    """Check a literal list of texts."""
    values = [item.value for item in node.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    if len(values) != len(node.elts) or not values:
        return checker.error(node, "a list of texts is needed here, such as ['28', '51']")
    return Const(type=TEXTS, value=tuple(values), closed=True)


def called(checker: Checker, node: ast.Call, name: str, args: list[Node], type_: Type, bits: int = 0) -> Node:
    """Give the node of a call that is unknown when an argument is."""
    return Call(
        type=type_.maybe(any(arg.type.nullable for arg in args)),
        name=name,
        args=tuple(args),
        at=offset(checker, node),
        bits=bits,
        work=sum(arg.work for arg in args),
        closed=all(arg.closed for arg in args) and name not in {"age_years", "age_days"},
    )
