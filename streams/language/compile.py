"""Gathers generated functions and compiles them together, once for a pack."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from streams.language.generate import Generator
from streams.language.generate_values import MEMORY
from streams.language.runtime import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.language.tree import Node

RULE_ARGUMENTS = "c, e, l, k, fact, p"
MESSAGE_ARGUMENTS = "c, e, l, k, fact, p, lines"
FEATURE_ARGUMENTS = "e, l, k"


class FunctionSet:
    """Functions of one pack; they become callable when ``build`` has run."""

    def __init__(self) -> None:
        self._definitions: list[ast.stmt] = []
        self._globals: dict[str, Any] = {}
        self._built: dict[str, Any] = {}

    def constant(self, name: str, value: Any) -> None:
        """Make a value (a knowledge table, a formatter) readable by name."""
        self._globals[name] = value

    def condition(self, name: str, arguments: str, node: Node) -> Callable[[], Any]:
        """Add a function that is True exactly when the condition is."""
        return self.add(name, arguments, Generator().truth(node))

    def value(self, name: str, arguments: str, node: Node) -> Callable[[], Any]:
        """Add a function that gives a value, None where it is unknown."""
        return self.add(name, arguments, Generator().value(node))

    def add(self, name: str, arguments: str, code: ast.expr) -> Callable[[], Any]:
        """Add a function of one expression.

        Args:
            name: Shown in tracebacks; no other function has it.
            arguments: One of the argument lists of this module.
            code: Written by a generator.

        Returns:
            What gives the function, after ``build``.
        """
        definition = ast.parse(f"def _({arguments}): return None").body[0]
        assert isinstance(definition, ast.FunctionDef)  # noqa: S101 - that is what was written
        definition.name = name
        definition.body = [*_memory(code), ast.Return(code)]
        self._definitions.append(definition)
        return lambda: self._built[name]

    def let(self, name: str, index: int, node: Node) -> None:
        """Add a function that computes a named expression of a rule and puts it into memory."""
        definition = ast.parse(
            f"def _({RULE_ARGUMENTS}, {MEMORY}):\n {MEMORY}[{index}] = None\n return {MEMORY}[{index}]"
        ).body[0]
        assert isinstance(definition, ast.FunctionDef)  # noqa: S101 - that is what was written
        assert isinstance(definition.body[0], ast.Assign)  # noqa: S101 - likewise
        definition.name = name
        definition.body[0].value = Generator().value(node)
        self._definitions.append(definition)

    def function(self, name: str) -> Any:
        """Give a function, after ``build``."""
        return self._built[name]

    def build(self) -> None:
        """Compile everything that was added."""
        module = ast.fix_missing_locations(ast.Module(self._definitions, []))
        self._built = {**NAMESPACE, **self._globals}
        # Every tree was written by the generator from a checked expression: no text of an analyst is executed.
        exec(compile(module, "<rule pack>", "exec"), self._built)  # noqa: S102


def _memory(code: ast.expr) -> list[ast.stmt]:
    """Write the memory of a function that reads named expressions; they only read those declared before them."""
    indexes = [
        node.slice.value
        for node in ast.walk(code)
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == MEMORY
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, int)
    ]
    return ast.parse(f"{MEMORY} = [_unset] * {max(indexes) + 1}").body if indexes else []
