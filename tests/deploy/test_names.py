"""Alerts, tests, runbooks and metrics know each other by name."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
import yaml

from deploy.generator.grafana.panels import FLEET
from streams.observability.metrics import Metrics
from streams.observability.model_metrics import ModelMetrics
from tests.deploy.rules import (
    RULE_TESTS,
    alerts,
    dashboards,
    metric_names,
    panel_expressions,
    panels,
    rule_expressions,
)
from tests.deploy.runbooks import PARTS, commands, sections
from tests.deploy.troubles import ELSEWHERE, FAULTS


def declared() -> set[str]:
    """Return every sample name the worker's registry can show."""
    names: set[str] = set()
    metrics = Metrics()
    scoring = SimpleNamespace(drift=SimpleNamespace(found=()))  # of which only the inputs' names are asked
    ModelMetrics(metrics, scoring, learning=None)  # type: ignore[arg-type]
    for family in metrics.collector._families:
        metric = family.collect()
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "info": ["_info"]}
        names |= {metric.name + suffix for suffix in suffixes.get(metric.type, [""])}
    names |= {sample.name for family in Metrics().registry.collect() for sample in family.samples}
    return names


def test_every_metric_that_is_read_is_there() -> None:
    """A misspelt name is an alert that never fires and a panel that is always empty."""
    read = {name for _, text in panel_expressions() + rule_expressions() for name in metric_names(text)}
    assert read - declared() == set()


def test_every_alert_has_a_runbook_with_its_three_parts() -> None:
    """Whoever is woken finds what it means, how to check, and what to do, at the address that the alert names."""
    found = sections()
    assert {name for name in found if name.startswith("Prewarn")} == set(alerts())
    for name, rule in alerts().items():
        assert rule["annotations"]["runbook_url"] == f"deploy/runbooks.md#{name.lower()}"
        assert [part for part in PARTS if f"**{part}" not in found[name]] == [], name


def test_every_fault_is_looked_into_and_cured_by_the_words_of_its_runbooks() -> None:
    """`make faults` gives commands as they stand in the sections of the fault's alerts."""
    for fault in FAULTS:
        written = [command for alert in fault.raised for command in commands(alert)]
        assert {*fault.tells, *fault.cures} <= set(written), fault.name


def test_every_alert_is_brought_about_or_it_is_said_why_not() -> None:
    """By `make faults`; what it cannot do is named, and nothing twice."""
    assert sorted([*frozenset().union(*(fault.raised for fault in FAULTS)), *ELSEWHERE]) == sorted(alerts())


def test_every_alert_says_what_operators_need() -> None:
    """A summary that is a sentence, a description, a severity that Alertmanager routes."""
    for name, rule in alerts().items():
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}, name
        assert rule["annotations"]["summary"].endswith("."), name
        assert rule["labels"]["severity"] in {"page", "ticket", "none"}, name


@pytest.mark.parametrize("fires", [True, False])
def test_every_alert_is_tested_firing_and_silent(fires: bool) -> None:  # noqa: FBT001 - a test's parameter
    """Cases of promtool show each alert both ways; the watchdog can only fire."""
    cases = [
        case
        for file in RULE_TESTS
        for test in yaml.safe_load(file.read_text("utf-8"))["tests"]
        for case in test["alert_rule_test"]
    ]
    shown = {case["alertname"] for case in cases if bool(case["exp_alerts"]) == fires}
    assert set(alerts()) - shown == (set() if fires else {"PrewarnWatchdog"})


def test_every_panel_explains_itself() -> None:
    """A description, a unit, and the data source of the variable, so that the dashboard works anywhere."""
    for place, panel in panels():
        assert panel["description"].endswith("."), place
        assert panel["fieldConfig"]["defaults"]["unit"], place
        assert panel["datasource"]["uid"] == "${datasource}", place
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"]), place


def test_panels_follow_the_zoom_and_the_choice_of_workers() -> None:
    """Rates use Grafana's interval (or say their own window), and every query selects job and namespace."""
    for place, text in panel_expressions():
        assert FLEET in text or "ALERTS" in text, place
        windows = set(re.findall(r"\[([^]]+)\]", text))
        assert windows <= {"$__rate_interval", "$__interval", "5m", "15m", "1h"}, place


def test_dashboards_are_files_and_stay_so() -> None:
    """Nobody edits them in place, titles are unique, and they can be told apart."""
    boards = dashboards()
    assert all(board["editable"] is False for board in boards.values())
    assert len({board["uid"] for board in boards.values()}) == len(boards)
    places = [place for place, _ in panels()]
    assert len(set(places)) == len(places)
    variables = [[variable["name"] for variable in board["templating"]["list"]] for board in boards.values()]
    assert all(names[:3] == ["datasource", "job", "namespace"] for names in variables)
