"""The functions of the language: what they take, what they give, and how the text's calls are checked."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from streams.language import feature_functions, loops
from streams.language.arguments import BROKEN, arguments, called
from streams.language.measures import DURATIONS, UNITS, day, duration, unit
from streams.language.problems import did_you_mean
from streams.language.tree import Const, Default, Known, Lookup, Node, Var
from streams.language.types import (
    BOOL,
    INT,
    NUMERIC,
    ORDERED,
    TEXT,
    Kind,
    Type,
)
from streams.language.units import common, meet, offset

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.language.check import Checker

MOMENT = frozenset({Kind.TIME, Kind.DAY})
WORDS = frozenset({Kind.TEXT, Kind.LIST})
SIGNATURES: dict[str, tuple[tuple[frozenset[Kind], ...], Type, int]] = {
    "starts_with": ((frozenset({Kind.TEXT}), WORDS), BOOL, 0),
    "any_prefix": ((frozenset({Kind.LIST}), WORDS), BOOL, 0),
    "matches": ((frozenset({Kind.TEXT}), WORDS), BOOL, 0),
    "month": ((MOMENT,), INT, 4),
    "hour": ((frozenset({Kind.TIME}),), INT, 5),
    "level_rank": ((frozenset({Kind.TEXT}),), INT.maybe(), 2),
    "age_years": ((MOMENT,), INT.maybe(), 24),
    "age_days": ((MOMENT,), INT.maybe(), 33),
}
"""Functions with one fixed signature: kinds of the arguments, type of the result, its bits."""


def check(checker: Checker, node: ast.Call) -> Node:
    """Check a call: a comprehension, or a function of this module."""
    if not isinstance(node.func, ast.Name):
        return checker.error(node, "only the functions of the language can be called")
    name = node.func.id
    if node.keywords:
        return checker.error(node, f"{name}() takes no named arguments")
    if name in loops.LOOPS and len(node.args) == 1 and (loops.is_comprehension(node.args[0]) or name not in SPECIAL):
        return loops.check(checker, node, name)
    handler = SPECIAL.get(name)
    if handler is not None:
        return handler(checker, node, name)
    if name in SIGNATURES:
        return _fixed(checker, node, name)
    return checker.error(node, f"there is no function {name!r}", did_you_mean(name, FUNCTION_NAMES))


def _fixed(checker: Checker, node: ast.Call, name: str) -> Node:
    kinds, type_, bits = SIGNATURES[name]
    args = arguments(checker, node, name, range(len(kinds), len(kinds) + 1))
    if args is None:
        return BROKEN
    for arg, allowed, part in zip(args, kinds, node.args, strict=True):
        if arg.type.kind not in allowed or arg.type.item not in {None, Kind.TEXT}:
            wanted = " or ".join(sorted(kind.value for kind in allowed))
            return checker.error(part, f"{name}() needs {wanted} here, this is {arg.type}")
        if isinstance(arg, Const) and arg.value == "":
            return checker.error(part, "an empty text begins every text")
    if name.startswith("age_"):
        name += "_day" if args[0].type.kind is Kind.DAY else ""
    if name == "month" and args[0].type.kind is Kind.DAY:
        name = "month_day"
    return called(checker, node, name, args, type_, bits)


def _prefix(checker: Checker, node: ast.Call, name: str) -> Node:
    args = arguments(checker, node, name, range(2, 3))
    if args is None:
        return BROKEN
    text, length = args
    if text.type.kind is not Kind.TEXT:
        return checker.error(node, f"prefix() needs a text, this is {text.type}")
    if not isinstance(length, Const) or length.type.kind is not Kind.INT or length.value <= 0:
        return checker.error(node, "prefix() needs a literal length above 0")
    return called(checker, node, name, args, TEXT)


def _prorate(checker: Checker, node: ast.Call, name: str) -> Node:
    args = arguments(checker, node, name, range(3, 4))
    if args is None:
        return BROKEN
    amount, part, whole = args
    if amount.type.kind is not Kind.MONEY:
        return checker.error(node, f"prorate() shares money, this is {amount.type}")
    pair = meet(checker, node, part, whole, "share by")
    if pair is None:
        return BROKEN
    if pair[0].type.kind not in NUMERIC - {Kind.NUMBER} or pair[1].type.kind is Kind.NUMBER:
        return checker.error(node, f"prorate() shares by whole units, this is {pair[0].type}")
    return called(checker, node, name, [amount, *pair], amount.type.maybe(), amount.bits + part.bits)


def _abs(checker: Checker, node: ast.Call, name: str) -> Node:
    args = arguments(checker, node, name, range(1, 2))
    if args is None:
        return BROKEN
    if args[0].type.kind not in NUMERIC - MOMENT:
        return checker.error(node, f"abs() needs a number, this is {args[0].type}")
    return called(checker, node, name, args, args[0].type, args[0].bits)


def _extreme(checker: Checker, node: ast.Call, name: str) -> Node:
    """Check ``min(a, b)`` and ``max(a, b, c)``."""
    args = arguments(checker, node, name, range(2, 9))
    if args is None:
        return BROKEN
    # The first argument with a unit lends it to the plain literals around it.
    lead = next((arg for arg in args if not (isinstance(arg, Const) and arg.literal is not None)), args[0])
    met = []
    for arg in args:
        pair = meet(checker, node, arg, lead, "choose between")
        if pair is None:
            return BROKEN
        met.append(pair[0])
    if met[0].type.kind not in ORDERED:
        return checker.error(node, f"{name}() needs numbers, times or texts, this is {met[0].type}")
    type_ = met[0].type
    for arg in met[1:]:
        type_ = common(Const(type=type_, value=None), arg)
    return called(checker, node, name, met, type_, max(arg.bits for arg in met))


def _known(checker: Checker, node: ast.Call, name: str) -> Node:
    args = arguments(checker, node, name, range(1, 2))
    if args is None:
        return BROKEN
    if not args[0].type.nullable:
        return checker.error(node, f"this is always known: {name}() asks nothing")
    return Known(type=BOOL, part=args[0], at=offset(checker, node), work=args[0].work)


def _default(checker: Checker, node: ast.Call, name: str) -> Node:
    args = arguments(checker, node, name, range(2, 3))
    if args is None:
        return BROKEN
    pair = meet(checker, node, args[0], args[1], "choose between")
    if pair is None:
        return BROKEN
    part, other = pair
    if not part.type.nullable:
        return checker.error(node, "this is always known: the default is never taken")
    return Default(
        type=common(part, other).known().maybe(other.type.nullable),
        part=part,
        other=other,
        at=offset(checker, node),
        bits=max(part.bits, other.bits),
        work=part.work + other.work,
    )


def _lookup(checker: Checker, node: ast.Call, name: str) -> Node:
    """Check ``listed('D04', line)``, ``listed('P09', line, 'contained')`` and ``row('P14', x).group``."""
    args = arguments(checker, node, name, range(2, 4 if name == "listed" else 3))
    if args is None:
        return BROKEN
    table, record, *column = args
    tables = checker.names.tables
    if not isinstance(table, Const) or table.value not in tables:
        shown = f" {table.value!r}" if isinstance(table, Const) else ""
        return checker.error(
            node, f"unknown knowledge table{shown}", did_you_mean(str(getattr(table, "value", "")), tables)
        )
    info = tables[table.value]
    wanted = "line" if info.by == "item" else "code"
    if not isinstance(record, Var) or record.type.record is None or record.type.record.name != wanted:
        return checker.error(node, f"{name}() needs a {wanted} as its second argument")
    if name == "row" and info.many:
        return checker.error(node, f"{table.value} has several rows for one code", "ask listed(...)")
    found = _column(checker, node, table.value, column[0] if column else None)
    if found is None:
        return BROKEN
    checker.uses.tables.add(table.value)
    type_ = BOOL if name == "listed" else Type(Kind.RECORD, nullable=True, record=info.fact)
    return Lookup(
        type=type_, table=table.value, column=found, row=name == "row", record=record, at=offset(checker, node)
    )


def _column(checker: Checker, node: ast.Call, table: str, column: Node | None) -> str | None:
    """Tell which column an item is looked up in; None when it was reported."""
    if column is None:
        return "code"
    info = checker.names.tables[table]
    columns = [name for name, field in info.fact.fields.items() if field.type.kind in WORDS and name != "basis"]
    if not isinstance(column, Const) or column.value not in columns or info.by != "item":
        hint = did_you_mean(str(getattr(column, "value", "")), columns)
        checker.error(node, f"{table} has no such column of codes", hint)
        return None
    found = str(column.value)
    if found != "code":
        checker.uses.columns.add((table, found))
    return found


SPECIAL: dict[str, Callable[[Checker, ast.Call, str], Node]] = {
    **dict.fromkeys(UNITS, unit),
    **dict.fromkeys(DURATIONS, duration),
    "day": day,
    "prefix": _prefix,
    "prorate": _prorate,
    "abs": _abs,
    "min": _extreme,
    "max": _extreme,
    "known": _known,
    "default": _default,
    "listed": _lookup,
    "row": _lookup,
    **feature_functions.FUNCTIONS,
}
"""Functions whose types depend on their arguments."""

FUNCTION_NAMES = frozenset({*SIGNATURES, *SPECIAL, *loops.LOOPS})
"""Every function of the language."""
