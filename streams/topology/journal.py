"""Brings what the broker has acknowledged of our changelog records to disk, with the offset that it goes up to.

Acknowledged records of a partition come one after the other, as long as nobody else writes there. Whoever has just lost
the partition may; then offsets are missing between ours. Those records are read from Kafka before we go on, as whoever
takes the partition over next will read them. So what is on disk is always what the changelog says up to an offset.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Final

from streams.state.tables import DiskPartition
from streams.topology.checkpoint import EPOCH
from streams.topology.replica import Record, changelogs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from confluent_kafka import Message

    from streams.topology.replica import Replica
    from streams.topology.screening import Names
    from streams.topology.sink import Headers

logger = logging.getLogger(__name__)

_TRIES: Final = 3
"""How often a gap is read at one checkpoint: while others go on writing, the next one has its turn too."""


class Journal:
    """Follows the changelogs of the partitions that are held, by what is acknowledged.

    Args:
        names: Topic names.
        cache_bytes: Memory for rows that rest and are on disk, of all partitions.
        read_on: Reads what is missing of an image; blocks.
    """

    def __init__(self, names: Names, cache_bytes: int, read_on: Callable[[Replica], None]) -> None:
        self._changelogs = frozenset(changelogs(names))
        self._cache_bytes = cache_bytes
        self._read_on = read_on
        self._replicas: dict[int, Replica] = {}
        self._records: dict[int, deque[Record]] = {}

    def keep(self, replicas: Mapping[int, Replica]) -> None:
        """Follow partitions that were taken over, beside those there are."""
        self._replicas |= replicas
        self._records |= {number: deque() for number in replicas}

    def give_up(self, partitions: set[int]) -> None:
        """Follow partitions no more; what was acknowledged until now is on disk then."""
        for number in partitions & self._replicas.keys():
            self._take(number)
            self._replicas.pop(number).save()
            del self._records[number]

    def acknowledged(
        self, topic: str, message: Message, key: bytes | str | None, value: bytes | None, headers: Headers | None
    ) -> None:
        """Note a record of ours that the broker has."""
        if topic not in self._changelogs:
            return
        records = self._records.get(message.partition() or 0)
        if records is not None:
            name = key.encode() if isinstance(key, str) else key or b""
            records.append(Record(topic, message.offset() or 0, name, value, int(dict(headers or ()).get(EPOCH, b"0"))))

    async def flush(self) -> None:
        """Bring to disk what was acknowledged until now, and let go of rows in memory that are there."""
        for number in list(self._replicas):
            for _ in range(_TRIES):
                replica = self._replicas.get(number)
                if replica is None or self._take(number):
                    break
                logger.warning("partition %d: others wrote to its changelogs; reading what they wrote", number)
                await asyncio.to_thread(self._read_on, replica)
            if replica is not None:
                replica.save()
            await asyncio.sleep(0)
        tables = [r.rows.windows for r in self._replicas.values() if isinstance(r.rows, DiskPartition)]
        if sum(table.size for table in tables) > self._cache_bytes:
            for table in tables:
                table.shrink(self._cache_bytes // len(tables))

    def _take(self, number: int) -> bool:
        """Take acknowledged records up to the first that is not the next; returns whether there is none such."""
        replica, records = self._replicas[number], self._records[number]
        while records:
            record = records[0]
            expected = replica.offsets[record.topic]
            if record.offset > expected:
                return False
            records.popleft()
            if record.offset == expected:
                replica.take(record, ours=True)
                replica.complete(record.topic, record.offset + 1)
        return True
