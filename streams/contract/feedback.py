"""What institutions and the fund answer to a result: dispositions (transaction 3103) and audit outcomes."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.json import Decoder

from streams.contract.reading import MAX_BYTES, read
from streams.contract.rejected import Rejected
from streams.contract.time import parse_time

Kind = Literal["disposition", "outcome"]
Id = Annotated[str, Meta(min_length=1)]
Disposition = Literal["1", "2"]
Outcome = Literal["confirmed", "cleared"]
Because = Annotated[str, Meta(max_length=500)]

CONTINUE: Disposition = "1"
"""`dspo_way`: the institution continues as it was, and must say why."""


class Feedback(Struct, kw_only=True, gc=False):
    """One answer to one result, or to one violation of it."""

    feedback_id: str
    kind: Kind
    setl_id: str
    jr_id: str | None = None
    """The violation; ``None`` = the settlement as a whole."""
    dspo_way: Disposition | None = None
    """``1`` continue, ``2`` modify; set when `kind` is ``disposition``."""
    dspo_way_rea: str | None = None
    outcome: Outcome | None = None
    """Set when `kind` is ``outcome``."""
    decided_at: int
    """Epoch milliseconds."""


class _Wire(Struct, kw_only=True, gc=False):
    feedback_id: Id
    kind: Kind
    setl_id: Id
    jr_id: str | None = None
    dspo_way: Disposition | None = None
    dspo_way_rea: Because | None = None
    outcome: Outcome | None = None
    decided_at: str


_decoder = Decoder(_Wire)


def decode_feedback(raw: bytes, *, max_bytes: int = MAX_BYTES) -> Feedback:
    """Read one record of the feedback topic.

    Raises:
        Rejected: The record is too large, not JSON, not what the schema says, or impossible.
    """
    wire = read(_decoder, raw, max_bytes)
    reason = wire.dspo_way_rea if wire.dspo_way_rea and not wire.dspo_way_rea.isspace() else None
    if wire.kind == "outcome" and wire.outcome is None:
        raise Rejected("invalid", "$.outcome: missing, and required in this kind of feedback")
    if wire.kind == "disposition" and wire.dspo_way is None:
        raise Rejected("invalid", "$.dspo_way: missing, and required in this kind of feedback")
    if wire.dspo_way == CONTINUE and reason is None:
        raise Rejected("invalid", "$.dspo_way_rea: missing, and required to continue")
    try:
        decided_at = parse_time(wire.decided_at)
    except ValueError as error:
        raise Rejected("invalid", f"$.decided_at: {error}") from None
    return Feedback(
        feedback_id=wire.feedback_id,
        kind=wire.kind,
        setl_id=wire.setl_id,
        jr_id=wire.jr_id or None,
        dspo_way=wire.dspo_way,
        dspo_way_rea=reason,
        outcome=wire.outcome,
        decided_at=decided_at,
    )
