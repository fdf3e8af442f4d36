"""Dispositions and outcomes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.contract.decode import Rejected
from streams.contract.feedback import Feedback, decode_feedback
from streams.contract.time import parse_time
from tests.contract.samples import to_bytes, validator

DISPOSITION = {"feedback_id": "F1", "kind": "disposition", "setl_id": "S1", "dspo_way": "2", "decided_at": "2026-11-20"}
OUTCOME = {"feedback_id": "F2", "kind": "outcome", "setl_id": "S1", "outcome": "cleared", "decided_at": "2026-11-20"}


def test_feedback_is_read_in_full() -> None:
    """Every field of feedback arrives, the time in milliseconds."""
    record = DISPOSITION | {"jr_id": "J1", "dspo_way": "1", "dspo_way_rea": "长期出差", "outcome": "confirmed"}
    assert decode_feedback(to_bytes(record)) == Feedback(
        feedback_id="F1",
        kind="disposition",
        setl_id="S1",
        jr_id="J1",
        dspo_way="1",
        dspo_way_rea="长期出差",
        outcome="confirmed",
        decided_at=parse_time("2026-11-20 00:00:00"),
    )


def test_feedback_without_violation_is_on_the_settlement() -> None:
    """No, null or blank `jr_id` is the settlement as a whole; a blank reason is none."""
    for jr_id in ({}, {"jr_id": None}, {"jr_id": ""}):
        feedback = decode_feedback(to_bytes(OUTCOME | jr_id | {"dspo_way_rea": " "}))
        assert (feedback.jr_id, feedback.dspo_way_rea, feedback.outcome) == (None, None, "cleared")


@pytest.mark.parametrize(
    ("record", "detail"),
    [
        (OUTCOME | {"outcome": None}, "$.outcome: missing, and required in this kind of feedback"),
        (DISPOSITION | {"dspo_way": None}, "$.dspo_way: missing, and required in this kind of feedback"),
        (DISPOSITION | {"dspo_way": "1"}, "$.dspo_way_rea: missing, and required to continue"),
        (DISPOSITION | {"dspo_way": "1", "dspo_way_rea": " "}, "$.dspo_way_rea: missing, and required to continue"),
        (DISPOSITION | {"dspo_way_rea": "x" * 501}, "$.dspo_way_rea: expected `string` of length <= 500"),
        (DISPOSITION | {"dspo_way": "3"}, "$.dspo_way: not one of the allowed values"),
        (OUTCOME | {"kind": "rumour"}, "$.kind: not one of the allowed values"),
        (OUTCOME | {"setl_id": ""}, "$.setl_id: expected `string` of length >= 1"),
    ],
)
def test_feedback_against_the_schema_is_invalid(record: dict[str, Any], detail: str) -> None:
    """What the schema rejects is `invalid`, with the field's name."""
    assert not validator("feedback").is_valid(record)
    with pytest.raises(Rejected) as caught:
        decode_feedback(to_bytes(record))
    assert (caught.value.reason, caught.value.detail) == ("invalid", detail)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30"])
def test_an_impossible_time_is_invalid(text: str) -> None:
    """The schema knows no form for `decided_at`; a time it must be."""
    with pytest.raises(Rejected, match=r"^invalid: \$\.decided_at: "):
        decode_feedback(to_bytes(OUTCOME | {"decided_at": text}))


@pytest.mark.parametrize(("raw", "reason"), [(b"{", "not-json"), (b"[]", "invalid"), (b" " * 99, "too-large")])
def test_other_bytes_are_rejected(raw: bytes, reason: str) -> None:
    """Feedback is judged like every record: size, JSON, shape."""
    with pytest.raises(Rejected) as caught:
        decode_feedback(raw, max_bytes=98)
    assert caught.value.reason == reason


@pytest.mark.parametrize("name", [*DISPOSITION, "outcome"])
def test_nothing_required_may_be_left_out(name: str) -> None:
    """Without a required field there is no feedback."""
    record = dict(OUTCOME if name == "outcome" else DISPOSITION)
    del record[name]
    assert not validator("feedback").is_valid(record)
    with pytest.raises(Rejected, match=rf"^invalid: \$\.{name}: missing"):
        decode_feedback(json.dumps(record).encode())
