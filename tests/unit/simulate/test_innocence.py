"""What is innocent hits no rule, what is labelled does: judged by brute force, not by the engine."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from streams.simulate import SCENARIOS, Simulation, SimulationConfig
from streams.simulate.catalogue import Catalogue
from tests.unit.simulate import suspicion, wider
from tests.unit.simulate.conftest import read
from tests.unit.simulate.suspicion import moment

if TYPE_CHECKING:
    from tests.unit.simulate.conftest import Stream


def suspects(stream: Stream, rule: str) -> list[str]:
    if rule == "R03":
        return suspicion.r03(stream.events, stream.simulation.reference().practitioners)
    return suspicion.SIX[rule](stream.events)


def guilty(stream: Stream, rule: str) -> set[str]:
    return {setl_id for setl_id, label in stream.labels.items() if label.label and label.scenario == rule}


@pytest.mark.parametrize("rule", SCENARIOS)
@pytest.mark.parametrize("name", ["day", "weeks"])
def test_a_rule_is_met_exactly_where_the_label_says(rule: str, name: str, request: pytest.FixtureRequest) -> None:
    """Brute force finds every labelled settlement of a scenario and nothing in twins, build-up or ordinary traffic."""
    stream = request.getfixturevalue(name)
    found = suspects(stream, rule)
    assert guilty(stream, rule)
    assert guilty(stream, rule) == set(found)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("check", wider.OTHERS)
@pytest.mark.parametrize("name", ["day", "weeks"])
def test_nothing_else_looks_suspicious(check: str, name: str, request: pytest.FixtureRequest) -> None:
    """Rules that have no scenario yet find nothing at all, not even in the scenarios of others."""
    stream = request.getfixturevalue(name)
    assert wider.OTHERS[check](stream.events) == []


def test_a_crowded_month_is_innocent_too() -> None:
    """With as few persons as are allowed, who then come as often as they may, nobody looks suspicious."""
    config = SimulationConfig(events=8_000, days=30, scenarios=())
    stream = read(events=8_000, days=30, persons=config.least_persons, institutions=12, scenarios=())
    checks = suspicion.SIX | wider.OTHERS
    assert {name: found for name, check in checks.items() if (found := check(stream.events))} == {}


def test_drugs_that_are_easily_resold_are_bought_rarely(weeks: Stream) -> None:
    """No person buys three of them, and no institution sells one to five persons on one day."""
    watched = {drug.code for drug in Catalogue(5).drugs if drug.watched}
    buyers: dict[str, set[str]] = defaultdict(set)
    sales: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for event in weeks.settlements():
        for line in event["feedetail"]:
            if (code := line["med_list_codg"]) in watched:
                buyers[event["psn_no"]].add(code)
                sales[event["fixmedins_code"], code, event["setl_time"][:10]].add(event["psn_no"])
    assert buyers
    assert max(map(len, buyers.values())) < 3
    assert max(map(len, sales.values())) < 5


def test_beds_suffice(weeks: Stream) -> None:
    """No hospital has more open stays than beds, and pharmacies have none."""
    places = {row["fixmedins_code"]: row for row in weeks.simulation.reference().institutions}
    patients: Counter[str] = Counter()
    for event in weeks.events:
        if event["event_type"] == "admission":
            patients[event["fixmedins_code"]] += 1
        if event["event_type"] == "discharge":
            patients[event["fixmedins_code"]] -= 1
        assert patients[event["fixmedins_code"]] <= (places[event["fixmedins_code"]]["beds"] or 0)


def test_registries_leave_ordinary_traffic_alone(weeks: Stream) -> None:
    """Every institution is registered and active since long; the dead and the suspended never come."""
    facts = weeks.simulation.reference()
    active = {row["fixmedins_code"] for row in facts.institutions if row["status"] == "active"}
    assert {event["fixmedins_code"] for event in weeks.events} <= active
    assert all(row["designated_from"] < "2026-05-01" for row in facts.institutions)
    assert len(active) < len(facts.institutions)
    gone = {row["psn_no"] for row in facts.persons if row["status"] != "active"}
    assert gone
    assert gone.isdisjoint(event["psn_no"] for event in weeks.events)
    assert {row["psn_no"] for row in facts.persons} & {event["psn_no"] for event in weeks.events}
    assert all(row["insured_from"] < "2026-05-01" for row in facts.persons)


def test_ordinary_traffic_has_neither_scenario_nor_role(weeks: Stream) -> None:
    """Labels say 1 for positives alone; build-up and twins are 0 but named; the rest has no name."""
    roles: Counter[str | None] = Counter()
    for label in weeks.labels.values():
        roles[label.role] += 1
        assert (label.scenario is None) == (label.role is None)
        assert label.label == (label.role == "positive")
    assert {"positive", "buildup", "twin", None} == set(roles)


def test_scenarios_use_persons_of_their_own(weeks: Stream) -> None:
    """Nobody is in a story and in ordinary traffic, nor in two stories of different scenarios."""
    cast = defaultdict(set)
    for event, one in zip(weeks.events, weeks.simulated, strict=True):
        if one.label:
            cast[event["psn_no"]].add(one.label.scenario)
    assert max(len(scenarios) for scenarios in cast.values()) == 1


def test_the_share_of_scenarios_is_the_one_asked_for(day: Stream, weeks: Stream) -> None:
    """0.3 % by default, 6 % here; build-up and twins included."""
    for stream, rate in ((day, 0.003), (weeks, 0.06)):
        told = sum(one.label is not None and one.label.scenario is not None for one in stream.simulated)
        assert told / len(stream.simulated) == pytest.approx(rate, rel=0.2)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_small_run_has_each_scenario_with_a_twin(scenario: str) -> None:
    """Five hundred events are enough for one positive and one twin of each scenario."""
    roles: dict[str | None, set[str | None]] = defaultdict(set)
    for one in Simulation(SimulationConfig(events=500, seed=4)):
        if one.label:
            roles[one.label.scenario].add(one.label.role)
    assert {"positive", "twin"} <= roles[scenario]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_alone_is_labelled_right(scenario: str) -> None:
    """With many instances over some days, every variant comes up, and brute force agrees with each label."""
    stream = read(events=2_400, days=4, seed=11, fraud_rate=0.4, scenarios=(scenario,))
    assert {scenario, None} == {label.scenario for label in stream.labels.values()}
    assert guilty(stream, scenario) == set(suspects(stream, scenario))
    assert all(set(suspects(stream, other)) == set() for other in SCENARIOS if other != scenario)


def _stories(stream: Stream) -> list[list[dict[str, Any]]]:
    """Events of each scenario's persons and boxes, joined where they share a box or a person."""
    by_key: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event, one in zip(stream.events, stream.simulated, strict=True):
        if one.label and one.label.scenario in {"T01", "V02"}:
            by_key[event["psn_no"]].append(event)
            for line in event["feedetail"]:
                for node in line.get("drug_trac_info", ()):
                    by_key[node["drug_trac_codg"]].append(event)
    return [events for events in by_key.values() if len(events) > 1]


def test_events_of_a_story_are_two_minutes_apart(weeks: Stream) -> None:
    """Whatever partitions they lie in, the order of a story's events is clear."""
    stories = _stories(weeks)
    assert len(stories) > 50
    for events in stories:
        for earlier, later in pairwise(events):
            assert timedelta(minutes=2) <= moment(later["inf_time"]) - moment(earlier["inf_time"])
