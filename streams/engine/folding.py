"""Folds what events contribute into window rows, wherever those are held.

Rows of other partitions are changed by their owner alone, and in two steps: what an event is known to put in is folded
when the owner is asked (`streams.engine.desk`), the rest (what is known only when other rows are, what refunds and
reversals take out) when the event is decided. Each step has its own stamp, so each is done once, also where the owner
is in this process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.engine.asks import Ask
from streams.features.plan import state_key
from streams.state.rows import Contribution, Position, WindowRow, decode_window, encode_row
from streams.state.store import NotHereError

if TYPE_CHECKING:
    from streams.features.plan import FeaturePlan
    from streams.state.rows import SettlementRow
    from streams.state.store import Store


#: A row is swept when it is met again after so long: often enough to stay small, seldom enough to cost nothing.
SWEEP_EVERY_MS = 12 * 3_600_000


class Outgoing(NamedTuple):
    """What the owner of another partition has to fold."""

    partition: int
    contribution: Contribution
    #: Whether it belongs to the second step.
    late: bool


def stamp_of(partition: int, *, late: bool) -> int:
    """Under which number a row keeps the offset of an input partition's latest event, for each of the two steps."""
    return -1 - partition if late else partition


class Folding:
    """Folds contributions into the rows of a store."""

    def __init__(self, store: Store, plan: FeaturePlan) -> None:
        self.store = store
        self.plan = plan
        #: Observations too old for the window they belong to.
        self.late = 0
        self._outgoing: list[Outgoing] = []

    def take_asks(self, position: Position) -> list[tuple[int, Ask]]:
        """What the event at `position` did to rows that are held elsewhere, for each owner."""
        if not self._outgoing:
            return []
        outgoing, self._outgoing = self._outgoing, []
        asks: dict[tuple[int, bool], Ask] = {}
        for owner, contribution, late in outgoing:
            ask = asks.setdefault((owner, late), Ask(*position, [], [], late))
            ask.contributions.append(contribution)
        return [(owner, ask) for (owner, _), ask in asks.items()]

    def apply(
        self, contributions: list[Contribution], position: Position, *, late: bool = False, asked: bool = False
    ) -> dict[str, WindowRow]:
        """Fold contributions into their rows, but for rows that have this position already; returns the rows by key.

        Args:
            contributions: What to fold, a row named once.
            position: The event's.
            late: Whether all of it belongs to the second step.
            asked: Whether the owners of other partitions have folded the first step.
        """
        rows: dict[str, WindowRow] = {}
        (home, offset), store = position, self.store
        for contribution in contributions:
            key = contribution.key
            number = store.partition_of(key, contribution.owner)
            if number == home:
                row = rows[key] = store.change_row(number, key)
                self.fold(row, contribution, home, offset)
                continue
            if asked and key in store.visiting:
                row = rows[key] = self._shown(key)
                self._fold_all(row, contribution)
            held = store.is_open(number)
            for part, second in self._steps(contribution, late=late):
                if held:
                    # If its owner was asked before it was here, the row's stamp says so.
                    row = store.change_row(number, key)
                    self.fold(row, part, stamp_of(home, late=second), offset)
                    rows.setdefault(key, row)
                elif second or not asked:
                    self._outgoing.append(Outgoing(number, part, second))
        return rows

    def restore(self, number: int, row: SettlementRow) -> None:
        """Fold into the rows of a partition what a settlement row says that its event did to them.

        Whatever was decided is in a settlement row before anybody sees it, window rows follow later: a partition that
        is rebuilt is brought up to all that others may have seen.
        """
        self._refold(number, row.contributions, row.position, late=row.late)
        if row.reversed_at is not None:
            self._refold(number, row.reversal, row.reversed_at, late=True)

    def _refold(self, number: int, contributions: list[Contribution], position: Position, *, late: bool) -> None:
        store, home = self.store, position.partition
        for contribution in contributions:
            key = contribution.key
            if store.partition_of(key, contribution.owner) != number:
                continue
            if number == home:
                self.fold(store.change_row(number, key), contribution, home, position.offset)
                continue
            for part, second in self._steps(contribution, late=late):
                self.fold(store.change_row(number, key), part, stamp_of(home, late=second), position.offset)

    def rehearse(self, contributions: list[Contribution], position: Position) -> dict[str, WindowRow]:
        """Fold contributions into copies of those rows that can be seen; returns the copies by key."""
        rows: dict[str, WindowRow] = {}
        for contribution in contributions:
            try:
                row = self.store.window(contribution.key, contribution.owner)
            except NotHereError:
                continue
            copy = rows[contribution.key] = WindowRow({}, 0, {}) if row is None else decode_window(encode_row(row))
            if copy.stamps.get(position.partition, -1) < position.offset:
                self._fold_all(copy, contribution)
        return rows

    def fold(self, row: WindowRow, contribution: Contribution, stamp: int, offset: int) -> None:
        """Fold a contribution into its row unless the row's stamp says that it was."""
        stamps = row.stamps
        if stamps.get(stamp, -1) >= offset:
            return
        stamps[stamp] = offset
        before = row.newest
        self._fold_all(row, contribution)
        if row.newest - before > SWEEP_EVERY_MS and before:
            self.plan.sweep(row)

    def _shown(self, key: str) -> WindowRow:
        row = self.store.visiting[key]
        if row is None:
            row = self.store.visiting[key] = WindowRow({}, 0, {})
        return row

    def _steps(self, contribution: Contribution, *, late: bool) -> list[tuple[Contribution, bool]]:
        """What of a contribution belongs to which step."""
        if late:
            return [(contribution, True)]
        fids = self.plan.late
        seconds = [seen for seen in contribution.observations if seen.fid in fids]
        if not seconds:
            return [(contribution, False)]
        firsts = [seen for seen in contribution.observations if seen.fid not in fids]
        steps = [(firsts, False), (seconds, True)]
        return [(Contribution(contribution.key, contribution.owner, seen), step) for seen, step in steps if seen]

    def first_step(self, contributions: list[Contribution]) -> list[Contribution]:
        """What of contributions is known before other rows are."""
        return [part for c in contributions for part, late in self._steps(c, late=False) if not late]

    def _fold_all(self, row: WindowRow, contribution: Contribution) -> None:
        aggregates, features, newest = self.plan.aggregates, row.features, row.newest
        for seen in contribution.observations:
            key = seen.fid
            aggregate = aggregates.get(key)
            if aggregate is None:
                # A feature that left the pack keeps no state that anybody reads: what it put in need not be taken out.
                continue
            if seen.part:
                key = state_key(key, seen.part)
            state, time = features.get(key), seen.time
            if seen.sign > 0:
                folded = aggregate.fold(state, time, seen.value, seen.setl_id)
                if folded is None:
                    self.late += 1
                elif folded is not state:
                    features[key] = folded
            elif state is not None:
                aggregate.retract(state, time, seen.value, seen.setl_id)
            if time > newest:  # noqa: PLR1730 - this is asked for every observation, and max() takes five times as long
                newest = time
        row.newest = newest
