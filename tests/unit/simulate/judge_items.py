"""Judges of P01 to P18: what one line, or one person's lines of one item, say."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tests.unit.simulate.facts import fact, matches, rows
from tests.unit.simulate.suspicion import cases, day, fen, is_stay, moment, settlements, within

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.simulate.facts import Row
    from tests.unit.simulate.suspicion import Case, Event, Line

LEVELS = {"01": 3, "02": 3, "03": 3, "04": 3, "12": 3, "05": 2, "06": 2, "07": 2, "13": 2}
SCOPES = {"hour": timedelta(hours=1), "6h": timedelta(hours=6)}


def by_line(table: str, wrong: Callable[[Event, Line, Row], bool]) -> Callable[[list[Event]], list[str]]:
    """A judge that looks at each line that has a fact by itself."""

    def judge(events: list[Event]) -> list[str]:
        return [
            event["setl_id"]
            for event in settlements(events)
            if any(
                (row := fact(table, line["med_list_codg"])) is not None and wrong(event, line, row)
                for line in event["feedetail"]
            )
        ]

    return judge


def by_case(table: str, wrong: Callable[[Case, Line, Row], bool]) -> Callable[[list[Event]], list[str]]:
    """A judge that looks at each line that has a fact, and at what came before."""

    def judge(events: list[Event]) -> list[str]:
        return [
            case.event["setl_id"]
            for case in cases(events)
            if any(
                (row := fact(table, line["med_list_codg"])) is not None and wrong(case, line, row)
                for line in case.event["feedetail"]
            )
        ]

    return judge


def _other_sex(event: Event, _: Line, row: Row) -> bool:
    return event["gend"] in {"1", "2"} and event["gend"] != row["gend"]


def _years(event: Event, line: Line) -> int:
    born, today = date.fromisoformat(event["brdy"]), day(line["fee_ocur_time"])
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _too_old(event: Event, line: Line, row: Row) -> bool:
    return _years(event, line) >= int(row["max_age_years"])


def _too_many_days_old(event: Event, line: Line, row: Row) -> bool:
    return (day(line["fee_ocur_time"]) - date.fromisoformat(event["brdy"])).days > int(row["max_age_days"])


def _other_scheme(event: Event, _: Line, row: Row) -> bool:
    return event["insutype"] not in row["insutypes"].split(";")


def _other_setting(event: Event, _: Line, row: Row) -> bool:
    excused = row["emergency_ok"] == "1" and event["er_flag"] == "1"
    return not excused and not event["med_type"].startswith(tuple(row["med_types"].split(";")))


def _low_level(event: Event, _: Line, row: Row) -> bool:
    return LEVELS.get(event["medins_lv"], 1) < int(row["min_level"])


def _long_course(case: Case, line: Line, row: Row) -> bool:
    event, code = case.event, line["med_list_codg"]
    lines = [
        (other, one)
        for other, one in [*case.earlier(), *((event, one) for one in event["feedetail"])]
        if one["med_list_codg"] == code
    ]
    if is_stay(event):
        days = sum(one["prd_days"] for other, one in lines if other["mdtrt_id"] == event["mdtrt_id"])
    else:
        days = sum(
            one["prd_days"]
            for _, one in lines
            if within(line["fee_ocur_time"], one["fee_ocur_time"], int(row["window_days"]))
        )
    return bool(days > float(row["max_days"]))


def p09(events: list[Event]) -> list[str]:
    """A contained item beside its main item: in the visit, on the day, or within some hours."""
    found = []
    for event in settlements(events):
        lines = event["feedetail"]
        for row in rows("P09"):
            main = [line for line in lines if matches(line["med_list_codg"], row["code"])]
            parts = [line for line in lines if matches(line["med_list_codg"], row["contained"])]
            if any(_together(row["scope"], one, other) for one in main for other in parts):
                found.append(event["setl_id"])
                break
    return found


def _together(scope: str, one: Line, other: Line) -> bool:
    if scope == "visit":
        return True
    if scope == "day":
        return day(one["fee_ocur_time"]) == day(other["fee_ocur_time"])
    return abs(moment(one["fee_ocur_time"]) - moment(other["fee_ocur_time"])) <= SCOPES[scope]


def _over_a_day(case: Case, line: Line, row: Row) -> bool:
    code, today = line["med_list_codg"], day(line["fee_ocur_time"])
    lines = [one for _, one in case.earlier()] + case.event["feedetail"]
    units = sum(one["cnt"] for one in lines if one["med_list_codg"] == code and day(one["fee_ocur_time"]) == today)
    return bool(units > float(row["max_per_day"]))


def _over_a_period(case: Case, line: Line, row: Row) -> bool:
    times = 1 + sum(
        one["med_list_codg"] == line["med_list_codg"]
        and within(line["fee_ocur_time"], one["fee_ocur_time"], int(row["period_days"]))
        for _, one in case.earlier()
    )
    return times > int(row["max_times"])


def _long_episode(case: Case, line: Line, row: Row) -> bool:
    lines = [one for _, one in case.earlier()] + case.event["feedetail"]
    days = sorted({day(one["fee_ocur_time"]) for one in lines if one["med_list_codg"] == line["med_list_codg"]})
    episode: list[date] = []
    for one in days:
        if episode and (one - episode[-1]).days > int(row["episode_gap_days"]):
            episode = []
        episode.append(one)
    return len(episode) > int(row["max_days"])


def _outside_ages(event: Event, line: Line, row: Row) -> bool:
    return not int(row["min_age_years"]) <= _years(event, line) <= int(row["max_age_years"])


def p14(events: list[Event]) -> list[str]:
    """Two operations of a group on one day, both at their full price."""
    found = []
    for event in settlements(events):
        seen: dict[tuple[str, date], int] = defaultdict(int)
        for line in event["feedetail"]:
            row = fact("P14", line["med_list_codg"])
            if row:
                seen[row["group"], day(line["fee_ocur_time"])] += 1
        if any(count > 1 for count in seen.values()):
            found.append(event["setl_id"])
    return found


def p15(events: list[Event]) -> list[str]:
    """Price above the ceiling."""
    return [
        event["setl_id"]
        for event in settlements(events)
        if any(
            line["pric_uplmt_amt"] is not None and fen(line["pric"]) > fen(line["pric_uplmt_amt"])
            for line in event["feedetail"]
        )
    ]


def _no_indication(event: Event, _: Line, row: Row) -> bool:
    prefixes = tuple(row["icd"].split(";"))
    codes = [one["dise_codg"] for one in event["diagnoses"]]
    return bool(codes) and not any(code.startswith(prefixes) for code in codes)


def _alone(case: Case, _: Line, row: Row) -> bool:
    needed = row["needs"].split(";")
    mine = [one for other, one in case.earlier() if other["mdtrt_id"] == case.event["mdtrt_id"]]
    present = {one["med_list_codg"] for one in mine + case.event["feedetail"]}
    return present.isdisjoint(needed)


def _paid(_: Event, line: Line, __: Row) -> bool:
    return fen(line["inscp_scp_amt"]) > 0


JUDGES = {
    "P01": by_line("P01", _other_sex),
    "P02": by_line("P02", _other_sex),
    "P03": by_line("P03", _too_old),
    "P04": by_line("P04", _too_many_days_old),
    "P05": by_line("P05", _other_scheme),
    "P06": by_line("P06", _other_setting),
    "P07": by_line("P07", _low_level),
    "P08": by_case("P08", _long_course),
    "P09": p09,
    "P10": by_case("P10", _over_a_day),
    "P11": by_case("P11", _over_a_period),
    "P12": by_case("P12", _long_episode),
    "P13": by_line("P13", _outside_ages),
    "P14": p14,
    "P15": p15,
    "P16": by_line("P16", _no_indication),
    "P17": by_case("P17", _alone),
    "P18": by_line("P18", _paid),
}
