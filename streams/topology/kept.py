"""Where rows are kept: in memory, or in a directory (`PREWARN_STORE`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from streams.state.disk import Disk, StoreError
from streams.topology.diskimage import DiskImage
from streams.topology.journal import Journal
from streams.topology.replica import Replica, changelogs
from streams.topology.sink import give_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from confluent_kafka.admin import AdminClient

    from streams.settings import Settings
    from streams.topology.screening import Names
    from streams.topology.sink import Sink
    from streams.topology.statekey import StateKey

ROCKSDB: Final = "rocksdb"
_MIB: Final = 1_048_576
_ANSWER_S: Final = 30.0


def open_disk(settings: Settings, names: Names, state_key: StateKey, client: AdminClient) -> Disk | None:
    """The directory that the settings name; None when rows are kept in memory.

    Raises:
        StoreError: It cannot be used.
    """
    if settings.store != ROCKSDB:
        return None
    if settings.store_dir is None:
        raise StoreError("PREWARN_STORE=rocksdb needs PREWARN_STORE_DIR, a directory of this worker's own")
    identity = {
        "cluster": client.list_topics(timeout=_ANSWER_S).cluster_id,
        "group": settings.group_id,
        "partitions": settings.partitions,
        "state_key": state_key.shown,
        "topics": list(changelogs(names)),
    }
    return Disk(settings.store_dir, identity, settings.store_cache_mib * _MIB // 2, give_up)


class Kept:
    """Makes what keeps rows, as the settings have it."""

    def __init__(self, settings: Settings, names: Names, state_key: StateKey, disk: Disk | None) -> None:
        self._cache_bytes = settings.store_cache_mib * _MIB // 2
        self._names = names
        self._state_key = state_key
        self._disk = disk

    def replica(self, number: int) -> Replica:
        """The image of a partition, with what is on disk of it."""
        image = None if self._disk is None else DiskImage(self._disk, number)
        return Replica(number, self._names, self._state_key, image)

    def journal(self, sink: Sink, read_on: Callable[[Replica], None]) -> Journal | None:
        """What follows to disk all that the sink has delivered; None in memory."""
        if self._disk is None:
            return None
        journal = Journal(self._names, self._cache_bytes, read_on)
        sink.observers.append(journal.acknowledged)
        return journal
