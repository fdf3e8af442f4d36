"""What models learn from: a settlement as it was scored, and what was said of it later.

Institutions answer within hours and speak for themselves: their dispositions are weak labels. Audits take days or weeks
and are strong ones. Of most settlements nobody ever speaks: one in `PRESUMED_ONE_IN` of those that nothing was asked
about stands for all of them, and is presumed innocent when the settlement is forgotten without a verdict.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final
from zlib import crc32

import msgspec

if TYPE_CHECKING:
    from streams.contract.feedback import Feedback

PRESUMED_ONE_IN: Final = 16


class Verdict(IntEnum):
    """What was said of a settlement, the weightier the greater: only a weightier verdict is learned after another."""

    PRESUMED = 1
    CONTINUED = 2
    """The institution goes on as it was, and says why (3103, `dspo_way` 1)."""
    MODIFIED = 3
    """The institution corrects the settlement (`dspo_way` 2)."""
    CLEARED = 4
    CONFIRMED = 5


LABELS: Final[dict[int, tuple[float, float]]] = {
    Verdict.PRESUMED: (0.0, float(PRESUMED_ONE_IN)),
    Verdict.CONTINUED: (0.0, 0.3),
    Verdict.MODIFIED: (1.0, 0.5),
    Verdict.CLEARED: (0.0, 1.0),
    Verdict.CONFIRMED: (1.0, 1.0),
}
"""Label and weight of each verdict."""


class Example(msgspec.Struct, array_like=True, gc=False):
    """A settlement as it was scored."""

    #: Event time, ms.
    time: int
    #: The person's reference and the institution.
    person: str
    institution: str
    kind: str
    #: Its inputs (`models.inputs.INPUTS`).
    values: list[float | None]
    #: The witnesses' cells.
    cells: list[int]
    odd: float
    #: What its score was made of.
    log_odds: float
    #: The same without what oddness says: what is known by verdicts.
    risk: float
    #: What it counts when its area learns what is normal; 0 = rules asked about it.
    weight: float


class Lesson(msgspec.Struct, array_like=True, gc=False):
    """A settlement and what was said of it."""

    setl_id: str
    #: A `Verdict`, or 0 where nothing new was said of the settlement as a whole.
    verdict: int
    example: Example
    #: Rules whose violation was judged by an audit, and whether it was confirmed.
    rules: dict[str, bool] = {}


_encoder = msgspec.msgpack.Encoder()
_example_decoder = msgspec.msgpack.Decoder(Example)
_lesson_decoder = msgspec.msgpack.Decoder(Lesson)


def encode(record: Example | Lesson) -> bytes:
    """MessagePack."""
    return _encoder.encode(record)


def decode_example(raw: bytes) -> Example:
    """Inverse of `encode`; raises `msgspec.DecodeError`."""
    return _example_decoder.decode(raw)


def decode_lesson(raw: bytes) -> Lesson:
    """Inverse of `encode`; raises `msgspec.DecodeError`, also for a verdict that there is not."""
    lesson = _lesson_decoder.decode(raw)
    if lesson.verdict and lesson.verdict not in LABELS:
        raise msgspec.ValidationError(f"there is no verdict {lesson.verdict}")
    return lesson


def verdict_of(feedback: Feedback) -> Verdict:
    """What a record of `screening.feedback` says."""
    if feedback.kind == "outcome":
        return Verdict.CONFIRMED if feedback.outcome == "confirmed" else Verdict.CLEARED
    return Verdict.CONTINUED if feedback.dspo_way == "1" else Verdict.MODIFIED


def stands_for_others(setl_id: str, one_in: int) -> bool:
    """Whether a settlement is the one of so many that stands for all; the same for every worker."""
    return crc32(setl_id.encode()) % one_in == 0
