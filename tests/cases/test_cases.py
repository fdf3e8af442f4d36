"""Every rule of the catalogue on small stories: what it must find, and the harmless twins beside it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from tests.cases.world import cases, pack, run

CATALOGUE = [
    *(f"P{n:02}" for n in range(1, 19)),
    *(f"T{n:02}" for n in range(1, 7)),
    *(f"D{n:02}" for n in range(1, 6)),
    *(f"V{n:02}" for n in range(1, 16)),
    *(f"G{n:02}" for n in range(1, 7)),
    *(f"R{n:02}" for n in range(1, 5)),
]
ALL = cases()


def violation(result: dict[str, Any], rule_id: str) -> dict[str, Any] | None:
    """What a result says under a rule."""
    return next((found for found in result["violations"] if found["rule_id"] == rule_id), None)


@pytest.mark.parametrize(("rule_id", "case"), ALL, ids=[f"{rule_id}-{case['case']}" for rule_id, case in ALL])
def test_case(rule_id: str, case: dict[str, Any]) -> None:
    """The last settlement of the story is found or not, as it says; those before it are not, unless it says so."""
    results = run(case)
    *before, last = [violation(result, rule_id) for result in results]
    early = {str(number) for number, found in enumerate(before, 1) if found is not None}
    assert early == set(case.get("earlier", []))
    assert all(result["status"] == "complete" for result in results)
    expected = case.get("finds")
    if expected is None:
        assert last is None, last
        return
    assert last is not None
    assert str(expected["severity"]) == last["sev_deg"]
    if "stake" in expected:
        assert expected["stake"] == last["vola_amt"]
    for text in expected.get("says", []):
        assert text in last["vola_cont"]
    if "lines" in expected:
        assert expected["lines"] == [line["feedetl_sn"] for line in last["judge_result_detail_dtos"]]
    if "settlements" in expected:
        assert set(expected["settlements"]) <= set(_settlements(last["vola_evid"]))
    assert "31A" not in str(last)


def _settlements(evidence: Any) -> list[str]:
    """Every settlement that evidence names, wherever it stands."""
    if isinstance(evidence, dict):
        own = evidence.get("settlements", [])
        return list(own) + [found for value in evidence.values() for found in _settlements(value)]
    return [found for value in evidence for found in _settlements(value)] if isinstance(evidence, list) else []


def test_every_rule_has_its_cases() -> None:
    """Each id of the catalogue has a story it must find and a harmless twin, and the pack has each of them live."""
    sides = defaultdict(set)
    for rule_id, case in ALL:
        sides[rule_id].add("finds" in case)
    assert {rule_id: {True, False} for rule_id in CATALOGUE} == dict(sides)
    assert sorted(rule.rule_id for rule in pack("shipped").rules if rule.mode == "live") == sorted(CATALOGUE)


def test_the_pack_is_clean() -> None:
    """Neither the shipped tables nor those of the cases leave a warning."""
    assert pack("shipped").warnings == ()
    assert pack("cases").warnings == ()
