"""The rows of partitions: a dictionary of each kind for each partition, or tables on disk (`streams.state.tables`).

Whoever holds a store owns the partitions in it: a row of another partition raises `NotHereError`, and the checks that
need it are reported as missing instead of being decided on nothing. Changed window rows are collected until
somebody takes them (`take_changed`), changed settlement rows are handed over at once (`on_settlement`): the
worker makes the latter durable before the former, see :mod:`streams.topology.commit`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from streams.state.answers import AnswerBook
from streams.state.rows import (
    ReachedRow,
    SettlementRow,
    WindowRow,
    decode_settlement,
    decode_window,
    encode_row,
    encode_settlement,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping


HOT = frozenset("idm")
"""Kinds of rows (institutions, prescribers, normality) that most commits find changed: they stay objects."""


EFFECTS_PREFIX = "~"
"""How keys of rows begin, among the settlement rows, of events that are no settlements."""


class NotHereError(LookupError):
    """The row belongs to a partition that this worker does not hold."""


class Partition:
    """Rows of one partition.

    A window row is an object while it changes and *rests* encoded otherwise: a resting row takes a third of the memory
    and is no work for the garbage collector. Rows of entities that are met again and again do not rest.
    """

    #: Kinds of rows that do not rest.
    stay_objects = HOT
    __slots__ = ("answers", "dirty", "latest", "open", "reached", "settlements", "windows")

    def __init__(self) -> None:
        #: Whether its rows may be changed by a function call: all that others sent before it was here is folded.
        self.open = True
        #: What was told to those who asked about rows here.
        self.answers = AnswerBook()
        #: What is folded of what others sent and did.
        self.reached = ReachedRow(0, {})
        self.windows: MutableMapping[str, WindowRow | bytes] = {}
        #: Encoded rows: they are many, seldom read, and never changed in place.
        self.settlements: MutableMapping[str, bytes] = {}
        self.dirty: set[str] = set()
        #: Latest event time of any row that was saved, ms: rows expire by it (`streams.state.expiry`).
        self.latest = 0

    def window(self, key: str) -> WindowRow | None:
        """The row, decoded if it rests."""
        row = self.windows.get(key)
        return decode_window(row) if isinstance(row, bytes) else row

    def peek(self, key: str) -> WindowRow | bytes | None:
        """The row as it is, for whoever looks at all of them once."""
        return self.windows.get(key)

    def row_keys(self) -> Iterator[str]:
        """The keys of the window rows there are; rows may come and go meanwhile."""
        return iter(list(self.windows))

    def remember(self, setl_id: str, raw: bytes) -> None:
        """Keep a settlement row as the one that changed last, as it is in the changelog."""
        settlements = self.settlements
        settlements.pop(setl_id, None)
        settlements[setl_id] = raw


def encoded(row: WindowRow | bytes) -> bytes:
    """The bytes of a row."""
    return row if isinstance(row, bytes) else encode_row(row)


class Store:
    """Rows of the partitions held here.

    Args:
        count: Number of partitions of the events topic (1 for files).
        area_partition: Kafka's partition of an area used as a key; only asked once for each area.
        on_settlement: Called with (partition, setl_id, encoded row) whenever a settlement row changes.
    """

    def __init__(
        self,
        count: int = 1,
        area_partition: Callable[[str], int] = lambda _area: 0,
        on_settlement: Callable[[int, str, bytes], None] | None = None,
    ) -> None:
        self.count = count
        self.partitions: dict[int, Partition] = {}
        #: Rows of other partitions as their owners showed them, while a settlement is decided that asked for them;
        #: None = the entity is new.
        self.visiting: dict[str, WindowRow | None] = {}
        self._area_partition = area_partition
        self._areas: dict[str, int] = {}
        self._on_settlement = on_settlement

    def hold(self, partitions: set[int]) -> tuple[set[int], set[int]]:
        """Hold exactly these partitions; returns (newly held and empty, given up)."""
        given_up = set(self.partitions) - partitions
        for number in given_up:
            del self.partitions[number]
        new = partitions - set(self.partitions)
        for number in new:
            self.partitions[number] = Partition()
        return new, given_up

    @property
    def complete(self) -> bool:
        """Whether every partition is held here and open."""
        return len(self.partitions) == self.count and all(rows.open for rows in self.partitions.values())

    def is_open(self, number: int) -> bool:
        """Whether a partition is held here and open."""
        partition = self.partitions.get(number)
        return partition is not None and partition.open

    def partition_of(self, key: str, owner: str) -> int:
        """The partition of a row (see :mod:`streams.features.scopes`)."""
        if not owner:
            return crc32(key.encode()) % self.count
        number = self._areas.get(owner)
        if number is None:
            number = self._areas[owner] = self._area_partition(owner)
        return number

    def window(self, key: str, owner: str) -> WindowRow | None:
        """The window row, or None when the entity is new; raises `NotHereError`."""
        if self.visiting and key in self.visiting:
            return self.visiting[key]
        partition = self.partitions.get(self.partition_of(key, owner))
        if partition is None:
            raise NotHereError(key[0])
        row = partition.windows.get(key)
        return decode_window(row) if isinstance(row, bytes) else row

    def change_window(self, key: str, owner: str) -> WindowRow:
        """The window row, made when the entity is new, and marked as changed; raises `NotHereError`."""
        return self.change_row(self.partition_of(key, owner), key)

    def change_row(self, number: int, key: str) -> WindowRow:
        """Do the same where the partition of the row is known."""
        partition = self.partitions.get(number)
        if partition is None:
            raise NotHereError(key[0])
        row = partition.windows.get(key)
        if row is None or isinstance(row, bytes):
            row = partition.windows[key] = WindowRow({}, 0, {}) if row is None else decode_window(row)
        partition.dirty.add(key)
        return row

    def home(self, owner: str, arrived: int) -> int:
        """Where a settlement is remembered: its owner's partition, or the one it arrived in when that is not held."""
        number = self.partition_of("", owner)
        return number if number in self.partitions else arrived

    def settlement(self, number: int, setl_id: str) -> SettlementRow | None:
        """What partition `number` knows of a settlement, or None."""
        raw = self.partitions[number].settlements.get(setl_id)
        return None if raw is None else decode_settlement(raw)

    def keep_settlement(self, number: int, setl_id: str, row: SettlementRow) -> None:
        """Remember a settlement in partition `number`."""
        raw = encode_settlement(row)
        self.partitions[number].remember(setl_id, raw)
        if self._on_settlement is not None:
            self._on_settlement(number, setl_id, raw)

    def keep_again(self, number: int, setl_id: str) -> None:
        """Have the row of a settlement saved once more, as it is."""
        raw = self.partitions[number].settlements.get(setl_id)
        if raw is not None and self._on_settlement is not None:
            self._on_settlement(number, setl_id, raw)

    def tell_effects(self, number: int, row: SettlementRow) -> None:
        """Have what an event without an answer put into window rows saved with the settlement rows.

        Nobody asks for it again but who rebuilds window rows (`streams.engine.folding.Folding.restore`).
        """
        if self._on_settlement is not None and row.contributions:
            self._on_settlement(
                number, f"{EFFECTS_PREFIX}{row.position.partition}:{row.position.offset}", encode_settlement(row)
            )

    def take_changed(self) -> Iterator[tuple[int, str, bytes]]:
        """The window rows that changed since the last call, encoded as they are when their turn comes.

        They count as unchanged from there, and rest. Rows may change while the iterator is used; those that were handed
        out before are handed out by the next call again.
        """
        for number, partition in list(self.partitions.items()):
            changed, partition.dirty = partition.dirty, set()
            for key in changed:
                row = partition.windows.get(key)
                if row is None:
                    continue
                if isinstance(row, bytes):
                    raw = row
                else:
                    raw = encode_row(row)
                    partition.latest = max(partition.latest, row.newest)
                    if key[0] not in partition.stay_objects:
                        partition.windows[key] = raw
                yield number, key, raw

    def rest(self) -> None:
        """Let changed rows rest where nobody saves them."""
        for _ in self.take_changed():
            pass
