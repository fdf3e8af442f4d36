"""Whether what dashboards and rules read was ever there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tests.deploy.rules import filled_in, metric_names, panel_expressions, rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.deploy.prometheus import Prometheus

INTERVAL: Final = "10s"
"""What Grafana would put for `$__rate_interval` over so short a time."""
PENDING: Final = {"prewarn_model_score_bucket", "prewarn_model_drift", "prewarn_model_info"}
"""Named in operations' plan and not yet in the worker: the model is not there yet. An entry that is there must go."""
EMPTY: Final = {"prewarn_rule_precision_ratio": "precision needs verdicts, which come days later"}
"""Metrics that have no series in such a run, and why."""
_SELECTOR: Final = re.compile(r"\b(?:(?:prewarn|process|python)_\w+|job:\w+:\w+|up)\b(?:\{[^}]*\})?")


def unseen(prometheus: Prometheus) -> list[str]:
    """Return panels without a value, and what rules read that was never there.

    An alert's expression is empty while it does not fire, so of rules each selector is asked for by itself.
    """
    return [*_panels(prometheus), *_selectors(prometheus)]


def _panels(prometheus: Prometheus) -> Iterator[str]:
    for place, text in panel_expressions():
        if not _excused(text) and not prometheus.ever(filled_in(text, INTERVAL)):
            yield f"{place}: {text}"


def _selectors(prometheus: Prometheus) -> Iterator[str]:
    wanted = {
        (rule.get("alert") or rule["record"], each) for rule in rules() for each in _SELECTOR.findall(rule["expr"])
    }
    for place, selector in sorted(wanted):
        if not _excused(selector) and not prometheus.ever(selector):
            yield f"{place}: {selector}"


def _excused(text: str) -> bool:
    return bool(metric_names(text) & (PENDING | EMPTY.keys()))
