"""Rebuilds the rows of newly assigned partitions from their changelogs before anything is decided on them.

Faust's own table recovery hands every record through its event loop (11,500 records/s measured) and replays what
the worker wrote itself; this reads with librdkafka in batches, in a thread, only partitions that are new here. Of a
partition that was followed (`streams.topology.standby`) or that is on disk only what is missing is read.

Window rows are saved about once a second, settlement rows before anybody sees a result. So the window rows of a
partition are first read as they were saved, then brought up to all that was decided since, wherever: the settlement
rows of every partition say what was put into which row, and `ReachedRow` from where on they must be read.

Somebody who has lost a partition may still write to its changelogs. So whoever takes it over *claims* it between the
two steps (`streams.topology.claims`) and reads up to the claim. All that is in a changelog before the claim counts, for
whoever reads it, and what earlier workers write after it is void. Else one would decide an event again that
another has taken from a settlement row as decided.
"""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.topology.clients import watermarks
from streams.topology.replica import RecoveryError, Replica, decoded_settlement, epoch_of

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection, Mapping

    from confluent_kafka import Message

    from streams.engine.engine import Engine
    from streams.state.rows import ReachedRow
    from streams.state.store import Partition, Store
    from streams.topology.screening import Names
    from streams.topology.statekey import StateKey

logger = logging.getLogger(__name__)

BATCH: Final = 2_000
_POLL_S: Final = 0.05
"""How long a batch waits to be full: the last one never is, and no event is decided meanwhile."""
_FETCH_WAIT_MS: Final = 20
"""The same for brokers that have nothing more of a partition."""
_QUESTION_S: Final = 30.0
_PATIENCE_S: Final = 5.0
"""How long a checkpoint waits to learn what others wrote: the next one may ask again."""
_REPORT_EVERY_S: Final = 10.0

NOTHING: Final = "nothing"
STANDBY: Final = "standby"
DISK: Final = "disk"
LATER: Final = "later"
"""What records were read for: all rows; the rest, where there was a copy or a directory; what was decided since."""

Place = tuple[str, int]


class Recovery:
    """Reads changelog partitions to their current end.

    Args:
        config: librdkafka configuration of a reader (`streams.topology.clients.consumer_config`).
        names: Topic names.
        store: Holds the partitions.
        engine: Its current pack folds.
        state_key: Knows whether rows are kept under our key.
        stop: Ends a recovery early when set.
        hand_over: Gives the copies that there are of partitions, and keeps them up no more.
        make: Makes the image of a partition, with what is on disk of it.
    """

    def __init__(
        self,
        config: dict[str, Any],
        names: Names,
        store: Store,
        engine: Engine,
        state_key: StateKey,
        stop: threading.Event,
        hand_over: Callable[[set[int]], Mapping[int, Replica]] = lambda _partitions: {},
        make: Callable[[int], Replica] | None = None,
    ) -> None:
        self._config = config | {"fetch.wait.max.ms": _FETCH_WAIT_MS}
        self._names = names
        self._store = store
        self._engine = engine
        self._state_key = state_key
        self._stop = stop
        self._hand_over = hand_over
        self._make = make or (lambda number: Replica(number, names, state_key))
        #: The images of the partitions taken over in the last run.
        self.replicas: dict[int, Replica] = {}
        #: Records read for each of the reasons in the last run.
        self.read: Counter[str] = Counter()
        self._was: dict[int, str] = {}
        self._consumer: Consumer | None = None

    def read_images(self, new: set[int]) -> dict[int, ReachedRow]:
        """Read the changelogs of partitions that are taken over; returns how far their saved rows have come.

        Blocks, as `adopt` does, so call both in a thread; nobody may use the partitions meanwhile.

        Raises:
            RecoveryError: A record cannot be read: deciding on half a state would accuse people falsely.
        """
        self.read.clear()
        self.replicas = {}
        self.close()
        if not new:
            return {}
        self._consumer = Consumer(self._config)
        try:
            self.replicas = self._images(self._consumer, new)
        except KafkaException as error:
            raise _unreadable(error) from error
        return {number: replica.rows.reached for number, replica in self.replicas.items()}

    def adopt(self, claimed: set[int]) -> set[int]:
        """Read on to where partitions were claimed, and fill them.

        Args:
            claimed: Which of those that were read; the others are forgotten.

        Returns:
            Those that are ours: not any that were claimed in a later generation of the group.

        Raises:
            RecoveryError: As `read_images`, or another worker has claimed a partition in the same epoch.
        """
        self.replicas = {number: replica for number, replica in self.replicas.items() if number in claimed}
        if self._consumer is None:
            return set()
        try:
            self._read_to_the_claims(self._consumer)
            new = {number: replica.adopt() for number, replica in self.replicas.items()}
            self._store.partitions.update(new)
            if new:
                self._catch_up(self._consumer, new)
        except KafkaException as error:
            raise _unreadable(error) from error
        finally:
            self.close()
        void = sum(replica.void for replica in self.replicas.values())
        if void:
            logger.warning("%d changelog records of workers that had lost their partitions are void", void)
        return set(self.replicas)

    def close(self) -> None:
        """Leave the brokers."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            consumer.close()

    def _images(self, consumer: Consumer, new: set[int]) -> dict[int, Replica]:
        """Read the images of partitions to the end: those that there are from where they are, the others whole."""
        copies = self._hand_over(new)
        replicas = {number: copies.get(number) or self._make(number) for number in new}
        ends = {}
        for number, replica in replicas.items():
            lows_highs = {topic: self._watermarks(consumer, (topic, number)) for topic in replica.offsets}
            if not all(replica.follows(topic, low, high) for topic, (low, high) in lows_highs.items()):
                logger.warning("partition %d: its copy does not belong to what Kafka has; read anew", number)
                replicas[number] = replica.anew()
            for topic, (low, high) in lows_highs.items():
                replicas[number].forget(topic, low)
                ends[topic, number] = (max(low, replicas[number].offsets[topic]), high)
        was = self._was = dict.fromkeys(new, NOTHING) | {
            number: STANDBY if number in copies else DISK for number, replica in replicas.items() if replica.begun
        }

        def apply(message: Message) -> None:
            number = message.partition() or 0
            self.read[was[number]] += 1
            replicas[number].apply(message)

        self._read(consumer, {place: end for place, end in ends.items() if end[1] > end[0]}, apply)
        for (topic, number), (_, high) in ends.items():
            if not self._stop.is_set():
                replicas[number].complete(topic, high)
        return replicas

    def _read_to_the_claims(self, consumer: Consumer) -> None:
        """Read what came into the changelogs until we claimed the partitions; drop those that are another's by now."""
        claimed = {number: replica.rows.reached.epoch for number, replica in self.replicas.items()}
        alike: Counter[int] = Counter()

        def apply(message: Message) -> None:
            number = message.partition() or 0
            ours = epoch_of(message) == claimed[number]
            alike[number] += ours and message.topic() == self._names.windows
            self.read[self._was[number]] += not ours
            self.replicas[number].apply(message)

        self._read_on(consumer, self.replicas.values(), apply)
        for number, epoch in claimed.items():
            if self.replicas[number].rows.reached.epoch > epoch:
                del self.replicas[number]
        twice = sorted(number for number in self.replicas if alike[number] > 1)
        if twice:
            raise RecoveryError(f"another worker has taken over partitions {twice} at the same time")

    def read_on(self, replica: Replica) -> None:
        """Bring one image up to what the changelogs have by now; raises `RecoveryError`."""
        consumer = Consumer(self._config)
        try:
            self._read_on(consumer, [replica], replica.apply)
        except KafkaException as error:
            raise _unreadable(error) from error
        finally:
            consumer.close()

    def _read_on(self, consumer: Consumer, replicas: Collection[Replica], apply: Callable[[Message], None]) -> None:
        ends = {}
        for replica in replicas:
            for topic, offset in replica.offsets.items():
                low, high = self._watermarks(consumer, (topic, replica.number))
                ends[topic, replica.number] = (max(low, offset), high)
        self._read(consumer, {place: end for place, end in ends.items() if end[1] > end[0]}, apply)
        for replica in replicas:
            for topic in replica.offsets:
                if not self._stop.is_set():
                    replica.complete(topic, ends[topic, replica.number][1])

    def beyond(self, gaps: Mapping[Place, tuple[int, int]], come_to: Mapping[Place, int]) -> list[Message]:
        """The records between offsets of changelogs, and those that come after others.

        Args:
            gaps: From which offset to which to read.
            come_to: What to read from to the end.

        Raises:
            KafkaException: Brokers do not answer within seconds.
        """
        found: list[Message] = []
        consumer = Consumer(self._config)
        try:
            wanted = dict(gaps)
            for place, offset in come_to.items():
                _, high = watermarks(consumer, TopicPartition(*place), _PATIENCE_S)
                if high > offset:
                    wanted[place] = (wanted[place][0] if place in wanted else offset, high)
            self._read(consumer, wanted, found.append, _PATIENCE_S)
        finally:
            consumer.close()
        return found

    def _catch_up(self, consumer: Consumer, new: dict[int, Partition]) -> None:
        """Fold what was decided since the window rows were saved."""
        folding, topic = self._engine.folding, self._names.settlements
        ends = {}
        for source in range(self._store.count):
            since = min(rows.reached.settled.get(source, 0) for rows in new.values())
            low, high = self._watermarks(consumer, (topic, source))
            if high > max(low, since):
                ends[topic, source] = (max(low, since), high)
        #: By partition, the epoch of its settlement rows, as far as they are read.
        epochs: Counter[int] = Counter()

        def apply(message: Message) -> None:
            value, source, offset = message.value(), message.partition() or 0, message.offset() or 0
            epoch = epoch_of(message)
            self.read[LATER] += 1
            if epoch < epochs[source]:
                return
            epochs[source] = epoch
            row = decoded_settlement(message, value) if value else None
            for number, partition in new.items():
                reached = partition.reached
                if row and offset >= reached.settled.get(source, 0) and epoch >= reached.epochs.get(source, 0):
                    folding.restore(number, row)

        self._read(consumer, ends, apply)
        for partition in new.values():
            reached = partition.reached
            reached.settled |= {number: high for (_, number), (_, high) in ends.items()}
            reached.epochs |= {number: max(epoch, reached.epochs.get(number, 0)) for number, epoch in epochs.items()}

    @staticmethod
    def _watermarks(consumer: Consumer, place: Place) -> tuple[int, int]:
        """The offset at which a partition begins, and the one at which it ends."""
        return watermarks(consumer, TopicPartition(*place), _QUESTION_S)

    def _read(
        self,
        consumer: Consumer,
        ends: dict[Place, tuple[int, int]],
        apply: Callable[[Message], None],
        patience_s: float = math.inf,
    ) -> None:
        """Read partitions from an offset to another; raises `KafkaException` when brokers are silent for so long."""
        if not ends:
            return
        consumer.assign([TopicPartition(topic, number, begin) for (topic, number), (begin, _) in ends.items()])
        unread = {place: high for place, (_, high) in ends.items()}
        count = 0
        report_at = time.monotonic() + _REPORT_EVERY_S
        give_up_at = time.monotonic() + patience_s
        while unread and not self._stop.is_set():
            messages = consumer.consume(BATCH, _POLL_S)
            if messages:
                give_up_at = time.monotonic() + patience_s
            elif time.monotonic() > give_up_at:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))  # noqa: SLF001 - librdkafka's public constant
            for message in messages:
                place = (message.topic() or "", message.partition() or 0)
                error = message.error()
                if error is not None:
                    # The end is also how a tail of removed records (compaction, retention) shows itself.
                    if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's public constant
                        unread.pop(place, None)
                        continue
                    raise KafkaException(error)
                apply(message)
                count += 1
                if place in unread and (message.offset() or 0) + 1 >= unread[place]:
                    del unread[place]
            if time.monotonic() >= report_at:
                report_at = time.monotonic() + _REPORT_EVERY_S
                logger.info("restoring state: %d records read, %d changelog partitions to go", count, len(unread))


def _unreadable(error: KafkaException) -> RecoveryError:
    return RecoveryError(f"changelogs cannot be read: {error.args[0].str()}")
