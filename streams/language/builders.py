"""Small pieces of Python syntax trees."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from streams.contract.time import BEIJING_MS, DAY_MS

if TYPE_CHECKING:
    from streams.language.types import Field

NONE = ast.Constant(None)

OPERATORS: dict[str, ast.cmpop] = {
    "==": ast.Eq(),
    "!=": ast.NotEq(),
    "<": ast.Lt(),
    "<=": ast.LtE(),
    ">": ast.Gt(),
    ">=": ast.GtE(),
}
ARITHMETIC: dict[str, ast.operator] = {"+": ast.Add(), "-": ast.Sub(), "*": ast.Mult(), "/": ast.Div()}


def load(variable: str) -> ast.expr:
    """Write the reading of a variable."""
    return ast.Name(variable, ast.Load())


def store(variable: str) -> ast.Name:
    """Write a variable as a target."""
    return ast.Name(variable, ast.Store())


def name(dotted: str) -> ast.expr:
    """Write ``a.b``."""
    root, *rest = dotted.split(".")
    found = load(root)
    for attr in rest:
        found = ast.Attribute(found, attr, ast.Load())
    return found


def constant(value: Any) -> ast.expr:
    """Write a literal."""
    return ast.Constant(value)


def item(base: ast.expr, index: int) -> ast.expr:
    """Write ``base[index]``."""
    return ast.Subscript(base, ast.Constant(index), ast.Load())


def call(function_name: str, *args: ast.expr) -> ast.expr:
    """Write a call of a dotted name."""
    return ast.Call(name(function_name), list(args), [])


def compared(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.expr:
    """Write a comparison."""
    return ast.Compare(left, [operator], [right])


def either(op: str, parts: list[ast.expr]) -> ast.expr:
    """Write ``and`` or ``or`` of one or more parts."""
    if len(parts) == 1:
        return parts[0]
    return ast.BoolOp(ast.And() if op == "and" else ast.Or(), parts)


def not_(part: ast.expr) -> ast.expr:
    """Write ``not part``."""
    return ast.UnaryOp(ast.Not(), part)


def attribute(base: ast.expr, field: Field) -> ast.expr:
    """Write the reading of a record's field; ``base`` is a variable."""
    if isinstance(field.attr, int):
        return item(base, field.attr)
    if field.compute:
        return call(f"_{field.compute}", load("e"), base)
    found = ast.Attribute(base, field.attr, ast.Load())
    if field.blank:
        return either("or", [found, ast.Constant(field.blank)])
    if field.fallback:
        other = ast.Attribute(base, field.fallback, ast.Load())
        return ast.IfExp(compared(found, ast.IsNot(), NONE), found, other)
    return found


def function(function_name: str, args: list[ast.expr]) -> ast.expr:
    """Write a function of the language over operands that are known."""
    match function_name:
        case "starts_with":
            return ast.Call(ast.Attribute(args[0], "startswith", ast.Load()), [args[1]], [])
        case "prefix":
            return ast.Subscript(args[0], ast.Slice(None, args[1]), ast.Load())
        case "day":
            shifted = ast.BinOp(args[0], ast.Add(), ast.Constant(BEIJING_MS))
            return ast.BinOp(shifted, ast.FloorDiv(), ast.Constant(DAY_MS))
        case "min" | "max" | "abs":
            return call(function_name, *args)
        case "age_years" | "age_years_day" | "age_days" | "age_days_day":
            return call(f"_{function_name}", ast.Attribute(load("e"), "brdy", ast.Load()), *args)
        case _:
            return call(f"_{function_name}", *args)
