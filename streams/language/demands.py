"""What a condition demands: found out once, so that nobody asks it where it cannot hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.language.tree import (
    Compare,
    Const,
    FeatureCall,
    FeatureGet,
    LetGet,
    Logic,
    Lookup,
    Loop,
    Node,
    Reference,
    Var,
    walk,
)

if TYPE_CHECKING:
    from streams.language.names import Names


def reads_fact(node: Node) -> bool:
    """Whether a condition needs the fact; a named expression may."""
    return any(isinstance(part, LetGet) or (isinstance(part, Var) and part.name == "fact") for part in walk(node))


def reads_let(node: Node) -> bool:
    """Whether a condition reads a named expression, which may read anything."""
    return any(isinstance(part, LetGet) for part in walk(node))


def of_event_alone(node: Node) -> bool:
    """Whether a condition is the same for every line and trace code of a settlement."""
    return not any(
        isinstance(part, FeatureGet | FeatureCall | Reference | Lookup)
        or (isinstance(part, Var) and part.name in {"l", "k"})
        for part in walk(node)
    )


def shows_another(node: Node, names: Names) -> bool:
    """Whether a condition can hold only if some log of the trace code has an entry of another settlement."""
    match node:
        case LetGet(index=index):
            return any(shows_another(info.node, names) for info in names.lets.values() if info.index == index)
        case (
            Loop(name="any", source=FeatureGet() as log)
            | Compare(op=">", left=FeatureGet(prop="count") as log, right=Const(value=0))
        ):
            wanted = (log.slot.each, log.slot.index)
            logs = [info for info in names.features.values() if (info.each, info.index) == wanted]
            return log.slot.each == "code" and any(info.aggregate == "log" and not info.own for info in logs)
        case _:
            return False


def tables_of(node: Node) -> list[tuple[str, str]]:
    """Name tables and columns of which one must list the line's item for a condition to hold; none if any item may."""
    if isinstance(node, Lookup) and not node.row and isinstance(node.record, Var) and node.record.name == "l":
        return [(node.table, node.column)]
    if not isinstance(node, Logic):
        return []
    parts = [tables_of(part) for part in node.operands]
    if node.op == "and":
        return next((part for part in parts if part), [])
    return [table for part in parts for table in part] if all(parts) else []
