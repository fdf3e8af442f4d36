"""Functions that give a plain number its unit: ``yuan(3.5)``, ``days(7)``, ``day('2026-01-31')``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.contract.time import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, parse_date
from streams.language.arguments import BROKEN, arguments, called
from streams.language.tree import Arith, Const, Node, Param
from streams.language.types import DAY, DURATION, INT, SCALES, Kind, Type
from streams.language.units import UNIT_FUNCTIONS, adapt, inexact, offset

if TYPE_CHECKING:
    import ast

    from streams.language.check import Checker

UNITS = {name: kind for kind, name in UNIT_FUNCTIONS.items()}
DURATIONS = {"days": DAY_MS, "hours": HOUR_MS, "minutes": MINUTE_MS, "seconds": SECOND_MS}


def unit(checker: Checker, node: ast.Call, name: str) -> Node:
    """Check ``yuan(3.5)``, ``price(x)``, ``quantity(x)``."""
    kind = UNITS[name]
    args = arguments(checker, node, name, range(1, 2))
    if args is None:
        return BROKEN
    arg = args[0]
    found = adapt(checker, arg, kind)
    if found is not None and (isinstance(arg, Const | Param) and arg.type.kind in {Kind.INT, Kind.NUMBER}):
        return found
    if arg.type.kind is Kind.INT and found is None and not inexact(arg, kind):
        factor = Const(type=INT, value=SCALES[kind], closed=True)
        return Arith(
            type=Type(kind).maybe(arg.type.nullable),
            op="*",
            left=arg,
            right=factor,
            bits=arg.bits + 20,
            work=arg.work,
            at=offset(checker, node),
        )
    return checker.error(node, f"{name}() needs a plain number, this is {arg.type}", inexact(arg, kind))


def duration(checker: Checker, node: ast.Call, name: str) -> Node:
    """Check ``days(7)``, ``hours(0.5)``, ``days(line.prd_days)``."""
    size = DURATIONS[name]
    args = arguments(checker, node, name, range(1, 2))
    if args is None:
        return BROKEN
    arg = args[0]
    if isinstance(arg, Const) and arg.literal is not None:
        value = arg.literal * size
        if value != value.to_integral_value():
            return checker.error(node, "a duration is whole milliseconds")
        return Const(type=DURATION, value=int(value), closed=True, bits=int(value).bit_length())
    if arg.type.kind is Kind.QUANTITY and name == "days":
        size //= SCALES[Kind.QUANTITY]
    elif arg.type.kind is not Kind.INT:
        return checker.error(node, f"{name}() needs a whole number, this is {arg.type}")
    factor = Const(type=INT, value=size, closed=True)
    return Arith(
        type=DURATION.maybe(arg.type.nullable),
        op="*",
        left=arg,
        right=factor,
        bits=arg.bits + size.bit_length(),
        work=arg.work,
        at=offset(checker, node),
    )


def day(checker: Checker, node: ast.Call, name: str) -> Node:
    """Check ``day(time)`` and the literal ``day('2026-01-31')``."""
    args = arguments(checker, node, name, range(1, 2))
    if args is None:
        return BROKEN
    arg = args[0]
    if isinstance(arg, Const) and arg.type.kind is Kind.TEXT:
        try:
            return Const(type=DAY, value=parse_date(arg.value), closed=True, bits=24)
        except ValueError as error:
            return checker.error(node, str(error))
    if arg.type.kind is not Kind.TIME:
        return checker.error(node, f"day() needs a time, or a date as text, this is {arg.type}")
    return called(checker, node, name, args, DAY, arg.bits)
