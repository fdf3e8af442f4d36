"""The rows of a partition on disk, as the store sees them: mappings like the dictionaries of `Partition`.

In memory are rows that changed and are not on disk yet, and as many of the others, lately used, as there is room for. A
row gets onto disk when its changelog record is acknowledged (`streams.topology.journal`), never before.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import MutableMapping
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from streams.state.disk import ORDER, SETTLEMENT, WINDOW, place_of
from streams.state.store import Partition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.state.disk import Disk
    from streams.state.rows import WindowRow

OFFSET_BYTES: Final = 8
"""A settlement row on disk begins with the offset of its record, by which rows are put in order."""
_OVERHEAD: Final = 200
"""Bytes that a row takes in memory beside its own, with its key."""


class Table(ABC):
    """What both tables count: rows and bytes on disk."""

    def __init__(self) -> None:
        #: Rows on disk.
        self.count = 0
        #: Bytes of their values.
        self.bytes = 0
        #: Keys deleted here that are still on disk.
        self.gone: set[str] = set()

    def dropped(self) -> list[str]:
        """Keys that were deleted, and not set again since."""
        return [key for key in self.gone if not self.is_unsaved(key)]

    @abstractmethod
    def is_unsaved(self, key: str) -> bool:
        """Whether a row is not on disk as it is."""

    def __len__(self) -> int:
        return self.count


class WindowTable(Table, MutableMapping[str, "WindowRow | bytes"]):
    """Window rows of one partition."""

    def __init__(self, disk: Disk, number: int) -> None:
        super().__init__()
        self._disk = disk
        self._number = number
        #: The one that changed last at the end.
        self._rows: dict[str, WindowRow | bytes] = {}
        self._prefix = place_of(number, WINDOW)
        #: Bytes on disk of rows that are in memory, too.
        self._lengths: dict[str, int] = {}
        #: Keys that are known not to be on disk: most entities that are met are new, and are asked for again at once.
        self._absent: set[str] = set()
        #: Keys whose row on disk is an older one.
        self._unsaved: set[str] = set()
        #: Memory of the rows that rest.
        self.size = 0

    def get(self, key: str, default: Any = None, /) -> Any:
        """The row; from disk it stays in memory, for whoever is met once is met again."""
        row = self._rows.get(key)
        if row is None:
            if key in self._absent:
                return default
            row = self._saved(key)
            if row is None:
                if key not in self.gone:
                    self._absent.add(key)
                return default
            self._rows[key] = row
            self._lengths[key] = len(row)
            self.size += len(row) + _OVERHEAD
        return row

    def peek(self, key: str) -> WindowRow | bytes | None:
        """The row, without keeping it in memory."""
        row = self._rows.get(key)
        return self._saved(key) if row is None else row

    def _saved(self, key: str) -> bytes | None:
        return None if key in self.gone else self._disk.read(self._prefix + key.encode())

    def length(self, key: str) -> int | None:
        """Bytes that a row has on disk; None when it is not there."""
        length = self._lengths.get(key)
        if length is None and key not in self._absent:
            row = self._disk.read(self._prefix + key.encode())
            length = None if row is None else len(row)
        return length

    def __getitem__(self, key: str) -> WindowRow | bytes:
        row: WindowRow | bytes | None = self.get(key)
        if row is None:
            raise KeyError(key)
        return row

    def __setitem__(self, key: str, row: WindowRow | bytes) -> None:
        self._drop(key)
        self._rows[key] = row
        self._unsaved.add(key)
        if isinstance(row, bytes):
            self.size += len(row) + _OVERHEAD

    def __delitem__(self, key: str) -> None:
        self._drop(key)
        self._unsaved.discard(key)
        self.gone.add(key)

    def __iter__(self) -> Iterator[str]:
        for raw, _ in self._disk.scan(self._number, WINDOW):
            key = raw.decode()
            if key not in self._unsaved and key not in self.gone:
                yield key
        yield from list(self._unsaved)

    def is_unsaved(self, key: str) -> bool:
        """See `Table.is_unsaved`."""
        return key in self._unsaved

    def persisted(self, key: str, raw: bytes | None) -> None:
        """Note what is on disk now."""
        self._absent.discard(key)
        if raw is None:
            self.gone.discard(key)
            self._lengths.pop(key, None)
            return
        row = self._rows.get(key)
        if row is not None:
            self._lengths[key] = len(raw)
        if key in self._unsaved and row == raw:
            self._unsaved.discard(key)
            self.gone.discard(key)

    def settle(self) -> None:
        """Forget who was asked for and did not come."""
        self._absent &= self._unsaved

    def shrink(self, most: int) -> None:
        """Let go of rows that are on disk, those first that did not change for longest, down to so much memory."""
        if self.size <= most:
            return
        for key in list(self._rows):
            if key not in self._unsaved:
                self._drop(key)
                self._lengths.pop(key, None)
                if self.size <= most:
                    return

    def _drop(self, key: str) -> None:
        row = self._rows.pop(key, None)
        if isinstance(row, bytes):
            self.size -= len(row) + _OVERHEAD


class SettlementTable(Table, MutableMapping[str, bytes]):
    """Settlement rows of one partition, in the order of their last change."""

    def __init__(self, disk: Disk, number: int) -> None:
        super().__init__()
        self._disk = disk
        self._number = number
        #: Rows that are not on disk yet.
        self._unsaved: dict[str, bytes] = {}

    def __getitem__(self, key: str) -> bytes:
        row = self._unsaved.get(key)
        if row is None:
            saved = None if key in self.gone else self._disk.get(self._number, SETTLEMENT, key.encode())
            if saved is None:
                raise KeyError(key)
            row = saved[OFFSET_BYTES:]
        return row

    def __setitem__(self, key: str, row: bytes) -> None:
        self._unsaved.pop(key, None)
        self._unsaved[key] = row

    def __delitem__(self, key: str) -> None:
        self._unsaved.pop(key, None)
        self.gone.add(key)

    def __iter__(self) -> Iterator[str]:
        saved = (raw.decode() for _, raw in self._disk.scan(self._number, ORDER))
        there = (key for key in saved if key not in self._unsaved and key not in self.gone)
        return chain(there, list(self._unsaved))

    def is_unsaved(self, key: str) -> bool:
        """See `Table.is_unsaved`."""
        return key in self._unsaved

    def persisted(self, key: str, raw: bytes | None) -> None:
        """Note what is on disk now."""
        if raw is None:
            self.gone.discard(key)
        elif self._unsaved.get(key) == raw:
            del self._unsaved[key]
            self.gone.discard(key)


class DiskPartition(Partition):
    """Rows of one partition, most of them on disk."""

    __slots__ = ()

    windows: WindowTable
    settlements: SettlementTable
    stay_objects = frozenset()

    def __init__(self, disk: Disk, number: int) -> None:
        super().__init__()
        self.windows = WindowTable(disk, number)
        self.settlements = SettlementTable(disk, number)

    def peek(self, key: str) -> WindowRow | bytes | None:
        """See `Partition.peek`."""
        return self.windows.peek(key)

    def row_keys(self) -> Iterator[str]:
        """See `Partition.row_keys`."""
        return iter(self.windows)

    def remember(self, setl_id: str, raw: bytes) -> None:
        """See `Partition.remember`."""
        self.settlements[setl_id] = raw
