"""What the metrics cost a settlement: `python -m tests.bench metrics`. The aim is 3 µs at most.

Everything a worker updates for one settlement: it was read, its stages were timed, a result with one violation was
made; the clock is read for it. Beside it what `Screening.handle` takes for an event, from bytes to what the producer is
given: the part of a worker's work that is ours. Faust and librdkafka come on top, so the share is the most it can be.
"""

from __future__ import annotations

import sys
import time
import timeit
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Histogram

from streams.contract.decode import Limits
from streams.contract.person import Outgoing
from streams.contract.results import Ruleset, ScreeningResult, Violation
from streams.engine.desk import Desk
from streams.engine.engine import Engine
from streams.observability.laps import Laps
from streams.observability.metrics import COMMIT, LATENCY_S, STAGES, Metrics
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.simulate import Simulation, SimulationConfig
from streams.state.store import Store
from streams.topology.guard import Limits as Pauses
from streams.topology.incoming import Incoming
from streams.topology.screening import Names, Screening, SettlementRows

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 100_000
EVENTS = 5_000
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
    laps = Laps(metrics)

    def settlement() -> None:
        metrics.events_consumed["settlement.events"].value += 1
        metrics.taken[1] = 1
        laps.taken(0.003)
        laps.decoded()
        laps.screened()
        begun = laps.now()
        laps.written()
        laps.acknowledged(begun)
        metrics.decided(RESULT, 0.017)

    return min(timeit.repeat(settlement, number=ROUNDS, repeat=5)) / ROUNDS * 1e6


def theirs() -> float:
    """Return the same with prometheus_client's children, each resolved once."""
    registry = CollectorRegistry()
    counters = [Counter(f"c{i}", "c", ["a"], registry=registry).labels("x") for i in range(4)]
    stage_duration = Histogram("h", "h", ["stage"], registry=registry)
    stages = [stage_duration.labels(stage) for stage in STAGES if stage != COMMIT]
    latency, score = (Histogram(name, "l", buckets=LATENCY_S, registry=registry) for name in "ls")

    def settlement() -> None:
        for counter in counters:
            counter.inc()
        for stage in stages:
            stage.observe(3e-5)
        latency.observe(0.017, {"setl_id": "S0001"})
        score.observe(50.0)

    return min(timeit.repeat(settlement, number=ROUNDS // 5, repeat=5)) / (ROUNDS // 5) * 1e6


class Swallow:
    """Takes what a worker writes, and acknowledges it at once."""

    def send(self, *_: object, on_delivery: Callable[[], None] | None = None, **__: object) -> None:
        """Take a record."""
        if on_delivery is not None:
            on_delivery()

    def tick(self) -> None:
        """Have a turn: nobody else is asked anything."""


def handling() -> float:
    """Return microseconds that `Screening.handle` takes for an event of simulated traffic."""
    rows, names = SettlementRows(), Names(*Names._fields)
    store = Store(on_settlement=rows)
    store.hold({0})
    engine = Engine(load_pack(shipped("rules"), shipped("knowledge")), store, b"key of a benchmark")
    alone: Any = Swallow()
    never, outgoing = Pauses(errors=0, share=1.0, surge=0.0), Outgoing(b"key")
    screening = Screening(engine, rows, alone, alone, names, Limits(), Metrics(), outgoing, never, 2.0)
    screening.desk = Desk(engine, store, alone.send, screening)
    raws = [simulated.raw for simulated in Simulation(SimulationConfig(events=EVENTS))]
    at = round(time.time() * 1000)
    begun = time.perf_counter()
    for offset, raw in enumerate(raws):
        screening.handle(Incoming("events", 0, offset, at, None, raw, []))
    return (time.perf_counter() - begun) / len(raws) * 1e6


def main() -> None:
    """Print them and their ratios."""
    own, other, whole = ours(), theirs(), handling()
    sys.stdout.write(f"own numbers                  {own:6.2f} us a settlement\n")
    sys.stdout.write(f"handling an event, with it    {whole:6.1f} us, of which metrics are {own / whole:.1%}\n")
    sys.stdout.write(f"prometheus_client's children {other:6.2f} us a settlement, {other / own:.1f} x\n")
