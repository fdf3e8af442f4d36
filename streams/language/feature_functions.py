"""Functions of a feature as a whole: days on hand of a log of supplies, episodes of a window of days, companions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from streams.language.names import LEVELS, FeatureInfo
from streams.language.parse import offset_of
from streams.language.tree import Const, FeatureCall, FeatureSlot, Node
from streams.language.types import DAY, DURATION, ERROR, INT, TEXT, Field, Kind, Record, Type
from streams.language.units import LITERAL_BITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.language.check import Checker

COMPANIONS_LIMIT = 10
"""Most companions that are looked at: those who came last."""

COMPANION = Record("companion", {"person": Field(TEXT, 0), "times": Field(INT, 1), "setl_id": Field(TEXT, 2)})
"""Someone who settled at the same place at nearly the same time: who, how often in all, the settlement now."""

BROKEN = Const(type=ERROR, value=None)
DURATION_BITS = 100
"""Days on hand: a log's worth of quantities in milliseconds."""


def _feature(checker: Checker, node: ast.Call, name: str, at: int) -> tuple[FeatureInfo, FeatureSlot] | None:
    """Find the feature that an argument names; None when it was reported."""
    argument = node.args[at] if at < len(node.args) else None
    known = checker.names.features
    if isinstance(argument, ast.Name) and argument.id in checker.names.broken:
        checker.passed_over()
        return None
    if not isinstance(argument, ast.Name) or argument.id not in known:
        checker.error(node, f"{name}() needs the name of a feature here")
        return None
    info = known[argument.id]
    checker.uses.features.add(argument.id)
    if LEVELS[info.each] > LEVELS[checker.names.each]:
        checker.error(argument, f"feature {argument.id} is known for each {info.each}", f"write each: {info.each}")
        return None
    return info, FeatureSlot(info.each, info.index)


def _whole_number(checker: Checker, node: ast.Call, name: str, at: int, kind: Kind = Kind.INT) -> Node | None:
    """Check a plain argument; None when it was reported."""
    if len(node.args) != at + 1:
        checker.error(node, f"{name}() takes {at + 1} arguments, here are {len(node.args)}")
        return None
    found = checker.check(node.args[at])
    if found.type.kind is Kind.ERROR:
        return None
    if found.type.kind is not kind:
        checker.error(node.args[at], f"{name}() needs a {kind.value} here, this is {found.type}")
        return None
    return found


def _field(info: FeatureInfo, name: str, kind: Kind) -> int | None:
    """Give the position of a log's field; None when it has none of that name and kind."""
    found = info.entry.fields.get(name) if info.aggregate == "log" and info.entry is not None else None
    return found.attr if found is not None and found.type.kind is kind and isinstance(found.attr, int) else None


def _on_hand(checker: Checker, node: ast.Call, name: str) -> Node:
    """Check ``on_hand(supply, time)``: what is left at a time of the ``days`` that a log's entries gave."""
    feature = _feature(checker, node, name, 0)
    at = _whole_number(checker, node, name, 1, Kind.TIME)
    if feature is None or at is None:
        return BROKEN
    info, slot = feature
    days = _field(info, "days", Kind.QUANTITY)
    if days is None:
        return checker.error(node, f"{name}() needs a log with a field days, such as days: line.prd_days")
    type_ = DURATION.maybe(at.type.nullable)
    return FeatureCall(
        type=type_, name=name, slots=(slot,), fields=(days,), args=(at,), bits=DURATION_BITS,
        work=info.limit, at=offset_of(node, checker.text),
    )  # fmt: skip


def _episode(checker: Checker, node: ast.Call, name: str) -> Node:
    """Check ``episode_days(days, 30)`` and ``episode_start(days, 30)``: days without a gap of more than so many."""
    feature = _feature(checker, node, name, 0)
    gap = _whole_number(checker, node, name, 1)
    if feature is None or gap is None:
        return BROKEN
    info, slot = feature
    if not info.by_day:
        return checker.error(node, f"{name}() needs a feature with a window of calendar days")
    type_ = INT.maybe(gap.type.nullable) if name == "episode_days" else DAY.maybe()
    return FeatureCall(
        type=type_, name=name, slots=(slot,), fields=(), args=(gap,), bits=LITERAL_BITS,
        work=gap.work, at=offset_of(node, checker.text),
    )  # fmt: skip


def _companions(checker: Checker, node: ast.Call, name: str) -> Node:
    """Check ``companions(recent, visits, 3)``: who settled beside this person at least so often.

    ``recent`` logs the settlements of an institution with ``person``, its window is how near is beside; ``visits``
    logs those of each person there (scope visitor), its window is how long it counts.
    """
    recent, visits = _feature(checker, node, name, 0), _feature(checker, node, name, 1)
    times = _whole_number(checker, node, name, 2)
    if recent is None or visits is None or times is None:
        return BROKEN
    person = _field(recent[0], "person", Kind.TEXT)
    if person is None or recent[0].scope != "institution":
        return checker.error(node, f"{name}() needs a log of an institution with the field person first")
    if visits[0].aggregate != "log" or visits[0].scope != "visitor":
        return checker.error(node, f"{name}() needs a log of scope visitor second")
    type_ = Type(Kind.RECORDS, record=COMPANION, limit=COMPANIONS_LIMIT)
    return FeatureCall(
        type=type_, name=name, slots=(recent[1], visits[1]), fields=(person,), args=(times,),
        work=COMPANIONS_LIMIT * visits[0].limit, at=offset_of(node, checker.text),
    )  # fmt: skip


FUNCTIONS: dict[str, Callable[[Checker, ast.Call, str], Node]] = {
    "on_hand": _on_hand,
    "episode_days": _episode,
    "episode_start": _episode,
    "companions": _companions,
}
"""Functions whose first argument is a feature, not a value."""
