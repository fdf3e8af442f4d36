"""The owner's side: folds what others observed into its rows and shows them the rows as they were before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.engine.asks import encode_rows
from streams.engine.folding import stamp_of
from streams.state.store import encoded

if TYPE_CHECKING:
    from streams.engine.asks import Ask
    from streams.engine.engine import Engine
    from streams.state.store import Partition, Store


class Owner:
    """Answers for the partitions held here."""

    def __init__(self, engine: Engine, store: Store) -> None:
        self._engine = engine
        self._store = store

    def take(self, number: int, ask: Ask) -> bytes | None:
        """Fold what partition `number` is told and give the rows it is asked for; None when it is asked for none.

        Whoever asks again, having crashed, is told the same again, and nothing is folded twice.
        """
        partition = self._store.partitions[number]
        answer = self._answer(partition, ask) if ask.keys else None
        folding, stamp = self._engine.folding, stamp_of(ask.asker, late=ask.late)
        for contribution in ask.contributions:
            row = self._store.change_row(number, contribution.key)
            folding.fold(row, contribution, stamp, ask.offset)
        return answer

    def _answer(self, partition: Partition, ask: Ask) -> bytes:
        book = partition.answers
        answer = book.given(ask.asker, ask.offset)
        if answer is None:
            windows = partition.windows
            rows = {key: windows.get(key) for key in ask.keys}
            answer = encode_rows({key: b"" if row is None else encoded(row) for key, row in rows.items()})
            book.keep(ask.asker, ask.offset, answer)
        return answer
