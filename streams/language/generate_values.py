"""Writes values; None is unknown."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from streams.language.builders import (
    ARITHMETIC,
    NONE,
    OPERATORS,
    attribute,
    call,
    compared,
    constant,
    either,
    function,
    item,
    load,
    name,
    not_,
)
from streams.language.generate_loops import loop_code
from streams.language.tree import (
    Arith,
    Call,
    Compare,
    Const,
    Default,
    FeatureCall,
    FeatureGet,
    FeatureSlot,
    Get,
    If,
    LetGet,
    Logic,
    Lookup,
    Loop,
    Member,
    Node,
    Not,
    Param,
    Reference,
    Var,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.language.generate import Generator

ARGUMENTS = ("c", "e", "l", "k", "fact", "p")
"""Parameters of every generated rule function."""

MEMORY = "m"
"""What a function has computed of its rule's named expressions; each is computed at most once, if it is read at all."""

VIEWS = {"settlement": ("f", "load"), "line": ("lf", "load_line"), "code": ("kf", "load_code")}
"""Where the context keeps the views of a level, and what fills a slot."""


def _const(_generator: Generator, node: Const) -> ast.expr:
    return constant(node.value)


def _var(_generator: Generator, node: Var) -> ast.expr:
    return load(node.name)


def _reference(_generator: Generator, node: Reference) -> ast.expr:
    return name(f"c.{node.name}")


def _param(_generator: Generator, node: Param) -> ast.expr:
    return item(load("p"), node.index)


def _get(generator: Generator, node: Get) -> ast.expr:
    return generator.guarded([node.base], lambda codes: attribute(codes[0], node.field))


def view_code(slot: FeatureSlot) -> ast.expr:
    """Write the view of a feature: the slot, or what fills it."""
    slots, loader = VIEWS[slot.each]
    return either("or", [item(name(f"c.{slots}"), slot.index), call(f"c.{loader}", constant(slot.index))])


def _feature(_generator: Generator, node: FeatureGet) -> ast.expr:
    view = view_code(node.slot)
    if node.prop in {"first", "last"}:
        return call("_end", view, constant(0 if node.prop == "first" else -1))
    return ast.Attribute(view, node.prop, ast.Load())


def _feature_call(generator: Generator, node: FeatureCall) -> ast.expr:
    fields = [constant(field) for field in node.fields]
    if node.name == "companions":
        slots = [constant(slot.index) for slot in node.slots]
        return generator.guarded(node.args, lambda codes: call("c.companions", *slots, *fields, *codes))
    views = [view_code(slot) for slot in node.slots]
    return generator.guarded(node.args, lambda codes: call(f"_{node.name}", *views, *fields, *codes))


def _logic(generator: Generator, node: Logic) -> ast.expr:
    """Write three-valued ``and``/``or``: the first decisive part decides, else any unknown makes it unknown."""
    decisive = node.op == "or"
    decided: list[ast.expr] = []
    doubts: list[ast.expr] = []
    for part in node.operands:
        if part.type.nullable:
            temp = generator.temp()
            decided.append(compared(generator.bound(temp, part), ast.Is(), constant(decisive)))
            doubts.append(compared(load(temp), ast.Is(), NONE))
        else:
            decided.append(generator.condition(part, positive=decisive))
    rest = ast.IfExp(either("or", doubts), NONE, constant(not decisive))
    return ast.IfExp(either("or", decided), constant(decisive), rest)


def _not(generator: Generator, node: Not) -> ast.expr:
    return generator.guarded([node.part], lambda codes: not_(codes[0]))


def _compare(generator: Generator, node: Compare) -> ast.expr:
    return generator.guarded([node.left, node.right], lambda codes: compared(codes[0], OPERATORS[node.op], codes[1]))


def _member(generator: Generator, node: Member) -> ast.expr:
    operator: ast.cmpop = ast.NotIn() if node.negated else ast.In()
    return generator.guarded([node.item, node.items], lambda codes: compared(codes[0], operator, codes[1]))


def _arith(generator: Generator, node: Arith) -> ast.expr:
    operands = [node.left, node.right]
    if node.op == "/" and not isinstance(node.right, Const):
        return generator.guarded(operands, lambda codes: call("_ratio", *codes))
    return generator.guarded(operands, lambda codes: ast.BinOp(codes[0], ARITHMETIC[node.op], codes[1]))


def _if(generator: Generator, node: If) -> ast.expr:
    then, other = generator.value(node.then), generator.value(node.other)
    if not node.test.type.nullable:
        return ast.IfExp(generator.truth(node.test), then, other)
    temp = generator.temp()
    unknown = compared(generator.bound(temp, node.test), ast.Is(), NONE)
    return ast.IfExp(unknown, NONE, ast.IfExp(load(temp), then, other))


def _call(generator: Generator, node: Call) -> ast.expr:
    return generator.guarded(node.args, lambda codes: function(node.name, codes))


def _default(generator: Generator, node: Default) -> ast.expr:
    temp = generator.temp()
    unknown = compared(generator.bound(temp, node.part), ast.Is(), NONE)
    return ast.IfExp(unknown, generator.value(node.other), load(temp))


def _loop(generator: Generator, node: Loop) -> ast.expr:
    return loop_code(generator, node, "value")


def _let(_generator: Generator, node: LetGet) -> ast.expr:
    """Write a named expression: what memory holds, or what computes it and puts it there."""
    known = item(load(MEMORY), node.index)
    computed = call(node.function, *(load(argument) for argument in (*ARGUMENTS, MEMORY)))
    return ast.IfExp(compared(known, ast.IsNot(), load("_unset")), known, computed)


def _lookup(generator: Generator, node: Lookup) -> ast.expr:
    helper = "_row" if node.row else "_listed"
    table = load(table_name(node.table, node.column))
    return call(helper, table, load("e"), generator.value(node.record), load("l"))


def table_name(table: str, column: str) -> str:
    """Name the constant that holds a knowledge table, looked up by a column."""
    return f"_table_{table}" + ("" if column == "code" else f"_{column}")


VALUES: dict[type[Node], Callable[[Generator, Any], ast.expr]] = {
    Const: _const,
    Var: _var,
    Reference: _reference,
    Param: _param,
    Get: _get,
    FeatureGet: _feature,
    FeatureCall: _feature_call,
    Logic: _logic,
    Not: _not,
    Compare: _compare,
    Member: _member,
    Arith: _arith,
    If: _if,
    Call: _call,
    Default: _default,
    Loop: _loop,
    LetGet: _let,
    Lookup: _lookup,
}
