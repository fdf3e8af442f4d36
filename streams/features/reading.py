"""How a rule's question about a feature becomes a view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.features.feature import state_key

if TYPE_CHECKING:
    from streams.contract.events import Event, Line, TraceCode
    from streams.features.feature import Feature
    from streams.features.scopes import RowKey
    from streams.state.rows import WindowRow


def read_view(
    feature: Feature,
    row: WindowRow | None,
    where: RowKey | None,
    event: Event,
    line: Line | None,
    code: TraceCode | None,
) -> Any:
    """What a rule sees of a feature for this event (and line, and code).

    What is observed at a finer level than it is read (a feature of lines, keyed by the person) is read as of the
    settlement's `service_time`, and without a value of the reader's own.

    Args:
        feature: What to read.
        row: The row that the feature's scope means here; None when there is none yet, or none at all.
        where: Where that row is.
        event: The event.
        line: The line, where the feature is known for each line or code.
        code: The trace code, where the feature is known for each code.
    """
    part = "" if where is None else where[2]
    state = None if row is None else row.features.get(state_key(feature.fid, part) if part else feature.fid)
    if state is None:
        return feature.nothing
    spec = feature.spec
    own: Any = None
    if feature.exact:
        time = spec.at(event, line, code)
        if time is None:
            time = event.time
        if spec.aggregate == "histogram" and spec.of is not None:
            own = spec.of(event, line, code)
    else:
        time = event.service_time
    if feature.past is not None and where is not None:
        return feature.past.view(state, time, state_key(where[0], part))
    return feature.aggregate.view(state, time, own, event.setl_id or "")
