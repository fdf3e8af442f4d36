"""The dashboards: what an SRE looks at first, one worker close up, and Kafka as the workers see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy.generator.grafana import kafka, overview, worker

if TYPE_CHECKING:
    from collections.abc import Mapping


def boards() -> Mapping[str, dict[str, Any]]:
    """Return every dashboard by the name of its file."""
    return {"overview": overview.board(), "worker": worker.board(), "kafka": kafka.board()}
