"""From bytes to the reason why there is no event."""

from __future__ import annotations

import pytest

from streams.contract.decode import Limits, Rejected, decode_event
from streams.contract.time import HOUR_MS, parse_time
from tests.contract.samples import event_of, to_bytes, with_value

LATE = parse_time("2030-01-01")


def rejection(raw: bytes, arrived: int | None = LATE, limits: Limits | None = None) -> tuple[str, str]:
    """Return reason and detail of a record that must be rejected."""
    with pytest.raises(Rejected) as caught:
        decode_event(raw, arrived=arrived, limits=limits or Limits())
    return caught.value.reason, caught.value.detail


LINE = ("feedetail", 1)
CODE = (*LINE, "drug_trac_info", 1)
INVALID: list[tuple[tuple[str | int, ...], object, str]] = [
    (("event_id",), "", "$.event_id: expected `string` of length >= 1"),
    (("event_id",), "x" * 65, "$.event_id: expected `string` of length <= 64"),
    (("event_type",), "payment", "$.event_type: not one of the allowed values"),
    (("inf_time",), "2026-11-20 24:00:00", "$.inf_time: not a time (yyyy-MM-dd HH:mm:ss, or RFC 3339)"),
    (("mdtrtarea_admvs",), "3101１5", "$.mdtrtarea_admvs: not six digits"),
    (("insuplc_admdvs",), "31011x", "$.insuplc_admdvs: not six digits"),
    (("insuplc_admdvs",), 310115, "$.insuplc_admdvs: expected `string`, got `integer`"),
    (("psn_no",), None, "$.psn_no: expected `string`, got `null`"),
    (("gend",), "3", "$.gend: not one of the allowed values"),
    (("gend",), True, "$.gend: expected `string | null`, got `boolean`"),
    (("brdy",), "1958-02-30", "$.brdy: a date that does not exist"),
    (("brdy",), "1958-02-03 00:00:00", "$.brdy: not a date (yyyy-MM-dd)"),
    (("setl_id",), None, "$.setl_id: expected `string`, got `null`"),
    (("setl_id",), "", "$.setl_id: expected `string` of length >= 1"),
    (("setl_time",), None, "$.setl_time: expected `string`, got `null`"),
    (("setl_time",), "", "$.setl_time: expected `string` of length >= 10"),
    (("setl_time",), "2026-02-30 09:00:00", "$.setl_time: a date that does not exist"),
    (("begndate",), "2026-13-01", "$.begndate: a date that does not exist"),
    (("enddate",), "tomorrow, perhaps", "$.enddate: not a time (yyyy-MM-dd HH:mm:ss, or RFC 3339)"),
    (("med_type",), "1234567", "$.med_type: expected `string` of length <= 6"),
    (("medfee_sumamt",), 128.405, "$.medfee_sumamt: more than 2 decimals"),
    (("medfee_sumamt",), 2**60, "$.medfee_sumamt: a number out of range"),
    (("medfee_sumamt",), 10**400, "$.medfee_sumamt: number out of range"),
    (("fund_pay_sumamt",), "84.28", "$.fund_pay_sumamt: expected `number | null`, got `string`"),
    (("acct_pay",), 0.001, "$.acct_pay: more than 2 decimals"),
    (("psn_cash_pay",), 0.001, "$.psn_cash_pay: more than 2 decimals"),
    (("inscp_scp_amt",), 0.001, "$.inscp_scp_amt: more than 2 decimals"),
    (("diagnoses",), None, "$.diagnoses: expected `array`, got `null`"),
    (("diagnoses",), [{"dise_codg": "I10"}] * 51, "$.diagnoses: expected `array` of length <= 50"),
    (("diagnoses", 0), {}, "$.diagnoses[0].dise_codg: missing"),
    (("diagnoses", 0, "maindise_flag"), "2", "$.diagnoses[0].maindise_flag: not one of the allowed values"),
    (("feedetail",), None, "$.feedetail: expected `array`, got `null`"),
    (LINE, [], "$.feedetail[1]: expected `object`, got `array`"),
    ((*LINE, "fee_ocur_time"), "2026-02-30 09:00:00", "$.feedetail[1].fee_ocur_time: a date that does not exist"),
    ((*LINE, "cnt"), None, "$.feedetail[1].cnt: expected `number`, got `null`"),
    ((*LINE, "cnt"), 0.33333, "$.feedetail[1].cnt: more than 4 decimals"),
    ((*LINE, "pric"), 0.0000001, "$.feedetail[1].pric: more than 6 decimals"),
    ((*LINE, "pric_uplmt_amt"), 1.0000001, "$.feedetail[1].pric_uplmt_amt: more than 6 decimals"),
    ((*LINE, "det_item_fee_sumamt"), 0.001, "$.feedetail[1].det_item_fee_sumamt: more than 2 decimals"),
    ((*LINE, "inscp_scp_amt"), 1e300, "$.feedetail[1].inscp_scp_amt: a number out of range"),
    ((*LINE, "prd_days"), 0.00001, "$.feedetail[1].prd_days: more than 4 decimals"),
    ((*LINE, "drug_trac_info"), None, "$.feedetail[1].drug_trac_info: expected `array`, got `null`"),
    (
        (*CODE, "drug_trac_codg"),
        "",
        "$.feedetail[1].drug_trac_info[1].drug_trac_codg: expected `string` of length >= 1",
    ),
    ((*CODE, "trdn_flag"), "x", "$.feedetail[1].drug_trac_info[1].trdn_flag: not one of the allowed values"),
    (CODE, {}, "$.feedetail[1].drug_trac_info[1].drug_trac_codg: missing"),
]


@pytest.mark.parametrize(("path", "value", "detail"), INVALID)
def test_the_detail_names_the_place(path: tuple[str | int, ...], value: object, detail: str) -> None:
    """An impossible value is `invalid`, and the detail says where, by index too, and what is wrong."""
    assert rejection(to_bytes(with_value(event_of("settlement"), path, value))) == ("invalid", detail)


@pytest.mark.parametrize(
    ("event_type", "name"),
    [
        *(
            ("settlement", name)
            for name in ("setl_id", "setl_time", "med_type", "medfee_sumamt", "fund_pay_sumamt", "feedetail")
        ),
        ("reversal", "setl_id"),
        ("reversal", "init_setl_id"),
        ("admission", "begndate"),
        ("discharge", "begndate"),
        ("discharge", "enddate"),
    ],
)
def test_each_type_requires_its_fields(event_type: str, name: str) -> None:
    """What one type of event must carry is missed by its name."""
    event = event_of(event_type)
    del event[name]
    assert rejection(to_bytes(event)) == ("invalid", f"$.{name}: missing, and required in this type of event")


@pytest.mark.parametrize("value", ["", "  "])
def test_a_reversal_names_what_it_reverses(value: str) -> None:
    """A blank names no settlement."""
    event = event_of("reversal") | {"init_setl_id": value}
    assert rejection(to_bytes(event)) == (
        "invalid",
        "$.init_setl_id: blank, and required in this type of event",
    )


@pytest.mark.parametrize(
    ("begin", "end", "possible"),
    [
        ("2026-11-18 08:00:00", "2026-11-18 08:00:00", True),
        ("2026-11-18 08:00:00", "2026-11-18 07:59:59", False),
        ("2026-11-18 08:00:00", "2026-11-18", True),
        ("2026-11-18 08:00:00", "2026-11-17", False),
        ("2026-11-18", "2026-11-18", True),
        ("2026-11-18T08:00:00+08:00", "2026-11-18T00:00:00Z", True),
    ],
)
def test_a_stay_ends_after_it_begins(begin: str, end: str, *, possible: bool) -> None:
    """A stay that ends before it begins is impossible; an end that is only a date covers its day."""
    raw = to_bytes(event_of("discharge") | {"begndate": begin, "enddate": end})
    if possible:
        assert decode_event(raw, arrived=LATE).enddate == parse_time(end)
    else:
        assert rejection(raw) == ("invalid", "$.enddate: before begndate")


def test_the_future_begins_after_the_tolerance() -> None:
    """An event may be ahead of its arrival by the tolerance, and by no millisecond more."""
    raw = to_bytes(event_of("settlement"))
    at = parse_time("2026-11-20 09:12:33")
    assert decode_event(raw, arrived=at - HOUR_MS).time == at
    assert rejection(raw, at - HOUR_MS - 1) == (
        "future",
        "$.setl_time: ahead of the time of arrival by more than is allowed",
    )
    assert decode_event(raw, arrived=at - 5, limits=Limits(future_ms=5)).time == at
    assert rejection(raw, at - 6, Limits(future_ms=5))[0] == "future"


@pytest.mark.parametrize(
    ("event_type", "field"), [("reversal", "inf_time"), ("admission", "begndate"), ("discharge", "enddate")]
)
def test_every_type_can_be_from_the_future(event_type: str, field: str) -> None:
    """The detail names the field that is the time of this type of event."""
    reason, detail = rejection(to_bytes(event_of(event_type)), arrived=0)
    assert (reason, detail.split(":")[0]) == ("future", f"$.{field}")


def test_a_line_can_be_from_the_future() -> None:
    """A line ahead of the arrival is as impossible as the event, and is named."""
    event = with_value(event_of("settlement"), ("feedetail", 1, "fee_ocur_time"), "2026-11-21 09:00:00")
    reason, detail = rejection(to_bytes(event), None)
    assert (reason, detail.split(":")[0]) == ("future", "$.feedetail[1].fee_ocur_time")


def test_without_arrival_the_senders_time_stands_in() -> None:
    """Files have no broker timestamp: the event is measured by its own inf_time."""
    event = event_of("settlement") | {"inf_time": "2026-11-20 08:12:33"}
    assert decode_event(to_bytes(event), arrived=None).time == parse_time("2026-11-20 09:12:33")
    event["inf_time"] = "2026-11-20 08:12:32"
    assert rejection(to_bytes(event), None)[0] == "future"
