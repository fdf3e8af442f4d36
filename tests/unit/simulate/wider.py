"""More of the catalogue by brute force: rules that have no scenario, and must find nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import combinations

from tests.unit.simulate.suspicion import Event, fen, moment, once, service_time


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
