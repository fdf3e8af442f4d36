"""Which attributes of events, lines, trace codes and registry records an expression may read, with their types.

Names are the contract's. Identifiers of the insured person are withheld: an expression can end up in a sentence, in
evidence or in a window, and none of those may carry one. ``psn_ref`` stands in for the person.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streams.language.types import DAY, INT, MONEY, PRICE, QUANTITY, TEXT, TIME, Field, Kind, Record, Type

if TYPE_CHECKING:
    from collections.abc import Mapping

LINES_LIMIT = 5_000
CODES_LIMIT = 500
DIAGNOSES_LIMIT = 50
"""Most members of feedetail, drug_trac_info and diagnoses: ``maxItems`` of the contract's schema."""

CODES_IN_EVENT = 20_000
"""Trace codes that fit into one event of at most 1 MiB (about 50 bytes each)."""


def _plain(types: Mapping[str, Type]) -> dict[str, Field]:
    """Give the fields that are read by their own name."""
    return {name: Field(type_, name) for name, type_ in types.items()}


def _flag(name: str) -> Field:
    """Give a yes/no flag, ``"1"`` or ``"0"``; the platform leaves it out for "no", so blank reads as ``"0"``."""
    return Field(Type(Kind.TEXT, values=frozenset("01")), name, blank="0")


def _enum(*values: str, nullable: bool = False) -> Type:
    return Type(Kind.TEXT, nullable, values=frozenset(values))


def _records(record: Record, limit: int) -> Type:
    return Type(Kind.RECORDS, record=record, limit=limit)


MAYBE_TEXT = TEXT.maybe()
MAYBE_MONEY = MONEY.maybe()

CODE = Record(
    "code",
    _plain({"drug_trac_codg": TEXT, "min_prcunt_type": MAYBE_TEXT})
    | {"trdn_flag": _flag("trdn_flag"), "times": Field(INT, compute="code_times")},
)

DIAGNOSIS = Record(
    "diagnosis",
    _plain({"dise_codg": TEXT, "inout_dise_type": _enum("1", "2", nullable=True)})
    | {"maindise_flag": _flag("maindise_flag")},
)

LINE = Record(
    "line",
    _plain(
        {
            "feedetl_sn": TEXT,
            "init_feedetl_sn": MAYBE_TEXT,
            "fee_ocur_time": TIME,
            "list_type": TEXT,
            "med_list_codg": TEXT,
            "med_chrgitm_type": MAYBE_TEXT,
            "cnt": QUANTITY,
            "pric": PRICE,
            "pric_uplmt_amt": PRICE.maybe(),
            "det_item_fee_sumamt": MAYBE_MONEY,
            "inscp_scp_amt": MAYBE_MONEY,
            "prd_days": QUANTITY.maybe(),
            "rxno": MAYBE_TEXT,
            "bilg_dr_codg": MAYBE_TEXT,
            "bilg_dept_codg": MAYBE_TEXT,
            "drug_trac_info": _records(CODE, CODES_LIMIT),
        }
    )
    # What is at stake on a line: the in-scope amount, or the whole fee when the institution does not send it.
    | {"amount": Field(MAYBE_MONEY, "inscp_scp_amt", fallback="det_item_fee_sumamt")}
    | {
        "item_units": Field(QUANTITY, compute="item_units"),
        "item_days": Field(QUANTITY.maybe(), compute="item_days"),
        "item_day_units": Field(QUANTITY, compute="item_day_units"),
        "code_units": Field(QUANTITY.maybe(), compute="code_units"),
    },
)
LINE = replace(LINE, fields={**LINE.fields, "same_item": Field(_records(LINE, LINES_LIMIT), compute="same_item")})
"""Computed for a line: the settlement's charged lines with this item, their units and days of supply, the units of this
day, and how many of the line's units fall to each of its trace codes."""

_WITHHELD = Field(TEXT, hint="personal identifiers are not available to expressions; use event.psn_ref")

EVENT = Record(
    "event",
    _plain(
        {
            "event_id": TEXT,
            "event_type": _enum("settlement", "reversal", "admission", "discharge"),
            "inf_time": TIME,
            "mdtrtarea_admvs": TEXT,
            "insuplc_admdvs": TEXT,
            "fixmedins_code": TEXT,
            "medins_lv": MAYBE_TEXT,
            "psn_ref": TEXT,
            "psn_type": MAYBE_TEXT,
            "gend": _enum("0", "1", "2", "9", nullable=True),
            "insutype": MAYBE_TEXT,
            "mdtrt_id": TEXT,
            "mdtrt_cert_type": MAYBE_TEXT,
            "setl_id": MAYBE_TEXT,
            "init_setl_id": MAYBE_TEXT,
            "setl_time": TIME.maybe(),
            "begndate": TIME.maybe(),
            "enddate": TIME.maybe(),
            "med_type": MAYBE_TEXT,
            "diagnoses": _records(DIAGNOSIS, DIAGNOSES_LIMIT),
            "medfee_sumamt": MAYBE_MONEY,
            "inscp_scp_amt": MAYBE_MONEY,
            "fund_pay_sumamt": MAYBE_MONEY,
            "acct_pay": MAYBE_MONEY,
            "psn_cash_pay": MAYBE_MONEY,
            "feedetail": _records(LINE, LINES_LIMIT),
            "time": TIME,
            "service_time": TIME,
        }
    )
    | {flag: _flag(flag) for flag in ("refd_setl_flag", "er_flag", "online_flag")}
    | {
        "main_diagnosis": Field(MAYBE_TEXT, compute="main_diagnosis"),
        "item_set": Field(TEXT, compute="item_set"),
        "repeats_codes": Field(Type(Kind.BOOL), compute="repeats_codes"),
        "psn_no": _WITHHELD,
        "brdy": Field(DAY, hint="the birthday is not available to expressions; use age_years(...) or age_days(...)"),
    },
)

_STATUS = ("active", "suspended", "terminated")

REFERENCES: Mapping[str, Record] = {
    "institution": Record(
        "institution",
        _plain(
            {
                "fix_blng_admdvs": MAYBE_TEXT,
                "medins_lv": MAYBE_TEXT,
                "beds": INT.maybe(),
                "status": _enum(*_STATUS, nullable=True),
                "designated_from": DAY.maybe(),
                "effective_from": DAY.maybe(),
                "effective_to": DAY.maybe(),
            }
        ),
    ),
    "practitioner": Record(
        "practitioner",
        _plain({"status": _enum(*_STATUS), "effective_from": DAY.maybe(), "effective_to": DAY.maybe()}),
    ),
    "person": Record(
        "person",
        _plain(
            {
                "status": _enum("active", "deceased", "suspended"),
                "insured_from": DAY.maybe(),
                "emp_no": MAYBE_TEXT,
                "effective_from": DAY.maybe(),
                "effective_to": DAY.maybe(),
            }
        )
        | {"psn_no": _WITHHELD},
    ),
}
"""Registry records by root name; the record itself may be unknown, so all their fields may."""
