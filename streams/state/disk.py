"""A directory with the rows of partitions on disk, in RocksDB (`rocksdict`).

One database holds all partitions of a worker. A key is the partition, a letter for the kind of row, and the row's own
key, so that the rows of one kind lie together in order. The directory belongs to one installation and to one process at
a time: a file beside the database says whose it is, another is locked while a process uses it.

What is here can always be made again from the changelogs. So what is damaged is deleted and read anew; what belongs to
somebody else is refused, for then the settings are wrong.
"""

from __future__ import annotations

import fcntl
import json
import logging
import shutil
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from rocksdict import WriteBatch

logger = logging.getLogger(__name__)

FORMAT: Final = 1
"""Goes up when rows or keys are laid out otherwise: an older directory is read anew."""
IDENTITY: Final = "prewarn-store.json"
DATABASE: Final = "db"
DAMAGED: Final = "damaged"
"""A file of this name tells the next process that what the last one read was damaged."""
_LOCK: Final = "lock"
_MIB: Final = 1_048_576
_WRITE_BUFFER: Final = 16 * _MIB
_SCAN: Final = 512
"""Rows read at once in a long scan: nothing of the database is held in between."""
_FIRST: Final = 8
"""The same at first: most scans are content with a few."""

WINDOW: Final = b"w"
SETTLEMENT: Final = b"s"
ORDER: Final = b"o"
ANSWERS: Final = b"a"
META: Final = b"m"


class StoreError(Exception):
    """The directory cannot be used; the message says why and what to do."""


def _raise(reason: str) -> NoReturn:
    raise StoreError(reason)


class Disk:
    """An open directory.

    Args:
        directory: Made when it is not there.
        identity: Whose rows these are, by name of what must be the same.
        cache_bytes: Memory for blocks of the database.
        on_damage: Called when a row cannot be read; does not return, for nothing may be decided without it.

    Raises:
        StoreError: It is in use, belongs to somebody else, or `rocksdict` is not installed.
    """

    def __init__(
        self,
        directory: Path,
        identity: Mapping[str, Any],
        cache_bytes: int,
        on_damage: Callable[[str], NoReturn] = _raise,
    ) -> None:
        self._directory = directory
        self._on_damage = on_damage
        self._cache_bytes = cache_bytes
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = (directory / _LOCK).open("ab")
        except OSError as error:
            raise StoreError(f"{directory}: {error.strerror}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise StoreError(
                f"{directory} is in use by another process: every worker needs a PREWARN_STORE_DIR of its own"
            ) from None
        try:
            #: Why rows that were here are not any more; empty when they are.
            self.rebuilt = self._check({"format": FORMAT, **identity})
            self._db = self._open()
        except BaseException:
            self._lock.close()
            raise

    def _check(self, identity: dict[str, Any]) -> str:
        """See whose directory it is; returns why what is in it was deleted."""
        file, database = self._directory / IDENTITY, self._directory / DATABASE
        reason = ""
        if not file.exists():
            others = sorted(path.name for path in self._directory.iterdir() if path.name != _LOCK)
            if others:
                raise StoreError(
                    f"{self._directory} holds other files ({', '.join(others[:3])}): "
                    "PREWARN_STORE_DIR must be a directory for the worker's rows alone"
                )
        else:
            there = _read(file)
            if there is None:
                reason = f"{IDENTITY} cannot be read"
            elif there.get("format") != FORMAT:
                reason = f"its rows are in format {there.get('format')}, not {FORMAT}"
            elif there != identity:
                names = sorted(name for name in identity.keys() | there.keys() if there.get(name) != identity.get(name))
                shown = "; ".join(f"{name} {there.get(name)} instead of {identity.get(name)}" for name in names)
                raise StoreError(
                    f"{self._directory} holds the rows of another installation ({shown}): set PREWARN_STORE_DIR to "
                    "another directory, or delete this one"
                )
        if (self._directory / DAMAGED).exists():
            reason = (self._directory / DAMAGED).read_text("utf-8") or "it was found damaged"
        if reason:
            self._delete(reason)
        database.mkdir(exist_ok=True)
        file.write_text(json.dumps(identity, ensure_ascii=False, indent=1) + "\n", "utf-8")
        return reason

    def _delete(self, reason: str) -> None:
        logger.warning("%s: %s; the rows are read anew from the changelogs", self._directory, reason)
        shutil.rmtree(self._directory / DATABASE, ignore_errors=True)
        (self._directory / DAMAGED).unlink(missing_ok=True)

    def _open(self) -> Any:
        try:
            import rocksdict  # noqa: PLC0415 - an extra
        except ImportError:
            raise StoreError("PREWARN_STORE=rocksdb needs rocksdict: pip install 'prewarn[rocksdb]'") from None
        self._batch = rocksdict.WriteBatch
        path, options = str(self._directory / DATABASE), _options(self._cache_bytes)
        # Named, or only a new database has them: one that is opened again would have no filter and 8 MiB of cache.
        families = {"default": options}
        try:
            return rocksdict.Rdict(path, options, families)
        except Exception as error:  # noqa: BLE001 - rocksdict raises nothing narrower
            self.rebuilt = f"the database cannot be opened ({error})"
            self._delete(self.rebuilt)
        try:
            return rocksdict.Rdict(path, options, families)
        except Exception as error:  # noqa: BLE001 - as above
            raise StoreError(f"{path}: {error}") from None

    def get(self, number: int, kind: bytes, key: bytes) -> bytes | None:
        """A row of a partition, or None; does not return when it is damaged."""
        return self.read(place_of(number, kind) + key)

    def read(self, place: bytes) -> bytes | None:
        """Do the same by partition, kind (`place_of`) and key together."""
        try:
            raw: bytes | None = self._db.get(place)
        except Exception as error:  # noqa: BLE001 - as above
            self._damaged(error)
        return raw

    def scan(self, number: int, kind: bytes, begin: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """Yield the rows of one kind in the order of their keys, from one on; they may change meanwhile."""
        prefix = place_of(number, kind)
        at, most = prefix + begin, _FIRST
        while True:
            chunk = self._chunk(at, prefix, most)
            for place, raw in chunk:
                yield place[len(prefix) :], raw
            if len(chunk) < most:
                return
            at, most = chunk[-1][0] + b"\0", min(2 * most, _SCAN)

    def _chunk(self, at: bytes, prefix: bytes, most: int) -> list[tuple[bytes, bytes]]:
        """Some rows from a place on."""
        chunk: list[tuple[bytes, bytes]] = []
        rows = self._db.iter()
        rows.seek(at)
        while len(chunk) < most and rows.valid():
            place = rows.key()
            if not place.startswith(prefix):
                break
            chunk.append((place, rows.value()))
            rows.next()
        try:
            rows.status()  # an iterator that meets damage just ends
        except Exception as error:  # noqa: BLE001 - as above
            self._damaged(error)
        return chunk

    def batch(self) -> Batch:
        """Changes that are made together or not at all."""
        return Batch(self._batch(raw_mode=True))

    def write(self, batch: Batch) -> None:
        """Make the changes of a batch: they survive the process at once, and the machine in order."""
        try:
            self._db.write(batch.changes)
        except Exception as error:  # noqa: BLE001 - as above
            self._on_damage(f"{self._directory}: rows cannot be written ({error})")

    def wipe(self, number: int) -> None:
        """Delete all of a partition."""
        batch = self.batch()
        for kind in (WINDOW, SETTLEMENT, ORDER, ANSWERS, META):
            place = place_of(number, kind)
            batch.changes.delete_range(place, place[:-1] + bytes([place[-1] + 1]))
        self.write(batch)

    def close(self) -> None:
        """Let another process have it."""
        self._db.close()
        self._lock.close()

    def _damaged(self, error: Exception) -> NoReturn:
        (self._directory / DAMAGED).write_text(f"a row could not be read ({error})", "utf-8")
        self._on_damage(f"{self._directory} is damaged ({error}); the next start reads the rows anew from Kafka")


class Batch:
    """Changes of one database."""

    __slots__ = ("changes",)

    def __init__(self, changes: WriteBatch) -> None:
        self.changes = changes

    def put(self, number: int, kind: bytes, key: bytes, raw: bytes) -> None:
        """Set a row."""
        self.changes.put(place_of(number, kind) + key, raw)

    def delete(self, number: int, kind: bytes, key: bytes) -> None:
        """Delete a row."""
        self.changes.delete(place_of(number, kind) + key)


def place_of(number: int, kind: bytes) -> bytes:
    """How keys of a partition's rows of one kind begin."""
    return number.to_bytes(2, "big") + kind


def _options(cache_bytes: int) -> Any:
    from rocksdict import (  # noqa: PLC0415 - an extra
        BlockBasedIndexType,
        BlockBasedOptions,
        Cache,
        DataBlockIndexType,
        DBCompressionType,
        Options,
    )

    table = BlockBasedOptions()
    table.set_block_cache(Cache(cache_bytes))
    table.set_cache_index_and_filter_blocks(True)  # or they would grow beside the cache
    table.set_pin_l0_filter_and_index_blocks_in_cache(True)
    table.set_bloom_filter(10, False)  # most questions are about entities that are new
    # In parts of a block: whole, the filter of a file is 300 KB, and a small cache reads it anew for every question.
    table.set_index_type(BlockBasedIndexType.two_level_index_search())
    table.set_partition_filters(True)
    table.set_metadata_block_size(4096)
    table.set_pin_top_level_index_and_filter(True)
    table.set_data_block_index_type(DataBlockIndexType.binary_and_hash())
    table.set_data_block_hash_ratio(0.75)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(table)
    options.set_write_buffer_size(_WRITE_BUFFER)
    options.set_max_write_buffer_number(2)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_level_compaction_dynamic_level_bytes(True)
    options.set_max_open_files(512)
    options.set_keep_log_file_num(2)
    options.set_max_total_wal_size(4 * _WRITE_BUFFER)
    return options


def _read(file: Path) -> dict[str, Any] | None:
    """What a file with an identity says; None when it says nothing."""
    try:
        said = json.loads(file.read_text("utf-8"))
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
