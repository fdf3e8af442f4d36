"""Alerts, tests, runbooks and metrics know each other by name."""

from __future__ import annotations

import re

import pytest
import yaml

from deploy.generator.grafana.panels import FLEET
from streams.observability.metrics import Metrics
from tests.deploy.rules import (
    RULE_TESTS,
    RUNBOOKS,
    alerts,
    dashboards,
    metric_names,
    panel_expressions,
    panels,
    rule_expressions,
)
from tests.deploy.seen import PENDING

PARTS = ("what it means", "how to check", "what to do")


def declared() -> set[str]:
    """Return every sample name the worker's registry can show."""
    names: set[str] = set()
    for family in Metrics()._collector._families:
        metric = family.collect()
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "info": ["_info"]}
        names |= {metric.name + suffix for suffix in suffixes.get(metric.type, [""])}
    names |= {sample.name for family in Metrics().registry.collect() for sample in family.samples}
    return names


def test_every_metric_that_is_read_is_there() -> None:
    """A misspelt name is an alert that never fires and a panel that is always empty."""
    read = {name for _, text in panel_expressions() + rule_expressions() for name in metric_names(text)}
    assert read - declared() == PENDING


def test_every_alert_has_a_runbook_with_its_three_parts() -> None:
    """Whoever is woken finds what it means, how to check, and what to do, at the address that the alert names."""
    sections = re.split(r"^## ", RUNBOOKS.read_text("utf-8"), flags=re.MULTILINE)[1:]
    found = {section.splitlines()[0].strip(): section.lower() for section in sections}
    assert {name for name in found if name.startswith("Prewarn")} == set(alerts())
    for name, rule in alerts().items():
        assert rule["annotations"]["runbook_url"] == f"deploy/runbooks.md#{name.lower()}"
        assert [part for part in PARTS if f"**{part}" not in found[name]] == [], name


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
