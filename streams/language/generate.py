"""Writes the Python syntax tree of a checked expression.

A condition can be true, false or unknown (Kleene's logic). Rules only act on "true", so three forms are generated,
each in one pass over the tree:

* ``truth``: a Python bool, True exactly when the condition is true;
* ``falsity``: a Python bool, True exactly when it is false;
* ``value``: True, False or None.

``not``, ``and`` and ``or`` turn the first two into each other (De Morgan), so a rule's condition carries no trace of
three-valued logic except a null check beside each operand that may be null. Operands that may be null are read once,
into a temporary of the function (``:=``).
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from streams.language.builders import NONE, compared, either, load, store
from streams.language.generate_conditions import CONDITIONS, plain_condition
from streams.language.generate_values import VALUES
from streams.language.runtime import NAMESPACE
from streams.language.types import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from streams.language.tree import Node


class Generator:
    """Writes the expressions of one function; temporaries are numbered within it."""

    def __init__(self) -> None:
        self._temps = 0

    def temp(self) -> str:
        """Name a new temporary."""
        self._temps += 1
        return f"_t{self._temps}"

    def bound(self, temp: str, node: Node) -> ast.expr:
        """Write the value of a node, kept in a temporary."""
        return ast.NamedExpr(store(temp), self.value(node))

    def truth(self, node: Node) -> ast.expr:
        """Write a bool that is True exactly when the condition is true."""
        return self.condition(node, positive=True)

    def falsity(self, node: Node) -> ast.expr:
        """Write a bool that is True exactly when the condition is false."""
        return self.condition(node, positive=False)

    def condition(self, node: Node, *, positive: bool) -> ast.expr:
        """Write ``truth`` or ``falsity``."""
        handler = CONDITIONS.get(type(node), plain_condition)
        return handler(self, node, positive)

    def value(self, node: Node) -> ast.expr:
        """Write the value, None where it is unknown."""
        if node.type.kind is Kind.BOOL and not node.type.nullable and type(node) in CONDITIONS:
            return self.truth(node)
        return VALUES[type(node)](self, node)

    def guarded(self, operands: Sequence[Node], build: Callable[[list[ast.expr]], ast.expr]) -> ast.expr:
        """Write an operation that is unknown (None) when an operand is."""
        guards, built = self._guards(operands, ast.Is(), build)
        return ast.IfExp(either("or", guards), NONE, built) if guards else built

    def required(self, operands: Sequence[Node], build: Callable[[list[ast.expr]], ast.expr]) -> ast.expr:
        """Write a condition that is False when an operand is unknown."""
        guards, built = self._guards(operands, ast.IsNot(), build)
        return either("and", [*guards, built])

    def _guards(
        self, operands: Sequence[Node], test: ast.cmpop, build: Callable[[list[ast.expr]], ast.expr]
    ) -> tuple[list[ast.expr], ast.expr]:
        guards: list[ast.expr] = []
        codes: list[ast.expr] = []
        for operand in operands:
            if operand.type.nullable:
                temp = self.temp()
                guards.append(compared(self.bound(temp, operand), test, NONE))
                codes.append(load(temp))
            else:
                codes.append(self.value(operand))
        return guards, build(codes)


def constant_of(node: Node) -> Any:
    """Compute an expression that mentions no name."""
    code = ast.fix_missing_locations(ast.Expression(Generator().value(node)))
    # The tree was written by this module from a checked expression without names: there is no analyst text in it.
    return eval(compile(code, "<constant>", "eval"), dict(NAMESPACE))  # noqa: S307
