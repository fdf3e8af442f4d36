"""Which field of a wire record cannot be converted: the slow walk after a conversion has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from streams.contract.money import fen, price, quantity
from streams.contract.rejected import Rejected
from streams.contract.time import day_of, parse_date, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from msgspec import Struct

    from streams.contract.wire import WireEvent

    Checks = Sequence[tuple[str, Callable[..., object]]]

_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "settlement": ("setl_id", "setl_time", "med_type", "medfee_sumamt", "fund_pay_sumamt", "feedetail"),
    "reversal": ("setl_id", "init_setl_id"),
    "admission": ("begndate",),
    "discharge": ("begndate", "enddate"),
}
_NULLABLE = frozenset({"med_type", "medfee_sumamt", "fund_pay_sumamt"})


def area(text: str) -> str:
    """Check an administrative area: six ASCII digits (the schema bounds the length)."""
    if text.isascii() and text.isdigit():
        return text
    raise ValueError("not six digits")


def blank(text: str | None) -> bool:
    """Tell whether a text says nothing: null, empty, or white space."""
    return not text or text.isspace()


def birthday(text: str | None) -> int | None:
    """Read a birthday as a day; a blank is unknown."""
    return parse_date(text) if text and not text.isspace() else None


_EVENT_CHECKS: Checks = (
    ("inf_time", parse_time),
    ("mdtrtarea_admvs", area),
    ("insuplc_admdvs", area),
    ("brdy", birthday),
    ("setl_time", parse_time),
    ("begndate", parse_time),
    ("enddate", parse_time),
    ("medfee_sumamt", fen),
    ("inscp_scp_amt", fen),
    ("fund_pay_sumamt", fen),
    ("acct_pay", fen),
    ("psn_cash_pay", fen),
)
_LINE_CHECKS: Checks = (
    ("fee_ocur_time", parse_time),
    ("cnt", quantity),
    ("pric", price),
    ("pric_uplmt_amt", price),
    ("det_item_fee_sumamt", fen),
    ("inscp_scp_amt", fen),
    ("prd_days", quantity),
)


def ends_early(begndate: str, enddate: str) -> bool:
    """Tell whether a stay ends before it begins; an end that is only a date covers its whole day."""
    begin, end = parse_time(begndate), parse_time(enddate)
    if len(enddate) == len("yyyy-MM-dd"):
        return day_of(end) < day_of(begin)
    return end < begin


def event_fault(wire: WireEvent) -> Rejected:
    """Return the verdict on an event whose conversion failed, naming the first field at fault."""
    return (
        _missing(wire)
        or _first(wire, _EVENT_CHECKS, "$")
        or _stay(wire)
        or _lines(wire)
        or Rejected("invalid", "$: cannot be converted")
    )


def _missing(wire: WireEvent) -> Rejected | None:
    for name in _REQUIRED[wire.event_type]:
        value = getattr(wire, name)
        if value is UNSET or (value is None and name not in _NULLABLE):
            return Rejected("invalid", f"$.{name}: missing, and required in this type of event")
    if wire.event_type == "reversal" and blank(wire.init_setl_id):
        return Rejected("invalid", "$.init_setl_id: blank, and required in this type of event")
    return None


def _first(record: Struct, checks: Checks, path: str) -> Rejected | None:
    for name, check in checks:
        value = getattr(record, name)
        if value is None or value is UNSET:
            continue
        try:
            check(value)
        except ValueError as error:
            return Rejected("invalid", f"{path}.{name}: {error}")
    return None


def _stay(wire: WireEvent) -> Rejected | None:
    if wire.begndate is not None and wire.enddate is not None and ends_early(wire.begndate, wire.enddate):
        return Rejected("invalid", "$.enddate: before begndate")
    return None


def _lines(wire: WireEvent) -> Rejected | None:
    lines = [] if wire.feedetail is UNSET else wire.feedetail
    faults = (_first(line, _LINE_CHECKS, f"$.feedetail[{index}]") for index, line in enumerate(lines))
    return next(filter(None, faults), None)
