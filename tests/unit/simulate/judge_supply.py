"""Judges of D01 to D05 and R01: what one person, institution or prescriber hands out."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from tests.unit.simulate.facts import fact
from tests.unit.simulate.suspicion import Case, Event, Line, cases, known, moment, settlements, within


def _watched(line: Line) -> bool:
    return fact("D04", line["med_list_codg"]) is not None


def _supplies(case: Case, line: Line) -> list[tuple[Event, Line]]:
    """Earlier supplies of the same drug, oldest first."""
    found = [
        (event, one)
        for event, one in case.earlier()
        if one["med_list_codg"] == line["med_list_codg"] and one["prd_days"]
    ]
    return sorted(found, key=lambda pair: str(pair[1]["fee_ocur_time"]))


def _left(case: Case, line: Line) -> tuple[timedelta, str]:
    """How long earlier supplies still last, and the institution of the last one."""
    now = moment(line["fee_ocur_time"])
    until, place = now, ""
    for event, one in _supplies(case, line):
        begin = moment(one["fee_ocur_time"])
        until = max(until if place else begin, begin) + timedelta(days=one["prd_days"])
        place = event["fixmedins_code"]
    return max(timedelta(0), until - now), place


def _ceiling(event: Event) -> int:
    if event["med_type"].startswith("14"):
        return 114
    return 10 if event["er_flag"] == "1" else 37


def _drugs(case: Case) -> list[Line]:
    return [line for line in case.event["feedetail"] if line["prd_days"]]


def d01(events: list[Event]) -> list[str]:
    """More days at home than the kind of visit allows."""
    return [
        case.event["setl_id"]
        for case in cases(events)
        if any(
            _left(case, line)[0] + timedelta(days=line["prd_days"]) > timedelta(days=_ceiling(case.event))
            for line in _drugs(case)
        )
    ]


def d02(events: list[Event]) -> list[str]:
    """A week or more left of what another institution gave."""
    found = []
    for case in cases(events):
        for line in _drugs(case):
            left, place = _left(case, line)
            if left >= timedelta(days=7) and place != case.event["fixmedins_code"]:
                found.append(case.event["setl_id"])
                break
    return found


def d03(events: list[Event]) -> list[str]:
    """The fifth time within 30 days."""
    found = []
    for case in cases(events):
        for line in _drugs(case):
            recent = {
                event["setl_id"]
                for event, one in _supplies(case, line)
                if within(line["fee_ocur_time"], one["fee_ocur_time"], 30)
            }
            if len(recent) >= 4:
                found.append(case.event["setl_id"])
                break
    return found


def d04(events: list[Event]) -> list[str]:
    """Five buyers of a watched drug at an institution within a day, three in five of them from another city."""
    sales: dict[tuple[str, str], list[tuple[datetime, str, bool]]] = defaultdict(list)
    found = []
    for event in settlements(events):
        hit = False
        for line in event["feedetail"]:
            if not _watched(line):
                continue
            mine = sales[event["fixmedins_code"], line["med_list_codg"]]
            time = moment(event["setl_time"])
            mine.append((time, event["psn_no"], event["insuplc_admdvs"][:4] != event["mdtrtarea_admvs"][:4]))
            recent = {(person, away) for at, person, away in mine if time - at < timedelta(days=1)}
            hit = hit or (len(recent) >= 5 and sum(away for _, away in recent) >= 0.6 * len(recent))
        if hit:
            found.append(event["setl_id"])
    return found


def d05(events: list[Event]) -> list[str]:
    """Three watched drugs, or three institutions, of one person within a week."""
    found = []
    for case in cases(events):
        mine = [line for line in case.event["feedetail"] if _watched(line)]
        if not mine:
            continue
        now = mine[0]["fee_ocur_time"]
        recent = [
            (event["fixmedins_code"], line["med_list_codg"])
            for event, line in case.earlier()
            if _watched(line) and within(now, line["fee_ocur_time"], 7)
        ]
        recent += [(case.event["fixmedins_code"], line["med_list_codg"]) for line in mine]
        if len({place for place, _ in recent}) >= 3 or len({drug for _, drug in recent}) >= 3:
            found.append(case.event["setl_id"])
    return found


def r01(events: list[Event]) -> list[str]:
    """Watched drugs for three persons by one prescriber within a minute."""
    given: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    found = []
    for event in settlements(events):
        hit = False
        for line in event["feedetail"]:
            doctor = line["bilg_dr_codg"]
            if not _watched(line) or not known(doctor):
                continue
            time = moment(line["fee_ocur_time"])
            given[doctor].append((time, event["psn_no"]))
            persons = {person for at, person in given[doctor] if abs(time - at) < timedelta(seconds=60)}
            hit = hit or len(persons) >= 3
        if hit:
            found.append(event["setl_id"])
    return found


JUDGES = {"D01": d01, "D02": d02, "D03": d03, "D04": d04, "D05": d05, "R01": r01}
