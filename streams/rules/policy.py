"""Reads the policy: which action and score severities lead to, in general and in some areas."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from streams.rules.outcome import SEVERITIES
from streams.rules.parameters import AREA
from streams.rules.section import Section
from streams.rules.specs import PolicySpec, Together

if TYPE_CHECKING:
    from streams.rules.places import Problems
    from streams.rules.yaml_files import Item

ACTIONS = ("pass", "remind", "review", "hold")
"""From the mildest to the gravest."""

MAX_SCORE = 100
MAX_TOGETHER = 50
KEYS = frozenset({"severity", "each_more", "together"})
TOGETHER = ("severity", "violations", "action")


def read_policy(item: Item, problems: Problems) -> PolicySpec | None:
    """Read the policy; None when it was reported.

    What an area says stands in for what holds in general, severity by severity; what it leaves out holds there too.
    """
    before = len(problems.errors)
    section = Section(item, "policy", problems, KEYS | {"areas"}, ("severity",))
    general = _read(section, None)
    if "severity" in section.values:
        for severity in SEVERITIES:
            if severity not in general.actions:
                section.refuse(section.values["severity"], f"severity {severity} is missing")
    areas: dict[str, PolicySpec] = {}
    for key, value in section.named("areas"):
        if not AREA.fullmatch(key.value):
            section.refuse(key, f"{key.value!r} is not an area prefix", "one to six digits, in quotes")
            continue
        areas[key.value] = _read(Section(value, f"policy of area {key.value}", problems, KEYS), general)
    if len(problems.errors) > before:
        return None
    return PolicySpec(
        actions=general.actions,
        scores=general.scores,
        each_more=general.each_more,
        together=general.together,
        areas=areas,
    )


def _read(section: Section, general: PolicySpec | None) -> PolicySpec:
    """Read what holds in general, or in an area."""
    actions = dict(general.actions) if general else {}
    scores = dict(general.scores) if general else {}
    for key, value in section.named("severity"):
        if key.value not in map(str, SEVERITIES):
            section.refuse(key, f"there is no severity {key.value!r}", "1, 2 and 3")
            continue
        owner = f"{section.owner} severity {key.value}"
        row = Section(value, owner, section.problems, frozenset({"action", "score"}), ("action", "score"))
        actions[int(key.value)] = row.choice("action", ACTIONS)
        scores[int(key.value)] = row.whole("score", 0, 0, MAX_SCORE)
    _check_order(section, actions, scores)
    each_more = section.whole("each_more", general.each_more if general else 0, 0, MAX_SCORE)
    together = _together(section) if "together" in section.values or not general else general.together
    return PolicySpec(actions=actions, scores=scores, each_more=each_more, together=together)


def _together(section: Section) -> tuple[Together, ...]:
    """Read what several violations lead to."""
    item = section.values.get("together")
    if item is None:
        return ()
    if item.kind != "list":
        section.refuse(item, "together is a list, such as [{severity: 2, violations: 3, action: hold}]")
        return ()
    found = []
    for element in item.elements():
        row = Section(element, f"{section.owner} together", section.problems, frozenset(TOGETHER), TOGETHER)
        severity = row.whole("severity", 0, SEVERITIES[0], SEVERITIES[-1])
        violations = row.whole("violations", 0, 2, MAX_TOGETHER)
        found.append(Together(severity, violations, row.choice("action", ACTIONS)))
    return tuple(found)


def _check_order(section: Section, actions: dict[int, str], scores: dict[int, int]) -> None:
    """Report a graver severity that leads to less than a milder one."""
    for graver, milder in pairwise(SEVERITIES):
        known = actions.get(graver) in ACTIONS and actions.get(milder) in ACTIONS
        if not known or graver not in scores or milder not in scores:
            continue
        less = ACTIONS.index(actions[graver]) < ACTIONS.index(actions[milder]) or scores[graver] < scores[milder]
        if less:
            where = section.values.get("severity", section.item)
            section.refuse(where, f"severity {graver} leads to less than severity {milder}")


def decide(policy: PolicySpec, severities: list[int]) -> tuple[str, int]:
    """Give action and score of violations: the gravest decides, each further one adds, several together may do more."""
    gravest = min(severities)
    action = policy.actions[gravest]
    for rule in policy.together:
        enough = sum(severity <= rule.severity for severity in severities) >= rule.violations
        if enough and ACTIONS.index(rule.action) > ACTIONS.index(action):
            action = rule.action
    score = policy.scores[gravest] + policy.each_more * (len(severities) - 1)
    return action, min(score, MAX_SCORE)
