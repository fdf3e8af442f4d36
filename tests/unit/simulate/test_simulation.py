"""The stream as a whole: its form, its order, its numbers, and that it is the same each time."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from streams.contract.decode import decode_event
from streams.rules.tables import TABLES
from streams.simulate import Simulation, SimulationConfig
from tests.unit.simulate.conftest import read
from tests.unit.simulate.facts import fact
from tests.unit.simulate.suspicion import fen, moment

if TYPE_CHECKING:
    from tests.unit.simulate.conftest import Stream

SCHEMAS = Path(__file__).parents[3] / "deploy" / "schemas"


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    return loaded


def test_every_event_is_valid_by_the_published_schema(weeks: Stream) -> None:
    """The wire contract's schema accepts each kind of event, and its decoder, which agrees with it, every event."""
    validator = Draft202012Validator(schema("settlement-event"))
    assert {"settlement", "reversal", "admission", "discharge"} == {event["event_type"] for event in weeks.events}
    rare = [event for event in weeks.events if event["event_type"] != "settlement" or "init_setl_id" in event]
    sample = weeks.events[::60] + rare[::12]
    assert [error.message for event in sample for error in validator.iter_errors(event)] == []
    for one in weeks.simulated:
        decode_event(one.raw, arrived=None)


@pytest.mark.parametrize(
    ("records", "definition"),
    [("institutions", "institution"), ("practitioners", "practitioner"), ("persons", "person")],
)
def test_every_registry_record_is_valid_by_the_published_schema(weeks: Stream, records: str, definition: str) -> None:
    """Registry facts have the form of the reference topics, and each of them is about somebody else."""
    validator = Draft202012Validator(schema("reference")["$defs"][definition])
    facts = getattr(weeks.simulation.reference(), records)
    key = next(iter(schema("reference")["$defs"][definition]["required"]))
    assert len(facts) == len({fact[key] for fact in facts}) > 3
    assert [error.message for fact in facts for error in validator.iter_errors(fact)] == []


@pytest.mark.parametrize(
    "options",
    [
        {"events": 1},
        {"events": 10, "days": 30},
        {"events": 777, "institutions": 3},
        {"events": 1_500, "persons": 2_250},
        {"events": 2_000, "days": 3, "scenarios": ()},
        {"events": 1_000, "fraud_rate": 0.5},
    ],
)
def test_the_number_of_events_is_exact(options: dict[str, Any]) -> None:
    """However the other options are, there are as many events as were asked for."""
    assert options["events"] == sum(1 for _ in Simulation(SimulationConfig(**options)))


def test_the_same_options_give_the_same_bytes() -> None:
    """Two simulations, and one read twice, agree in every byte and label; another seed does not."""
    config = SimulationConfig(events=1_500, days=2, seed=9)
    first = Simulation(config)
    once = list(first)
    assert once == list(first)
    assert once == list(Simulation(config))
    assert first.reference() == Simulation(config).reference() == first.reference()
    assert {one.raw for one in once}.isdisjoint(
        one.raw for one in Simulation(SimulationConfig(events=1_500, days=2, seed=10))
    )


def test_events_are_made_while_they_are_read() -> None:
    """The first events of a month of many come without the rest being made."""
    simulation = Simulation(SimulationConfig(events=3_000_000, days=300, scenarios=()))
    assert len(list(islice(simulation, 100))) == 100


def test_events_come_in_the_order_of_their_arrival(weeks: Stream) -> None:
    """inf_time never goes back, except in what is sent again unchanged, and is some seconds after the event time."""
    fresh = dict.fromkeys(one.raw for one in weeks.simulated)
    assert len(fresh) < len(weeks.simulated)
    arrivals = [moment(json.loads(raw)["inf_time"]) for raw in fresh]
    assert all(earlier <= later for earlier, later in pairwise(arrivals))
    for event, one in zip(weeks.events, weeks.simulated, strict=True):
        if one.kind in {"settlement", "refund"}:
            delay = moment(event["inf_time"]) - moment(event["setl_time"])
            assert timedelta(seconds=1) <= delay <= timedelta(seconds=6)


def test_events_keep_to_the_days_asked_for(weeks: Stream) -> None:
    """The first day is the default start, and each of the nine days has events."""
    assert [date(2026, 11, number) for number in range(2, 11)] == sorted(
        {moment(event["inf_time"]).date() for event in weeks.events}
    )


def test_keys_are_treatment_areas_and_labels_follow_settlements(weeks: Stream) -> None:
    """Each event has its treatment area as key; each settlement, and nothing else, has the label of its setl_id."""
    for event, one in zip(weeks.events, weeks.simulated, strict=True):
        assert event["mdtrtarea_admvs"] == one.key
        assert (event["event_type"] == "settlement") == (one.label is not None)
        assert one.label is None or one.label.setl_id == event["setl_id"]


def test_amounts_are_exact(weeks: Stream) -> None:
    """Lines add up to the bill, prices to the lines, payments to the bill, all in whole fen."""
    for event in weeks.events:
        if event["event_type"] != "settlement":
            continue
        lines = event["feedetail"]
        assert lines
        assert fen(event["medfee_sumamt"]) == sum(fen(line["det_item_fee_sumamt"]) for line in lines)
        assert fen(event["inscp_scp_amt"]) == sum(fen(line["inscp_scp_amt"]) for line in lines)
        assert all(fen(line["det_item_fee_sumamt"]) == line["cnt"] * fen(line["pric"]) for line in lines)
        parts = [fen(event[name]) for name in ("fund_pay_sumamt", "acct_pay", "psn_cash_pay")]
        assert fen(event["medfee_sumamt"]) == sum(parts)
        sign = -1 if event.get("refd_setl_flag") == "1" else 1
        assert all(part * sign >= 0 for part in parts)
        assert fen(event["medfee_sumamt"]) * sign > 0


def test_numbers_occur_once(weeks: Stream) -> None:
    """Only what is sent again repeats a setl_id; line numbers are unique within a visit; a box has one code."""
    fresh = [(event, one) for event, one in zip(weeks.events, weeks.simulated, strict=True) if one.kind != "resend"]
    settled = Counter(event["setl_id"] for event, _ in fresh if "setl_id" in event)
    assert max(settled.values()) == 1
    assert max(Counter(event["event_id"] for event, _ in fresh).values()) == 1
    lines = Counter(
        (event["mdtrt_id"], line["feedetl_sn"]) for event, _ in fresh for line in event.get("feedetail", ())
    )
    assert max(lines.values()) == 1
    again = [event["setl_id"] for event, one in zip(weeks.events, weeks.simulated, strict=True) if one.kind == "resend"]
    assert again
    assert set(again) <= set(settled)


def test_no_box_is_sold_in_two_provinces_or_two_years() -> None:
    """Other seeds and other days have other trace codes, or one rule would find all of a second simulation."""
    options = ({"seed": 1}, {"seed": 2}, {"seed": 1, "start": date(2026, 10, 5)})
    sold = [codes_of(SimulationConfig(events=2_000, **each)) for each in options]
    assert min(map(len, sold)) > 1_000
    assert len(set.union(*sold)) == sum(map(len, sold))


def codes_of(config: SimulationConfig) -> set[str]:
    """Return the trace codes of the drugs of a simulation; the devices of stories have others."""
    events = [json.loads(one.raw) for one in Simulation(config)]
    lines = [line for event in events for line in event.get("feedetail", ())]
    codes = {node["drug_trac_codg"] for line in lines for node in line.get("drug_trac_info", ())}
    return {code for code in codes if len(code) == 20}


def test_what_follows_follows_something(weeks: Stream) -> None:
    """Reversals and refunds name settlements that came before, and refunds the lines that they give back."""
    seen: dict[str, dict[str, Any]] = {}
    kinds: Counter[str] = Counter()
    for event, one in zip(weeks.events, weeks.simulated, strict=True):
        kinds[one.kind] += 1
        if one.kind in {"reversal", "refund"}:
            settled = seen[event["init_setl_id"]]
            assert settled["psn_no"] == event["psn_no"]
            assert settled["fixmedins_code"] == event["fixmedins_code"]
        if one.kind == "refund":
            (line,) = event["feedetail"]
            original = next(old for old in settled["feedetail"] if old["feedetl_sn"] == line["init_feedetl_sn"])
            assert line["cnt"] == -1
            assert line["med_list_codg"] == original["med_list_codg"]
            codes = [node["drug_trac_codg"] for node in original.get("drug_trac_info", ())]
            assert {node["drug_trac_codg"] for node in line.get("drug_trac_info", ())} <= set(codes)
            assert bool(codes) == bool(line.get("drug_trac_info"))
        if one.kind == "settlement":
            seen[event["setl_id"]] = event
    for kind, share in {"resend": 0.003, "reversal": 0.0025, "refund": 0.005}.items():
        assert 0.5 * share < kinds[kind] / kinds["settlement"] < 2.5 * share, kind


def test_ordinary_traffic_meets_the_tables_and_keeps_to_them(weeks: Stream) -> None:
    """Restricted things are given every day, to those who may have them: what no judge finds is not just absent."""
    met: Counter[str] = Counter()
    given = Counter(line["med_list_codg"] for event in weeks.ordinary() for line in event["feedetail"])
    for code, times in given.items():
        met.update({table: times for table in TABLES if fact(table, code)})
    assert all(met[table] > 5 for table in ("P01", "P03", "P06", "P07", "P08", "P10", "P11", "P16", "P17"))
    assert all(met[table] > 5 for table in ("P09", "T05", "D04", "V07", "V11"))


def test_stays_begin_and_end(weeks: Stream) -> None:
    """A discharge repeats its admission, the settlement comes after it, and care is charged on each day between."""
    admitted = {event["mdtrt_id"]: event for event in weeks.events if event["event_type"] == "admission"}
    settled = {event["mdtrt_id"]: event for event in weeks.settlements() if event["med_type"] in {"21", "52"}}
    assert not any("begndate" in event for event in weeks.ordinary() if event["med_type"] in {"11", "41"})
    discharged = [event for event in weeks.events if event["event_type"] == "discharge"]
    assert any(event["mdtrt_id"] in admitted for event in discharged)
    for event in discharged:
        begin, end = moment(event["begndate"]), moment(event["enddate"])
        before = admitted.get(event["mdtrt_id"])
        assert before is None or before["begndate"] == event["begndate"]
        assert (before is None) == (begin.date() < date(2026, 11, 2))
        bill = settled.get(event["mdtrt_id"])
        if bill:
            assert moment(bill["setl_time"]) > end
            times = [moment(line["fee_ocur_time"]) for line in bill["feedetail"]]
            assert begin <= min(times) <= max(times) <= end
            beds = {
                moment(line["fee_ocur_time"]).date() for line in bill["feedetail"] if line["med_chrgitm_type"] == "01"
            }
            told = weeks.labels[bill["setl_id"]].scenario
            assert told == "V07" or (end.date() - begin.date()).days == len(beds)
            assert (bill["begndate"], bill["enddate"]) == (event["begndate"], event["enddate"])


PUBLISHED = {
    # kind: (share of the settlements, mean yuan), from a county's 419,378 records
    "pharmacy": (0.47, 102),
    "outpatient": (0.35, 180),
    "inpatient": (0.05, 6_911),
    "chronic": (0.05, 623),
}


def kind_of(event: dict[str, Any]) -> str:
    kinds = {"41": "pharmacy", "11": "outpatient", "21": "inpatient", "52": "inpatient"}
    med_type = event["med_type"]
    return "chronic" if med_type.startswith("14") else kinds.get(med_type, "rest")


@pytest.fixture(scope="module")
def week() -> list[dict[str, Any]]:
    """Settlements of a whole innocent week."""
    return read(events=40_000, days=7, seed=3, scenarios=()).settlements()


@pytest.mark.slow
@pytest.mark.parametrize("kind", PUBLISHED)
def test_the_mix_of_visits_is_the_published_one(week: list[dict[str, Any]], kind: str) -> None:
    """Over a week each kind has its share, within a tenth, and its mean amount, within an eighth."""
    share, amount = PUBLISHED[kind]
    found = [event["medfee_sumamt"] for event in week if kind_of(event) == kind]
    assert len(found) / len(week) == pytest.approx(share, rel=0.1)
    assert mean(found) == pytest.approx(amount, rel=0.125)


@pytest.mark.slow
def test_lines_and_cross_area_settlements_are_as_frequent_as_in_life(week: list[dict[str, Any]]) -> None:
    """About five lines a settlement, about 6 % of persons insured elsewhere, nearly no pharmacy diagnosis or doctor."""
    assert mean(len(event["feedetail"]) for event in week) == pytest.approx(5, abs=0.6)
    assert mean(event["insuplc_admdvs"] != event["mdtrtarea_admvs"] for event in week) == pytest.approx(0.06, abs=0.01)
    shop = [event for event in week if event["med_type"] == "41"]
    assert mean(bool(event["diagnoses"]) for event in shop) < 0.15
    known = [line["bilg_dr_codg"] or "" for event in shop for line in event["feedetail"]]
    assert mean(code.startswith("D") for code in known) < 0.25
    elsewhere = [line["bilg_dr_codg"] for event in week if event["med_type"] == "11" for line in event["feedetail"]]
    assert all(code.startswith("D") for code in elsewhere)


@pytest.mark.slow
def test_the_day_has_its_rhythm(week: list[dict[str, Any]]) -> None:
    """Doctors in the morning and hardly at noon, pharmacies in the evening, Mondays busier than Sundays."""
    hours: dict[str, Counter[int]] = defaultdict(Counter)
    days: Counter[int] = Counter()
    for event in week:
        time = moment(event["setl_time"])
        hours[kind_of(event)][time.hour] += 1
        days[time.weekday()] += 1
    assert hours["outpatient"][9] > 2 * hours["outpatient"][12] > 0
    assert hours["pharmacy"][19] > 1.5 * hours["pharmacy"][13]
    assert sum(hours["outpatient"][hour] for hour in range(6)) < 0.05 * hours["outpatient"].total()
    assert days[0] > 1.1 * days[6]


@pytest.mark.slow
def test_institutions_are_of_very_different_size(week: list[dict[str, Any]]) -> None:
    """The busiest tenth of the institutions has more than a third of the settlements, and people keep to few places."""
    sizes = sorted(Counter(event["fixmedins_code"] for event in week).values(), reverse=True)
    assert sum(sizes[: len(sizes) // 10]) > sum(sizes) / 3
    places = defaultdict(set)
    for event in week:
        places[event["psn_no"]].add(event["fixmedins_code"])
    assert max(len(visited) for visited in places.values()) <= 3


@pytest.mark.slow
def test_refills_are_regular() -> None:
    """Who gets chronic drugs twice comes back when the first supply is about to end, to the same institution."""
    events = read(events=12_000, days=40, seed=2, scenarios=()).settlements()
    visits: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in events:
        if event["med_type"].startswith("14"):
            visits[event["psn_no"]].append(event)
    pairs = [pair for one in visits.values() for pair in pairwise(one)]
    assert pairs
    for first, second in pairs:
        assert timedelta(days=20) < moment(second["setl_time"]) - moment(first["setl_time"])
        assert first["fixmedins_code"] == second["fixmedins_code"]


@pytest.mark.slow
def test_ages_and_codes_have_the_national_form(week: list[dict[str, Any]]) -> None:
    """Institution, prescriber, drug, service and trace codes are as long as the platform's."""
    for event in week[:5_000]:
        assert len(event["fixmedins_code"]) == 12
        assert event["fixmedins_code"][1:7] == event["mdtrtarea_admvs"]
        assert datetime(1925, 1, 1) < datetime.fromisoformat(event["brdy"]) < datetime(2026, 11, 2)  # noqa: DTZ001
        for line in event["feedetail"]:
            code, kind = line["med_list_codg"], line["list_type"]
            assert {"101": 23, "102": 10, "201": 15, "301": 21}[kind] == len(code)
            doctor = line["bilg_dr_codg"] or ""
            assert len(doctor) == 13 or not doctor.startswith("D")
            for node in line.get("drug_trac_info", ()):
                assert kind == "101"
                assert len(node["drug_trac_codg"]) == 20
                assert node["drug_trac_codg"].isdigit()
