"""A screening result as it goes out, and its deterministic identities.

The fields are those of screening-result.schema.json. What may change when a result is given again comes in at the very
end (`stamp`): `screened_at`, and the person key's references in the place of the inner ones. So stored results stay
comparable byte for byte.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field
from msgspec.json import Encoder

from streams.contract.time import format_time

if TYPE_CHECKING:
    from streams.contract.person import Outgoing

Action = Literal["pass", "remind", "review", "hold"]
Status = Literal["complete", "partial"]

_ID_BYTES = 16
_encoder = Encoder()


class LineDetail(Struct, kw_only=True, gc=False):
    """A line that a violation names."""

    feedetl_sn: str
    vola_item_type: str
    """``1`` the violating line, ``2`` a line it involves."""
    vola_amt: float | None = None
    """Yuan at stake on this line."""


class Violation(Struct, kw_only=True, gc=False):
    """What one rule found in one settlement."""

    jr_id: str
    rule_id: str
    rule_name: str
    vola_cont: str
    """One Chinese sentence with the figures."""
    vola_amt: float | None
    """Yuan at stake."""
    sev_deg: str
    """``1`` clear violation, ``2`` highly suspicious, ``3`` reminder."""
    basis: str | None = None
    vola_evid: dict[str, Any] = field(default_factory=dict)
    """The values the rule saw, as plain JSON; never a person's identifier."""
    judge_result_detail_dtos: list[LineDetail] = field(default_factory=list)


class Ruleset(Struct, kw_only=True, gc=False):
    """Which rule pack judged."""

    version: str
    sha256: str


class Contribution(Struct, kw_only=True, gc=False):
    """How much one feature moved the model's score."""

    feature: str
    value: Any
    contribution: float


class ModelScore(Struct, kw_only=True, gc=False):
    """What the online model says: a score between 0 and 1, and why."""

    score: float
    version: str
    contributions: list[Contribution] = field(default_factory=list)


class ScreeningResult(Struct, kw_only=True, gc=False):
    """The answer to one settlement, without `screened_at`."""

    result_id: str
    setl_id: str
    mdtrt_id: str
    event_id: str
    fixmedins_code: str
    psn_ref: str
    action: Action
    risk_score: float
    """0 to 100."""
    status: Status
    missing: list[str] = field(default_factory=list)
    """The checks that could not be made in time."""
    revision: int = 1
    violations: list[Violation] = field(default_factory=list)
    shadow_violations: list[Violation] = field(default_factory=list)
    model: ModelScore | None = None
    ruleset: Ruleset
    event_time: str
    """RFC 3339 with +08:00."""


def result_id(setl_id: str, revision: int, sha256: str) -> str:
    """Name a result: the same settlement, revision and rule pack give the same 32 hex digits."""
    return _digest(setl_id, str(revision), sha256)


def jr_id(setl_id: str, rule_id: str) -> str:
    """Name a violation, for feedback to refer to: the same rule on the same settlement gives the same 32 hex digits."""
    return _digest(setl_id, rule_id)


def _digest(*parts: str) -> str:
    # Lengths go in front, so that ("a", "bc") and ("ab", "c") differ whatever the parts contain.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return blake2b(text.encode(), digest_size=_ID_BYTES).hexdigest()


def encode_result(result: ScreeningResult) -> bytes:
    """Write a result as one JSON object in the order of its fields, without `screened_at`."""
    return _encoder.encode(result)


def stamp(body: bytes, screened_at_ms: int, outgoing: Outgoing) -> bytes:
    """Make an encoded result ready to leave: outer person references, and `screened_at` at its end.

    Args:
        body: What `encode_result` returned, now or when the settlement was first answered.
        screened_at_ms: When the result was made, in epoch milliseconds.
        outgoing: Puts outer references in the place of inner ones.
    """
    return b'%b,"screened_at":"%b"}' % (outgoing(body)[:-1], format_time(screened_at_ms).encode())
