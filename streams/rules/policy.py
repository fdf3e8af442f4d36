"""Reads the policy: which action and score a severity leads to."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from streams.rules.outcome import SEVERITIES
from streams.rules.section import Section
from streams.rules.specs import PolicySpec

if TYPE_CHECKING:
    from streams.rules.places import Problems
    from streams.rules.yaml_files import Item

ACTIONS = ("pass", "remind", "review", "hold")
"""From the mildest to the gravest."""

MAX_SCORE = 100


def read_policy(item: Item, problems: Problems) -> PolicySpec | None:
    """Read the policy; None when it was reported."""
    before = len(problems.errors)
    section = Section(item, "policy", problems, frozenset({"severity", "each_more"}), ("severity",))
    actions: dict[int, str] = {}
    scores: dict[int, int] = {}
    for key, value in section.named("severity"):
        if key.value not in map(str, SEVERITIES):
            section.refuse(key, f"there is no severity {key.value!r}", "1, 2 and 3")
            continue
        row = Section(
            value, f"policy severity {key.value}", problems, frozenset({"action", "score"}), ("action", "score")
        )
        actions[int(key.value)] = row.choice("action", ACTIONS)
        scores[int(key.value)] = row.whole("score", 0, 0, MAX_SCORE)
    if "severity" in section.values:
        for severity in SEVERITIES:
            if severity not in actions:
                section.refuse(section.values["severity"], f"severity {severity} is missing")
    _check_order(section, actions, scores)
    each_more = section.whole("each_more", 0, 0, MAX_SCORE)
    if len(problems.errors) > before:
        return None
    return PolicySpec(actions=actions, scores=scores, each_more=each_more)


def _check_order(section: Section, actions: dict[int, str], scores: dict[int, int]) -> None:
    """Report a graver severity that leads to less than a milder one."""
    for graver, milder in pairwise(SEVERITIES):
        known = actions.get(graver) in ACTIONS and actions.get(milder) in ACTIONS
        if not known or graver not in scores or milder not in scores:
            continue
        less = ACTIONS.index(actions[graver]) < ACTIONS.index(actions[milder]) or scores[graver] < scores[milder]
        if less:
            section.refuse(section.values["severity"], f"severity {graver} leads to less than severity {milder}")
