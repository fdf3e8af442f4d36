"""One stream worker, from settings to the end of the process."""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, NoReturn

import faust
from faust.types import TP

from streams import memory
from streams.contract.decode import Limits
from streams.contract.person import Outgoing
from streams.contract.topics import (
    ALERTS,
    ANSWERS,
    CANARY,
    DEAD_LETTERS,
    INSTITUTIONS,
    OBSERVATIONS,
    PERSONS,
    PRACTITIONERS,
    RESULTS,
    SETTLEMENTS,
    TRACES,
    WINDOWS,
)
from streams.engine.desk import Desk
from streams.engine.engine import Engine
from streams.engine.owner import Owner
from streams.engine.references import References
from streams.engine.scoring import scoring_of
from streams.engine.teaching import Teaching, presumed
from streams.observability.health import Health
from streams.observability.loop import watch_loop
from streams.observability.metrics import Metrics
from streams.observability.model_metrics import ModelMetrics
from streams.observability.probes import ProbeServer
from streams.observability.traces import traces_of
from streams.state.expiry import Expiry
from streams.state.store import Store
from streams.topology.access import require
from streams.topology.app import add_agents, attach, make_app, source_topic
from streams.topology.assignment import Assignment
from streams.topology.canary import Canary
from streams.topology.checkpoint import Checkpoint
from streams.topology.clients import connect, consumer_config, largest_output, producer_config, wait_for_broker
from streams.topology.deployment import Deployment
from streams.topology.exchange import Exchange
from streams.topology.gauges import Gauges, Timed
from streams.topology.guard import Limits as Pauses
from streams.topology.kept import Kept, open_disk
from streams.topology.learning import Learning
from streams.topology.partitions import area_partition
from streams.topology.references import ReferenceReader
from streams.topology.screening import Names, Screening, SettlementRows, show_ruleset
from streams.topology.shelf import names_of
from streams.topology.sink import Sink, fail_stop
from streams.topology.standby import Standby
from streams.topology.statekey import StateKey
from streams.topology.topics import DAY_MS

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.engine.references import Registry
    from streams.rules.specs import Pack
    from streams.settings import Settings
    from streams.state.disk import Disk
    from streams.topology.deployment import Signature

logger = logging.getLogger(__name__)

_PACKS_S: Final = 1.0
_IDLE_INTERVALS: Final = 1.5
"""Commit intervals without a checkpoint after which there is one all the same."""
ENVELOPE: Final = 4_096
"""What a record takes beside its value, generously."""
STALL: Final = 0.9
"""A process that stood still for this part of the session timeout may have lost its partitions."""
ANSWER_S: Final = 30.0
"""How long a broker that just answered may take to say what we may do."""


class Worker:
    """Wires the parts together and runs them until told to stop.

    Args:
        settings: Checked settings; `person_key` must be set.
        pack: The rule pack to screen by.
        seen: The signature of its folders from before it was read.
    """

    def __init__(self, settings: Settings, pack: Pack, seen: Signature) -> None:
        if settings.person_key is None:
            raise ValueError("a worker needs the key of person references")
        self.settings = settings
        self._seen = seen
        self.metrics = Metrics()
        self.health = Health()
        self.stopping = threading.Event()
        self.names = _names(settings)
        self.references = References()
        self.rows = SettlementRows()
        self.store = Store(settings.partitions, area_partition(settings.partitions), self.rows)
        self.outgoing = Outgoing(settings.person_key.encode())
        self.traces = traces_of(settings)
        state_key = (settings.state_key or settings.person_key).encode()
        self.state_key = StateKey(state_key)
        self.scoring = scoring_of(settings, self.store)
        self.engine = Engine(pack, self.store, state_key, self.references, self.scoring)
        show_ruleset(self.metrics, pack)
        self.metrics.partitions.value = settings.partitions
        self.metrics.memory_limit.value = memory.limit_bytes()
        self.health.rules_loaded = True
        self.learning: Learning | None = None
        self._disk: Disk | None = None

    def run(self) -> int:
        """Screen until SIGTERM or SIGINT; returns the exit status."""
        with ProbeServer(self.settings.metrics_host, self.settings.metrics_port, self.health, self.metrics.registry):
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: self.stopping.set())
            if not wait_for_broker(self.settings, self.stopping):
                return 0
            client = connect(self.settings, ANSWER_S)
            require(self.settings, client)
            self._disk = open_disk(self.settings, self.names, self.state_key, client)
            try:
                return self._screen()
            finally:
                if self._disk is not None:
                    self._disk.close()

    def _screen(self) -> int:
        """With a broker that answers: read the registries, then let Faust run."""
        reader = ReferenceReader(
            consumer_config(self.settings), _registries(self.settings), self.references, self._bad_reference
        )
        # Before the first one: an error counted in a series that was not there is no increase.
        self.metrics.event_errors.start(*(("reference", topic) for topic in _registries(self.settings)))
        reader.start()
        sink = Sink(
            producer_config(self.settings),
            on_undelivered=self._undelivered,
            watched=self.names.settlements,
            stall_s=STALL * self.settings.session_timeout,
        )
        app = make_app(self.settings)
        source = source_topic(self.settings)
        owner = Owner(self.engine, self.store)
        exchange = Exchange(
            consumer_config(self.settings), self.names, self.store, sink, owner, lambda n: _committed(app, source, n)
        )
        expiry = Expiry(self.store, self.engine.lives, self.settings.result_horizon_days * DAY_MS, self._forgotten)
        checkpoint = Checkpoint(self.store, sink, exchange, expiry, self.names)
        limits = Limits(
            max_bytes=self.settings.max_record_bytes, future_ms=round(self.settings.future_tolerance * 1000)
        )
        deployment = Deployment(
            self.settings.rules_dir,
            self.settings.knowledge_dir,
            self.settings.rules_poll_interval,
            self.metrics,
            self.engine.pack,
            self._seen,
        )
        deployment.start()
        screening = Screening(
            self.engine,
            self.store,
            self.rows,
            sink,
            exchange,
            self.names,
            limits,
            self.metrics,
            self.outgoing,
            Pauses.of(self.settings),
            self.settings.result_deadline,
            deployment,
            traces=self.traces,
        )
        self.learning = self._learning(sink, screening)
        exchange.desk = screening.desk = Desk(self.engine, self.store, exchange.post, screening)
        timed = Timed(checkpoint, self.metrics)
        attach(app, self.settings, timed, screening.desk.first_waiting, lambda: self._stand_still(exchange))
        add_agents(app, self.settings, screening, sink, self._canary(app, sink))
        kept = Kept(self.settings, self.names, self.state_key, self._disk)
        standby = Standby(consumer_config(self.settings), kept.replica, self.metrics)
        assignment = Assignment(self, app, source, reader, screening, exchange, checkpoint, sink, standby, kept.replica)
        checkpoint.journal = assignment.journal = kept.journal(sink, assignment.read_on)
        app.on_partitions_revoked.connect(assignment.on_partitions_revoked)
        app.on_rebalance_complete.connect(assignment.on_rebalance_complete)
        # While partitions are restored too: a process that does not poll for so long counts as one that stood still.
        app.from_the_start.append(sink.run)
        app.task(exchange.run)
        if self.learning is not None:
            self.learning.start()
            app.task(self.learning.run)
        app.task(lambda: watch_loop(self.health, self.metrics))
        app.task(self._gauges(app, checkpoint, source).run)
        app.task(lambda: self._take_packs(screening))
        app.task(lambda: self._save_when_idle(app, checkpoint))
        self.metrics.start_topics(consumed=[source], produced=self.names)
        try:
            return _run_faust(app, self._on_stop)
        finally:
            standby.stop()
            exchange.close()
            unacknowledged = sink.close(self.settings.stop_timeout)
            deployment.stop()
            reader.stop()
            if self.traces is not None:
                self.traces.close()
            if self.learning is not None:
                self.learning.stop()
            if unacknowledged:
                fail_stop("the outputs", f"{unacknowledged} records were not acknowledged at the end")

    def _learning(self, sink: Sink, screening: Screening) -> Learning | None:
        """What keeps the model learning; None without a model."""
        if self.scoring is None:
            return None
        settings = self.settings
        learning = Learning(
            consumer_config(settings),
            names_of(settings),
            self.scoring,
            Teaching(self.store),
            self.store,
            sink,
            screening.keep_rows,
            largest_output(settings) - ENVELOPE,
            settings.model_snapshot_interval,
        )
        show = ModelMetrics(self.metrics, self.scoring, learning)
        self.metrics.before_scrape(show.refresh)
        return learning

    def _stand_still(self, exchange: Exchange) -> None:
        """Partitions are about to leave: nothing more is decided, and nothing is taught of settlements."""
        exchange.stand_still()
        if self.learning is not None:
            self.learning.recovering = True

    def _forgotten(self, setl_id: str, row: bytes) -> None:
        """A settlement is forgotten: if nobody ever spoke of it, it may stand for others."""
        if self.learning is not None:
            lesson = presumed(setl_id, row)
            if lesson is not None:
                self.learning.presume(lesson)

    def _on_stop(self) -> None:
        """The first signal to stop: be orderly, but not for ever."""
        self.stopping.set()
        self.health.stopping = True
        patience = threading.Timer(
            self.settings.stop_timeout, lambda: fail_stop("the outputs", "stopping took too long")
        )
        patience.daemon = True
        patience.start()

    def _bad_reference(self, topic: str, reason: str) -> None:
        logger.warning("a record of %s cannot be read and is left out: %s", topic, reason)
        self.metrics.event_errors["reference", topic].value += 1

    async def _take_packs(self, screening: Screening) -> None:
        """Have an idle worker take a changed pack too."""
        while True:
            await asyncio.sleep(_PACKS_S)
            screening.adopt()

    def _undelivered(self, topic: str, reason: str) -> NoReturn:
        self.metrics.produce_errors[topic].value += 1
        fail_stop(topic, reason)

    def _canary(self, app: faust.App, sink: Sink) -> Canary | None:
        every_s = self.settings.canary_interval
        if not every_s:
            return None
        topic, held = self.settings.topic(CANARY), self.store.partitions.keys()
        canary = Canary(topic, sink, lambda: self.engine.pack, lambda: set(held), self.metrics)
        app.task(lambda: canary.run(every_s))
        return canary

    def _gauges(self, app: faust.App, checkpoint: Checkpoint, source: str) -> Gauges:
        return Gauges(
            self.metrics,
            self.health,
            self.store,
            source=source,
            lags=lambda: app.consumer.lags(source),
            late=lambda: self.engine.late,
            committed_at=lambda: checkpoint.completed_at,
        )

    async def _save_when_idle(self, app: faust.App, checkpoint: Checkpoint) -> None:
        """Have checkpoints go on while there is nothing to commit; never while partitions change hands."""
        every = self.settings.commit_interval
        while True:
            await asyncio.sleep(every)
            overdue = time.time() - checkpoint.completed_at > _IDLE_INTERVALS * every
            if overdue and not (app.rebalancing or self.health.recovering):
                await checkpoint.idle()


def _run_faust(app: faust.App, on_stop: Callable[[], None]) -> int:
    """Run the app until a signal or a crash; returns the exit status."""

    class Runner(faust.Worker):  # type: ignore[misc] # Faust has no types
        def _flag_as_shutdown_by_signal(self) -> None:
            on_stop()
            super()._flag_as_shutdown_by_signal()

    runner = Runner(app, override_logging=False, redirect_stdouts=False, quiet=True)
    runner.spinner = None
    # Faust closes the loop without waiting for threads: one that restores rows would go on while they are put away.
    with ThreadPoolExecutor(thread_name_prefix="blocking") as threads:
        runner.loop.set_default_executor(threads)
        try:
            runner.execute_from_commandline()
        except SystemExit as stopped:
            return int(stopped.code or 0)
    return 0


def _committed(app: faust.App, topic: str, number: int) -> int:
    """The offset below which a partition's events are committed, as far as this worker knows."""
    return int(app.consumer._committed_offset.get(TP(topic, number)) or 0)  # noqa: SLF001 - no public way


def _names(settings: Settings) -> Names:
    return Names(
        results=settings.topic(RESULTS),
        alerts=settings.topic(ALERTS),
        dead_letters=settings.topic(DEAD_LETTERS),
        windows=settings.topic(WINDOWS),
        traces=settings.topic(TRACES),
        settlements=settings.topic(SETTLEMENTS),
        observations=settings.topic(OBSERVATIONS),
        answers=settings.topic(ANSWERS),
    )


def _registries(settings: Settings) -> dict[str, Registry]:
    return {
        settings.topic(INSTITUTIONS): "institutions",
        settings.topic(PRACTITIONERS): "practitioners",
        settings.topic(PERSONS): "persons",
    }
