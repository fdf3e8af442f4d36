"""What is innocent hits no rule, what is labelled does: judged by brute force, not by the engine."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from streams.simulate import SCENARIOS, SimulationConfig
from streams.simulate.catalogue import Catalogue
from tests.unit.simulate import judges
from tests.unit.simulate.conftest import read
from tests.unit.simulate.suspicion import moment

if TYPE_CHECKING:
    from tests.unit.simulate.conftest import Stream

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("rule", SCENARIOS)
@pytest.mark.parametrize("name", ["day", "weeks", "season"])
def test_a_rule_is_met_exactly_where_the_labels_say(rule: str, name: str, request: pytest.FixtureRequest) -> None:
    """Brute force finds every labelled settlement of a scenario and nothing in twins, build-up or ordinary traffic."""
    stream: Stream = request.getfixturevalue(name)
    assert stream.verdicts[rule] == stream.truths[rule]
    assert (rule in stream.simulation.left_out) == (not any(label.label for label in _of(stream, rule)))


def _of(stream: Stream, scenario: str) -> list[Any]:
    return [label for label in stream.labels.values() if label.scenario == scenario]


def test_every_rule_of_the_catalogue_has_a_scenario_and_a_judge() -> None:
    """54 rules; the model, X01, has neither."""
    assert sorted(SCENARIOS) == judges.RULES
    assert len(SCENARIOS) == 54


@pytest.mark.parametrize("name", ["day", "weeks", "season"])
def test_scenarios_appear_with_a_culprit_and_a_twin(name: str, request: pytest.FixtureRequest) -> None:
    """Whatever is not left out has both; what is left out needs other days."""
    stream: Stream = request.getfixturevalue(name)
    for scenario in SCENARIOS:
        roles = {label.role for label in _of(stream, scenario)}
        if scenario in stream.simulation.left_out:
            assert not roles
            assert stream.simulation.left_out[scenario].startswith("needs ")
        else:
            assert {"positive", "twin"} <= roles
    needed = {"day": {"V01", "V04", "V06", "V12", "G04"}, "weeks": {"V12", "G04"}, "season": set()}
    assert set(stream.simulation.left_out) == needed[name]


@pytest.mark.parametrize(
    "options",
    [
        # As few persons as are allowed, who then come as often as they may.
        {"events": 5_000, "days": 30, "persons": 1_667, "institutions": 12},
        # A quarter that ends with the year, when one looks at what people spend.
        {"events": 6_000, "days": 61, "start": date(2026, 11, 1), "seed": 4},
        # A few small institutions, to which one more stay makes a difference.
        {"events": 4_000, "days": 61, "start": date(2026, 11, 1), "seed": 5, "institutions": 6},
    ],
    ids=["crowded", "december", "small"],
)
def test_ordinary_traffic_is_innocent_under_the_whole_catalogue(options: dict[str, Any]) -> None:
    """No judge finds anything, however rules that can be understood in several ways are understood."""
    stream = read(scenarios=(), **options)
    assert {rule: found for rule, found in stream.verdicts.items() if found} == {}


def test_the_crowd_is_as_dense_as_is_allowed() -> None:
    """The crowded month above has the least number of persons that its events need."""
    assert SimulationConfig(events=5_000, days=30).least_persons == 1_667


def test_december_has_visits_like_other_months() -> None:
    """Nobody stays away: events keep their number, and amounts fall by less than two fifths."""
    stream = read(events=6_000, days=61, start=date(2026, 11, 1), seed=4, scenarios=())
    spent: dict[int, list[float]] = defaultdict(list)
    for event in stream.settlements():
        if not event["med_type"].startswith(("21", "52")):
            spent[moment(event["setl_time"]).month].append(event["medfee_sumamt"])
    assert len(spent[12]) == pytest.approx(len(spent[11]) * 31 / 30, rel=0.1)
    means = {month: sum(amounts) / len(amounts) for month, amounts in spent.items()}
    assert 0.6 * means[11] < means[12] < 1.1 * means[11]


def test_drugs_that_are_easily_resold_are_bought_rarely(weeks: Stream) -> None:
    """Nobody buys two of them within a week, and no institution sells one to five persons on one day."""
    watched = {drug.code for drug in Catalogue(5).drugs if drug.watched}
    buyers: dict[str, list[Any]] = defaultdict(list)
    sales: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for event in weeks.ordinary():
        for line in event["feedetail"]:
            if (code := line["med_list_codg"]) in watched:
                buyers[event["psn_no"]].append(moment(line["fee_ocur_time"]))
                sales[event["fixmedins_code"], code, event["setl_time"][:10]].add(event["psn_no"])
    assert buyers
    assert max(map(len, sales.values())) < 5
    for times in buyers.values():
        assert all(later - earlier > timedelta(days=7) for earlier, later in pairwise(sorted(times)))


def test_beds_suffice(weeks: Stream) -> None:
    """No hospital has more open stays than beds unless that is the story, and pharmacies have none."""
    crowded = {
        event["fixmedins_code"] for event in weeks.settlements() if weeks.labels[event["setl_id"]].scenario == "G05"
    }
    places = {row["fixmedins_code"]: row for row in weeks.simulation.reference().institutions}
    patients: Counter[str] = Counter()
    for event in weeks.events:
        code = event["fixmedins_code"]
        if event["event_type"] == "admission":
            patients[code] += 1
        if event["event_type"] == "discharge":
            patients[code] -= 1
        assert code in crowded or patients[code] <= (places[code]["beds"] or 0)


def test_registries_leave_ordinary_traffic_alone(weeks: Stream) -> None:
    """Every institution is registered and active since long; the dead and the suspended never come."""
    facts = weeks.simulation.reference()
    active = {row["fixmedins_code"]: row for row in facts.institutions if row["status"] == "active"}
    visited = {event["fixmedins_code"] for event in weeks.ordinary()}
    assert visited <= set(active)
    assert all(active[code]["designated_from"] < "2026-05-01" for code in visited)
    assert len(active) < len(facts.institutions)
    gone = {row["psn_no"] for row in facts.persons if row["status"] != "active"}
    people = {event["psn_no"] for event in weeks.ordinary()}
    assert gone
    assert gone.isdisjoint(people)
    known = {row["psn_no"]: row for row in facts.persons}
    assert known.keys() & people
    assert all(known[psn_no]["insured_from"] < "2026-05-01" for psn_no in known.keys() & people)


def test_ordinary_traffic_has_neither_scenario_nor_role(weeks: Stream) -> None:
    """Labels say 1 for positives alone; build-up and twins are 0 but named; the rest has no name and no other rule."""
    roles: Counter[str | None] = Counter()
    for label in weeks.labels.values():
        roles[label.role] += 1
        assert (label.scenario is None) == (label.role is None)
        assert label.label == (label.role == "positive")
        assert label.scenario is not None or label.also == ()
        assert label.scenario not in label.also
    assert {"positive", "buildup", "twin", None} == set(roles)


def test_scenarios_use_persons_of_their_own(weeks: Stream) -> None:
    """Nobody is in a story and in ordinary traffic, nor in two stories of different scenarios."""
    cast = defaultdict(set)
    for event, one in zip(weeks.events, weeks.simulated, strict=True):
        if one.label:
            cast[event["psn_no"]].add(one.label.scenario)
    assert max(len(scenarios) for scenarios in cast.values()) == 1


def test_the_share_of_scenarios_is_the_one_asked_for(weeks: Stream, season: Stream) -> None:
    """15 % and 30 %, build-up and twins included."""
    for stream, rate in ((weeks, 0.15), (season, 0.3)):
        told = sum(one.label is not None and one.label.scenario is not None for one in stream.simulated)
        assert told / len(stream.simulated) == pytest.approx(rate, rel=0.2)


def _stories(stream: Stream) -> list[list[dict[str, Any]]]:
    """Events that share a box or a person, in scenarios in which they can lie in different partitions."""
    by_key: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event, one in zip(stream.events, stream.simulated, strict=True):
        if one.label and one.label.scenario in {"T01", "T04", "T05", "V02", "V03", "D02"}:
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
