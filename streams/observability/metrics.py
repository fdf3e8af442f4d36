"""Every metric of a worker, by name. Base units, bounded labels, series that begin at 0.

An attribute's name is the metric's without the prefix `prewarn_` and the unit.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Final, get_args

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector

from streams.contract.feedback import Disposition, Outcome
from streams.contract.rejected import Reason
from streams.contract.results import Action, Status
from streams.observability.instruments import Collector, Counters, Gauges, Histograms, Info
from streams.observability.version import version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from streams.contract.results import ScreeningResult

LATENCY_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Around the deadline of 2 s and the aim of 50 ms."""
STAGE_S: Final = (1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 0.1, 0.5, 2.0, 10.0)
"""From a tenth of an event's budget to a commit that waits for brokers."""
REBALANCE_S: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 15.0, 30.0, 60.0, 300.0, 900.0)
LAG_S: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)
RECOVERY_S: Final = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
MODEL_SCORES: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0)
"""Fraud is a few in a thousand, and so are most of the model's odds."""
SCORES: Final = (0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0)

QUEUE: Final = "queue"
DECODE: Final = "decode"
ENGINE: Final = "engine"
WRITE: Final = "write"
ACKNOWLEDGE: Final = "acknowledge"
COMMIT: Final = "commit"
STAGES: Final = (QUEUE, DECODE, ENGINE, WRITE, ACKNOWLEDGE, COMMIT)
"""The way of an event: from the broker's timestamp until a worker takes it; decoding; screening; handing rows and
result to the producer; until the broker has acknowledged the result. Beside it, making state durable for a commit."""

LIVE: Final = "live"
SHADOW: Final = "shadow"


Pair = tuple[str, str]
NoLabel = tuple[()]
"""The key of a metric without labels: it has one child, `[()]`."""


class Metrics:
    """The metrics of one worker and the registry they are scraped from."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.collector = Collector()
        #: Broker's timestamp (ms) of the last event taken of each partition held.
        self.taken: dict[int, int] = {}
        self._declare_counters()
        self._declare_histograms()
        self._declare_gauges()
        self.ruleset_info = self.collector.add(Info("ruleset", "The rule pack that judges."))
        build = self.collector.add(Info("build", "The program."))
        build.values = {"version": version(), "python": platform.python_version()}
        self.registry.register(self.collector)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def _declare_counters(self) -> None:
        add = self.collector.add
        self.events_consumed = add(Counters[str]("events_consumed", "Records read, whatever became of them.", "topic"))
        self.event_errors = add(
            Counters[Pair]("event_errors", "Errors met in an event's work; the event went on.", "stage", "reason")
        )
        self.results = add(Counters[Pair]("results", "Results made.", "action", "status"))
        self.violations = add(
            Counters[Pair](
                "violations", "Violations found, by acting (live) and trial (shadow) rules.", "rule_id", "mode"
            )
        )
        self.violation_amount = add(
            Counters[str]("violation_amount_yuan", "Yuan at stake in violations of acting rules.", "rule_id")
        )
        self.dead_letters = add(Counters[str]("dead_letters", "Records that cannot be screened.", "reason"))
        self.recovery_records = add(
            Counters[str](
                "recovery_records",
                "Changelog records read to take partitions over: all of them (nothing), what a copy (standby) or a "
                "directory (disk) lacked, what was decided since rows were saved (later).",
                "source",
            )
        )
        self.duplicates = add(Counters[NoLabel]("duplicates", "Settlements met again and given their first answer."))[
            ()
        ]
        self.late_events = add(
            Counters[str](
                "late_events", "Observations whose window was gone; their events were screened without them.", "topic"
            )
        )
        self.produce_errors = add(
            Counters[str]("produce_errors", "Records given up; the worker ends with status 70 at the first.", "topic")
        )
        self.rebalances = add(Counters[NoLabel]("rebalances", "Times the group shared its partitions anew."))[()]
        self.ruleset_reloads = add(
            Counters[str]("ruleset_reloads", "Changed rule packs that came into force, or were refused.", "result")
        )
        self.feedback = add(Counters[Pair]("feedback", "Dispositions and audit outcomes read.", "kind", "value"))
        self.results.start(*((action, status) for action in get_args(Action) for status in get_args(Status)))
        self.dead_letters.start(*get_args(Reason))
        self.ruleset_reloads.start("accepted", "rejected")
        self.recovery_records.start("nothing", "standby", "disk", "later")
        self.feedback.start(*(("disposition", value) for value in get_args(Disposition)))
        self.feedback.start(*(("outcome", value) for value in get_args(Outcome)))

    def _declare_histograms(self) -> None:
        add = self.collector.add
        self.decision_latency = add(
            Histograms[str](
                "decision_latency_seconds",
                "From the broker's timestamp of an event to the acknowledged result.",
                "status",
                bounds=LATENCY_S,
                exemplar="setl_id",
            )
        )
        self.stage_duration = add(
            Histograms[str]("stage_duration_seconds", "What one piece of work took.", "stage", bounds=STAGE_S)
        )
        self.rebalance_duration = add(
            Histograms[NoLabel](
                "rebalance_duration_seconds",
                "From giving partitions up until events go on, state rebuilt.",
                bounds=REBALANCE_S,
            )
        )[()]
        self.table_recovery_duration = add(
            Histograms[NoLabel](
                "table_recovery_duration_seconds", "From an assignment until its state was there.", bounds=RECOVERY_S
            )
        )[()]
        self.event_loop_lag = add(
            Histograms[NoLabel]("event_loop_lag_seconds", "How late the event loop woke up.", bounds=LAG_S)
        )[()]
        self.risk_score = add(Histograms[NoLabel]("risk_score", "Risk score of results, 0 to 100.", bounds=SCORES))[()]
        self.model_score = add(
            Histograms[NoLabel](
                "model_score", "What the online model says of settlements, 0 to 1.", bounds=MODEL_SCORES
            )
        )[()]
        self.decision_latency.start(*get_args(Status))
        self.stage_duration.start(*STAGES)

    def _declare_gauges(self) -> None:
        add = self.collector.add
        self.consumer_lag = add(
            Gauges[tuple[str, int]](
                "consumer_lag_records", "Records between the committed offset and the end.", "topic", "partition"
            )
        )
        self.consumer_lag_age = add(
            Gauges[NoLabel](
                "consumer_lag_seconds", "Age of the oldest event not committed, by the broker's clock; 0: none waits."
            )
        )[()]
        self.table_rows = add(Gauges[str]("table_rows", "Rows of state held.", "table"))
        self.table_bytes = add(
            Gauges[str]("table_bytes", "Encoded bytes of state held, estimated from a sample of rows.", "table")
        )
        self.standby_partitions = add(
            Gauges[NoLabel]("standby_partitions", "Partitions of other workers that this one is to keep copies of.")
        )[()]
        self.standby_lag = add(
            Gauges[int](
                "standby_lag_records",
                "Changelog records that the copy of another worker's partition lacks.",
                "partition",
            )
        )
        self.standby_rows = add(
            Gauges[NoLabel]("standby_rows", "Rows in copies of partitions that other workers hold.")
        )[()]
        self.last_commit_timestamp = add(
            Gauges[NoLabel]("last_commit_timestamp_seconds", "When offsets were committed last; 0: never.")
        )[()]
        self.assigned_partitions = add(Gauges[NoLabel]("assigned_partitions", "Partitions of the events topic held."))[
            ()
        ]
        self.partitions = add(
            Gauges[NoLabel]("partitions", "Partitions of the events topic as the settings declare them.")
        )[()]
        self.memory_limit = add(
            Gauges[NoLabel]("memory_limit_bytes", "Memory the process may use: its container's, or the machine's.")
        )[()]
        self.inflight_events = add(
            Gauges[NoLabel]("inflight_events", "Events taken whose result is not acknowledged yet.")
        )[()]
        self.recovering = add(Gauges[NoLabel]("recovering", "1 while state is being rebuilt, else 0."))[()]
        self.canary = add(
            Gauges[NoLabel](
                "canary_last_result_timestamp_seconds",
                "When the last heartbeat whose result was read back had been sent, in the slowest partition held.",
            )
        )
        self.rule_precision = add(
            Gauges[str]("rule_precision_ratio", "Confirmed among the decided hits of a rule.", "rule_id")
        )
        self.rule_paused = add(
            Gauges[str]("rule_paused", "1 while a rule is paused: it acts no more until its pack changes.", "rule_id")
        )

    def before_scrape(self, hook: Callable[[], None]) -> None:
        """Call `hook` at every scrape, on the scraping thread, to set gauges that are read rather than kept."""
        self.collector.before_scrape(hook)

    def start_topics(self, *, consumed: Iterable[str], produced: Iterable[str]) -> None:
        """Let the series of these topics begin at 0."""
        consumed = tuple(consumed)
        self.events_consumed.start(*consumed)
        self.late_events.start(*consumed)
        self.produce_errors.start(*produced)

    def drop_rules(self, kept: Iterable[str]) -> None:
        """Forget the state of rules that left the pack: a gauge would stay as it was for ever."""
        for family in (self.rule_paused, self.rule_precision):
            for rule_id in family.keys() - set(kept):
                del family[rule_id]

    def set_ruleset(self, name: str, sha256: str, modes: Mapping[str, str]) -> None:
        """Show which pack judges, and let the series of its rules (`modes`: rule id to live or shadow) begin at 0."""
        self.ruleset_info.values = {"version": name, "sha256": sha256}
        self.violations.start(*modes.items())
        self.event_errors.start(*(("rule", rule_id) for rule_id in modes))
        self.drop_rules(modes)
        for rule_id in modes:
            self.rule_paused[rule_id].value = 0  # another pack ends every pause
        self.violation_amount.start(*(rule_id for rule_id, mode in modes.items() if mode == LIVE))

    def decided(self, result: ScreeningResult, latency_s: float) -> None:
        """Count a result that was made, with everything in it; one call for each settlement.

        Args:
            result: The result.
            latency_s: Seconds from the broker's timestamp of the event.
        """
        status = result.status
        self.results[result.action, status].value += 1
        self.decision_latency[status].observe(latency_s, result.setl_id)
        self.risk_score.observe(result.risk_score)
        if result.model is not None:
            self.model_score.observe(result.model.score)
        for violation in result.violations:
            self.violations[violation.rule_id, LIVE].value += 1
            amount = violation.vola_amt
            if amount is not None and amount > 0:  # a counter never falls
                self.violation_amount[violation.rule_id].value += amount
        for violation in result.shadow_violations:
            self.violations[violation.rule_id, SHADOW].value += 1
