"""A second opinion on simulated events: the rules of the catalogue by brute force, sharing nothing with the project.

Each check takes the events in the order of arrival and returns the setl_id at which the rule's condition is met.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any

Event = dict[str, Any]


def moment(text: str) -> datetime:
    """A time of the events."""
    return datetime.fromisoformat(text)


def fen(amount: float) -> int:
    """Yuan in fen, and only if it is a whole number of them."""
    whole = round(amount * 100)
    assert whole / 100 == amount
    return whole


def once(events: list[Event]) -> list[Event]:
    """Settlements that are not refunds, each the first time it arrives."""
    seen: set[str] = set()
    found = []
    for event in events:
        if event["event_type"] == "settlement" and event["setl_id"] not in seen:
            seen.add(event["setl_id"])
            if event.get("refd_setl_flag") != "1":
                found.append(event)
    return found


def service_time(event: Event) -> datetime:
    """When the last service of a settlement happened."""
    return max(moment(line["fee_ocur_time"]) for line in event["feedetail"])


def p02(events: list[Event]) -> list[str]:
    """Service of the other sex."""
    wrong = {"1": ("003313", "003314"), "2": ("003312",)}
    return [
        event["setl_id"]
        for event in once(events)
        if any(line["med_list_codg"].startswith(wrong.get(event["gend"], ("-",))) for line in event["feedetail"])
    ]


def p15(events: list[Event]) -> list[str]:
    """Price above the ceiling."""
    return [
        event["setl_id"]
        for event in once(events)
        if any(
            line["pric_uplmt_amt"] is not None and fen(line["pric"]) > fen(line["pric_uplmt_amt"])
            for line in event["feedetail"]
        )
    ]


def _live(events: list[Event]) -> list[tuple[Event, set[str]]]:
    """Each first settlement with the ids that had been cancelled when it arrived."""
    cancelled: set[str] = set()
    seen: set[str] = set()
    found = []
    for event in events:
        if event["event_type"] == "reversal":
            cancelled.add(event["init_setl_id"])
        elif event["event_type"] == "settlement" and event["setl_id"] not in seen:
            seen.add(event["setl_id"])
            found.append((event, set(cancelled)))
    return found


def t01(events: list[Event]) -> list[str]:
    """A whole pack's code that another live settlement has sold, and nobody has given back."""
    owner: dict[str, set[str]] = defaultdict(set)
    returned: set[tuple[str, str]] = set()
    found = []
    for event, cancelled in _live(events):
        hit = False
        for line in event["feedetail"]:
            for node in line.get("drug_trac_info", ()):
                code = node["drug_trac_codg"]
                if node["trdn_flag"] == "1":
                    continue
                if line["cnt"] < 0:
                    returned.add((code, event["init_setl_id"]))
                    continue
                sales = {sale for sale in owner[code] - cancelled if (code, sale) not in returned}
                hit = hit or bool(sales)
                owner[code].add(event["setl_id"])
        if hit:
            found.append(event["setl_id"])
    return found


def v02(events: list[Event]) -> list[str]:
    """Third institution of a person on one day; emergencies are excused, online visits do not count."""
    visits: dict[tuple[str, date], dict[str, str]] = defaultdict(dict)
    found = []
    for event, cancelled in _live(events):
        if event.get("refd_setl_flag") == "1" or event["online_flag"] == "1":
            continue
        day = visits[event["psn_no"], service_time(event).date()]
        day[event["setl_id"]] = event["fixmedins_code"]
        places = {place for setl_id, place in day.items() if setl_id not in cancelled}
        if len(places) >= 3 and event["er_flag"] != "1":
            found.append(event["setl_id"])
    return found


def g02(events: list[Event]) -> list[str]:
    """One amount at least eight times and at least 30 % of the institution's settlements of that day so far."""
    days: dict[tuple[str, date], dict[str, int]] = defaultdict(dict)
    found = []
    for event, cancelled in _live(events):
        if event.get("refd_setl_flag") == "1":
            continue
        day = days[event["fixmedins_code"], moment(event["setl_time"]).date()]
        amount = fen(event["medfee_sumamt"])
        day[event["setl_id"]] = amount
        amounts = [value for setl_id, value in day.items() if setl_id not in cancelled]
        if amounts.count(amount) >= 8 and 10 * amounts.count(amount) >= 3 * len(amounts):
            found.append(event["setl_id"])
    return found


def r03(events: list[Event], practitioners: list[Event]) -> list[str]:
    """A prescriber who is suspended or terminated on the day; emergencies are excused."""
    barred = [row for row in practitioners if row["status"] != "active"]
    found = []
    for event in once(events):
        days = {(line["bilg_dr_codg"], line["fee_ocur_time"][:10]) for line in event["feedetail"]}
        if event["er_flag"] != "1" and any(
            row["bilg_dr_codg"] == doctor and (row["effective_from"] or "0") <= day <= (row["effective_to"] or "9")
            for row in barred
            for doctor, day in days
        ):
            found.append(event["setl_id"])
    return found


SIX = {"P02": p02, "P15": p15, "T01": t01, "V02": v02, "G02": g02}
"""Those that need nothing but the events; R03 needs the practitioners."""
