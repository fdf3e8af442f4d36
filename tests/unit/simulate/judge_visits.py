"""Judges of V01 to V15: what the visits and stays of one person say."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from tests.unit.simulate.facts import fact
from tests.unit.simulate.suspicion import (
    Case,
    Event,
    cases,
    day,
    fen,
    is_stay,
    moment,
    service_time,
    settlements,
    within,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.simulate import Reference

EXEMPT = ("Z51", "Z49")
REGULAR = ("Z49", "Z50")


def _codes(event: Event) -> list[str]:
    return [one["dise_codg"] for one in event["diagnoses"]]


def _has(event: Event, prefixes: tuple[str, ...]) -> bool:
    return any(code.startswith(prefixes) for code in _codes(event))


def _lasting(event: Event) -> timedelta:
    return moment(event["enddate"]) - moment(event["begndate"])


def by_visit(wrong: Callable[[Case], bool]) -> Callable[[list[Event]], list[str]]:
    """A judge that looks at each settlement and what came before it."""
    return lambda events: [case.event["setl_id"] for case in cases(events) if wrong(case)]


def _often(case: Case) -> bool:
    if _has(case.event, REGULAR) or is_stay(case.event):
        return False
    month = [
        event
        for event in [*case.before, case.event]
        if not is_stay(event) and not _has(event, REGULAR) and within(case.event["setl_time"], event["setl_time"], 30)
    ]
    return len(month) >= 10 or len({event["fixmedins_code"] for event in month}) >= 4


def _three_institutions(case: Case) -> bool:
    """Emergencies are excused, online visits do not count."""
    today = day(service_time(case.event))
    places = {
        event["fixmedins_code"]
        for event in [*case.before, case.event]
        if event["online_flag"] != "1" and day(service_time(event)) == today
    }
    return case.event["er_flag"] != "1" and case.event["online_flag"] != "1" and len(places) >= 3


def _two_cities(case: Case) -> bool:
    event = case.event
    if event["er_flag"] == "1" or event["online_flag"] == "1" or is_stay(event):
        return False
    return any(
        other["mdtrtarea_admvs"][:4] != event["mdtrtarea_admvs"][:4]
        and other["online_flag"] != "1"
        and min(_apart(other, event), abs(moment(service_time(other)) - moment(service_time(event))))
        <= timedelta(hours=2)
        for other in case.before
    )


def _apart(one: Event, other: Event) -> timedelta:
    return abs(moment(one["setl_time"]) - moment(other["setl_time"]))


class Stay(NamedTuple):
    """A stay as far as it is known."""

    visit: str
    place: str
    begin: datetime
    end: datetime | None


def _stays(events: list[Event]) -> list[tuple[Event, list[Stay]]]:
    """Each settlement with what admissions, discharges and settlements have told of the person's stays by then."""
    known: dict[str, dict[str, Stay]] = {}
    found = []
    seen = set()
    for event in events:
        mine = known.setdefault(event["psn_no"], {})
        if event.get("begndate"):
            visit, end = event["mdtrt_id"], event.get("enddate")
            mine[visit] = Stay(visit, event["fixmedins_code"], moment(event["begndate"]), moment(end) if end else None)
        if event["event_type"] == "settlement" and event["setl_id"] not in seen:
            seen.add(event["setl_id"])
            if event.get("refd_setl_flag") != "1":
                found.append((event, list(mine.values())))
    return found


def v04(events: list[Event]) -> list[str]:
    """Outpatient elsewhere on a day that lies within a stay."""
    return [
        event["setl_id"]
        for event, stays in _stays(events)
        if not is_stay(event)
        and any(
            stay.place != event["fixmedins_code"]
            and stay.begin.date() < day(service_time(event))
            and (stay.end is None or day(service_time(event)) < stay.end.date())
            for stay in stays
        )
    ]


def v05(events: list[Event]) -> list[str]:
    """Two stays at different institutions have more than a day in common."""
    found = []
    for event, stays in _stays(events):
        if not is_stay(event):
            continue
        begin, end = moment(event["begndate"]), moment(event["enddate"])
        for stay in stays:
            last = min(end.date(), stay.end.date() if stay.end else end.date())
            if stay.place != event["fixmedins_code"] and max(begin.date(), stay.begin.date()) < last:
                found.append(event["setl_id"])
                break
    return found


def _again(case: Case) -> bool:
    event = case.event
    if not is_stay(event) or event["med_type"].startswith("28") or _has(event, EXEMPT):
        return False
    return any(
        is_stay(other)
        and timedelta(0) <= moment(event["begndate"]) - moment(other["enddate"]) <= timedelta(days=15)
        and _codes(other)[0][:3] == _codes(event)[0][:3]
        for other in case.before
    )


def _empty_bed(case: Case) -> bool:
    event = case.event
    if not is_stay(event) or event["med_type"].startswith("28") or _has(event, EXEMPT):
        return False
    nights = (day(event["enddate"]) - day(event["begndate"])).days
    beds = sum(line["cnt"] for line in event["feedetail"] if fact("V07", line["med_list_codg"]))
    return bool(nights <= 1 or beds < nights - 1)


def _check_up(case: Case) -> bool:
    event = case.event
    if not is_stay(event) or _lasting(event) > timedelta(days=5):
        return False
    kinds = {line["med_chrgitm_type"] for line in event["feedetail"]}
    tests = sum(
        fen(line["det_item_fee_sumamt"]) for line in event["feedetail"] if line["med_chrgitm_type"] in {"03", "04"}
    )
    return "06" not in kinds and tests >= 0.6 * fen(event["medfee_sumamt"])


def _settled_twice(case: Case) -> bool:
    event = case.event
    items = sorted(line["med_list_codg"] for line in event["feedetail"])
    return any(
        other["fixmedins_code"] == event["fixmedins_code"]
        and fen(other["medfee_sumamt"]) == fen(event["medfee_sumamt"])
        and sorted(line["med_list_codg"] for line in other["feedetail"]) == items
        and _apart(other, event) <= timedelta(minutes=10)
        for other in case.before
    )


def _examined_again(case: Case) -> bool:
    for line in case.event["feedetail"]:
        row = fact("V11", line["med_list_codg"])
        for _, other in case.earlier() if row else ():
            before = fact("V11", other["med_list_codg"])
            if (
                row
                and before
                and before["group"] == row["group"]
                and within(line["fee_ocur_time"], other["fee_ocur_time"], int(row["period_days"]))
            ):
                return True
    return False


def _year_ends(case: Case) -> bool:
    """A week's spending in December above three times the mean of the weeks since the person is known."""
    now = moment(case.event["setl_time"])
    spent = [(moment(event["setl_time"]), fen(event["medfee_sumamt"])) for event in [*case.before, case.event]]
    weeks = (now - spent[0][0]) / timedelta(weeks=1)
    week = sum(amount for time, amount in spent if now - time < timedelta(weeks=1))
    return now.month == 12 and weeks >= 4 and week > 3 * sum(amount for _, amount in spent) / weeks


def _injury(case: Case) -> bool:
    return fen(case.event["fund_pay_sumamt"]) > 0 and any("S00" <= code < "T99" for code in _codes(case.event))


def _two_persons(case: Case) -> bool:
    event = case.event
    for other in case.before:
        cards = other["mdtrt_cert_type"] != event["mdtrt_cert_type"]
        elsewhere = other["fixmedins_code"] != event["fixmedins_code"]
        if cards and elsewhere and _apart(other, event) <= timedelta(minutes=30):
            return True
    gone = {
        code
        for _, line in case.earlier()
        if (row := fact("V15", line["med_list_codg"]))
        for code in row["excludes"].split(";")
    }
    return any(line["med_list_codg"] in gone for line in event["feedetail"])


def v09(events: list[Event], facts: Reference) -> list[str]:
    """The person is deceased or suspended on the day."""
    barred = {row["psn_no"]: row for row in facts.persons if row["status"] != "active"}
    found = []
    for event in settlements(events):
        row = barred.get(event["psn_no"])
        if row and (row["effective_from"] or "0") <= event["setl_time"][:10] <= (row["effective_to"] or "9"):
            found.append(event["setl_id"])
    return found


def v14(events: list[Event], facts: Reference) -> list[str]:
    """A maternity settlement within ninety days of the first enrolment in the employees' scheme."""
    since = {row["psn_no"]: date.fromisoformat(row["insured_from"]) for row in facts.persons if row["insured_from"]}
    return [
        event["setl_id"]
        for event in settlements(events)
        if event["med_type"] in {"51", "52"}
        and event["insutype"] == "310"
        and event["psn_no"] in since
        and (day(event["setl_time"]) - since[event["psn_no"]]).days <= 90
    ]


JUDGES = {
    "V01": by_visit(_often),
    "V02": by_visit(_three_institutions),
    "V03": by_visit(_two_cities),
    "V04": v04,
    "V05": v05,
    "V06": by_visit(_again),
    "V07": by_visit(_empty_bed),
    "V08": by_visit(_check_up),
    "V10": by_visit(_settled_twice),
    "V11": by_visit(_examined_again),
    "V12": by_visit(_year_ends),
    "V13": by_visit(_injury),
    "V15": by_visit(_two_persons),
}
"""Those that need nothing but the events."""

WITH_FACTS = {"V09": v09, "V14": v14}
