"""Judges of G01 to G06 and R02 to R04: what the day of an institution or a prescriber says."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from math import sqrt
from typing import TYPE_CHECKING

from tests.unit.simulate.suspicion import Event, day, fen, is_refund, known, moment, once, settlements

if TYPE_CHECKING:
    from streams.simulate import Reference

FIVE_MINUTES = timedelta(seconds=300)
ALPHAS = (0.1, 0.2, 0.3)
"""Weights of the newest day; nobody says which one it is, so what is innocent is innocent under each."""


def g01(events: list[Event]) -> list[str]:
    """A pair of persons within five minutes at one institution for the third time in ninety days."""
    recent: dict[str, list[tuple[datetime, Event]]] = defaultdict(list)
    times: dict[tuple[str, frozenset[str]], list[frozenset[str]]] = defaultdict(list)
    found = []
    for event, cancelled in once(events):
        if is_refund(event):
            continue
        time, place = moment(event["setl_time"]), event["fixmedins_code"]
        recent[place] = [row for row in recent[place] if time - row[0] <= FIVE_MINUTES]
        hit = False
        for _, other in recent[place]:
            if other["psn_no"] == event["psn_no"] or other["setl_id"] in cancelled:
                continue
            pair = (place, frozenset((other["psn_no"], event["psn_no"])))
            times[pair].append(frozenset((other["setl_id"], event["setl_id"])))
            hit = hit or sum(both.isdisjoint(cancelled) for both in times[pair]) >= 3
        recent[place].append((time, event))
        if hit:
            found.append(event["setl_id"])
    return found


def g02(events: list[Event]) -> list[str]:
    """One amount at least eight times and at least 30 % of the institution's settlements of that day so far."""
    days: dict[tuple[str, date], dict[str, int]] = defaultdict(dict)
    found = []
    for event, cancelled in once(events):
        if is_refund(event):
            continue
        today = days[event["fixmedins_code"], day(event["setl_time"])]
        amount = fen(event["medfee_sumamt"])
        today[event["setl_id"]] = amount
        amounts = [value for setl_id, value in today.items() if setl_id not in cancelled]
        if amounts.count(amount) >= 8 and 10 * amounts.count(amount) >= 3 * len(amounts):
            found.append(event["setl_id"])
    return found


def g03(events: list[Event]) -> list[str]:
    """Twenty in an hour and five times the usual, or twenty on a day and three in ten by night at a pharmacy."""
    hours: dict[str, Counter[tuple[date, int]]] = defaultdict(Counter)
    first: dict[str, date] = {}
    found = []
    for event in settlements(events):
        place, time = event["fixmedins_code"], moment(event["setl_time"])
        today = time.date()
        mine, begin = hours[place], first.setdefault(place, today)
        mine[today, time.hour] += 1
        now, past = mine[today, time.hour], (today - begin).days
        before = sum(mine[today - timedelta(days=back), time.hour] for back in range(1, past + 1))
        surge = past >= 7 and now >= 20 and now * past >= 5 * before
        whole = [mine[today, hour] for hour in range(24)]
        night = sum(whole[:6]) + sum(whole[22:])
        late = place.startswith("P") and sum(whole) >= 20 and 10 * night >= 3 * sum(whole)
        if surge or (late and not 6 <= time.hour < 22):
            found.append(event["setl_id"])
    return found


def _days(events: list[Event]) -> dict[str, dict[date, list[tuple[str, int]]]]:
    """Settlements with their amounts by institution and day, refunds and cancelled ones excluded as they are then."""
    days: dict[str, dict[date, list[tuple[str, int]]]] = defaultdict(lambda: defaultdict(list))
    for event in settlements(events):
        row = event["setl_id"], fen(event["medfee_sumamt"])
        days[event["fixmedins_code"]][day(event["setl_time"])].append(row)
    return days


def g04(events: list[Event], alpha: float) -> list[str]:
    """A day four deviations above the exponentially weighted mean of an institution's days, after a fortnight."""
    found = []
    for days in _days(events).values():
        mean, variance = 0.0, 0.0
        begin = min(days)
        for number in range((max(days) - begin).days + 1):
            today = days.get(begin + timedelta(days=number), [])
            total = 0
            for setl_id, amount in today:
                total += amount
                if number >= 14 and total - mean >= 4 * sqrt(variance) > 0:
                    found.append(setl_id)
            if number == 0:
                mean = total
            else:
                gap = total - mean
                mean += alpha * gap
                variance = (1 - alpha) * (variance + alpha * gap * gap)
    return found


def v12(events: list[Event]) -> list[str]:
    """December: an institution's week above three times the mean of its weeks so far, after four weeks."""
    found = []
    for days in _days(events).values():
        begin = min(days)
        totals: dict[date, int] = {}
        spent = 0
        for at in sorted(days):
            week = sum(totals.get(at - timedelta(days=back), 0) for back in range(1, 7))
            weeks = ((at - begin).days + 1) / 7
            for setl_id, amount in days[at]:
                spent += amount
                week += amount
                if at.month == 12 and weeks >= 4 and week > 3 * spent / weeks:
                    found.append(setl_id)
            totals[at] = sum(amount for _, amount in days[at])
    return found


def r02(events: list[Event]) -> list[str]:
    """A prescriber at two institutions within half an hour; online does not count."""
    seen: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    found = []
    for event in settlements(events):
        hit = False
        for line in event["feedetail"] if event["online_flag"] != "1" else ():
            doctor = line["bilg_dr_codg"]
            if known(doctor):
                time = moment(line["fee_ocur_time"])
                here = event["fixmedins_code"]
                elsewhere = [at for at, place in seen[doctor] if place != here]
                hit = hit or any(abs(time - at) <= timedelta(minutes=30) for at in elsewhere)
                seen[doctor].append((time, here))
        if hit:
            found.append(event["setl_id"])
    return found


def r04(events: list[Event]) -> list[str]:
    """More than 150 settlements of a prescriber on a day."""
    load: dict[tuple[str, date], set[str]] = defaultdict(set)
    found = []
    for event in settlements(events):
        hit = False
        for line in event["feedetail"]:
            doctor = line["bilg_dr_codg"]
            if known(doctor):
                mine = load[doctor, day(event["setl_time"])]
                mine.add(event["setl_id"])
                hit = hit or len(mine) > 150
        if hit:
            found.append(event["setl_id"])
    return found


def g05(events: list[Event], facts: Reference) -> list[str]:
    """A stay is settled while more than 110 % of the beds are taken."""
    beds = {row["fixmedins_code"]: row["beds"] for row in facts.institutions}
    lying: dict[str, set[str]] = defaultdict(set)
    found, seen = [], set()
    for event in events:
        place = event["fixmedins_code"]
        if event["event_type"] == "admission":
            lying[place].add(event["mdtrt_id"])
        elif event["event_type"] == "discharge":
            lying[place].discard(event["mdtrt_id"])
        elif event["event_type"] == "settlement" and event["setl_id"] not in seen:
            seen.add(event["setl_id"])
            if beds.get(place) and 10 * len(lying[place]) > 11 * beds[place]:
                found.append(event["setl_id"])
    return found


def g06(events: list[Event], facts: Reference) -> list[str]:
    """The institution is suspended or terminated on the day."""
    closed = {row["fixmedins_code"]: row for row in facts.institutions if row["status"] != "active"}
    found = []
    for event in settlements(events):
        row = closed.get(event["fixmedins_code"])
        if row and (row["effective_from"] or "0") <= event["setl_time"][:10] <= (row["effective_to"] or "9"):
            found.append(event["setl_id"])
    return found


def r03(events: list[Event], facts: Reference) -> list[str]:
    """A prescriber who is suspended or terminated on the day; emergencies are excused."""
    barred = [row for row in facts.practitioners if row["status"] != "active"]
    found = []
    for event in settlements(events):
        days = {(line["bilg_dr_codg"], line["fee_ocur_time"][:10]) for line in event["feedetail"]}
        if event["er_flag"] != "1" and any(
            row["bilg_dr_codg"] == doctor and (row["effective_from"] or "0") <= at <= (row["effective_to"] or "9")
            for row in barred
            for doctor, at in days
        ):
            found.append(event["setl_id"])
    return found


JUDGES = {"G01": g01, "G02": g02, "G03": g03, "R02": r02, "R04": r04}
WITH_FACTS = {"G05": g05, "G06": g06, "R03": r03}
