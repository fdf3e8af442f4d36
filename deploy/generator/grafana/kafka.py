"""Kafka as the workers see it; the brokers' own dashboards are Kafka's affair (Strimzi ships some)."""

from __future__ import annotations

from typing import Any, Final

from deploy.generator.grafana.panels import FLEET, GREEN, JOB, NAMESPACE, RED, Panel, Query, Row, dashboard, quantile


def _rate(metric: str, by: str) -> str:
    return f"sum by ({by}) (rate(prewarn_{metric}{{{FLEET}}}[$__rate_interval]))"


READING: Final = Row(
    "Reading",
    [
        Panel("Records read", "By topic.", "reqps", [Query(_rate("events_consumed_total", "topic"), "{{topic}}")]),
        Panel("Lag by partition", "Records between the committed offset and the end. One partition alone is a hot key "
              "or a stuck worker; all of them are too few workers or a slow broker.",
              "short",
              [Query(f"max by (topic, partition) (prewarn_consumer_lag_records{{{FLEET}}})", "{{partition}}")],
              stacked=True),
        Panel("Waiting for a worker, p99", "From the broker's timestamp of an event until a worker takes it.", "s",
              [Query(quantile(0.99, "prewarn_stage_duration_seconds", select=f'{FLEET}, stage="queue"'), "queue")]),
    ],
)  # fmt: skip

WRITING: Final = Row(
    "Writing",
    [
        Panel("Acknowledgements, p99", "From handing a result to the producer until the brokers have it. What replicas "
              "and disks take is in here.",
              "s",
              [Query(quantile(q, "prewarn_stage_duration_seconds", select=f'{FLEET}, stage="acknowledge"'),
                     f"p{round(q * 100)}") for q in (0.5, 0.99)]),
        Panel("Commits, p99", "Saving the changed rows and committing offsets.", "s",
              [Query(quantile(0.99, "prewarn_stage_duration_seconds", by="instance",
                              select=f'{FLEET}, stage="commit"'), "{{instance}}")]),
        Panel("Records given up", "Not delivered in time: the worker ends with status 70 at the first.", "none",
              [Query(f"sum by (topic) (increase(prewarn_produce_errors_total{{{FLEET}}}[1h]))", "{{topic}}")],
              thresholds=[(None, GREEN), (1.0, RED)]),
    ],
)  # fmt: skip

GROUP: Final = Row(
    "The group",
    [
        Panel("Who holds what", "Partitions by worker.", "none",
              [Query(f"sum by (instance) (prewarn_assigned_partitions{{{FLEET}}})", "{{instance}}")], stacked=True,
              width=6),
        Panel("Rebalances", "In 15 minutes; above five a ticket is opened.", "none",
              [Query(f"max by (job) (increase(prewarn_rebalances_total{{{FLEET}}}[15m]))", "{{job}}")], width=6),
        Panel("Heartbeat", "How long ago the last heartbeat that came back was sent. It goes through every partition.",
              "s",
              [Query(f"time() - prewarn_canary_last_result_timestamp_seconds{{{FLEET}}}", "{{instance}}")], width=6),
        Panel("Last commit", "How long ago offsets were committed.", "s",
              [Query(f"time() - prewarn_last_commit_timestamp_seconds{{{FLEET}}}", "{{instance}}")], width=6),
    ],
)  # fmt: skip


def board() -> dict[str, Any]:
    """Return the dashboard."""
    return dashboard(
        "prewarn-kafka",
        "prewarn: Kafka",
        "Brokers, topics and group as the workers see them.",
        [READING, WRITING, GROUP],
        [JOB, NAMESPACE],
    )
