"""From the bytes of one record to a typed event, or to the reason why not.

The bytes are read once, into records shaped as the schema (`wire`); those are then converted field by field. The
conversion knows no places: when it fails, `_fault` walks the same fields again to name the one at fault, so that
good events pay nothing for good messages.
"""

from __future__ import annotations

from msgspec import UNSET, Struct
from msgspec.json import Decoder

from streams.contract.events import Diagnosis, Event, Line, TraceCode
from streams.contract.faults import area, birthday, ends_early, event_fault
from streams.contract.money import fen, price, quantity
from streams.contract.reading import MAX_BYTES, read
from streams.contract.rejected import Reason, Rejected
from streams.contract.time import HOUR_MS, parse_time
from streams.contract.wire import WireEvent, WireLine

__all__ = ["Limits", "Reason", "Rejected", "decode_event"]


class Limits(Struct, frozen=True, kw_only=True):
    """What a record may be."""

    max_bytes: int = MAX_BYTES
    future_ms: int = HOUR_MS
    """How far an event, or a line of it, may be ahead of its arrival."""


_DEFAULT = Limits()
_decoder = Decoder(WireEvent)


def decode_event(raw: bytes, *, arrived: int | None, limits: Limits = _DEFAULT) -> Event:
    """Read one settlement event.

    Args:
        raw: The bytes of the record.
        arrived: The broker's timestamp in epoch milliseconds; ``None`` when there is none (a file), then the event's
            own `inf_time` stands in.
        limits: Largest record, and how far ahead of its arrival an event may be.

    Raises:
        Rejected: The record is too large, not JSON, not what the schema says, impossible, or from the future.
    """
    wire = read(_decoder, raw, limits.max_bytes)
    try:
        event = _event(wire)
    except ValueError:
        raise event_fault(wire) from None
    latest = (event.inf_time if arrived is None else arrived) + limits.future_ms
    if event.time > latest or event.service_time > latest:
        raise _future(event, latest)
    return event


def _event(wire: WireEvent) -> Event:
    # CPython passes up to 15 keyword arguments quickly, more through a dictionary: the optional fields are set after.
    inf_time = parse_time(wire.inf_time)
    event = Event(
        event_id=wire.event_id,
        event_type=wire.event_type,
        inf_time=inf_time,
        mdtrtarea_admvs=area(wire.mdtrtarea_admvs),
        insuplc_admdvs=area(wire.insuplc_admdvs),
        fixmedins_code=wire.fixmedins_code,
        psn_no=wire.psn_no,
        mdtrt_id=wire.mdtrt_id,
        diagnoses=_diagnoses(wire.diagnoses),
        time=inf_time,
        service_time=inf_time,
    )
    _set_texts(event, wire)
    _set_amounts(event, wire)
    _set_times(event, wire)
    _set_lines(event, wire)
    return event


def _set_texts(event: Event, wire: WireEvent) -> None:
    event.setl_id = None if wire.setl_id is UNSET else wire.setl_id
    event.gend = wire.gend
    event.refd_setl_flag = wire.refd_setl_flag
    event.er_flag = wire.er_flag
    event.online_flag = wire.online_flag
    event.medins_lv = text if (text := wire.medins_lv) and not text.isspace() else None
    event.psn_type = text if (text := wire.psn_type) and not text.isspace() else None
    event.insutype = text if (text := wire.insutype) and not text.isspace() else None
    event.mdtrt_cert_type = text if (text := wire.mdtrt_cert_type) and not text.isspace() else None
    event.init_setl_id = text if (text := wire.init_setl_id) and not text.isspace() else None
    event.med_type = kind if (kind := wire.med_type) and not kind.isspace() else None
    event.brdy = birthday(wire.brdy)


def _set_amounts(event: Event, wire: WireEvent) -> None:
    if wire.medfee_sumamt is not UNSET and wire.medfee_sumamt is not None:
        event.medfee_sumamt = fen(wire.medfee_sumamt)
    if wire.fund_pay_sumamt is not UNSET and wire.fund_pay_sumamt is not None:
        event.fund_pay_sumamt = fen(wire.fund_pay_sumamt)
    if wire.inscp_scp_amt is not None:
        event.inscp_scp_amt = fen(wire.inscp_scp_amt)
    if wire.acct_pay is not None:
        event.acct_pay = fen(wire.acct_pay)
    if wire.psn_cash_pay is not None:
        event.psn_cash_pay = fen(wire.psn_cash_pay)


def _set_times(event: Event, wire: WireEvent) -> None:
    """Set the times, and check what the kind of event requires: the kinds differ in little else."""
    if wire.setl_time is not UNSET:
        event.setl_time = parse_time(wire.setl_time)
    if wire.begndate is not None:
        event.begndate = parse_time(wire.begndate)
    if wire.enddate is not None:
        event.enddate = parse_time(wire.enddate)
        if wire.begndate is not None and ends_early(wire.begndate, wire.enddate):
            raise ValueError("enddate before begndate")
    kind = event.event_type
    at: int | None
    if kind == "settlement":
        at = event.setl_time
        left_out = UNSET in (wire.setl_id, wire.med_type, wire.medfee_sumamt, wire.fund_pay_sumamt, wire.feedetail)
    elif kind == "reversal":
        at = event.inf_time
        left_out = event.setl_id is None or event.init_setl_id is None
    elif kind == "admission":
        at, left_out = event.begndate, False
    else:
        at, left_out = event.enddate, event.begndate is None
    if at is None or left_out:
        raise ValueError("something this kind of event requires is missing")
    event.time = event.service_time = at


def _set_lines(event: Event, wire: WireEvent) -> None:
    if not wire.feedetail:
        return
    text = wire.feedetail[0].fee_ocur_time
    at = latest = parse_time(text)
    for line in wire.feedetail:
        if line.fee_ocur_time != text:  # lines of one visit often share their time
            text = line.fee_ocur_time
            at = parse_time(text)
            latest = max(latest, at)
        event.feedetail.append(_line(line, at))
    event.service_time = latest


def _line(wire: WireLine, at: int) -> Line:
    line = Line(
        feedetl_sn=wire.feedetl_sn,
        fee_ocur_time=at,
        list_type=wire.list_type,
        med_list_codg=wire.med_list_codg,
        med_chrgitm_type=text if (text := wire.med_chrgitm_type) and not text.isspace() else None,
        cnt=quantity(wire.cnt),
        pric=price(wire.pric),
        pric_uplmt_amt=None if (amount := wire.pric_uplmt_amt) is None else price(amount),
        det_item_fee_sumamt=None if (amount := wire.det_item_fee_sumamt) is None else fen(amount),
        inscp_scp_amt=None if (amount := wire.inscp_scp_amt) is None else fen(amount),
        prd_days=None if (amount := wire.prd_days) is None else quantity(amount),
        rxno=text if (text := wire.rxno) and not text.isspace() else None,
        bilg_dr_codg=_prescriber(text) if (text := wire.bilg_dr_codg) else None,
        bilg_dept_codg=text if (text := wire.bilg_dept_codg) and not text.isspace() else None,
    )
    if (text := wire.init_feedetl_sn) and not text.isspace():
        line.init_feedetl_sn = text
    if wire.drug_trac_info:
        line.drug_trac_info = _trace_codes(wire.drug_trac_info)
    return line


def _prescriber(code: str) -> str | None:
    """Return the prescriber's code, or ``None`` for a blank or a placeholder (000…, 999…)."""
    code = code.strip()
    if code[:1] not in "09":
        return code
    return code if code.strip("0") and code.strip("9") and not code.startswith("9999") else None


def _diagnoses(diagnoses: list[Diagnosis]) -> list[Diagnosis]:
    """Leave out diagnoses with a blank code: they say nothing."""
    for diagnosis in diagnoses:
        if not diagnosis.dise_codg or diagnosis.dise_codg.isspace():
            return [kept for kept in diagnoses if kept.dise_codg.strip()]
    return diagnoses


def _trace_codes(codes: list[TraceCode]) -> list[TraceCode]:
    """Leave out blank codes, which name no box, and blank unit types."""
    for code in codes:
        if code.min_prcunt_type == "" or code.drug_trac_codg.isspace():
            break
    else:
        return codes
    for code in codes:
        code.min_prcunt_type = code.min_prcunt_type or None
    return [code for code in codes if code.drug_trac_codg.strip()]


_TIME_FIELDS = {"settlement": "setl_time", "admission": "begndate", "discharge": "enddate", "reversal": "inf_time"}


def _future(event: Event, latest: int) -> Rejected:
    place = _TIME_FIELDS[event.event_type]
    if event.time <= latest:
        ahead = (index for index, line in enumerate(event.feedetail) if line.fee_ocur_time > latest)
        place = f"feedetail[{next(ahead)}].fee_ocur_time"
    return Rejected("future", f"$.{place}: ahead of the time of arrival by more than is allowed")
