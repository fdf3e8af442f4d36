"""A second opinion on simulated events: the rules of the catalogue by brute force, sharing nothing with the project.

Each check takes the events in the order of arrival and returns the setl_id at which the rule's condition is met.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import combinations
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


# ---------------------------------------------------------------------- the rest of the catalogue


def by_person(events: list[Event]) -> dict[str, list[Event]]:
    """First settlements of each person."""
    found = defaultdict(list)
    for event in once(events):
        found[event["psn_no"]].append(event)
    return found


def supply(events: list[Event]) -> list[str]:
    """D01, D02, D03: too much at home, early refill elsewhere, the same drug more than four times in 30 days."""
    found = []
    for visits in by_person(events).values():
        stock: dict[str, tuple[date, str]] = {}
        times: dict[str, list[date]] = defaultdict(list)
        for event in visits:
            chronic = event["med_type"].startswith("14")
            ceiling = 114 if chronic else 10 if event["er_flag"] == "1" else 37
            for line in event["feedetail"]:
                if not line["prd_days"]:
                    continue
                code, day = line["med_list_codg"], moment(line["fee_ocur_time"]).date()
                until, place = stock.get(code, (day, ""))
                left = max(0, (until - day).days)
                recent = [other for other in times[code] if (day - other).days < 30]
                if (
                    left + line["prd_days"] > ceiling
                    or (left >= 7 and place != event["fixmedins_code"])
                    or len(recent) >= 4
                ):
                    found.append(event["setl_id"])
                stock[code] = (day + timedelta(days=left + line["prd_days"]), event["fixmedins_code"])
                times[code].append(day)
    return found


def visits(events: list[Event]) -> list[str]:
    """V01, V03, V10, V15: too often, too far, twice within ten minutes, with two cards within half an hour."""
    found = []
    for rows in by_person(events).values():
        for number, event in enumerate(rows):
            time = moment(event["setl_time"])
            month = [other for other in rows[: number + 1] if time - moment(other["setl_time"]) < timedelta(days=30)]
            walk_in = [other for other in month if not other["med_type"].startswith(("21", "52"))]
            if len(walk_in) >= 10 or len({other["fixmedins_code"] for other in month}) >= 4:
                found.append(event["setl_id"])
            for other in rows[:number]:
                gap = abs(time - moment(other["setl_time"]))
                near = abs(service_time(event) - service_time(other))
                cities = event["mdtrtarea_admvs"][:4] != other["mdtrtarea_admvs"][:4]
                faces = event["online_flag"] != "1" and other["online_flag"] != "1"
                cards = (
                    event["mdtrt_cert_type"] != other["mdtrt_cert_type"]
                    and event["fixmedins_code"] != other["fixmedins_code"]
                )
                if (
                    (cities and faces and min(gap, near) <= timedelta(hours=2))
                    or (cards and gap <= timedelta(minutes=30))
                    or (event["medfee_sumamt"] == other["medfee_sumamt"] and gap <= timedelta(minutes=10))
                ):
                    found.append(event["setl_id"])
    return found


def stays(events: list[Event]) -> list[str]:
    """V04 to V08: elsewhere during a stay, overlapping stays, readmission, too few bed-days, a check-up with a bed."""
    found = []
    settled = {event["mdtrt_id"]: event for event in once(events) if event["med_type"] in {"21", "52"}}
    open_stays: dict[str, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    for event in events:
        if event["event_type"] == "discharge":
            begin, end = moment(event["begndate"]), moment(event["enddate"])
            open_stays[event["psn_no"]].append((begin, end, event["mdtrt_id"]))
            bill = settled.get(event["mdtrt_id"])
            if bill:
                nights = (end.date() - begin.date()).days
                beds = sum(line["cnt"] for line in bill["feedetail"] if line["med_chrgitm_type"] == "01")
                tests = sum(
                    fen(line["det_item_fee_sumamt"])
                    for line in bill["feedetail"]
                    if line["med_chrgitm_type"] in {"03", "04"}
                )
                if nights <= 1 or beds < nights - 1 or tests >= 0.6 * fen(bill["medfee_sumamt"]):
                    found.append(bill["setl_id"])
    visitors = by_person(events)
    for psn_no, spans in open_stays.items():
        for (begin, end, visit), (later, _, other) in combinations(sorted(spans), 2):
            if later < end or later - end < timedelta(days=15):
                found.append(f"{visit} {other} {begin}")
        found.extend(
            event["setl_id"]
            for event in visitors.get(psn_no, [])
            for begin, end, visit in spans
            if event["mdtrt_id"] != visit and begin.date() < service_time(event).date() < end.date()
        )
    return found


def units(events: list[Event]) -> list[str]:
    """P10, V11: a daily service charged twice on a day, an examination repeated within a fortnight."""
    found = []
    daily: Counter[tuple[str, str, str]] = Counter()
    last: dict[tuple[str, str], datetime] = {}
    for event in once(events):
        for line in event["feedetail"]:
            code, time = line["med_list_codg"], moment(line["fee_ocur_time"])
            if line["med_chrgitm_type"] in {"01", "02", "07"}:
                daily[event["psn_no"], code, line["fee_ocur_time"][:10]] += line["cnt"]
                if daily[event["psn_no"], code, line["fee_ocur_time"][:10]] > 1:
                    found.append(event["setl_id"])
            if line["med_chrgitm_type"] in {"03", "04"}:
                before = last.get((event["psn_no"], code))
                if before and time - before < timedelta(days=14):
                    found.append(event["setl_id"])
                last[event["psn_no"], code] = time
    return found


def codes(events: list[Event]) -> list[str]:
    """T03, T05, T06: too few codes, more tablets than a pack has, one code twice in a settlement."""
    found = []
    parts: Counter[str] = Counter()
    for event in once(events):
        nodes = [node for line in event["feedetail"] for node in line.get("drug_trac_info", ())]
        if len({node["drug_trac_codg"] for node in nodes}) < len(nodes):
            found.append(event["setl_id"])
        ward = event["med_type"] in {"21", "52"}
        for line in event["feedetail"]:
            traced = line.get("drug_trac_info", [])
            split = bool(traced) and traced[0]["trdn_flag"] == "1"
            if split:
                parts[traced[0]["drug_trac_codg"]] += line["cnt"]
                if parts[traced[0]["drug_trac_codg"]] > 60:
                    found.append(event["setl_id"])
            elif line["list_type"] == "101" and len(traced) != line["cnt"] and (traced or not ward):
                found.append(event["setl_id"])
    return found


def places(events: list[Event]) -> list[str]:
    """G01, R02, R04: cards that come together, a prescriber in two places or with more than 150 settlements a day."""
    found = []
    recent: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    pairs: Counter[tuple[str, frozenset[str]]] = Counter()
    load: Counter[tuple[str, str]] = Counter()
    home: dict[str, str] = {}
    for event in once(events):
        time, place = moment(event["setl_time"]), event["fixmedins_code"]
        recent[place] = [row for row in recent[place] if time - row[0] <= timedelta(seconds=300)]
        for other in {psn_no for _, psn_no in recent[place]} - {event["psn_no"]}:
            pair = (place, frozenset((other, event["psn_no"])))
            pairs[pair] += 1
            if pairs[pair] >= 3:
                found.append(event["setl_id"])
        recent[place].append((time, event["psn_no"]))
        doctors = {line["bilg_dr_codg"] for line in event["feedetail"]}
        for doctor in doctors:
            if doctor and set(doctor) - set("09"):
                load[doctor, event["setl_time"][:10]] += 1
                if load[doctor, event["setl_time"][:10]] > 150 or home.setdefault(doctor, place) != place:
                    found.append(event["setl_id"])
    return found


OTHERS = {"supply": supply, "visits": visits, "stays": stays, "units": units, "codes": codes, "places": places}
"""Checks beyond the six rules."""
