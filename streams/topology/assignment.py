"""What happens when partitions are shared anew: what was under way is dropped, state comes first, then events."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaException

from streams.topology.claims import Claims
from streams.topology.clients import consumer_config
from streams.topology.gauges import RebalanceClock
from streams.topology.recovery import Recovery
from streams.topology.replica import RecoveryError
from streams.topology.sink import give_up
from streams.topology.zombies import Zombies

if TYPE_CHECKING:
    from collections.abc import Callable

    import faust

    from streams.topology.checkpoint import Checkpoint
    from streams.topology.exchange import Exchange
    from streams.topology.journal import Journal
    from streams.topology.references import ReferenceReader
    from streams.topology.replica import Replica
    from streams.topology.screening import Screening
    from streams.topology.sink import Sink
    from streams.topology.standby import Standby
    from streams.topology.worker import Worker

logger = logging.getLogger(__name__)


class Assignment:
    """Takes partitions over: their state is complete before Faust hands out the first event."""

    def __init__(
        self,
        worker: Worker,
        app: faust.App,
        source: str,
        reader: ReferenceReader,
        screening: Screening,
        exchange: Exchange,
        checkpoint: Checkpoint,
        sink: Sink,
        standby: Standby,
        make: Callable[[int], Replica],
    ) -> None:
        self._worker = worker
        self._app = app
        self._source = source
        self._reader = reader
        self._screening = screening
        self._exchange = exchange
        self._checkpoint = checkpoint
        self._sink = sink
        self._clock = RebalanceClock(worker.metrics)
        self._standby = standby
        self._recovery = Recovery(
            consumer_config(worker.settings),
            worker.names,
            worker.store,
            worker.engine,
            worker.state_key,
            worker.stopping,
            standby.hand_over,
            make,
        )
        #: Follows what is held to disk, where rows are kept there.
        self.journal: Journal | None = None
        self._claims = Claims(worker.names, sink, lambda: app.consumer_generation_id, worker.settings.session_timeout)
        self._zombies = Zombies(worker.names, worker.store, self._recovery.beyond, checkpoint.again)
        checkpoint.look_around = self._zombies.look
        sink.observers.append(self._zombies.acknowledged)

    async def on_partitions_revoked(self, *_: Any, **__: Any) -> None:
        """Faust awaits this when it has committed, before partitions are shared anew."""
        self._clock.begun()
        self._screening.forget()

    async def on_rebalance_complete(self, *_: Any, **__: Any) -> None:
        """Faust awaits this after every rebalance, before it resumes the streams."""
        worker = self._worker
        # Also where nothing was revoked: events read before are read again.
        self._screening.forget()
        await self._checkpoint.ended()
        generation = self._app.consumer_generation_id
        partitions = {tp.partition for tp in self._app.consumer.assignment() if tp.topic == self._source}
        new, given_up = worker.store.hold(partitions)
        if self.journal is not None:
            self.journal.give_up(given_up)
        self._zombies.give_up(given_up)
        worker.metrics.assigned_partitions.value = len(partitions)
        worker.metrics.recovering.value = 1
        if worker.learning is not None:
            worker.learning.recovering = True
        worker.health.set_assigned(len(partitions), recovering=True)
        begun = time.monotonic()
        try:
            reached = await asyncio.to_thread(self._recovery.read_images, new)
            claimed = await self._claims.claim(reached, generation)
            ours = await asyncio.to_thread(self._recovery.adopt, claimed)
            if ours != new:
                # The group has moved on and given them away; it calls again.
                logger.warning("partitions %s are another worker's by now", sorted(new - ours))
                partitions -= new - ours
                worker.store.hold(partitions)
            if self.journal is not None:
                self.journal.keep(self._recovery.replicas)
            self._zombies.follow(self._recovery.replicas)
            await asyncio.to_thread(self._wait_for_registries)
            await asyncio.to_thread(self._exchange.resume)
            if worker.learning is not None:
                worker.learning.recovering = False
                await worker.learning.caught_up()
        except (RecoveryError, KafkaException) as error:
            give_up(str(error))
        worker.state_key.mark(self._sink, worker.names.windows, ours)
        seconds = time.monotonic() - begun
        worker.metrics.table_recovery_duration.observe(seconds)
        worker.metrics.recovering.value = 0
        worker.health.recovered()
        worker.metrics.assigned_partitions.value = len(partitions)
        self._clock.ended()
        for source, records in self._recovery.read.items():
            worker.metrics.recovery_records[source].value += records
        self._standby.follow(self._standbys() - partitions)
        logger.info(
            "partitions: %d held, %d new, %d given up; %d changelog records restored in %.1f s",
            len(partitions),
            len(ours),
            len(given_up),
            self._recovery.read.total(),
            seconds,
        )

    def read_on(self, replica: Replica) -> None:
        """Bring an image up to what its changelogs have by now, or end the process."""
        try:
            self._recovery.read_on(replica)
        except RecoveryError as error:
            give_up(str(error))

    def _standbys(self) -> set[int]:
        """The partitions that we are a standby of, as the group has it."""
        if not self._worker.settings.standby_replicas:
            return set()
        return {tp.partition for tp in self._app.assignor.assigned_standbys() if tp.topic == self._source}

    def _wait_for_registries(self) -> None:
        while not self._worker.stopping.is_set():
            if self._reader.caught_up.wait(0.2):
                return
