"""What is JSON, what is too large, and that nothing but a verdict escapes."""

from __future__ import annotations

import pytest

from streams.contract.decode import Limits, Rejected, decode_event
from tests.contract.samples import event_of, to_bytes

VALID = to_bytes(event_of("reversal"))
DEEP = 100_000


def with_extra(raw_value: bytes) -> bytes:
    """Return a valid event with one more field that no schema knows."""
    return VALID[:-1] + b', "extra": ' + raw_value + b"}"


def verdict(raw: bytes) -> str:
    """Return the reason of a rejection, or `accepted`."""
    try:
        decode_event(raw, arrived=None)
    except Rejected as rejected:
        return rejected.reason
    return "accepted"


@pytest.mark.parametrize(
    "value",
    [
        b"NaN",
        b"-Infinity",
        b"nul",
        b"01",
        b"1.",
        b".5",
        b"+1",
        b"1e",
        b"[1,]",
        b'{"a":1,}',
        b'{"a" 1}',
        b"'a'",
        b'"\\q"',
        b'"\\u12"',
        b'"\\ud800"',
        b'"\\ud800\\u0041"',
        b'"a\x01"',
        b'"a\nb"',
        b'"\xff"',
        b'"\xc0\x80"',
        b'"\xed\xa0\x80"',
        b'{"\xff": 1}',
        b"1} x",
        b"1}\x00",
        b"1 // no",
    ],
)
def test_malformed_text_is_not_json_wherever_it_stands(value: bytes) -> None:
    """Text that is no JSON is `not-json` in skipped fields too, and behind a field that is invalid already."""
    assert verdict(with_extra(value)) == "not-json"
    assert verdict(with_extra(value).replace(b'"reversal"', b"5")) == "not-json"


@pytest.mark.parametrize(
    "value",
    [
        b"1e999",
        b"-1e999",
        b"9" * 5_000,
        b"1e-999",
        b'"\\ud83d\\ude00"',
        "\u4e2d\U0001f600".encode(),
        b"[[]]",
        b'"\\u0000"',
    ],
)
def test_odd_json_in_a_skipped_field_is_accepted(value: bytes) -> None:
    """Fields without a rule are skipped as long as they are JSON, numbers beyond a double included."""
    value = value if value[:1] in b'["-0123456789' else b'"' + value + b'"'
    assert verdict(with_extra(value)) == "accepted"
    assert verdict(with_extra(value).replace(b'"reversal"', b"5")) == "invalid"


@pytest.mark.parametrize("number", [b"1e999", b"-1e999", b"9" * 400, b"1" + b"0" * 5_000, b"1e400"])
def test_a_number_out_of_range_is_invalid(number: bytes) -> None:
    """A number that no double holds is JSON; in a field of money it is an impossible value."""
    raw = VALID[:-1] + b', "medfee_sumamt": ' + number + b"}"
    with pytest.raises(Rejected) as caught:
        decode_event(raw, arrived=None)
    assert (caught.value.reason, caught.value.detail) == ("invalid", "$.medfee_sumamt: number out of range")


@pytest.mark.parametrize("raw", [b"", b" ", b"NaN", b"{", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"{}{}", b"\x00", b"None"])
def test_what_is_not_json_at_all(raw: bytes) -> None:
    """Empty, cut off or binary records are `not-json`."""
    assert verdict(raw) == "not-json"


@pytest.mark.parametrize("raw", [b"[]", b"null", b"1", b'"text"', b"true", b"{}", b" \n[1, 2]\t"])
def test_json_of_another_shape_is_invalid(raw: bytes) -> None:
    """JSON that is no event is `invalid`."""
    assert verdict(raw) == "invalid"


@pytest.mark.parametrize(
    "value",
    [
        b"[" * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    ],
)
@pytest.mark.parametrize("valid_before", [True, False])
def test_deep_nesting_ends_in_a_verdict(value: bytes, *, valid_before: bool) -> None:
    """Nesting that exhausts the stack is a bad record, never an error of the program."""
    raw = with_extra(value) if valid_before else with_extra(value).replace(b'"reversal"', b"5")
    assert verdict(raw) in {"invalid", "not-json"}
    assert verdict(value) in {"invalid", "not-json"}


def test_size_is_looked_at_before_anything_else() -> None:
    """A record over the limit is `too-large` whatever it holds; one at the limit is read."""
    limits = Limits(max_bytes=len(VALID))
    assert decode_event(VALID, arrived=None, limits=limits).event_type == "reversal"
    for raw in (VALID + b" ", b"\xff" * (len(VALID) + 1), b"[" * DEEP):
        with pytest.raises(Rejected) as caught:
            decode_event(raw, arrived=None, limits=limits)
        assert caught.value.reason == "too-large"


def test_the_default_limit_is_a_mebibyte() -> None:
    """One MiB is read, one byte more is not."""
    mebibyte = 1024 * 1024
    assert verdict(VALID + b" " * (mebibyte - len(VALID))) == "accepted"
    assert verdict(VALID + b" " * (mebibyte - len(VALID) + 1)) == "too-large"


def test_a_name_given_twice_must_fit_twice() -> None:
    """The last of two values counts, and a bad one before it is not hidden by it."""
    twice = VALID[:-1] + b', "event_id": "second"}'
    assert decode_event(twice, arrived=None).event_id == "second"
    bad_first = VALID[:-1] + b', "diagnoses": [{"dise_codg": 1}], "diagnoses": [{"dise_codg": "I10"}]}'
    with pytest.raises(Rejected) as caught:
        decode_event(bad_first, arrived=None)
    assert caught.value.detail == "$.diagnoses[0].dise_codg: expected `string`, got `integer`"


def test_a_rejection_says_reason_and_detail() -> None:
    """The text of a rejection, as logs show it, is its reason and its detail."""
    with pytest.raises(Rejected, match=r"^not-json: \$: malformed JSON at byte 1$"):
        decode_event(b"{]", arrived=None)
