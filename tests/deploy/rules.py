"""The alerting rules, dashboards and runbooks as data."""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple

import yaml

from tests.deploy.tools import DEPLOY

RULES: Final = sorted((DEPLOY / "prometheus" / "rules").glob("*.yaml"))
RULE_TESTS: Final = sorted((DEPLOY / "prometheus" / "tests").glob("*.yaml"))
DASHBOARDS: Final = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
RUNBOOKS: Final = DEPLOY / "runbooks.md"

# A metric's name in PromQL: not a function's (an opening bracket follows), not a label's.
_NAME: Final = re.compile(r"\b((?:prewarn|process|python)_[a-z0-9_]+)\b")


class Expression(NamedTuple):
    """A PromQL expression and where it stands."""

    place: str
    text: str


def rules() -> list[dict[str, Any]]:
    """Return every rule of every group."""
    documents = [yaml.safe_load(file.read_text("utf-8")) for file in RULES]
    return [rule for document in documents for group in document["groups"] for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    """Return the alerting rules by name."""
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def dashboards() -> dict[str, dict[str, Any]]:
    """Return the dashboards by the name of their file."""
    return {file.stem: json.loads(file.read_text("utf-8")) for file in DASHBOARDS}


def panels() -> list[tuple[str, dict[str, Any]]]:
    """Return every panel that shows something, with its place."""
    return [
        (f"{name}: {panel['title']}", panel)
        for name, board in dashboards().items()
        for panel in board["panels"]
        if panel["type"] != "row"
    ]


def panel_expressions() -> list[Expression]:
    """Return every expression of every panel and annotation, with Grafana's variables in them."""
    found = [Expression(place, target["expr"]) for place, panel in panels() for target in panel["targets"]]
    for name, board in dashboards().items():
        found += [Expression(f"{name}: {note['name']}", note["expr"]) for note in board["annotations"]["list"]]
    return found


def rule_expressions() -> list[Expression]:
    """Return the expression of every rule."""
    return [Expression(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()]


def filled_in(expression: str, interval: str) -> str:
    """Return a panel's expression with values for Grafana's variables, as Grafana sends it."""
    for name in ("job", "namespace", "instance"):
        expression = expression.replace(f"${name}", ".*")
    return expression.replace("$__rate_interval", interval).replace("$__interval", interval)


def metric_names(expression: str) -> set[str]:
    """Return the names of the metrics an expression reads; those of recording rules have a colon and are not here."""
    without_recorded = re.sub(r"\b[a-z_]+(?::[a-z0-9_]+)+\b", "", expression)
    return set(_NAME.findall(without_recorded))
