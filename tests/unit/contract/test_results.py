"""Results as they go out, and their deterministic identities."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from streams.contract.person import Outgoing
from streams.contract.results import encode_result, jr_id, result_id, stamp
from streams.contract.time import parse_time
from tests.contract.results import full_result, passing_result

TEXTS = st.text(max_size=8)


def test_ids_are_32_hex_digits_and_stay_the_same() -> None:
    """Ids are published: a change of how they are made would orphan every stored result and feedback."""
    assert result_id("S1", 1, "ab" * 32) == "09a63a881cf34d7fce3010988e35e13b"
    assert jr_id("S1", "T01") == "4b2ee4753124065033732ca97c199efe"


@given(st.tuples(TEXTS, st.integers(1, 99), TEXTS), st.tuples(TEXTS, st.integers(1, 99), TEXTS))
def test_different_results_have_different_ids(one: tuple[str, int, str], other: tuple[str, int, str]) -> None:
    """Two results share an id just when settlement, revision and rule pack are the same."""
    assert (result_id(*one) == result_id(*other)) == (one == other)


def test_the_parts_of_an_id_do_not_run_together() -> None:
    """Moving a character from one part to the next gives another id."""
    assert len({jr_id("S1", "2P01"), jr_id("S12", "P01"), jr_id("S", "12P01"), jr_id("1:S1", "2P01")}) == 4
    assert result_id("S", 1, "1a") != result_id("S", 11, "a")


def test_a_result_is_written_in_the_order_of_its_fields() -> None:
    """The same result gives the same bytes, every field in its place, nulls included."""
    text = encode_result(passing_result()).decode()
    names = ["result_id", "setl_id", "mdtrt_id", "event_id", "fixmedins_code", "psn_ref", "action", "risk_score"]
    names += ["status", "missing", "revision", "violations", "shadow_violations", "model", "ruleset", "event_time"]
    assert list(json.loads(text)) == names
    assert all(text.index(f'"{one}"') < text.index(f'"{other}"') for one, other in pairwise(names))
    assert encode_result(passing_result()) == encode_result(passing_result())


def test_stamping_adds_the_time_of_screening_alone() -> None:
    """Whatever the result says, only `screened_at` comes in, last."""
    for result in (passing_result(), full_result()):
        body = encode_result(result)
        stamped = json.loads(stamp(body, parse_time("2026-11-20 09:12:35.004"), Outgoing(b"key")))
        assert list(stamped)[-1] == "screened_at"
        assert stamped.pop("screened_at") == "2026-11-20T09:12:35.004+08:00"
        assert stamped == json.loads(body)
