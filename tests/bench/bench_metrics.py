"""What the metrics cost a settlement: `python -m tests.bench metrics`. The aim is 3 µs at most.

Everything a worker updates for one settlement: it was read, four stages were timed, a result with one violation was
made. The clock is not part of it: the worker reads it anyway.
"""

from __future__ import annotations

import sys
import timeit

from prometheus_client import CollectorRegistry, Counter, Histogram

from streams.contract.results import Ruleset, ScreeningResult, Violation
from streams.observability.metrics import LATENCY_S, STAGES, Metrics

ROUNDS = 100_000
VIOLATION = Violation(rule_id="V02", rule_name="n", vola_cont="c", vola_amt=12.5, sev_deg="2", jr_id="j")
RESULT = ScreeningResult(
    result_id="r",
    setl_id="S0001",
    mdtrt_id="m",
    event_id="e",
    fixmedins_code="f",
    psn_ref="p",
    action="review",
    risk_score=50.0,
    status="complete",
    violations=[VIOLATION],
    ruleset=Ruleset(version="1", sha256="0"),
    event_time="t",
)


def ours() -> float:
    """Return microseconds for each settlement with the project's own numbers."""
    metrics = Metrics()
    consumed = metrics.events_consumed["settlement.events"]
    stages = [metrics.stage_duration[stage] for stage in STAGES]

    def settlement() -> None:
        consumed.value += 1
        for stage in stages:
            stage.observe(3e-5)
        metrics.decided(RESULT, 0.017)

    return min(timeit.repeat(settlement, number=ROUNDS, repeat=5)) / ROUNDS * 1e6


def theirs() -> float:
    """Return the same with prometheus_client's children, each resolved once."""
    registry = CollectorRegistry()
    counters = [Counter(f"c{i}", "c", ["a"], registry=registry).labels("x") for i in range(4)]
    stage_duration = Histogram("h", "h", ["stage"], registry=registry)
    stages = [stage_duration.labels(stage) for stage in STAGES]
    latency, score = (Histogram(name, "l", buckets=LATENCY_S, registry=registry) for name in "ls")

    def settlement() -> None:
        for counter in counters:
            counter.inc()
        for stage in stages:
            stage.observe(3e-5)
        latency.observe(0.017, {"setl_id": "S0001"})
        score.observe(50.0)

    return min(timeit.repeat(settlement, number=ROUNDS // 5, repeat=5)) / (ROUNDS // 5) * 1e6


def main() -> None:
    """Print both and their ratio."""
    own, other = ours(), theirs()
    sys.stdout.write(f"own numbers                  {own:6.2f} us a settlement\n")
    sys.stdout.write(f"prometheus_client's children {other:6.2f} us a settlement, {other / own:.1f} x\n")
