"""The metrics of a worker."""

from __future__ import annotations

import pytest
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse

from streams.contract.results import ModelScore, Ruleset, ScreeningResult, Violation
from streams.observability.metrics import LATENCY_S, Metrics

LABELS = {
    "prewarn_partitions": set(),
    "prewarn_memory_limit_bytes": set(),
    "prewarn_events_consumed": {"topic"},
    "prewarn_event_errors": {"stage", "reason"},
    "prewarn_results": {"action", "status"},
    "prewarn_violations": {"rule_id", "mode"},
    "prewarn_violation_amount_yuan": {"rule_id"},
    "prewarn_dead_letters": {"reason"},
    "prewarn_duplicates": set(),
    "prewarn_late_events": {"topic"},
    "prewarn_produce_errors": {"topic"},
    "prewarn_ruleset_reloads": {"result"},
    "prewarn_rebalances": set(),
    "prewarn_recovery_records": {"source"},
    "prewarn_standby_lag_records": {"partition"},
    "prewarn_standby_partitions": set(),
    "prewarn_standby_rows": set(),
    "prewarn_feedback": {"kind", "value"},
    "prewarn_decision_latency_seconds": {"status"},
    "prewarn_stage_duration_seconds": {"stage"},
    "prewarn_rebalance_duration_seconds": set(),
    "prewarn_table_recovery_duration_seconds": set(),
    "prewarn_event_loop_lag_seconds": set(),
    "prewarn_risk_score": set(),
    "prewarn_model_score": set(),
    "prewarn_consumer_lag_records": {"topic", "partition"},
    "prewarn_consumer_lag_seconds": set(),
    "prewarn_table_rows": {"table"},
    "prewarn_table_bytes": {"table"},
    "prewarn_canary_last_result_timestamp_seconds": set(),
    "prewarn_rule_precision_ratio": {"rule_id"},
    "prewarn_rule_paused": {"rule_id"},
    "prewarn_last_commit_timestamp_seconds": set(),
    "prewarn_assigned_partitions": set(),
    "prewarn_inflight_events": set(),
    "prewarn_recovering": set(),
    "prewarn_ruleset": {"version", "sha256"},
    "prewarn_build": {"version", "python"},
}


def violation(rule_id: str, amount: float | None) -> Violation:
    """Return a violation of a rule."""
    return Violation(jr_id="j", rule_id=rule_id, rule_name="n", vola_cont="c", vola_amt=amount, sev_deg="2")


def result(*live: Violation, shadow: tuple[Violation, ...] = ()) -> ScreeningResult:
    """Return a result that holds these violations."""
    return ScreeningResult(
        result_id="r",
        setl_id="S1",
        mdtrt_id="m",
        event_id="e",
        fixmedins_code="f",
        psn_ref="p",
        action="review",
        risk_score=55.0,
        status="complete",
        violations=list(live),
        shadow_violations=list(shadow),
        ruleset=Ruleset(version="1", sha256="0"),
        event_time="t",
    )


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """Return a sample of the registry."""
    return metrics.registry.get_sample_value(name, labels)


def test_every_metric_has_the_name_and_labels_operators_know() -> None:
    """Dashboards and alerts name them; one sample of each is shown with exactly its labels."""
    metrics = Metrics()
    metrics.start_topics(consumed=["settlement.events"], produced=["screening.results"])
    metrics.set_ruleset("1", "ab", {"V01": "live", "V02": "shadow"})
    metrics.consumer_lag["settlement.events", 0].value = 1
    metrics.standby_lag[0].value = 1
    metrics.table_rows["windows"].value = 1
    metrics.table_bytes["windows"].value = 1
    metrics.canary[()].value = 1
    metrics.rule_precision["V01"].value = 0.5
    families = {family.name: family for family in parse(generate_latest(metrics.registry).decode())}
    ours = {name: family for name, family in families.items() if name.startswith("prewarn_")}
    assert {
        name: set().union(*(sample.labels.keys() - {"le"} for sample in family.samples))
        for name, family in ours.items()
    } == LABELS
    assert all(family.documentation.endswith(".") for family in ours.values())
    assert "process_cpu_seconds" in families


def test_bounded_label_values_begin_at_zero() -> None:
    """A rate is right from the first event on."""
    metrics = Metrics()
    metrics.start_topics(consumed=["settlement.events"], produced=["screening.results"])
    metrics.set_ruleset("1", "ab", {"V01": "live", "V02": "shadow"})
    for name, labels in [
        ("prewarn_results_total", {"action": "hold", "status": "partial"}),
        ("prewarn_dead_letters_total", {"reason": "too-large"}),
        ("prewarn_events_consumed_total", {"topic": "settlement.events"}),
        ("prewarn_late_events_total", {"topic": "settlement.events"}),
        ("prewarn_produce_errors_total", {"topic": "screening.results"}),
        ("prewarn_violations_total", {"rule_id": "V02", "mode": "shadow"}),
        ("prewarn_violation_amount_yuan_total", {"rule_id": "V01"}),
        ("prewarn_decision_latency_seconds_count", {"status": "partial"}),
        ("prewarn_stage_duration_seconds_count", {"stage": "decode"}),
        ("prewarn_duplicates_total", {}),
        ("prewarn_rebalances_total", {}),
        ("prewarn_event_errors_total", {"stage": "rule", "reason": "V01"}),
        ("prewarn_feedback_total", {"kind": "outcome", "value": "cleared"}),
        ("prewarn_rule_paused", {"rule_id": "V02"}),
    ]:
        assert value(metrics, name, **labels) == 0, name
    assert value(metrics, "prewarn_violation_amount_yuan_total", rule_id="V02") is None


def test_a_decision_is_counted_with_everything_in_it() -> None:
    """Action, latency, score, each violation by rule and mode, and the money of those that act."""
    metrics = Metrics()
    made = result(violation("V01", 12.5), violation("V02", None), shadow=(violation("V03", 7.0),))
    made.model = ModelScore(score=0.02, version="m")
    metrics.decided(made, 0.3)
    metrics.decided(made, 40.0)
    assert value(metrics, "prewarn_results_total", action="review", status="complete") == 2
    assert value(metrics, "prewarn_violations_total", rule_id="V01", mode="live") == 2
    assert value(metrics, "prewarn_violations_total", rule_id="V03", mode="shadow") == 2
    assert value(metrics, "prewarn_violation_amount_yuan_total", rule_id="V01") == 25.0
    assert value(metrics, "prewarn_violation_amount_yuan_total", rule_id="V03") is None
    assert value(metrics, "prewarn_decision_latency_seconds_bucket", status="complete", le="0.5") == 1
    assert value(metrics, "prewarn_decision_latency_seconds_sum", status="complete") == pytest.approx(40.3)
    assert value(metrics, "prewarn_risk_score_bucket", le="60.0") == 2
    assert value(metrics, "prewarn_risk_score_bucket", le="50.0") == 0
    assert value(metrics, "prewarn_model_score_bucket", le="0.025") == 2
    assert value(metrics, "prewarn_model_score_bucket", le="0.01") == 0


@pytest.mark.parametrize("amount", [None, 0.0, -3.0])
def test_a_refund_takes_nothing_from_a_counter(amount: float | None) -> None:
    """Counters never fall."""
    metrics = Metrics()
    metrics.set_ruleset("1", "ab", {"V01": "live"})
    metrics.decided(result(violation("V01", amount)), 0.1)
    assert value(metrics, "prewarn_violation_amount_yuan_total", rule_id="V01") == 0


def test_latency_buckets_are_those_the_alerts_name() -> None:
    """They stand around the deadline and the aim."""
    assert LATENCY_S == (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30)


def test_a_new_pack_replaces_the_old_one() -> None:
    """Only one pack judges at a time."""
    metrics = Metrics()
    metrics.set_ruleset("1", "aa", {})
    metrics.set_ruleset("2", "bb", {})
    assert value(metrics, "prewarn_ruleset_info", version="1", sha256="aa") is None
    assert value(metrics, "prewarn_ruleset_info", version="2", sha256="bb") == 1


def test_another_pack_ends_pauses() -> None:
    """Its rules act again, and the alert must end."""
    metrics = Metrics()
    metrics.set_ruleset("1", "aa", {"V01": "live"})
    metrics.rule_paused["V01"].value = 1
    metrics.set_ruleset("2", "bb", {"V01": "live"})
    assert value(metrics, "prewarn_rule_paused", rule_id="V01") == 0


def test_a_rule_that_left_keeps_no_state() -> None:
    """A gauge of a rule that is gone would stay as it was for ever; its counters stay, as counters do."""
    metrics = Metrics()
    metrics.set_ruleset("1", "aa", {"V01": "live", "V02": "live"})
    metrics.rule_paused["V01"].value = 1
    metrics.set_ruleset("2", "bb", {"V02": "live"})
    assert value(metrics, "prewarn_rule_paused", rule_id="V01") is None
    assert value(metrics, "prewarn_rule_paused", rule_id="V02") == 0
    assert value(metrics, "prewarn_violations_total", rule_id="V01", mode="live") == 0


def test_gauges_can_be_read_at_the_scrape() -> None:
    """A table's rows are counted when somebody asks."""
    metrics = Metrics()
    metrics.before_scrape(lambda: setattr(metrics.table_rows["windows"], "value", 3))
    assert value(metrics, "prewarn_table_rows", table="windows") == 3
