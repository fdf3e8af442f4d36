"""Judges of T01 to T06: what trace codes say."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.unit.simulate.facts import fact, rows
from tests.unit.simulate.suspicion import is_refund, is_stay, moment, once, settlements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tests.unit.simulate.suspicion import Event, Line

MANDATORY = "2026-01-01"


def _sold(events: list[Event]) -> Iterator[tuple[Event, int, int]]:
    """Each settlement with its whole packs' codes: how many another live settlement has sold, and how many in all."""
    owner: dict[str, set[str]] = defaultdict(set)
    returned: set[tuple[str, str]] = set()
    for event, cancelled in once(events):
        again = total = 0
        for line in event["feedetail"]:
            for node in line.get("drug_trac_info", ()):
                code = node["drug_trac_codg"]
                if node["trdn_flag"] == "1":
                    continue
                if line["cnt"] < 0:
                    returned.add((code, event["init_setl_id"]))
                    continue
                sales = {sale for sale in owner[code] - cancelled if (code, sale) not in returned}
                total += 1
                again += bool(sales - {event["setl_id"]})
                owner[code].add(event["setl_id"])
        if not is_refund(event):
            yield event, again, total


def t01(events: list[Event]) -> list[str]:
    """A whole pack's code that another live settlement has sold, and nobody has given back."""
    return [event["setl_id"] for event, again, _ in _sold(events) if again]


def t02(events: list[Event]) -> list[str]:
    """The first seven digits are those of another drug."""
    drugs = {row["code"]: row["med_list_codg"] for row in rows("T02")}
    return [
        event["setl_id"]
        for event in settlements(events)
        if any(
            drugs.get(node["drug_trac_codg"][:7], line["med_list_codg"]) != line["med_list_codg"]
            for line in event["feedetail"]
            for node in line.get("drug_trac_info", ())
        )
    ]


def t03(events: list[Event]) -> list[str]:
    """Fewer codes than whole packs; herbs, and packs that wards have opened, need none."""

    def lacking(event: Event, line: Line) -> bool:
        nodes = line.get("drug_trac_info", [])
        if line["list_type"] != "101" or line["fee_ocur_time"] < MANDATORY or (not nodes and is_stay(event)):
            return False
        return not any(node["trdn_flag"] == "1" for node in nodes) and len(nodes) < line["cnt"]

    return [
        event["setl_id"] for event in settlements(events) if any(lacking(event, line) for line in event["feedetail"])
    ]


def t04(events: list[Event]) -> list[str]:
    """Five duplicates and half a per cent of an institution's codes within seven days; at the duplicates themselves."""
    week: dict[str, list[tuple[datetime, int, int]]] = defaultdict(list)
    found = []
    for event, again, total in _sold(events):
        time = moment(event["setl_time"])
        sales = [row for row in week[event["fixmedins_code"]] if time - row[0] < timedelta(days=7)]
        sales.append((time, again, total))
        week[event["fixmedins_code"]] = sales
        duplicates, codes = sum(row[1] for row in sales), sum(row[2] for row in sales)
        if again and duplicates >= 5 and duplicates >= 0.005 * codes:
            found.append(event["setl_id"])
    return found


def t05(events: list[Event]) -> list[str]:
    """More tablets out of a pack than it has, or a box that another institution has taken back."""
    parts: Counter[str] = Counter()
    back: dict[str, str] = {}
    found = []
    for event, _ in once(events):
        hit = False
        for line in event["feedetail"]:
            for node in line.get("drug_trac_info", ()):
                code = node["drug_trac_codg"]
                if node["trdn_flag"] == "1":
                    parts[code] += line["cnt"]
                    row = fact("T05", line["med_list_codg"])
                    hit = hit or (row is not None and parts[code] > int(row["pack_units"]))
                elif is_refund(event):
                    back[code] = event["fixmedins_code"]
                else:
                    hit = hit or back.get(code, event["fixmedins_code"]) != event["fixmedins_code"]
        if hit and not is_refund(event):
            found.append(event["setl_id"])
    return found


def t06(events: list[Event]) -> list[str]:
    """One code twice within a settlement."""
    found = []
    for event in settlements(events):
        codes = [node["drug_trac_codg"] for line in event["feedetail"] for node in line.get("drug_trac_info", ())]
        if len(set(codes)) < len(codes):
            found.append(event["setl_id"])
    return found


JUDGES = {"T01": t01, "T02": t02, "T03": t03, "T04": t04, "T05": t05, "T06": t06}
