"""Compact events of a case, written out as the wire has them.

An event says only what matters to its case; the rest is an ordinary settlement of person A at hospital H1 in area
310101. Lines likewise: an item alone is one unit of it at ten yuan. ``times: 8`` with ``every: 60`` makes eight events
a minute apart; ``{n}`` in any of their texts is their number, from 1.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson

FORMAT = "%Y-%m-%d %H:%M:%S"
TABLE = {"X": "101", "Z": "101", "C": "301", "T": "102"}
"""List type by the first letter of an item; everything else is a service."""

EVENT_KEYS = frozenset(
    {"kind", "at", "setl", "id", "person", "institution", "level", "area", "insured", "med", "gend", "born", "scheme"}
    | {"er", "online", "dx", "fee", "fund", "acct", "cert", "visit", "begin", "end", "of", "lines", "times", "every"}
    | {"refund"}
)
LINE_KEYS = frozenset(
    {
        "item",
        "list",
        "cnt",
        "pric",
        "amount",
        "scope",
        "days",
        "dr",
        "at",
        "type",
        "limit",
        "codes",
        "split",
        "sn",
        "of",
    }
)


def expand(events: list[dict[str, Any]]) -> list[bytes]:
    """Write the events of a case as records, in their order."""
    records = []
    for event in events:
        unknown = event.keys() - EVENT_KEYS
        assert not unknown, f"an event has no {sorted(unknown)}"
        for number in range(1, event.get("times", 1) + 1):
            shift = timedelta(seconds=event.get("every", 60) * (number - 1))
            filled = _filled({key: value for key, value in event.items() if key not in {"times", "every"}}, number)
            records.append(orjson.dumps(_wire(filled, shift, len(records) + 1)))
    return records


def _filled(value: Any, number: int) -> Any:
    if isinstance(value, str):
        return value.replace("{n}", str(number))
    if isinstance(value, list):
        return [_filled(part, number) for part in value]
    if isinstance(value, dict):
        return {key: _filled(part, number) for key, part in value.items()}
    return value


def _time(text: Any, shift: timedelta = timedelta()) -> str:
    """Read ``2026-11-20`` or ``2026-11-20 09:00``; noon is meant where no hour is said."""
    parts = str(text).split(" ")
    day, clock = parts[0], parts[1] if len(parts) > 1 else "12:00"
    clock += ":00" * (2 - clock.count(":"))
    return (datetime.strptime(f"{day} {clock}", FORMAT) + shift).strftime(FORMAT)  # noqa: DTZ007 - Beijing, as the wire


def _wire(event: dict[str, Any], shift: timedelta, number: int) -> dict[str, Any]:
    kind = event.get("kind", "settlement")
    at = _time(event.get("at", "2026-11-20"), shift)
    wire: dict[str, Any] = {
        "event_id": event.get("id", f"E{number}"),
        "event_type": kind,
        "inf_time": at,
        "mdtrtarea_admvs": event.get("area", "310101"),
        "insuplc_admdvs": event.get("insured", "310101"),
        "fixmedins_code": event.get("institution", "H1"),
        "medins_lv": event.get("level"),
        "psn_no": "31" + event.get("person", "A"),
        "gend": event.get("gend", "1"),
        "brdy": event.get("born", "1980-01-01"),
        "insutype": event.get("scheme", "310"),
        "mdtrt_id": event.get("visit", f"M{number}"),
        "mdtrt_cert_type": event.get("cert", "01"),
        "med_type": event.get("med", "11"),
        "er_flag": event.get("er"),
        "online_flag": event.get("online"),
        "diagnoses": _diagnoses(event.get("dx", ["I10"])),
        "begndate": _time(event["begin"]) if "begin" in event else None,
        "enddate": _time(event["end"]) if "end" in event else None,
    }
    if kind in {"settlement", "reversal"}:
        wire["setl_id"] = event.get("setl", f"S{number}")
    if "of" in event:
        wire["init_setl_id"] = event["of"]
    if kind == "settlement":
        lines = [_line(line, place, at, shift) for place, line in enumerate(event.get("lines", []), 1)]
        fee = event.get("fee", sum(line["det_item_fee_sumamt"] for line in lines))
        wire |= {"setl_time": at, "feedetail": lines, "medfee_sumamt": fee, "fund_pay_sumamt": event.get("fund", fee)}
        wire |= {"acct_pay": event.get("acct"), "refd_setl_flag": "1" if event.get("refund") else None}
    return wire


def _diagnoses(codes: list[str]) -> list[dict[str, str]]:
    return [{"dise_codg": code, "maindise_flag": "1" if place == 0 else "0"} for place, code in enumerate(codes)]


def _line(line: Any, place: int, at: str, shift: timedelta) -> dict[str, Any]:
    said: dict[str, Any] = {"item": line} if isinstance(line, str) else line
    unknown = said.keys() - LINE_KEYS
    assert not unknown, f"a line has no {sorted(unknown)}"
    item, cnt, pric = said["item"], said.get("cnt", 1), said.get("pric", 10)
    amount = said.get("amount", round(cnt * pric, 2))
    codes = [{"drug_trac_codg": code, "trdn_flag": "0"} for code in said.get("codes", [])]
    codes += [{"drug_trac_codg": code, "trdn_flag": "1"} for code in said.get("split", [])]
    return {
        "feedetl_sn": said.get("sn", str(place)),
        "init_feedetl_sn": said.get("of"),
        "fee_ocur_time": _time(said["at"], shift) if "at" in said else at,
        "list_type": said.get("list", TABLE.get(item[0], "201")),
        "med_list_codg": item,
        "med_chrgitm_type": said.get("type"),
        "cnt": cnt,
        "pric": pric,
        "pric_uplmt_amt": said.get("limit"),
        "det_item_fee_sumamt": amount,
        "inscp_scp_amt": said.get("scope", amount),
        "prd_days": said.get("days"),
        "bilg_dr_codg": said.get("dr"),
        "drug_trac_info": codes,
    }
