"""Gathers generated functions and compiles them together, once for a pack."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from streams.language.builders import call, load, store
from streams.language.generate import Generator
from streams.language.generate_values import MEMORY
from streams.language.runtime import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from streams.language.tree import Node

RULE_ARGUMENTS = "c, e, l, k, fact, p"
MESSAGE_ARGUMENTS = "c, e, l, k, fact, p, lines"
FEATURE_ARGUMENTS = "e, l, k, c=None"


class Part(NamedTuple):
    """A condition that is compiled together with others."""

    place: int
    """Where its parameters are, and what is told when it holds."""
    code: ast.expr
    memory: int
    """How many named expressions it may compute."""
    facts: Callable[..., Any] | None = None
    """Gives the facts it is asked with, of event, line and code; None = it has none."""
    guard: ast.expr | None = None
    """What must hold before facts are looked up."""


class FunctionSet:
    """Functions of one pack; they become callable when ``build`` has run."""

    def __init__(self) -> None:
        self._definitions: list[ast.stmt] = []
        self._globals: dict[str, Any] = {}
        self._built: dict[str, Any] = {}
        self._sources: dict[str, tuple[ast.expr, int]] = {}

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
        body = [*_memory(code), ast.Return(code)]
        self._definitions.append(ast.FunctionDef(name, _arguments(arguments), body, [], lineno=1, col_offset=0))
        self._sources[name] = (code, _memory_size(code))
        return lambda: self._built[name]

    def source(self, name: str) -> Callable[[], tuple[ast.expr, int]]:
        """Give what gives a function's expression before it is compiled, and how much memory it needs."""
        return lambda: self._sources[name]

    def written(self, function: Callable[..., Any]) -> tuple[ast.expr, int]:
        """Give the same of a function; one that was not generated here is called as it is."""
        name = getattr(function, "__name__", "")
        if self._built.get(name) is function:
            return self._sources[name]
        own = f"_given_{id(function)}"
        self._built[own] = function
        return call(own, *map(load, ("c", "e", "l", "k", "fact", "p"))), 0

    def fuse(self, name: str, parts: Sequence[Part]) -> Any:
        """Compile conditions into one function, after ``build``.

        Args:
            name: Shown in tracebacks.
            parts: The conditions.

        Returns:
            ``(c, e, l, k, ps)`` → the places of the conditions that hold, None for none. A condition whose parameters
            (``ps[place]``) are None is passed over; one with facts holds if it does for any of them.
        """
        definition = ast.parse(f"def {name}(c, e, l, k, ps):\n fact = found = None").body[0]
        assert isinstance(definition, ast.FunctionDef)  # noqa: S101 - that is what was written
        extra: dict[str, Any] = {}
        for part in parts:
            place = part.place
            test = ast.If(part.code, ast.parse(f"found = [*(found or ()), {place}]").body, [])
            body: list[ast.stmt] = [*_memory_of(part.memory), test]
            if part.facts is not None:
                extra[f"_facts_{place}"] = part.facts
                test.body.append(ast.Break())
                loop = ast.For(store("fact"), call(f"_facts_{place}", *map(load, "elk")), body, [])
                body = [loop if part.guard is None else ast.If(part.guard, [loop], [])]
            step = ast.parse(f"p = ps[{place}]\nif p is not None: pass").body
            assert isinstance(step[1], ast.If)  # noqa: S101 - likewise
            step[1].body = body
            definition.body += step
        definition.body.append(ast.Return(load("found")))
        # The views of a settlement, and of a line, are in the same lists until the function ends.
        hoist = _Hoist()
        definition = hoist.visit(definition)
        definition.body[1:1] = ast.parse("".join(f"{view} = c.{view}\n" for view in sorted(hoist.used))).body
        return self._compiled(name, definition, extra)

    def fuse_steps(self, name: str, scopes: Sequence[Sequence[ast.stmt]], observation: Any) -> Any:
        """Compile statements that each append to ``seen`` into one function, after ``build``.

        Args:
            name: Shown in tracebacks.
            scopes: The statements for each scope.
            observation: What they call ``_observation``.

        Returns:
            See `streams.rules.feature_specs.Observer`.
        """
        definition = ast.parse(f"def {name}(e, l, k, c, s, t):\n found = []").body[0]
        assert isinstance(definition, ast.FunctionDef)  # noqa: S101 - that is what was written
        for place, steps in enumerate(scopes):
            if steps:
                after = f"if seen: found.append(({place}, seen))"
                definition.body += [*ast.parse("seen = []").body, *steps, *ast.parse(after).body]
        definition.body.append(ast.Return(load("found")))
        return self._compiled(name, definition, {"_observation": observation})

    def _compiled(self, name: str, definition: ast.stmt, extra: Mapping[str, Any]) -> Any:
        space = {**self._built, **extra}
        # Every part was written by the generator from a checked expression: no text of an analyst is executed.
        exec(compile(ast.fix_missing_locations(ast.Module([definition], [])), "<rule pack>", "exec"), space)  # noqa: S102
        return space[name]

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


class _Hoist(ast.NodeTransformer):
    """Reads ``c.f`` and ``c.lf`` as local names; conditions are shared by functions, so another may have done it."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Put a local name in place of the context's attribute."""
        if isinstance(node.value, ast.Name) and node.value.id == "c" and node.attr in {"f", "lf"}:
            self.used.add(node.attr)
            return load(node.attr)
        self.generic_visit(node)
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Note a local name that is there already."""
        if node.id in {"f", "lf"}:
            self.used.add(node.id)
        return node


@cache
def _arguments(text: str) -> ast.arguments:
    """Write an argument list."""
    definition = ast.parse(f"def _({text}): pass").body[0]
    assert isinstance(definition, ast.FunctionDef)  # noqa: S101 - that is what was written
    return definition.args


def _memory(code: ast.expr) -> list[ast.stmt]:
    """Write the memory of a function that reads named expressions; they only read those declared before them."""
    return _memory_of(_memory_size(code))


def _memory_size(code: ast.expr) -> int:
    indexes = [
        node.slice.value
        for node in ast.walk(code)
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == MEMORY
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, int)
    ]
    return max(indexes, default=-1) + 1


def _memory_of(size: int) -> list[ast.stmt]:
    return ast.parse(f"{MEMORY} = [_unset] * {size}").body if size else []
