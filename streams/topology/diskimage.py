"""An image of a partition's changelogs on disk: rows and how far they have come are written together or not at all.

While others hold the partition, or it is being taken over, the image is read like one in memory. Once it is *live* its
rows are those that events are decided on: they run ahead in memory, and the image follows on disk with what the broker
has acknowledged (`streams.topology.journal`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from streams.features.scopes import TRACE_PREFIX
from streams.state.disk import ANSWERS, META, ORDER, SETTLEMENT, WINDOW
from streams.state.rows import decode_reached, encode_row
from streams.state.tables import OFFSET_BYTES, DiskPartition
from streams.topology.image import Progress  # noqa: TC001 - msgspec reads the annotation

if TYPE_CHECKING:
    from streams.state.disk import Batch, Disk
    from streams.state.rows import ReachedRow, TraceRow

SAVE_EVERY: Final = 2_000
"""Rows that wait to be written together while an image is read."""
_META_KEY: Final = b"image"


class _Meta(msgspec.Struct, array_like=True):
    """What is written beside the rows."""

    progress: Progress
    reached: bytes
    #: Rows and bytes of the two tables.
    sizes: tuple[int, int, int, int]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Meta)


class DiskImage:
    """Keeps an image on disk.

    What the broker deletes by retention is deleted here too, but for trace codes' rows: those go when their time has
    passed, as a holder's do (`streams.state.expiry`).
    """

    def __init__(self, disk: Disk, number: int) -> None:
        self._disk = disk
        self._number = number
        self.rows = DiskPartition(disk, number)
        #: Whether events are decided on its rows.
        self.live = False
        self._windows: dict[str, bytes | None] = {}
        self._settlements: dict[str, tuple[int, bytes | None]] = {}
        self._answers: dict[str, bytes | None] = {}
        self._reached = encode_row(self.rows.reached)

    @property
    def is_full(self) -> bool:
        """Whether so much waits that it should be saved; what is live is saved by the journal alone."""
        return not self.live and len(self._windows) + len(self._settlements) >= SAVE_EVERY

    def window(self, key: str, raw: bytes | None) -> None:
        """See `Image.window`."""
        self._windows[key] = raw

    def answers(self, key: str, raw: bytes | None) -> None:
        """See `Image.answers`."""
        self._answers[key] = raw
        if not self.live:
            self.rows.answers.restore(key, raw)

    def reached(self, row: ReachedRow) -> None:
        """See `Image.reached`."""
        self._reached = encode_row(row)
        if not self.live:
            self.rows.reached = row

    def traces(self, offset: int, rows: list[TraceRow]) -> None:  # noqa: ARG002 - rows on disk leave by their time
        """See `Image.traces`."""
        self._windows.update((row.key, row.row) for row in rows)

    def settlement(self, offset: int, key: str, raw: bytes | None) -> None:
        """See `Image.settlement`."""
        self._settlements[key] = (offset, raw)

    def forget_traces(self, below: int) -> None:
        """See `Image.forget_traces`."""

    def forget_settlements(self, below: int) -> None:
        """See `Image.forget_settlements`: what waits to be saved is the latest of all."""
        for at, key in self._disk.scan(self._number, ORDER):
            if int.from_bytes(at, "big") >= below:
                break
            self._settlements.setdefault(key.decode(), (0, None))
        for name, (offset, _) in list(self._settlements.items()):
            if offset < below:
                self._settlements[name] = (0, None)

    def anew(self) -> DiskImage:
        """See `Image.anew`."""
        self._disk.wipe(self._number)
        return DiskImage(self._disk, self._number)

    def load(self) -> Progress | None:
        """See `Image.load`."""
        raw = self._disk.get(self._number, META, _META_KEY)
        if raw is None:
            return None
        meta, rows = _decoder.decode(raw), self.rows
        self._reached, rows.reached = meta.reached, decode_reached(meta.reached)
        rows.windows.count, rows.windows.bytes, rows.settlements.count, rows.settlements.bytes = meta.sizes
        saved = [(key.decode(), value) for key, value in self._disk.scan(self._number, ANSWERS)]
        for key, value in sorted(saved, key=lambda row: [int(part) for part in row[0].split(":")[1:]]):
            rows.answers.restore(key, value)
        return meta.progress

    def save(self, progress: Progress) -> None:
        """See `Image.save`."""
        windows, settlements, batch = self.rows.windows, self.rows.settlements, self._disk.batch()
        if not self.live:
            self._reached = encode_row(self.rows.reached)
        else:
            # Of these deletions no changelog tells.
            self._windows |= dict.fromkeys(key for key in windows.dropped() if key.startswith(TRACE_PREFIX))
            self._settlements |= dict.fromkeys(settlements.dropped(), (0, None))
        for key, raw in self._windows.items():
            self._put_window(batch, key, raw)
        for key, (offset, raw) in self._settlements.items():
            self._put_settlement(batch, key, offset, raw)
        for key, raw in self._answers.items():
            if raw is None:
                batch.delete(self._number, ANSWERS, key.encode())
            else:
                batch.put(self._number, ANSWERS, key.encode(), raw)
        sizes = (windows.count, windows.bytes, settlements.count, settlements.bytes)
        batch.put(self._number, META, _META_KEY, _encoder.encode(_Meta(progress, self._reached, sizes)))
        self._disk.write(batch)
        for key, raw in self._windows.items():
            windows.persisted(key, raw)
        windows.settle()
        for key, (_, raw) in self._settlements.items():
            settlements.persisted(key, raw)
        self._windows, self._settlements, self._answers = {}, {}, {}

    def _put_window(self, batch: Batch, key: str, raw: bytes | None) -> None:
        name, table = key.encode(), self.rows.windows
        old = table.length(key)
        table.count += (raw is not None) - (old is not None)
        table.bytes += len(raw or b"") - (old or 0)
        if raw is None:
            batch.delete(self._number, WINDOW, name)
        else:
            batch.put(self._number, WINDOW, name, raw)

    def _put_settlement(self, batch: Batch, key: str, offset: int, raw: bytes | None) -> None:
        name, table = key.encode(), self.rows.settlements
        old = self._disk.get(self._number, SETTLEMENT, name)
        table.count += (raw is not None) - (old is not None)
        table.bytes += len(raw or b"") - len((old or b"")[OFFSET_BYTES:])
        if old is not None:
            batch.delete(self._number, ORDER, old[:OFFSET_BYTES])
        if raw is None:
            batch.delete(self._number, SETTLEMENT, name)
        else:
            at = offset.to_bytes(OFFSET_BYTES, "big")
            batch.put(self._number, SETTLEMENT, name, at + raw)
            batch.put(self._number, ORDER, at, name)
