"""From feedback to lessons: finds the settlement that was judged, and what is new about the verdict.

The settlement's row keeps how it was scored and what was taught of it, so a record that is read again teaches nothing,
and a later verdict teaches only if it is weightier (`models.lessons.Verdict`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from models.lessons import PRESUMED_ONE_IN, Lesson, Verdict, decode_example, stands_for_others, verdict_of
from streams.state.rows import decode_settlement

if TYPE_CHECKING:
    from streams.contract.feedback import Feedback
    from streams.state.store import Store


class _Violation(msgspec.Struct):
    jr_id: str
    rule_id: str


class _Answer(msgspec.Struct):
    violations: list[_Violation] = []


_decoder = msgspec.json.Decoder(_Answer)


class Teaching:
    """Makes lessons of what is said about the settlements of a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def lesson(self, feedback: Feedback) -> Lesson | None:
        """What there is to learn, noted in the settlement's row; None where that is nothing new.

        Raises:
            KeyError: The settlement is not remembered here.
        """
        number = self._partition_of(feedback.setl_id)
        row = self._store.settlement(number, feedback.setl_id)
        if row is None or not row.example:
            return None
        verdict = verdict_of(feedback)
        rules: dict[str, bool] = {}
        if feedback.kind == "outcome" and row.answer:
            for hit in _decoder.decode(row.answer).violations:
                if feedback.jr_id in {None, hit.jr_id} and hit.jr_id not in row.judged:
                    rules[hit.rule_id] = verdict is Verdict.CONFIRMED
                    row.judged.append(hit.jr_id)
        weightier = verdict > row.verdict
        if not weightier and not rules:
            return None
        row.verdict = max(row.verdict, verdict)
        self._store.keep_settlement(number, feedback.setl_id, row)
        return Lesson(feedback.setl_id, verdict if weightier else 0, decode_example(row.example), rules)

    def _partition_of(self, setl_id: str) -> int:
        for number, partition in self._store.partitions.items():
            if setl_id in partition.settlements:
                return number
        raise KeyError(setl_id)


def presumed(setl_id: str, raw: bytes) -> Lesson | None:
    """The lesson of a settlement that is forgotten without a verdict, where it stands for others."""
    if not stands_for_others(setl_id, PRESUMED_ONE_IN):
        return None
    row = decode_settlement(raw)
    if not row.example or row.verdict:
        return None
    example = decode_example(row.example)
    return Lesson(setl_id, Verdict.PRESUMED, example) if example.weight else None
