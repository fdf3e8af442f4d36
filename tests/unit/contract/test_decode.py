"""From bytes to a typed event."""

from __future__ import annotations

import pytest
from msgspec.structs import asdict

from streams.contract.decode import decode_event
from streams.contract.events import Diagnosis, Event, Line, TraceCode
from streams.contract.time import parse_date, parse_time
from tests.contract.samples import event_of, to_bytes, with_value

LATE = parse_time("2030-01-01")


def test_a_settlement_is_read_in_full() -> None:
    """Every field of a settlement arrives, scaled and typed, and nothing else."""
    event = event_of("settlement")
    event |= {"init_setl_id": "S0", "refd_setl_flag": "0", "online_flag": "1", "begndate": "2026-11-20"}
    event |= {"enddate": "2026-11-20 23:00:00"}
    event["feedetail"] = [event["feedetail"][1] | {"init_feedetl_sn": "7", "prd_days": 2.5, "pric": 0.000045}]
    assert decode_event(to_bytes(event), arrived=LATE) == Event(
        event_id="H31011500123202611200912330001",
        event_type="settlement",
        inf_time=parse_time("2026-11-20 09:12:34"),
        mdtrtarea_admvs="310115",
        insuplc_admdvs="310115",
        fixmedins_code="H31011500123",
        medins_lv="05",
        psn_no="31000000000000000000001",
        psn_type="12",
        gend="1",
        brdy=parse_date("1958-03-02"),
        insutype="310",
        mdtrt_id="M2026112000001",
        mdtrt_cert_type="01",
        setl_id="S2026112000001",
        init_setl_id="S0",
        refd_setl_flag="0",
        setl_time=parse_time("2026-11-20 09:12:33"),
        begndate=parse_time("2026-11-20"),
        enddate=parse_time("2026-11-20 23:00:00"),
        med_type="11",
        er_flag="0",
        online_flag="1",
        diagnoses=[Diagnosis(dise_codg="I10.x00", maindise_flag="1", inout_dise_type="1")],
        medfee_sumamt=12840,
        inscp_scp_amt=12040,
        fund_pay_sumamt=8428,
        acct_pay=3612,
        psn_cash_pay=800,
        feedetail=[
            Line(
                feedetl_sn="2",
                init_feedetl_sn="7",
                fee_ocur_time=parse_time("2026-11-20 09:05:10"),
                list_type="101",
                med_list_codg="XC08CAA236A001010102180",
                med_chrgitm_type="09",
                cnt=20000,
                pric=45,
                pric_uplmt_amt=48_000_000,
                det_item_fee_sumamt=9040,
                inscp_scp_amt=9040,
                prd_days=25000,
                rxno="RX20261120001",
                bilg_dr_codg="D310115000456",
                bilg_dept_codg="A03",
                drug_trac_info=[
                    TraceCode(drug_trac_codg="81770010000000000001", trdn_flag="0", min_prcunt_type="2"),
                    TraceCode(drug_trac_codg="81770010000000000002", trdn_flag="0", min_prcunt_type="2"),
                ],
            ),
        ],
        time=parse_time("2026-11-20 09:12:33"),
        service_time=parse_time("2026-11-20 09:05:10"),
        psn_ref="",
    )


@pytest.mark.parametrize(
    ("event_type", "field"),
    [("settlement", "setl_time"), ("admission", "begndate"), ("discharge", "enddate"), ("reversal", "inf_time")],
)
def test_event_time_depends_on_the_type(event_type: str, field: str) -> None:
    """Each type of event happens at its own time."""
    event = event_of(event_type)
    assert decode_event(to_bytes(event), arrived=LATE).time == parse_time(event[field])


def test_service_time_is_the_latest_of_the_lines() -> None:
    """The service ends with its last line; an event without lines is served when it happens."""
    event = event_of("settlement")
    line = event["feedetail"][0]
    times = ["2026-11-20 09:00:00", "2026-11-20 09:30:00", "2026-11-20 09:00:00", "2026-11-19 10:00:00"]
    event["feedetail"] = [line | {"fee_ocur_time": text} for text in times]
    decoded = decode_event(to_bytes(event), arrived=LATE)
    assert [line.fee_ocur_time for line in decoded.feedetail] == [parse_time(text) for text in times]
    assert decoded.service_time == parse_time("2026-11-20 09:30:00")
    event["feedetail"] = []
    decoded = decode_event(to_bytes(event), arrived=LATE)
    assert decoded.service_time == decoded.time == parse_time("2026-11-20 09:12:33")


def test_what_a_sender_leaves_out_is_unknown() -> None:
    """Optional fields that are left out, null or blank are all None."""
    optional = ["medins_lv", "psn_type", "brdy", "insutype", "mdtrt_cert_type", "init_setl_id", "med_type"]
    names = [*optional, "gend", "refd_setl_flag", "er_flag", "online_flag"]
    for value in (None, "", " ", "\u3000 "):
        event = event_of("settlement") | dict.fromkeys(optional, value)
        event |= dict.fromkeys(names[len(optional) :])
        decoded = asdict(decode_event(to_bytes(event), arrived=LATE))
        assert {name: decoded[name] for name in names} == dict.fromkeys(names)
    event = event_of("settlement")
    for name in set(names) & set(event) - {"med_type"}:
        del event[name]
    decoded = asdict(decode_event(to_bytes(event), arrived=LATE))
    assert {decoded[name] for name in names if name != "med_type"} == {None}


def test_what_a_line_leaves_out_is_unknown() -> None:
    """Optional fields of a line that are left out, null or blank are all None."""
    texts = ["init_feedetl_sn", "med_chrgitm_type", "rxno", "bilg_dr_codg", "bilg_dept_codg"]
    numbers = ["pric_uplmt_amt", "inscp_scp_amt", "prd_days"]
    required = {
        key: event_of("settlement")["feedetail"][0][key]
        for key in ("feedetl_sn", "fee_ocur_time", "list_type", "med_list_codg", "cnt", "pric")
    }
    for values in ({}, *(dict.fromkeys(texts, blank) for blank in (None, "", "  "))):
        line = required | values | {"det_item_fee_sumamt": None} | (dict.fromkeys(numbers) if values else {})
        event = event_of("settlement") | {"feedetail": [line]}
        decoded = asdict(decode_event(to_bytes(event), arrived=LATE).feedetail[0])
        assert {name: decoded[name] for name in [*texts, *numbers]} == dict.fromkeys([*texts, *numbers])
        assert decoded["det_item_fee_sumamt"] is None
        assert decoded["drug_trac_info"] == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("D310115000456", "D310115000456"),
        ("0", None),
        ("0000000000", None),
        ("9999", None),
        ("99999999999999", None),
        ("9999000001", None),
        (" 0000 ", None),
        ("\u30000", None),
        (" D31 ", "D31"),
        ("90210", "90210"),
        ("00123", "00123"),
    ],
)
def test_a_placeholder_is_no_prescriber(code: str, expected: str | None) -> None:
    """Zeros and nines are no prescriber, so they are never a key."""
    event = with_value(event_of("settlement"), ("feedetail", 0, "bilg_dr_codg"), code)
    assert decode_event(to_bytes(event), arrived=LATE).feedetail[0].bilg_dr_codg == expected


def test_blank_codes_say_nothing() -> None:
    """A blank diagnosis or trace code is left out, and does not stand for something that was sold."""
    event = event_of("settlement")
    event["diagnoses"] = [{"dise_codg": ""}, {"dise_codg": "I10.x00"}, {"dise_codg": " "}]
    codes = [{"drug_trac_codg": " "}, {"drug_trac_codg": "8", "min_prcunt_type": ""}, {"drug_trac_codg": "9"}]
    event["feedetail"][1]["drug_trac_info"] = codes
    decoded = decode_event(to_bytes(event), arrived=LATE)
    assert decoded.diagnoses == [Diagnosis(dise_codg="I10.x00")]
    assert decoded.feedetail[1].drug_trac_info == [TraceCode(drug_trac_codg="8"), TraceCode(drug_trac_codg="9")]


@pytest.mark.parametrize("name", ["med_type", "medfee_sumamt", "fund_pay_sumamt"])
def test_required_does_not_mean_not_null(name: str) -> None:
    """A settlement must name these fields, but may say that it does not know them."""
    event = event_of("settlement") | {name: None}
    assert getattr(decode_event(to_bytes(event), arrived=LATE), name) is None
