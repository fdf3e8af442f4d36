"""Which events touch the same rows: between partitions nobody's order decides, so a comparison must not depend on it.

Two events of different partitions that share a row and are under way together may be answered in either order, both
right. Whoever compares a stream with a file run keeps such events apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.contract.decode import decode_event
from streams.engine.asks import rows_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.contract.events import Event
    from streams.engine.engine import Engine


def touched(event: Event, engine: Engine) -> set[str]:
    """Return every row that an event reads or changes."""
    engine.identify(event)
    keys = {key for key, _ in rows_of(engine.plan.scopes, event, engine.context(event))}
    return keys | {f"s:{name}" for name in (event.setl_id, event.init_setl_id) if name}


def rounds(
    raws: list[bytes], engine: Engine, partition_of: Callable[[str], int], most: int
) -> list[list[tuple[int, bytes]]]:
    """Return the events in rounds, with their partitions; what different partitions do in a round shares no row."""
    made: list[list[tuple[int, bytes]]] = [[]]
    seen: dict[str, int] = {}
    lines: dict[str, set[str]] = {}
    for raw in raws:
        event = decode_event(raw, arrived=None)
        number = partition_of(event.mdtrtarea_admvs)
        keys = touched(event, engine)
        if event.event_type == "reversal":
            # It takes out of the rows of its original.
            keys |= lines.get(event.init_setl_id or "", set())
        lines[event.setl_id or ""] = keys
        if len(made[-1]) >= most or any(seen.get(key, number) != number for key in keys):
            made.append([])
            seen = {}
        made[-1].append((number, raw))
        seen |= dict.fromkeys(keys, number)
    return made
