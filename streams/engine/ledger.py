"""What every settlement put into the windows, so that nothing is counted twice and everything can be taken out.

Three identities keep counting exact. The *settlement* (`setl_id`): a repeat under any delivery is not folded again.
The *position* of an input: a row that has folded an input's offset does not fold it again when the input is
replayed after a crash, while a row that is behind does. The *observation*: a reversal or refund takes out
what the settlement row says was put in, not what today's rule pack would put in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.engine.contributions import inverse, left, merged, own_part, without
from streams.features.plan import state_key
from streams.features.scopes import trace_key
from streams.state.rows import Contribution, Observation, Position, SettlementRow, WindowRow
from streams.state.store import NotHereError

if TYPE_CHECKING:
    from streams.contract.events import Event
    from streams.features.aggregates import Aggregate
    from streams.features.plan import FeaturePlan
    from streams.state.store import Store


#: A row is swept when it is met again after so long: often enough to stay small, seldom enough to cost nothing.
SWEEP_EVERY_MS = 12 * 3_600_000


class Ledger:
    """Folds contributions into window rows and keeps settlement rows."""

    def __init__(self, store: Store, plan: FeaturePlan) -> None:
        self.store = store
        self.plan = plan
        #: Observations too old for the window they belong to, and rows that belong to a partition held elsewhere.
        self.late = 0
        self.not_here = 0

    def apply(self, contributions: list[Contribution], position: Position) -> dict[str, WindowRow]:
        """Fold contributions into their rows, but for rows that have this position already; returns the rows by key."""
        rows: dict[str, WindowRow] = {}
        by_fid = self.plan.by_fid
        number, offset = position
        for contribution in contributions:
            key = contribution.key
            try:
                row = rows[key] = self.store.change_window(key, contribution.owner)
            except NotHereError:
                self.not_here += 1
                continue
            if row.stamps.get(number, -1) >= offset:
                continue
            row.stamps[number] = offset
            before = row.newest
            for seen in contribution.observations:
                feature = by_fid.get(seen.fid)
                # A feature that left the pack keeps no state that anybody reads: what it put in need not be taken out.
                if feature is not None:
                    self._fold(row, feature.aggregate, seen)
            if row.newest - before > SWEEP_EVERY_MS and before:
                self.plan.sweep(row)
        return rows

    def _fold(self, row: WindowRow, aggregate: Aggregate, seen: Observation) -> None:
        time, value, setl_id = seen.time, seen.value, seen.setl_id
        key = state_key(seen.fid, seen.part)
        state = row.features.get(key)
        if seen.sign < 0:
            if state is not None:
                aggregate.retract(state, time, value, setl_id)
        elif state is not None and aggregate.is_late(state, time):
            self.late += 1
        else:
            row.features[key] = aggregate.fold(state, time, value, setl_id)
        row.newest = max(row.newest, time)

    def settlement(self, event: Event, position: Position) -> SettlementRow | None:
        """What is known of the event's own settlement."""
        return self.store.settlement(self.home(event, position), event.setl_id or "")

    def home(self, event: Event, position: Position) -> int:
        """The partition in which the settlements of the event's area are remembered."""
        return self.store.home(event.mdtrtarea_admvs, position.partition)

    def record(
        self,
        event: Event,
        position: Position,
        contributions: list[Contribution],
        answer: bytes,
        reversed_at: Position | None,
    ) -> None:
        """Remember a settlement that was screened for the first time."""
        row = SettlementRow(
            time=event.time,
            position=position,
            answer=answer,
            contributions=contributions,
            given_back=[],
            unrefunded=event.medfee_sumamt or 0,
            refunds=[],
            reversed_at=reversed_at,
            reversal=[],
        )
        self.store.keep_settlement(self.home(event, position), event.setl_id or "", row)

    def refund(self, event: Event, position: Position, own: list[Contribution]) -> list[Contribution]:
        """What a refund contributes: `own`, and the taking out of what it gives back of the original settlement.

        A trace code on a refund line may be sold again. A refund of all that was left takes the original out as
        a whole with the refunds before it, as a reversal would, and then counts for nothing itself. An unknown
        original changes nothing.
        """
        given = self._given_back(event, position)
        if given is None:
            return own
        taken = [contribution for part in given.parts.values() for contribution in part]
        return merged(inverse(taken) if given.whole else own + inverse(taken))

    def settle_refund(self, event: Event, position: Position) -> None:
        """Note in the rows concerned what a refund gave back; doing it again changes nothing."""
        given = self._given_back(event, position)
        if given is None:
            return
        for setl_id, part in given.parts.items():
            row = given.rows[setl_id]
            row.given_back = merged(row.given_back + part)
            if setl_id == event.init_setl_id:
                row.unrefunded += event.medfee_sumamt or 0
                row.refunds.append(event.setl_id or "")
            self.store.keep_settlement(given.home, setl_id, row)

    def _given_back(self, event: Event, position: Position) -> _GivenBack | None:
        """What a refund takes out, by settlement; None when its original is unknown, reversed, or has it already."""
        home, target = self.home(event, position), event.init_setl_id or ""
        original = self.store.settlement(home, target)
        if original is None or original.reversed_at is not None or event.setl_id in original.refunds:
            return None
        if original.unrefunded + (event.medfee_sumamt or 0) > 0:
            codes = {trace_key(code) for line in event.feedetail if line.cnt < 0 for code in line.drug_trac_info}
            part = [c for c in left(original) if c.key in codes]
            return _GivenBack(home, {target: original}, {target: part}, whole=False)
        rows = self._with_refunds(home, target, original)
        parts = {setl_id: own_part(left(row), setl_id) for setl_id, row in rows.items()}
        return _GivenBack(home, rows, parts, whole=True)

    def reverse(self, event: Event, position: Position) -> bool:
        """Take the settlement `init_setl_id` out of every window; False when it is unknown or reversed already.

        A settlement that arrives after its reversal finds the mark left here and is screened without being counted.
        """
        home, target = self.home(event, position), event.init_setl_id or ""
        row = self.store.settlement(home, target)
        if row is None:
            mark = SettlementRow(event.time, position, b"", [], [], 0, [], position, [])
            self.store.keep_settlement(home, target, mark)
            return False
        if row.reversed_at is None:
            self._restore(home, target, row)
            parts = self._take_all(home, target, row)
            row.reversed_at, row.reversal = position, merged(inverse([c for part in parts.values() for c in part]))
            self.store.keep_settlement(home, target, row)
        elif row.reversed_at != position:
            return False
        self.apply(row.reversal, position)
        return bool(row.answer)

    def _with_refunds(self, home: int, setl_id: str, row: SettlementRow) -> dict[str, SettlementRow]:
        """A settlement and the refunds that were taken off it."""
        rows = {setl_id: row}
        for refund_id in row.refunds:
            refund = self.store.settlement(home, refund_id)
            if refund is not None:
                rows[refund_id] = refund
        return rows

    def _take_all(self, home: int, setl_id: str, row: SettlementRow) -> dict[str, list[Contribution]]:
        """What a settlement and its refunds still hold in window rows; the refunds' rows say that they gave it back."""
        rows = self._with_refunds(home, setl_id, row)
        parts = {each: own_part(left(held), each) for each, held in rows.items()}
        # Of the settlement itself everything: if it is a refund, also what it took out of others.
        parts[setl_id] = left(row)
        for refund_id in parts.keys() - {setl_id}:
            refund = rows[refund_id]
            refund.given_back = merged(refund.given_back + parts[refund_id])
            self.store.keep_settlement(home, refund_id, refund)
        return parts

    def _restore(self, home: int, refund_id: str, refund: SettlementRow) -> None:
        """When it is a refund that is reversed, the settlements it took from have that back."""
        taken = inverse([c for c in refund.contributions if any(seen.sign < 0 for seen in c.observations)])
        for setl_id in {seen.setl_id for c in taken for seen in c.observations if seen.sign > 0}:
            row = self.store.settlement(home, setl_id)
            if row is None:
                continue
            part = own_part(taken, setl_id)
            given_back = without(row.given_back, part)
            if refund_id in row.refunds:
                row.refunds.remove(refund_id)
                row.unrefunded -= refund.unrefunded
            elif given_back == row.given_back:
                continue
            row.given_back = given_back
            self.store.keep_settlement(home, setl_id, row)


class _GivenBack(NamedTuple):
    """What a refund takes out: the rows it takes from, and from each of them what."""

    home: int
    rows: dict[str, SettlementRow]
    parts: dict[str, list[Contribution]]
    whole: bool
