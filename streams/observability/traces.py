"""Spans of sampled settlements, for whoever looks at one answer across systems. Off unless an endpoint is set.

A settlement gives one span from the broker's timestamp until its result was acknowledged, with two below it: until it
was answered, and until the broker had it. A sender's `traceparent` header makes them part of its trace. Which
settlements are traced is decided by their id, so all workers, and a repeat, decide the same.

A span names the settlement and its coordinates, what was decided and what was missing; nothing of a person.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

    from streams.contract.results import ScreeningResult
    from streams.settings import Settings

PARENT: Final = "traceparent"
_ALL: Final = 2**32
_NS: Final = 1_000_000_000
_EXTRA: Final = "PREWARN_TRACE_ENDPOINT is set and OpenTelemetry is not installed: pip install 'prewarn[traces]'"


class TracesUnavailableError(Exception):
    """Traces are asked for and cannot be made; the message says what is missing."""


class Traces:
    """Makes spans and hands them to an exporter, which sends them on a thread of its own.

    Args:
        exporter: Where spans go.
        share: Of the settlements, from 0 to 1.
        at_once: Whether a span is exported as it ends instead of in batches.

    Raises:
        TracesUnavailableError: OpenTelemetry is not installed.
    """

    def __init__(self, exporter: SpanExporter, share: float, *, at_once: bool = False) -> None:
        try:
            from opentelemetry import trace  # noqa: PLC0415 - an extra that most installations have not
            from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
            from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
            from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor  # noqa: PLC0415
            from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415
                TraceContextTextMapPropagator,
            )
        except ImportError:
            raise TracesUnavailableError(_EXTRA) from None
        processor: Any = SimpleSpanProcessor if at_once else BatchSpanProcessor
        self._provider = TracerProvider(resource=Resource({"service.name": "prewarn"}), shutdown_on_exit=False)
        self._provider.add_span_processor(processor(exporter))
        self._tracer = self._provider.get_tracer("prewarn")
        self._propagator = TraceContextTextMapPropagator()
        self._as_parent = trace.set_span_in_context
        self._limit = share * _ALL

    def takes(self, setl_id: str) -> bool:
        """Whether a settlement is traced."""
        return int.from_bytes(blake2b(setl_id.encode(), digest_size=4).digest()) < self._limit

    def answered(
        self,
        result: ScreeningResult,
        place: tuple[str, int, int],
        headers: list[tuple[str, bytes]],
        times: tuple[float, float, float],
    ) -> None:
        """Trace a result that was acknowledged.

        Args:
            result: The result.
            place: Topic, partition and offset of its event.
            headers: The event's; a `traceparent` is used.
            times: Epoch seconds of the broker's timestamp, of the answer, and of its acknowledgement.
        """
        carrier = {name: value.decode(errors="replace") for name, value in headers if name == PARENT}
        sent, made, acknowledged = (int(at * _NS) for at in times)
        attributes: dict[str, Any] = {
            "prewarn.setl_id": result.setl_id,
            "prewarn.action": result.action,
            "prewarn.status": result.status,
            "prewarn.revision": result.revision,
            "prewarn.missing": result.missing,
            "prewarn.violations": [violation.rule_id for violation in result.violations],
            "prewarn.ruleset": result.ruleset.version,
            "messaging.system": "kafka",
            **dict(zip(("messaging.destination.name", "messaging.partition", "messaging.offset"), place, strict=True)),
        }
        whole = self._tracer.start_span(
            "settlement", self._propagator.extract(carrier), attributes=attributes, start_time=sent
        )
        within = self._as_parent(whole)
        for name, begin, end in (("screen", sent, made), ("acknowledge", made, acknowledged)):
            self._tracer.start_span(name, within, start_time=begin).end(end)
        whole.end(acknowledged)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def traces_of(settings: Settings) -> Traces | None:
    """Return what the settings ask for.

    Raises:
        TracesUnavailableError: OpenTelemetry is not installed.
    """
    if settings.trace_endpoint is None:
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
    except ImportError:
        raise TracesUnavailableError(_EXTRA) from None
    return Traces(OTLPSpanExporter(endpoint=settings.trace_endpoint), settings.trace_share)
