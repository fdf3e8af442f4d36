"""What every settlement put into the windows, so that nothing is counted twice and everything can be taken out.

Three identities keep counting exact. The *settlement* (`setl_id`): a repeat under any delivery is not folded again.
The *position* of an input: a row that has folded an input's offset does not fold it again when the input is
replayed after a crash, while a row that is behind does. The *observation*: a reversal or refund takes out
what the settlement row says was put in, not what today's rule pack would put in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.engine.contributions import inverse, left, merged, own_part, without
from streams.engine.folding import Folding
from streams.features.scopes import trace_key
from streams.state.rows import Contribution, Position, SettlementRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from streams.contract.events import Event
    from streams.features.plan import FeaturePlan
    from streams.state.store import Store


class Ledger:
    """Keeps settlement rows, and knows by them what to fold and what to take out."""

    def __init__(self, store: Store, plan: FeaturePlan) -> None:
        self.store = store
        self.folding = Folding(store, plan)

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
        *,
        provisional: bool = False,
        example: bytes = b"",
    ) -> None:
        """Remember a settlement that was screened for the first time, or what was said of it before it could be."""
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
            provisional=provisional,
            late=event.refd_setl_flag == "1",
            example=example,
        )
        self.store.keep_settlement(self.home(event, position), event.setl_id or "", row)

    def repeat(self, event: Event, position: Position) -> None:
        """An answer is given again: its row, which may be on its way still, is saved again with it.

        Else a crash could lose the row and not the answer, and the settlement would be answered anew, otherwise.
        """
        self.store.keep_again(self.home(event, position), event.setl_id or "")

    def note(self, event: Event, position: Position, contributions: list[Contribution]) -> None:
        """Have what an admission or discharge put into the windows saved before anything later is answered."""
        row = SettlementRow(event.time, position, b"", contributions, [], 0, [], None, [])
        self.store.tell_effects(self.home(event, position), row)

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
        if original.position.partition == position.partition and original.position.offset > position.offset:
            # It was not there yet when the refund was decided, which is met again after a crash, or is about to be.
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
        self.folding.apply(row.reversal, position, late=True)
        return bool(row.answer)

    def rows_of(self, names: Iterable[str], event: Event, position: Position) -> Iterator[tuple[str, str]]:
        """Key and owner of every row that holds what is known of these settlements and their refunds."""
        home = self.home(event, position)
        for name in names:
            row = self.store.settlement(home, name)
            if row is None:
                continue
            for held in self._with_refunds(home, name, row).values():
                for contribution in held.contributions:
                    yield contribution.key, contribution.owner

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
