"""Writes out named expressions that are read once, so that reading them costs no call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.language.tree import LetGet, Loop, Node, rebuilt, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from streams.language.names import LetInfo


def inlined(node: Node, lets: Iterable[LetInfo]) -> Node:
    """Write out what is read once and not within a loop, there it would be computed again and again."""
    by_index = {info.index: info.node for info in lets}
    counts: dict[int, int] = {}
    _count(node, by_index, counts, seen=set())
    return _written(node, by_index, counts)


def _count(node: Node, lets: Mapping[int, Node], counts: dict[int, int], seen: set[int]) -> None:
    for part in walk(node):
        if isinstance(part, LetGet):
            counts[part.index] = counts.get(part.index, 0) + 1
            if part.index not in seen:
                seen.add(part.index)
                _count(lets[part.index], lets, counts, seen)


def _written(node: Node, lets: Mapping[int, Node], counts: Mapping[int, int]) -> Node:
    if isinstance(node, LetGet):
        return _written(lets[node.index], lets, counts) if counts[node.index] == 1 else node
    if isinstance(node, Loop):
        return node
    return rebuilt(node, lambda part: _written(part, lets, counts))
