"""How a rule's question about a feature becomes a view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.features.feature import state_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.contract.events import Event, Line, TraceCode
    from streams.features.aggregates import Aggregate
    from streams.features.past import Past
    from streams.features.scopes import RowKey
    from streams.rules.feature_specs import FeatureSpec
    from streams.state.rows import WindowRow

    Reader = Callable[[WindowRow | None, RowKey | None, Event, Line | None, TraceCode | None], Any]
    """What a rule sees of a feature for this event (and line, and code).

    Its arguments are the row that the feature's scope means here (None when there is none yet, or none at all), where
    that row is, the event, the line where the feature is known for each line or code, and the trace code where it is
    known for each code.
    """


def reader_of(spec: FeatureSpec, aggregate: Aggregate, past: Past | None, fid: str, *, exact: bool) -> Reader:
    """Make what reads a feature.

    What is observed at a finer level than it is read (a feature of lines, keyed by the person) is read as of the
    settlement's `service_time`, and without a value of the reader's own.

    Args:
        spec: The feature.
        aggregate: Its arithmetic; of a past that of the feature whose past it is.
        past: How it is compared with its past, if it is.
        fid: Under which name rows keep the state that it reads.
        exact: Whether it is read at the level at which it observes.
    """
    nothing: Any = aggregate.view(None, 0, None, "") if past is None else past.view(None, 0, "")
    at, view = spec.at, aggregate.view
    own_value = spec.of if exact and spec.aggregate == "histogram" else None

    def read(
        row: WindowRow | None, where: RowKey | None, event: Event, line: Line | None, code: TraceCode | None
    ) -> Any:
        if row is None or where is None:
            return nothing
        part = where[2]
        state = row.features.get(state_key(fid, part) if part else fid)
        if state is None:
            return nothing
        time = at(event, line, code) if exact else event.service_time
        if time is None:
            time = event.time
        if past is not None:
            return past.view(state, time, state_key(where[0], part))
        own = None if own_value is None else own_value(event, line, code)
        return view(state, time, own, event.setl_id or "")

    return read
