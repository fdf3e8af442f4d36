"""Compares the rows that a run left behind with those of the file run."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from streams.contract.time import DAY_MS
from streams.engine.engine import Engine
from streams.features.buckets import SINCE
from streams.state.rows import decode_settlement, decode_window, newest_of
from streams.state.store import Store, encoded
from streams.topology.partitions import area_partition
from streams.topology.recovery import Recovery
from streams.topology.screening import Names
from streams.topology.statekey import StateKey
from tests.chaos.filerun import KEY, settlement_state, window_state
from tests.chaos.reading import READER
from tests.chaos.sending import AHEAD
from tests.chaos.story import EVENTS_A_DAY
from tests.chaos.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from streams.state.store import Partition
    from tests.chaos.filerun import Expected
    from tests.chaos.installation import Installation
    from tests.chaos.verdict import Verdict

APART_MS: Final = (AHEAD + Trouble.far) * DAY_MS // EVENTS_A_DAY
"""How far apart in event time what one partition and another are sent at the same moment can be."""


def compare_rows(installation: Installation, expected: Expected, verdict: Verdict) -> None:
    """Compare the rows that the next worker would find with those of the file run.

    One partition after the other: of a million settlements the file run's rows alone fill six gigabytes.
    """
    right = expected.store.partitions[0]
    lives = Engine(expected.pack, expected.store, KEY).lives
    windows = _Rows(
        "window row",
        lambda raw: window_state(decode_window(encoded(raw))),
        right.windows,
        verdict,
        _expiry(expected, lives),
        lambda key, wanted, got: begun_anew(wanted, got, lives(key)),
    )
    settlements = _Rows(
        "settlement row", lambda raw: settlement_state(decode_settlement(raw)), right.settlements, verdict
    )
    for number in range(installation.partitions):
        partition = restored(installation, expected, number)
        for key in partition.windows.keys() & windows.seen:
            verdict.double("row in two partitions", f"{key} in {number}")
        windows.take(partition.windows)
        settlements.take(partition.settlements)
    verdict.counts["window rows compared"] = len(right.windows)
    verdict.counts["settlement rows compared"] = len(right.settlements)
    verdict.counts["of them over and gone"] = windows.end()
    settlements.end()


def restored(installation: Installation, expected: Expected, number: int) -> Partition:
    """Return the state of a partition that its next worker would begin with, read by the worker's own recovery."""
    store = Store(installation.partitions, area_partition(installation.partitions))
    store.hold({number})
    topic = installation.topic
    names = Names(
        results=topic("screening.results"),
        alerts=topic("risk.alerts"),
        dead_letters=topic("screening.dead-letters"),
        windows=topic("prewarn.windows"),
        traces=topic("prewarn.trace-codes"),
        settlements=topic("prewarn.settlements"),
        observations=topic("prewarn.observations"),
        answers=topic("prewarn.answers"),
    )
    engine, own = Engine(expected.pack, store, KEY), StateKey(KEY)
    config = installation.client.settings | READER
    recovery = Recovery(config, names, store, engine, own, threading.Event())
    recovery.read_images({number})
    recovery.adopt({number})
    return store.partitions[number]


@dataclass
class _Rows:
    """Compares rows of one kind, as many at a time as are at hand; one that is over may be gone.

    Attributes:
        what: Their kind, for people.
        state: What a row says.
        right: The rows that there should be.
        seen: The rows that there are.
    """

    what: str
    state: Callable[[Any], dict[str, Any]]
    right: Mapping[str, Any]
    verdict: Verdict
    is_over: Callable[[str, Any], bool] = lambda _key, _raw: False
    is_excused: Callable[[str, Any, Any], bool] = lambda _key, _wanted, _got: False
    seen: set[str] = field(default_factory=set)

    def take(self, found: Mapping[str, Any]) -> None:
        """Compare some that there are."""
        self.seen |= found.keys()
        for key, raw in found.items():
            got = self.state(raw)
            if key not in self.right:
                if any(got.values()):
                    self.verdict.double(self.what, f"{key}: {got}"[:500])
                continue
            wanted = self.state(self.right[key])
            if got != wanted and not self.is_excused(key, wanted, got):
                self.verdict.differ(self.what, f"{key}: {difference(wanted, got)}")

    def end(self) -> int:
        """Tell of those that there are not, and return how many of them may be gone."""
        gone = 0
        for key, raw in self.right.items():
            if key in self.seen:
                continue
            wanted = self.state(raw)
            if self.is_over(key, raw):
                gone += 1
            elif any(wanted.values()):
                self.verdict.lose(self.what, f"{key}: {wanted}"[:500])
        return gone


def begun_anew(wanted: Mapping[str, Any], got: Mapping[str, Any], life: int) -> bool:
    """Tell whether two states are the same but for since when they look at their entity.

    A row that was over is dropped, and begun anew when its entity comes again: a row's `life` (ms) after it began first
    at the earliest, by the latest event that touched any row of its partition. That may have come from a partition that
    is further in the story than the row's own, so that what comes next seems to come earlier by as much. A file run
    drops nothing.
    """

    def same(one: Any, other: Any) -> bool:
        if one == other:
            return True
        if not isinstance(one, list) or not isinstance(other, list) or len(one) <= SINCE or len(other) <= SINCE:
            return False
        since = one[SINCE]
        return other == [*one[:SINCE], other[SINCE], *one[SINCE + 1 :]] and other[SINCE] - since > life - APART_MS

    return wanted.keys() == got.keys() and all(same(state, got[name]) for name, state in wanted.items())


def _expiry(expected: Expected, lives: Callable[[str], int]) -> Callable[[str, Any], bool]:
    """Tell of a row whether its longest window has passed by the latest event: workers drop such rows."""
    rows = expected.store.partitions[0].windows

    def newest(row: Any) -> int:
        return newest_of(row) if isinstance(row, bytes) else int(row.newest)

    latest = max(map(newest, rows.values()), default=0)
    return lambda key, row: newest(row) + lives(key) < latest


def difference(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> str:
    """Return what two states differ in, in a line of bounded length."""
    return "; ".join(_differences("", wanted, got))[:800]


def _differences(name: str, wanted: Any, got: Any) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key in {**wanted, **got}:
            yield from _differences(f"{name}.{key}", wanted.get(key), got.get(key))
    elif isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for place, (one, other) in enumerate(zip(wanted, got, strict=True)):
            yield from _differences(f"{name}[{place}]", one, other)
    elif wanted != got:
        yield f"{name[1:]} is {got} instead of {wanted}"
