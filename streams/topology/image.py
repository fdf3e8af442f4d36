"""Where the rows of a partition are kept that its changelogs say: in dictionaries here, on disk in `diskimage`."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple, Protocol

from streams.state.store import Partition

if TYPE_CHECKING:
    from streams.state.rows import ReachedRow, TraceRow


class Progress(NamedTuple):
    """How far an image has come; offsets and epochs in the order of `streams.topology.replica.changelogs`."""

    offsets: list[int]
    epochs: list[int]
    complete_at: float
    shadowed: list[tuple[str, str]] = []  # noqa: RUF012 - a default is never changed
    """See `streams.topology.replica.Replica.shadowed`."""


class Image(Protocol):
    """Where the rows of an image are kept."""

    @property
    def rows(self) -> Partition:
        """The rows, as far as they were saved."""

    #: Whether events are decided on the rows.
    live: bool

    @property
    def is_full(self) -> bool:
        """Whether so much waits that it should be saved."""

    def load(self) -> Progress | None:
        """How far the image is that is there already; None when there is none."""

    def save(self, progress: Progress) -> None:
        """Write what waits, and how far it goes, together."""

    def window(self, key: str, raw: bytes | None) -> None:
        """Take a window row, or its deletion."""

    def answers(self, key: str, raw: bytes | None) -> None:
        """Take a row of answers, or its deletion."""

    def reached(self, row: ReachedRow) -> None:
        """Take how far the rows have come."""

    def traces(self, offset: int, rows: list[TraceRow]) -> None:
        """Take the trace codes' rows of one record."""

    def settlement(self, offset: int, key: str, raw: bytes | None) -> None:
        """Take a settlement row, or its deletion."""

    def forget_traces(self, below: int) -> None:
        """Drop what no record at or above this offset says: the broker has deleted those below."""

    def forget_settlements(self, below: int) -> None:
        """Do the same for settlement rows."""

    def anew(self) -> Image:
        """An empty image in the place of this one."""


class MemoryImage:
    """Keeps an image in dictionaries, all rows encoded.

    Trace codes' rows and settlement rows leave their topics by retention. Nobody tells; so the image remembers which
    record each came with, and keeps no longer than the topic does.
    """

    is_full = False

    def __init__(self) -> None:
        self.rows = Partition()
        self.live = False
        self._traces: deque[tuple[int, list[TraceRow]]] = deque()
        self._settled: dict[str, int] = {}

    def load(self) -> Progress | None:
        """See `Image.load`."""
        return None

    def save(self, progress: Progress) -> None:
        """See `Image.save`."""

    def window(self, key: str, raw: bytes | None) -> None:
        """See `Image.window`."""
        if raw is None:
            self.rows.windows.pop(key, None)
        else:
            self.rows.windows[key] = raw

    def answers(self, key: str, raw: bytes | None) -> None:
        """See `Image.answers`."""
        self.rows.answers.restore(key, raw)

    def reached(self, row: ReachedRow) -> None:
        """See `Image.reached`."""
        self.rows.reached = row

    def traces(self, offset: int, rows: list[TraceRow]) -> None:
        """See `Image.traces`."""
        self.rows.windows.update((row.key, row.row) for row in rows)
        self._traces.append((offset, rows))

    def settlement(self, offset: int, key: str, raw: bytes | None) -> None:
        """See `Image.settlement`."""
        settlements = self.rows.settlements
        # Taken out first: the order is that of the last change.
        if settlements.pop(key, None) is not None:
            del self._settled[key]
        if raw is not None:
            settlements[key] = raw
            self._settled[key] = offset

    def forget_traces(self, below: int) -> None:
        """See `Image.forget_traces`."""
        windows, traces = self.rows.windows, self._traces
        while traces and traces[0][0] < below:
            for row in traces.popleft()[1]:
                if windows.get(row.key) is row.row:
                    del windows[row.key]

    def forget_settlements(self, below: int) -> None:
        """See `Image.forget_settlements`."""
        settlements, settled = self.rows.settlements, self._settled
        while settlements:
            key = next(iter(settlements))
            if settled[key] >= below:
                break
            del settlements[key], settled[key]

    def anew(self) -> Image:
        """See `Image.anew`."""
        return MemoryImage()
