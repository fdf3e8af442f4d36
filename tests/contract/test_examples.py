"""The contract's examples behave as they say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from streams.contract.decode import Limits, Rejected, decode_event
from streams.contract.feedback import decode_feedback
from streams.contract.reference import decode_institution, decode_person, decode_practitioner
from tests.contract.samples import lines_of, to_bytes, validator

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.contract.reference import Institution, Person, Practitioner


@pytest.mark.parametrize("line", lines_of("valid-events.jsonl"))
def test_valid_events_are_accepted(line: str) -> None:
    """Every valid example fits the schema and is decoded."""
    event = json.loads(line)
    validator("settlement-event").validate(event)
    assert decode_event(line.encode(), arrived=None).event_id == event["event_id"]


@pytest.mark.parametrize("line", lines_of("invalid-events.jsonl"))
def test_invalid_events_get_their_reason(line: str) -> None:
    """Every invalid example is rejected for the reason it names."""
    example = json.loads(line)
    raw = example["value"].encode()
    limits = Limits(max_bytes=len(raw) - 1) if example["expect_reason"] == "too-large" else Limits()
    with pytest.raises(Rejected) as caught:
        decode_event(raw, arrived=None, limits=limits)
    assert caught.value.reason == example["expect_reason"]


@pytest.mark.parametrize("line", lines_of("feedback.jsonl"))
def test_feedback_is_accepted(line: str) -> None:
    """Every example of feedback fits the schema and is decoded."""
    validator("feedback").validate(json.loads(line))
    assert decode_feedback(line.encode()).feedback_id == json.loads(line)["feedback_id"]


def test_reference_records_are_accepted() -> None:
    """The example of each kind of registry record fits its schema and is decoded."""
    decoders: dict[str, Callable[[bytes], Institution | Practitioner | Person]] = {
        "institution": decode_institution,
        "practitioner": decode_practitioner,
        "person": decode_person,
    }
    for name, decode in decoders.items():
        for line in lines_of(f"{name}s.jsonl"):
            record = json.loads(line)
            validator(f"reference#/$defs/{name}").validate(record)
            assert decode(to_bytes(record)).status == record["status"]
