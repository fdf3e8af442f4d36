"""The facts about a worker that nobody reports by themselves: they are looked at once a second.

Lag is that of the committed offset, for what is not committed is done again after a crash. A worker that reaches the
end of its partitions and cannot commit is behind, and its `consumer_lag_seconds` says so.
"""

from __future__ import annotations

import asyncio
import time
from itertools import islice
from typing import TYPE_CHECKING, Final, NoReturn

from streams.observability.metrics import COMMIT
from streams.state.store import encoded
from streams.state.tables import Table

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from streams.observability.health import Health
    from streams.observability.instruments import Histogram
    from streams.observability.metrics import Metrics
    from streams.state.rows import WindowRow
    from streams.state.store import Store

EVERY_S: Final = 1.0
SIZES_EVERY: Final = 10
"""Looks after which the size of rows is estimated again."""
SAMPLE: Final = 50
"""Rows looked at from each end of a partition's table, the oldest and the newest."""

Lags = dict[int, int]
"""Records from the committed offset to the end, by partition."""


class Gauges:
    """Sets gauges and health facts.

    Args:
        metrics: Whose gauges.
        health: Whose facts.
        store: Rows held.
        source: The topic events are read from.
        lags: Tells the lag of each partition held.
        late: Tells how many observations came too late so far; may begin at 0 again.
        committed_at: Tells when offsets were last committed, epoch seconds; 0 = never.
    """

    def __init__(
        self,
        metrics: Metrics,
        health: Health,
        store: Store,
        *,
        source: str,
        lags: Callable[[], Lags],
        late: Callable[[], int],
        committed_at: Callable[[], float],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._metrics = metrics
        self._health = health
        self._store = store
        self._source = source
        self._lags = lags
        self._late = late
        self._committed_at = committed_at
        self._now = now
        self._last_late = 0
        self._looks = 0
        #: When a partition was first seen to be held, epoch seconds: how long its oldest event has waited at least.
        self._held_since: dict[int, float] = {}

    async def run(self) -> NoReturn:
        """Look again and again; never returns."""
        while True:
            await asyncio.sleep(EVERY_S)
            self.look()

    def look(self) -> None:
        """Look once."""
        self._look_at_lag(self._lags())
        self._look_at_commits()
        late = self._late()
        self._metrics.late_events[self._source].value += late - self._last_late if late >= self._last_late else late
        self._last_late = late
        self._count_rows(measure=self._looks % SIZES_EVERY == 0)
        self._looks += 1

    def _look_at_lag(self, lags: Lags) -> None:
        metrics, now = self._metrics, self._now()
        for gone in [key for key in metrics.consumer_lag if key[1] not in lags]:
            del metrics.consumer_lag[gone]  # or the lag of a partition that moved on would stay for ever
        self._held_since = {partition: self._held_since.get(partition, now) for partition in lags}
        metrics.taken = {partition: at for partition, at in metrics.taken.items() if partition in lags}
        ages = [0.0]
        for partition, lag in lags.items():
            metrics.consumer_lag[self._source, partition].value = lag
            if lag:
                taken = metrics.taken.get(partition)
                ages.append(now - (self._held_since[partition] if taken is None else taken / 1000))
        metrics.consumer_lag_age.value = max(ages)
        self._health.set_lag(sum(lags.values()))

    def _look_at_commits(self) -> None:
        at = self._committed_at()
        if at != self._metrics.last_commit_timestamp.value:
            self._metrics.last_commit_timestamp.value = at
            self._health.progressed()

    def _count_rows(self, *, measure: bool) -> None:
        held = list(self._store.partitions.values())
        tables: dict[str, list[Mapping[str, WindowRow | bytes]]] = {
            "windows": [rows.windows for rows in held],
            "settlements": [rows.settlements for rows in held],
        }
        for name, parts in tables.items():
            count = sum(map(len, parts))
            self._metrics.table_rows[name].value = count
            if measure:
                exact = [part.bytes for part in parts if isinstance(part, Table)]
                sizes = [len(encoded(row)) for part in parts if isinstance(part, dict) for row in _sample(part)]
                mean = sum(sizes) / len(sizes) if sizes else 0.0
                self._metrics.table_bytes[name].value = sum(exact) if exact else round(count * mean)


def _sample(rows: dict[str, WindowRow | bytes]) -> Iterator[WindowRow | bytes]:
    """Yield rows from both ends of a table: a dictionary has no other places that are reached at once."""
    yield from islice(rows.values(), SAMPLE)
    if len(rows) > SAMPLE:
        yield from islice(reversed(rows.values()), SAMPLE)


class Timed:
    """What is awaited before a commit, with its duration noted."""

    def __init__(self, work: Callable[[], Awaitable[None]], metrics: Metrics) -> None:
        self._work = work
        self._histogram: Histogram = metrics.stage_duration[COMMIT]

    async def __call__(self) -> None:
        """Do it."""
        begun = time.monotonic()
        await self._work()
        self._histogram.observe(time.monotonic() - begun)


class RebalanceClock:
    """Measures from giving partitions up until events go on."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._begun: float | None = None

    def begun(self) -> None:
        """A rebalance begins."""
        if self._begun is None:
            self._begun = time.monotonic()

    def ended(self) -> None:
        """State is complete, and events go on."""
        self._metrics.rebalances.value += 1
        if self._begun is not None:
            self._metrics.rebalance_duration.observe(time.monotonic() - self._begun)
            self._begun = None
