"""The first look: is the promise kept, what comes and goes, what is behind it."""

from __future__ import annotations

from typing import Any, Final

from deploy.generator.grafana.panels import (
    FLEET,
    GREEN,
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

BUDGET: Final = 0.001
"""Share of settlements that may be answered later than 2 s."""


def _rate(metric: str, by: str, more: str = "") -> str:
    return f"sum by ({by}) (rate(prewarn_{metric}{{{FLEET}{more}}}[$__rate_interval]))"


def _hits(mode: str) -> str:
    """Return the hits an hour of the ten rules that hit most."""
    return "topk(10, 3600 * " + _rate("violations_total", "rule_id", f', mode="{mode}"') + ")"


PROMISE: Final = Row(
    "The promise: 99.9 % of settlements answered within 2 s",
    [
        Panel(
            "Budget left", "What is left of the 0.1 % of 30 days that may be late. Below zero the promise is broken.",
            "percentunit",
            [Query(f"1 - job:prewarn_decisions_late:ratio_rate30d{{{FLEET}}} / {BUDGET}", "{{job}}")],
            kind="stat", width=4, thresholds=[(None, RED), (0.0, ORANGE), (0.25, GREEN)],
        ),
        Panel(
            "Late now", "Share of settlements without a result within 2 s, over the last five minutes.", "percentunit",
            [Query(f"job:prewarn_decisions_late:ratio_rate5m{{{FLEET}}}", "{{job}}")],
            kind="stat", width=4, thresholds=[(None, GREEN), (BUDGET, ORANGE), (14.4 * BUDGET, RED)],
        ),
        Panel(
            "Burn rate", "How many times faster than planned the budget goes. Pages above 14.4 (1 h and 5 min) and "
            "6 (6 h and 30 min), tickets above 3 (1 d) and 1 (3 d).",
            "none",
            [Query(f"job:prewarn_decisions_late:ratio_rate{window}{{{FLEET}}} / {BUDGET}", window)
             for window in ("5m", "30m", "1h", "6h", "1d", "3d")],
            width=10, thresholds=[(None, "transparent"), (6.0, ORANGE), (14.4, RED)],
        ),
        Panel(
            "Firing", "Alerts that fire. Watchdog always does.", "none",
            [Query('sum by (alertname, severity) (ALERTS{alertname=~"Prewarn.*", alertstate="firing"})',
                   now=True, shape="table")],
            kind="table", width=6,
            transformations=[{"id": "organize", "options": {"excludeByName": {"Time": True, "Value": True}}}],
        ),
    ],
    height=7,
)  # fmt: skip

LATENCY: Final = Row(
    "Latency",
    [
        Panel(
            "Decision", "From the broker's timestamp of an event to the acknowledged result. The dots are single "
            "settlements (setl_id).",
            "s",
            [Query(quantile(0.5, "prewarn_decision_latency_seconds"), "p50"),
             Query(quantile(0.99, "prewarn_decision_latency_seconds"), "p99", exemplars=True)],
        ),
        Panel(
            "Decisions by latency", "How many a second fell between two bounds.", "s",
            [Query(f"sum by (le) (rate(prewarn_decision_latency_seconds_bucket{{{FLEET}}}[$__rate_interval]))",
                   "{{le}}", shape="heatmap")],
            kind="heatmap",
        ),
        Panel(
            "Stages, p99", "The way of an event: waiting for its worker, decoding, screening, writing, and the "
            "broker's acknowledgement; beside it, commits.",
            "s",
            [Query(quantile(0.99, "prewarn_stage_duration_seconds", by="stage"), "{{stage}}")],
        ),
    ],
)  # fmt: skip

TRAFFIC: Final = Row(
    "Traffic and decisions",
    [
        Panel("Records in", "Records read, by topic, whatever became of them.", "reqps",
              [Query(_rate("events_consumed_total", "topic"), "{{topic}}")], width=6),
        Panel("Results by action", "Results made. A sudden change of the mix is a change of rules, or of the world.",
              "reqps", [Query(_rate("results_total", "action"), "{{action}}")], width=6, stacked=True),
        Panel("Stopped", "Share of settlements for review or on hold: half an hour, and the day before it.",
              "percentunit",
              [Query(f"job:prewarn_results_stopped:ratio_rate30m{{{FLEET}}}", "30 min"),
               Query(f"job:prewarn_results_stopped:ratio_rate1d_offset30m{{{FLEET}}}", "day before")], width=6),
        Panel("Money at stake", "Yuan an hour in violations of acting rules, the ten largest.", "currencyCNY",
              [Query(f"topk(10, 3600 * sum by (rule_id) "
                     f"(rate(prewarn_violation_amount_yuan_total{{{FLEET}}}[$__rate_interval])))", "{{rule_id}}")],
              width=6, stacked=True),
    ],
)  # fmt: skip

ERRORS: Final = Row(
    "What went wrong",
    [
        Panel("Dead letters", "Records that cannot be screened, by reason. Above 0.5 % of all a ticket is opened.",
              "reqps", [Query(_rate("dead_letters_total", "reason"), "{{reason}}")], width=6),
        Panel("Partial results", "Share of results that lack rules which could not be decided.", "percentunit",
              [Query(_rate("results_total", "job", ', status="partial"') + " / " + _rate("results_total", "job"),
                     "{{job}}")], width=6),
        Panel("Errors in events", "Something failed in an event's work and the event went on; records not delivered.",
              "reqps",
              [Query(_rate("event_errors_total", "stage"), "{{stage}}"),
               Query(_rate("produce_errors_total", "topic"), "not delivered: {{topic}}")], width=6),
        Panel("Repeats and latecomers", "Settlements met again and given their first answer; observations whose window "
              "was gone.",
              "reqps",
              [Query(_rate("duplicates_total", "job"), "repeats"),
               Query(_rate("late_events_total", "job"), "latecomers")], width=6),
    ],
)  # fmt: skip

BACKLOG: Final = Row(
    "Backlog and group",
    [
        Panel("Backlog in seconds", "Age of the oldest event that is not committed, by worker.", "s",
              [Query(f"max by (instance) (prewarn_consumer_lag_seconds{{{FLEET}}})", "{{instance}}")], width=6),
        Panel("Backlog in records", "Records between the committed offset and the end.", "short",
              [Query(f"job:prewarn_consumer_lag_records:sum{{{FLEET}}}", "{{job}}")], width=6),
        Panel("Heartbeat", "How long ago the last heartbeat that came back was sent, in the slowest partition.", "s",
              [Query(f"time() - min by (instance) (prewarn_canary_last_result_timestamp_seconds{{{FLEET}}})",
                     "{{instance}}")], width=6),
        Panel("Partitions held", "By worker; together they must be as many as the topic has.", "none",
              [Query(f"sum by (instance) (prewarn_assigned_partitions{{{FLEET}}})", "{{instance}}"),
               Query(f"max(prewarn_partitions{{{FLEET}}})", "all")], width=6),
        Panel("Workers", "Workers that answer, and those that restore state.", "none",
              [Query(f"sum(up{{{FLEET}}})", "up"),
               Query(f"sum(prewarn_recovering{{{FLEET}}})", "restoring")], width=6),
        Panel("Rebalances", "Times the group shared its partitions anew, in five minutes.", "none",
              [Query(f"max by (job) (increase(prewarn_rebalances_total{{{FLEET}}}[5m]))", "{{job}}")], width=6),
        Panel("Rebalance and restoring, mean", "How long events stood still, and how much of it was restoring state.",
              "s",
              [Query(f"sum(increase(prewarn_{name}_seconds_sum{{{FLEET}}}[1h])) / "
                     f"sum(increase(prewarn_{name}_seconds_count{{{FLEET}}}[1h]))", legend)
               for name, legend in (("rebalance_duration", "rebalance"), ("table_recovery_duration", "restoring"))],
              width=6),
        Panel("In flight", "Events taken whose result is not acknowledged yet.", "short",
              [Query(f"sum by (instance) (prewarn_inflight_events{{{FLEET}}})", "{{instance}}")], width=6),
        Panel("Copies behind", "Changelog records that the copies lack which a worker keeps of others' partitions, in "
              "the one furthest behind. What is missing is read when a partition is taken over. Empty without "
              "PREWARN_STANDBY_REPLICAS.", "short",
              [Query(f"max by (instance) (prewarn_standby_lag_records{{{FLEET}}})", "{{instance}}")], width=12),
    ],
)  # fmt: skip

SATURATION: Final = Row(
    "Saturation",
    [
        Panel("Processor", "Cores used by each worker; one is all that a worker can use.", "none",
              [Query(f"rate(process_cpu_seconds_total{{{FLEET}}}[$__rate_interval])", "{{instance}}")],
              thresholds=[(None, "transparent"), (0.8, ORANGE)]),
        Panel("Memory", "Of what each worker may use; its state is in memory.", "percentunit",
              [Query(f"process_resident_memory_bytes{{{FLEET}}} / on (job, namespace, pod, instance) "
                     f"prewarn_memory_limit_bytes{{{FLEET}}}", "{{instance}}")],
              top=1.0, thresholds=[(None, "transparent"), (0.9, RED)]),
        Panel("Event loop, p99", "How late the event loop wakes up. Above half a second something blocks it.", "s",
              [Query(quantile(0.99, "prewarn_event_loop_lag_seconds", by="instance"), "{{instance}}")],
              thresholds=[(None, "transparent"), (0.5, ORANGE)]),
    ],
)  # fmt: skip

RULES: Final = Row(
    "Rules",
    [
        Panel("Rule packs in force", "Which pack judges on how many workers. Two at once are right only for minutes.",
              "none",
              [Query(f"count by (version, sha256) (prewarn_ruleset_info{{{FLEET}}})", now=True, shape="table")],
              kind="table",
              transformations=[{"id": "organize", "options": {"excludeByName": {"Time": True}}}]),
        Panel("Hits of acting rules", "An hour, the ten most frequent.", "short",
              [Query(_hits("live"), "{{rule_id}}")]),
        Panel("Hits of rules on trial", "An hour, the ten most frequent.", "short",
              [Query(_hits("shadow"), "{{rule_id}}")]),
        Panel("Precision", "Confirmed among the decided hits of a rule, the ten worst.", "percentunit",
              [Query(f"bottomk(10, min by (rule_id) (prewarn_rule_precision_ratio{{{FLEET}}}))", "{{rule_id}}",
                     now=True)],
              kind="bargauge", top=1.0, thresholds=[(None, RED), (0.05, ORANGE), (0.1, GREEN)]),
        Panel("Paused", "Rules that were put on trial because they hit too often or failed.", "none",
              [Query(f"sum(max by (rule_id) (prewarn_rule_paused{{{FLEET}}}))", "rules")],
              kind="stat", width=4, thresholds=[(None, GREEN), (1.0, RED)]),
        Panel("Packs taken and refused", "In an hour.", "none",
              [Query(f"sum by (result) (increase(prewarn_ruleset_reloads_total{{{FLEET}}}[1h]))", "{{result}}")],
              width=6),
        Panel("Feedback", "Dispositions and outcomes read, an hour.", "short",
              [Query(f"3600 * {_rate('feedback_total', 'value')}", "{{value}}")], width=6),
    ],
)  # fmt: skip

MODEL: Final = Row(
    "Risk and model",
    [
        Panel("Risk score", "Quantiles of the score of results, 0 to 100.", "none",
              [Query(quantile(q, "prewarn_risk_score"), f"p{round(q * 100)}") for q in (0.5, 0.9, 0.99)], width=6),
        Panel("Model score", "Quantiles of what the online model says of settlements, 0 to 1.", "none",
              [Query(quantile(q, "prewarn_model_score"), f"p{round(q * 100)}") for q in (0.5, 0.9, 0.99)], width=6),
        Panel("Log loss", "Of recent lessons, each scored before it was learned: lower is better. A challenger below "
              "the champion could take its place.", "none",
              [Query(f"max by (role) (prewarn_model_log_loss{{{FLEET}}})", "{{role}}")], width=6),
        Panel("Lessons", "What the model has learned from, and settlements it could not score.", "short",
              [Query(f"max(prewarn_model_lessons{{{FLEET}}})", "lessons"),
               Query(f"sum(prewarn_model_errors_total{{{FLEET}}})", "errors")], width=6),
        Panel("Drift", "Changes of the mean of inputs, in an hour; three of one input in six open a ticket.", "none",
              [Query(f"max by (input) (increase(prewarn_model_drift_total{{{FLEET}}}[1h]))", "{{input}}")], width=6),
        Panel("Working", "Workers that screen without the model.", "none",
              [Query(f"sum(prewarn_model_paused{{{FLEET}}})", "paused")], kind="stat", width=6,
              thresholds=[(None, GREEN), (1.0, RED)]),
        Panel("Model in force", "Which model scores on how many workers.", "none",
              [Query(f"count by (version) (prewarn_model_info{{{FLEET}}})", now=True, shape="table")],
              kind="table", width=6,
              transformations=[{"id": "organize", "options": {"excludeByName": {"Time": True}}}]),
    ],
)  # fmt: skip


def board() -> dict[str, Any]:
    """Return the dashboard."""
    return dashboard(
        "prewarn-overview",
        "prewarn: overview",
        "Is the promise kept, and if not, where to look.",
        [PROMISE, LATENCY, TRAFFIC, ERRORS, BACKLOG, SATURATION, RULES, MODEL],
        [JOB, NAMESPACE],
    )
