"""Whatever arrives, the decoder's verdict is the schema's, plus the impossible values that are named here."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.contract.decode import Limits, Rejected, decode_event
from tests.contract.samples import schema, to_bytes, valid_events, validator

ANY_TIME = Limits(future_ms=10**18)
CANARY = "Zhang-San-4711"

TIMES = ["2026-11-20 09:00:00", "2026-11-19", "2026-11-20T09:00:00Z", "2026-02-30", "2026-11-20 24:00:00"]
TIMES += [
    "2026-11-20 23:59:60",
    "2026-11-20 09:00:00.123456+08:00",
    "2026-11-20 09:00:00\n",
    "0000-01-01",
    "2020-02-29",
]
TIMES += ["2026-11-20T09:00:00+24:00", "2026-11-20 9:00:00", "20261120", "0001-01-01T00:00:00+23:00", "1958-03-02"]
TEXTS = ["", " ", "0", "1", "2", "9", "310115", "3101１5", "31011", "settlement", "reversal", "admission", "discharge"]
TEXTS += ["x" * 30, "x" * 31, "中" * 50, "中" * 51, "x" * 65, "x" * 101, "1234567", "\u0000", "😀" * 6, CANARY]
NUMBERS: list[float] = [0, 1, -1, 38.0, 45.2, 0.29, 0.001, 0.125, 1e-5, 1e-7, 0.000045, 1e300, -1e300, 10**400, 2**53]
NUMBERS += [
    90071992547409.91,
    90071992547409.93,
    9007199254.740992,
    900719925474.0991,
    -0.0,
    128.405,
    0.30000000000000004,
]
SCALARS = st.sampled_from([*TIMES, *TEXTS, *NUMBERS, None, True, False]) | st.text(max_size=12) | st.integers()
SCALARS |= st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2)
)


def properties(node: Any) -> set[str]:
    """Return every property that a schema names, at any depth."""
    if not isinstance(node, dict):
        return set()
    return set(node.get("properties", ())).union(
        *(properties(child) for child in [*node.get("properties", {}).values(), node.get("items")])
    )


FIELDS = sorted(properties(schema("settlement-event")))


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) inside a JSON value."""
    found: list[tuple[Any, Any]] = []
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        found.append((value, key))
        found.extend(places(value[key]))
    return found


def paths(value: Any, path: str = "") -> list[str]:
    """Return where each of `places` is, an item of a list like any other."""
    found: list[str] = []
    for key in list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        here = f"{path}/{'*' if isinstance(value, list) else key}"
        found += [here, *paths(value[key], here)]
    return found


@st.composite
def mutated_events(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a valid event with a few changes anywhere in it."""
    event: dict[str, Any] = draw(st.sampled_from(valid_events()))
    for _ in range(draw(st.integers(0, 3))):
        container, key = draw(st.sampled_from(places(event)))
        change = draw(st.sampled_from(["replace", "replace", "remove", "repeat", "add"]))
        if change == "replace":
            container[key] = draw(VALUES)
        elif change == "remove":
            del container[key]
        elif change == "add" and isinstance(container, dict):
            container[draw(st.sampled_from(FIELDS) | st.just(CANARY))] = draw(VALUES)
        elif change == "repeat" and isinstance(container[key], list):
            container[key] = container[key] * draw(st.sampled_from([0, 2, 51]))
    return event


TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:(Z)|([+-])(\d\d):(\d\d))?)?", re.ASCII
)
BEIJING = timezone(timedelta(hours=8))


def moment(text: str) -> datetime:
    """Read a time that has the form of one, with the standard library."""
    match = TIME.fullmatch(text)
    assert match is not None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction = int((match[7] or "").ljust(6, "0"))
    if match[9] and int(match[11]) > 59:
        raise ValueError("minutes of an offset")
    zone = BEIJING
    if match[9]:
        size = timedelta(hours=int(match[10]), minutes=int(match[11]))
        zone = timezone(size if match[9] == "+" else -size)
    zone = UTC if match[8] else zone
    return datetime(year, month, day, hour, minute, second, fraction, tzinfo=zone).astimezone(BEIJING)


def stay_is_possible(event: dict[str, Any]) -> bool:
    """Tell whether a stay, if there is one, ends after it begins."""
    begin, end = event.get("begndate"), event.get("enddate")
    if begin is None or end is None:
        return True
    if len(end) == 10:
        return moment(end).date() >= moment(begin).date()
    # Fractions below a millisecond are cut, so they make no order.
    tick = timedelta(milliseconds=1)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return (moment(end) - epoch) // tick >= (moment(begin) - epoch) // tick


def amount_is_possible(value: float | None, places: int) -> bool:
    """Tell whether a number has no more decimals than allowed, and fits."""
    if value is None:
        return True
    scaled = (Decimal(value) if isinstance(value, int) else Decimal(repr(value))).scaleb(places)
    return abs(scaled) < 2**53 and scaled == scaled.to_integral_value()


EVENT_AMOUNTS = dict.fromkeys(["medfee_sumamt", "inscp_scp_amt", "fund_pay_sumamt", "acct_pay", "psn_cash_pay"], 2)
LINE_AMOUNTS = {"det_item_fee_sumamt": 2, "inscp_scp_amt": 2, "pric": 6, "pric_uplmt_amt": 6, "cnt": 4, "prd_days": 4}


def is_possible(event: dict[str, Any]) -> bool:
    """Tell whether an event that fits the schema names nothing impossible."""
    lines = event.get("feedetail", [])
    times = [event.get(name) for name in ("inf_time", "setl_time", "begndate", "enddate")]
    times += [line["fee_ocur_time"] for line in lines]
    amounts = [(event.get(name), places) for name, places in EVENT_AMOUNTS.items()]
    amounts += [(line.get(name), places) for line in lines for name, places in LINE_AMOUNTS.items()]
    try:
        for time in times:
            if time is not None:
                moment(time)
        if (event.get("brdy") or "").strip():
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", event["brdy"], re.ASCII):
                return False
            date.fromisoformat(event["brdy"])
    except (ValueError, OverflowError):
        return False
    return stay_is_possible(event) and all(amount_is_possible(*amount) for amount in amounts)


def verdict(raw: bytes) -> str:
    """Return what the decoder says; anything but a verdict is an error of the test."""
    try:
        decode_event(raw, arrived=None, limits=ANY_TIME)
    except Rejected as rejected:
        reason, detail = rejected.reason, rejected.detail
    else:
        return "accepted"
    assert detail.startswith("$")
    assert "cannot be converted" not in detail
    assert CANARY not in detail
    return reason


@settings(max_examples=400)
@given(mutated_events())
def test_the_decoder_agrees_with_the_schema(event: dict[str, Any]) -> None:
    """An event is accepted just when it fits the schema and names nothing impossible."""
    fits = validator("settlement-event").is_valid(event)
    expected = "accepted" if fits and is_possible(event) else "invalid"
    assert verdict(to_bytes(event)) == expected


POOL: list[Any] = [*TIMES, *TEXTS, *NUMBERS, None, True, [], {}]


def slimmed(value: Any, path: str, seen: set[str]) -> Any:
    """Return a value without the items of its lists in which no field is seen for the first time."""
    if isinstance(value, dict):
        return {key: slimmed(inner, f"{path}/{key}", seen) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    kept = []
    for item in value:
        fields = {f"{path}/*", *(f"{path}/*{inner}" for inner in paths(item))}
        if fields - seen:
            kept.append(slimmed(item, f"{path}/*", seen))
            seen |= fields
    return kept


@pytest.mark.parametrize("event_type", sorted({event["event_type"] for event in valid_events()}))
def test_every_field_agrees_on_every_odd_value(event_type: str) -> None:
    """Each field of each type of event, at any depth, takes and refuses exactly the values it should.

    In the first example that has the field, and of a list's items in the first; other items are left out.
    """
    tried: set[str] = set()
    for whole in (event for event in valid_events() if event["event_type"] == event_type):
        event = slimmed(whole, "", set())
        assert set(paths(event)) == set(paths(whole))
        for path, (container, key) in zip(paths(event), places(event), strict=True):
            if path not in tried:
                tried.add(path)
                agree_on_odd_values(event, container, key)


def agree_on_odd_values(event: dict[str, Any], container: Any, key: str | int) -> None:
    """Put every odd value into one place of an event, and compare the verdicts."""
    proper = container[key]
    for value in POOL:
        container[key] = value
        fits = validator("settlement-event").is_valid(event)
        expected = "accepted" if fits and is_possible(event) else "invalid"
        assert verdict(to_bytes(event)) == expected, (key, value)
    container[key] = proper


def refuse(token: str) -> float:
    """Refuse NaN and Infinity."""
    raise ValueError(token)


def is_json(raw: bytes) -> bool:
    """Tell with the standard library whether bytes are JSON in UTF-8."""
    try:
        value = json.loads(raw.decode(), parse_constant=refuse, parse_int=float)
        json.dumps(value, ensure_ascii=False).encode()
    except ValueError:
        return False
    return True


@st.composite
def damaged_bytes(draw: st.DrawFn) -> bytes:
    """Draw the bytes of a valid event with a few bytes changed, cut or put in."""
    raw = bytearray(orjson.dumps(draw(st.sampled_from(valid_events()))))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(raw) - 1))
        size = draw(st.sampled_from([0, 1, 1, 5]))
        raw[at : at + size] = draw(
            st.binary(max_size=3)
            | st.sampled_from([b"{", b"[", b'"', b"\\", b",", b"1e999", b"NaN", b"\xed\xa0\x80", b"\x01"])
        )
    return bytes(raw)


@settings(max_examples=500)
@given(damaged_bytes() | st.binary(max_size=60))
@example(b"")
def test_bytes_that_are_no_json_are_told_apart(raw: bytes) -> None:
    """Whatever bytes arrive, the answer is an event or a verdict, and `not-json` just when they are not JSON."""
    assert (verdict(raw) == "not-json") == (not is_json(raw))
