"""Severity and amount of a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.language.check import Checker
from streams.language.tree import Const, Default, If, Node, Param
from streams.language.types import INT, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.language.names import Names
    from streams.language.params import ParamTable
    from streams.rules.expressions import Desk
    from streams.rules.section import Section

SEVERITIES = (1, 2, 3)
"""1 clear violation, 2 highly suspicious, 3 reminder."""

AMOUNTS = {"settlement": "event.fund_pay_sumamt", "line": "line.amount", "code": "line.amount"}
"""What is at stake unless the rule says otherwise."""


def read_severity(section: Section, desk: Desk, names: Names) -> Node | None:
    """Check ``severity``: 1, 2, 3, or a choice among them; None when it was reported."""
    item = section.values.get("severity")
    node = desk.check(item, names, "severity") if item is not None else None
    if item is None or node is None:
        return None
    values = list(_leaves(node, names.params))
    if any(value is None for value in values):
        section.refuse(item, "severity is 1, 2 or 3, or a choice: 1 if ... else 2")
        return None
    wrong = sorted({value for value in values if value not in SEVERITIES}, key=str)
    if wrong:
        section.refuse(item, f"severity is 1, 2 or 3, not {', '.join(map(str, wrong))}")
        return None
    if not node.type.nullable:
        return node
    # What cannot be told is not held against anyone: the mildest of the choices.
    mildest = max(value for value in values if value is not None)
    return Default(type=INT, part=node, other=Const(type=INT, value=mildest), work=node.work)


def _leaves(node: Node, params: ParamTable | None) -> Iterator[int | None]:
    """Give every value that a severity can have; None for what cannot be told."""
    match node:
        case If(then=then, other=other):
            yield from _leaves(then, params)
            yield from _leaves(other, params)
        case Const(value=int() as value) if not isinstance(value, bool):
            yield value
        case Param(name=name) if params is not None and node.type.kind is Kind.INT:
            stated = [params.values[name], *(area[name] for area in params.areas.values() if name in area)]
            yield from (value if isinstance(value, int) else None for value in stated)
        case _:
            yield None


def read_amount(section: Section, desk: Desk, names: Names) -> Node | None:
    """Check ``amount``, money; None when it was reported."""
    item = section.values.get("amount")
    if item is None:
        return Checker(AMOUNTS[names.each], names, lambda _offset, _message, _hint: None).run()
    node = desk.check(item, names, "amount")
    if node is not None and node.type.kind is not Kind.MONEY:
        section.refuse(item, f"amount is money, this is {node.type}", "such as line.amount or event.fund_pay_sumamt")
        return None
    return node
