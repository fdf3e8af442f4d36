"""Events in the form of the wire contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.simulate import beijing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.simulate.conditions import Condition
    from streams.simulate.counter import Encounter
    from streams.simulate.identifiers import Identifiers
    from streams.simulate.population import Person
    from streams.simulate.province import Place
    from streams.simulate.records import Json
    from streams.simulate.ward import Stay


def diagnoses(conditions: Iterable[Condition], stage: str = "1") -> list[Json]:
    """The diagnosis list of a visit, main diagnosis first; stage 1 = on admission, 2 = on discharge."""
    return [
        {"dise_codg": row.icd, "maindise_flag": "0" if position else "1", "inout_dise_type": stage}
        for position, row in enumerate(conditions)
    ]


def _header(ids: Identifiers, person: Person, place: Place, kind: str, arrival: int) -> Json:
    """What settlements, admissions and discharges have in common."""
    return {
        "event_id": ids.message(place.code, arrival),
        "event_type": kind,
        "inf_time": beijing.text(arrival),
        "mdtrtarea_admvs": place.area,
        "insuplc_admdvs": person.insuplc,
        "fixmedins_code": place.code,
        "medins_lv": place.level,
        "psn_no": person.psn_no,
        "gend": person.gend,
        "brdy": person.brdy,
        "insutype": person.insutype,
    }


def settlement(
    ids: Identifiers,
    person: Person,
    place: Place,
    *,
    time: int,
    arrival: int,
    visit: str,
    encounter: Encounter,
    dates: tuple[int, int] | None = None,
) -> Json:
    """The settlement of an encounter; `time`, `arrival`, and the two `dates` of a stay in seconds (`beijing`)."""
    bill = encounter.bill
    fund, account, cash = encounter.terms.split(bill)
    event = _header(ids, person, place, "settlement", arrival)
    if dates is not None:
        event["begndate"], event["enddate"] = beijing.text(dates[0]), beijing.text(dates[1])
    event |= {
        "psn_type": person.psn_type,
        "mdtrt_id": visit,
        "mdtrt_cert_type": "01" if encounter.online else person.certificate,
        "setl_id": ids.settlement(time // beijing.DAY),
        "setl_time": beijing.text(time),
        "med_type": encounter.med_type,
        "er_flag": "1" if encounter.emergency else "0",
        "online_flag": "1" if encounter.online else "0",
        "diagnoses": encounter.found,
        "medfee_sumamt": bill.total / 100,
        "inscp_scp_amt": bill.scope / 100,
        "fund_pay_sumamt": fund / 100,
        "acct_pay": account / 100,
        "psn_cash_pay": cash / 100,
        "feedetail": bill.lines,
    }
    return event


def movement(ids: Identifiers, stay: Stay, *, arrival: int, end: int | None) -> Json:
    """The admission that begins a stay, or the discharge when `end` is given."""
    event = _header(ids, stay.person, stay.place, "admission" if end is None else "discharge", arrival)
    event |= {"mdtrt_id": stay.visit, "begndate": beijing.text(stay.begin), "med_type": stay.med_type}
    if end is not None:
        event["enddate"] = beijing.text(end)
    return event


def reversal(ids: Identifiers, settled: Json, arrival: int) -> Json:
    """The cancellation of a whole settlement."""
    event = {
        name: settled[name]
        for name in ("mdtrtarea_admvs", "insuplc_admdvs", "fixmedins_code", "medins_lv", "psn_no", "mdtrt_id")
    }
    return event | {
        "event_id": ids.message(settled["fixmedins_code"], arrival),
        "event_type": "reversal",
        "inf_time": beijing.text(arrival),
        "setl_id": ids.settlement(arrival // beijing.DAY),
        "init_setl_id": settled["setl_id"],
    }


def again(ids: Identifiers, settled: Json, arrival: int) -> Json:
    """The same settlement sent once more under another message id, as after a time-out."""
    return settled | {"event_id": ids.message(settled["fixmedins_code"], arrival), "inf_time": beijing.text(arrival)}


def refund(ids: Identifiers, settled: Json, line: Json, time: int, arrival: int) -> Json:
    """The partial refund of one unit of one line, paid back in the proportions in which it was paid."""
    pric = round(line["pric"] * 100)
    covered = round(line["inscp_scp_amt"] * 100) // line["cnt"]
    fund = pric * round(settled["fund_pay_sumamt"] * 100) // round(settled["medfee_sumamt"] * 100)
    account = pric * round(settled["acct_pay"] * 100) // round(settled["medfee_sumamt"] * 100)
    codes = line.get("drug_trac_info")
    back = line | {
        "feedetl_sn": str(int(settled["feedetail"][-1]["feedetl_sn"]) + 1),
        "init_feedetl_sn": line["feedetl_sn"],
        "cnt": -1,
        "det_item_fee_sumamt": -pric / 100,
        "inscp_scp_amt": -covered / 100,
        "prd_days": None if line["prd_days"] is None else -(line["prd_days"] // line["cnt"]),
    }
    if codes:
        back["drug_trac_info"] = codes[-1:]
    return settled | {
        "event_id": ids.message(settled["fixmedins_code"], arrival),
        "inf_time": beijing.text(arrival),
        "setl_id": ids.settlement(time // beijing.DAY),
        "setl_time": beijing.text(time),
        "init_setl_id": settled["setl_id"],
        "refd_setl_flag": "1",
        "medfee_sumamt": -pric / 100,
        "inscp_scp_amt": -covered / 100,
        "fund_pay_sumamt": -fund / 100,
        "acct_pay": -account / 100,
        "psn_cash_pay": -(pric - fund - account) / 100,
        "feedetail": [back],
    }
