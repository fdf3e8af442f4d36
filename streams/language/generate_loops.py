"""Writes comprehensions. A member whose test is unknown is left out; an unknown value is left out of a sum.

``any`` and ``all`` follow Kleene's logic: an unknown member leaves the answer unknown unless another decides it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal

from streams.language.builders import NONE, call, compared, load, store

if TYPE_CHECKING:
    from streams.language.generate import Generator
    from streams.language.tree import Loop, Node

Form = Literal["truth", "falsity", "value"]
COLLECTED = {"sum": "sum", "list": "_listing"}
"""What is called with the list of the members' values; ``min`` and ``max`` are, too, and are unknown of none."""
OPPOSITE = {"any": "all", "all": "any"}


def loop_code(generator: Generator, node: Loop, form: Form) -> ast.expr:
    """Write a loop in one of the three forms (all but ``any`` and ``all`` have a value only)."""
    source = generator.value(node.source)
    if node.name == "count" and node.test is None:
        return call("len", source)
    tests = [] if node.test is None else [generator.truth(node.test)]
    members = ast.comprehension(store(node.variable), source, tests, 0)
    clauses = [members]
    if node.name in OPPOSITE:
        return _quantifier(generator, node, form, clauses)
    if node.name == "count":
        return call("len", ast.ListComp(load(node.variable), clauses))
    value = _known_member(generator, node.item, members)
    if node.name == "distinct":
        return call("len", ast.SetComp(value, clauses))
    listed = ast.ListComp(value, clauses)
    if node.name in COLLECTED:
        return call(COLLECTED[node.name], listed)
    return ast.Call(load(node.name), [listed], [ast.keyword("default", NONE)])


def _quantifier(generator: Generator, node: Loop, form: Form, clauses: list[ast.comprehension]) -> ast.expr:
    if form == "value":
        return call(f"_{node.name}", ast.GeneratorExp(generator.value(node.item), clauses))
    if form == "truth":
        return call(node.name, ast.GeneratorExp(generator.truth(node.item), clauses))
    return call(OPPOSITE[node.name], ast.GeneratorExp(generator.falsity(node.item), clauses))


def _known_member(generator: Generator, item: Node, members: ast.comprehension) -> ast.expr:
    """Write a member's value; where it may be null, the loop tests for that first."""
    value = generator.value(item)
    if not item.type.nullable:
        return value
    temp = generator.temp()
    members.ifs.append(compared(ast.NamedExpr(store(temp), value), ast.IsNot(), NONE))
    return load(temp)
