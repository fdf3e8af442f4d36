"""One worker close up."""

from __future__ import annotations

from typing import Any, Final

from deploy.generator.grafana.panels import (
    FLEET,
    GREEN,
    INSTANCE,
    JOB,
    NAMESPACE,
    ORANGE,
    RED,
    Panel,
    Query,
    Row,
    dashboard,
    quantile,
)

ONE: Final = f'{FLEET}, instance=~"$instance"'


def _now(metric: str) -> str:
    return f"prewarn_{metric}{{{ONE}}}"


def _rate(metric: str, by: str) -> str:
    return f"sum by ({by}) (rate(prewarn_{metric}{{{ONE}}}[$__rate_interval]))"


STANDING: Final = Row(
    "How it stands",
    [
        Panel("Program", "Version and interpreter.", "none",
              [Query(f"prewarn_build_info{{{ONE}}}", "{{version}}, Python {{python}}", now=True)], kind="stat", width=5,
              options={"textMode": "name", "graphMode": "none"}),
        Panel("Rule pack", "The pack that judges here.", "none",
              [Query(f"prewarn_ruleset_info{{{ONE}}}", "{{version}}", now=True)], kind="stat", width=5,
              options={"textMode": "name", "graphMode": "none"}),
        Panel("Up since", "When the process started.", "dateTimeFromNow",
              [Query(f"1000 * process_start_time_seconds{{{ONE}}}", now=True)], kind="stat", width=4,
              options={"graphMode": "none"}),
        Panel("Partitions", "Held by this worker.", "none", [Query(_now("assigned_partitions"))], kind="stat", width=3),
        Panel("Restoring", "1 while state is being rebuilt: nothing is screened then.", "none",
              [Query(_now("recovering"))], kind="stat", width=3, thresholds=[(None, GREEN), (1.0, ORANGE)]),
        Panel("Last commit", "How long ago offsets were committed.", "s",
              [Query(f"time() - prewarn_last_commit_timestamp_seconds{{{ONE}}}")], kind="stat", width=4,
              thresholds=[(None, GREEN), (30.0, ORANGE), (180.0, RED)]),
    ],
    height=4,
)  # fmt: skip

WORK: Final = Row(
    "Its work",
    [
        Panel("Events and results", "Records read, results made.", "reqps",
              [Query(_rate("events_consumed_total", "topic"), "in: {{topic}}"),
               Query(_rate("results_total", "status"), "out: {{status}}")]),
        Panel("Decision latency", "From the broker's timestamp to the acknowledged result.", "s",
              [Query(quantile(q, "prewarn_decision_latency_seconds", select=ONE), f"p{round(q * 100)}", exemplars=True)
               for q in (0.5, 0.9, 0.99)]),
        Panel("Stages, p99", "Where the time of an event goes.", "s",
              [Query(quantile(0.99, "prewarn_stage_duration_seconds", by="stage", select=ONE), "{{stage}}")]),
        Panel("Time by stage", "Seconds of work a second, by stage. Decoding, screening and writing are the event "
              "loop's: together near 1, it is full.",
              "percentunit",
              [Query(f'sum by (stage) (rate(prewarn_stage_duration_seconds_sum{{{ONE}, '
                     f'stage=~"decode|engine|write|commit"}}[$__rate_interval]))', "{{stage}}")], stacked=True),
        Panel("Backlog", "Records that wait, by partition.", "short",
              [Query(f"prewarn_consumer_lag_records{{{ONE}}}", "{{partition}}")], stacked=True),
        Panel("In flight", "Events taken whose result is not acknowledged yet.", "short",
              [Query(_now("inflight_events"), "events")]),
    ],
)  # fmt: skip

STATE: Final = Row(
    "Its state",
    [
        Panel("Rows", "Rows of state held.", "short", [Query(_now("table_rows"), "{{table}}")], width=6),
        Panel("Bytes", "Encoded size of the rows, from a sample.", "bytes", [Query(_now("table_bytes"), "{{table}}")],
              width=6, stacked=True),
        Panel("Memory", "The process, and what it may use.", "bytes",
              [Query(f"process_resident_memory_bytes{{{ONE}}}", "used"), Query(_now("memory_limit_bytes"), "limit")],
              width=6),
        Panel("Restoring and rebalances", "In an hour: restores of state, and times partitions were shared anew.",
              "none",
              [Query(f"increase(prewarn_table_recovery_duration_seconds_count{{{ONE}}}[1h])", "restored"),
               Query(f"increase(prewarn_rebalances_total{{{ONE}}}[1h])", "rebalanced")], width=6),
        Panel("Copies it keeps", "Changelog records that its copies of other workers' partitions lack, by partition "
              "(PREWARN_STANDBY_REPLICAS). A partition that is not here has no copy here that is kept up.",
              "short", [Query(_now("standby_lag_records"), "{{partition}}")], width=12),
        Panel("Copies wanted and kept", "Partitions of other workers that it is to keep copies of, and those whose "
              "copy is kept up.", "none",
              [Query(_now("standby_partitions"), "wanted"),
               Query(f"count by (instance) (prewarn_standby_lag_records{{{ONE}}})", "kept up")], width=6),
        Panel("Rows in copies", "Rows that it could take over without reading.", "short",
              [Query(_now("standby_rows"), "rows")], width=6),
    ],
)  # fmt: skip

PROCESS: Final = Row(
    "Its process",
    [
        Panel("Processor", "Cores used.", "none",
              [Query(f"rate(process_cpu_seconds_total{{{ONE}}}[$__rate_interval])", "cores")], width=6),
        Panel("Event loop", "How late it wakes up.", "s",
              [Query(quantile(q, "prewarn_event_loop_lag_seconds", select=ONE), f"p{round(q * 100)}")
               for q in (0.5, 0.99)], width=6),
        Panel("Garbage collection", "Runs a second, by generation: old objects are set aside, so 2 stays rare.",
              "ops",
              [Query(f"rate(python_gc_collections_total{{{ONE}}}[$__rate_interval])", "generation {{generation}}")],
              width=6),
        Panel("Open files", "File descriptors, and how many there may be.", "short",
              [Query(f"process_open_fds{{{ONE}}}", "open"), Query(f"process_max_fds{{{ONE}}}", "limit")], width=6),
    ],
)  # fmt: skip


def board() -> dict[str, Any]:
    """Return the dashboard."""
    return dashboard(
        "prewarn-worker",
        "prewarn: one worker",
        "Where the time and the memory of one worker go.",
        [STANDING, WORK, STATE, PROCESS],
        [JOB, NAMESPACE, INSTANCE],
    )
