"""Spans of sampled settlements."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from streams.observability.traces import Traces, TracesUnavailableError, traces_of
from streams.settings import load
from tests.unit.observability.test_metrics import result, violation

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

TIMES = (1_000.0, 1_000.25, 1_000.5)
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    """Keeps spans."""
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    kept: InMemorySpanExporter = memory.InMemorySpanExporter()
    return kept


def test_a_settlement_is_one_span_with_its_stages(exporter: InMemorySpanExporter) -> None:
    """It begins with the broker's timestamp, belongs to the sender's trace, and carries nothing of a person."""
    traces = Traces(exporter, 1.0, at_once=True)
    made = result(violation("V01", 12.5))
    made.psn_ref = "the reference of a person"
    traces.answered(made, ("events", 3, 42), [("traceparent", PARENT.encode()), ("x", b"\xff")], TIMES)
    traces.close()
    screen, acknowledge, whole = exporter.get_finished_spans()
    spans = [(span.name, span.start_time, span.end_time) for span in (screen, acknowledge, whole)]
    ns = [int(at * 1e9) for at in TIMES]
    assert spans == [
        ("screen", ns[0], ns[1]),
        ("acknowledge", ns[1], ns[2]),
        ("settlement", ns[0], ns[2]),
    ]
    assert {span.context.trace_id for span in (screen, acknowledge, whole)} == {int(PARENT[3:35], 16)}
    assert screen.parent == acknowledge.parent == whole.context
    assert dict(whole.attributes or {}) | {"prewarn.action": "review", "prewarn.violations": ("V01",)} == dict(
        whole.attributes or {}
    )
    assert "person" not in "".join(span.to_json() for span in (screen, acknowledge, whole))


def test_the_same_settlements_are_sampled_everywhere(exporter: InMemorySpanExporter) -> None:
    """The id decides: a tenth of them, the same tenth for everybody, none at 0, all at 1."""
    ids = [f"S{number}" for number in range(2_000)]
    one, other, never, always = (Traces(exporter, share) for share in (0.1, 0.1, 0.0, 1.0))
    taken = [setl_id for setl_id in ids if one.takes(setl_id)]
    assert taken == [setl_id for setl_id in ids if other.takes(setl_id)]
    assert 150 < len(taken) < 250
    assert not any(never.takes(setl_id) for setl_id in ids)
    assert all(always.takes(setl_id) for setl_id in ids)


def test_traces_are_off_until_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an endpoint nothing is imported; with one and without the extra, the start says what to install."""
    assert traces_of(load({})) is None
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(TracesUnavailableError, match=r"prewarn\[traces\]"):
        traces_of(load({"PREWARN_TRACE_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}))
