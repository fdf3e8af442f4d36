"""`prewarn rules`: what an analyst sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli.rules import rules
from tests.packs import keep_shipped_pack

BROKEN = Path(__file__).parent / "broken"


@pytest.fixture(autouse=True)
def _pack_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_shipped_pack(monkeypatch)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rules, arguments)


def test_the_shipped_pack_passes() -> None:
    """Without arguments, the shipped pack is checked."""
    found = run("lint")

    assert found.exit_code == 0
    assert found.output == "pack 2026.11.2: 54 rules, 34 features, no errors\n"


def test_errors_are_named_with_file_line_and_rule() -> None:
    """A problem is a line an editor can jump to; the exit code is 1."""
    folder = str(BROKEN / "unknown_name" / "rules")
    found = run("lint", folder)

    assert found.exit_code == 1
    expected = f"{folder}/rules.yaml:5:11: error: rule V01: when: unknown name 'evnet' (did you mean 'event'?)\n"
    assert found.output == expected


def test_warnings_pass() -> None:
    """Warnings are printed, and are no failure."""
    found = run("lint", str(BROKEN / "feature_unused" / "rules"))

    assert found.exit_code == 0
    assert "warning: feature visits: nothing uses it" in found.output


def test_problems_as_json() -> None:
    """Other programs get the problems as data."""
    found = run(
        "lint", str(BROKEN / "table_rows" / "rules"), "--knowledge", str(BROKEN / "table_rows/knowledge"), "--json"
    )
    problems = json.loads(found.output)

    assert found.exit_code == 1
    assert {"file", "line", "column", "rule", "message", "hint", "warning"} == set(problems[0])
    assert [problem["line"] for problem in problems] == [3, 4, 5, 6, 7, 8]
    assert json.loads(run("lint", "--json").output) == []


def test_list_is_a_table() -> None:
    """A line for each rule, in columns that Chinese names do not push apart."""
    lines = run("list").output.splitlines()

    assert lines[0].split() == ["ID", "NAME", "MODE", "SEVERITY", "EACH", "TABLE", "READS"]
    rows = {line.split()[0]: line.split()[1:] for line in lines[1:]}
    assert rows["P02"] == ["医疗服务项目区分性别使用", "live", "1", "line", "P02", "-"]
    assert rows["T01"] == ["追溯码重复结算", "live", "varies", "code", "-", "code_sales"]
    assert rows["V15"][3:] == ["settlement+line", "V15", "person_visits,", "person_removed"]


def test_show_tells_all() -> None:
    """Everything about a rule: condition, parameters, features with window and state, texts."""
    output = run("show", "g02").output

    for part in ("同金额批量结算", "param.times", "times  8", "share  0.3", "1 calendar day", "a key", "refund"):
        assert part in output


def test_show_tells_of_history_and_further_forms() -> None:
    """A rule that compares with the past says how much of it it needs; a second form is shown beside the first."""
    output = run("show", "G03").output

    assert "silent until institution_hour has seen 3 d of an entity" in output
    assert "the last 1 h with such periods before, 1 d apart, of institution_hours" in output
    assert "when 2" in output
    assert "steps of 1 h" in output


def test_show_has_columns_for_areas(tmp_path: Path) -> None:
    """Parameters that differ by area stand beside the default."""
    from tests.unit.rules.packs import write  # noqa: PLC0415 - only this test writes a pack

    text = """
    rules:
      V01:
        name: 测试
        each: settlement
        when: event.insutype in param.kinds and event.medfee_sumamt > param.limit
        params: {kinds: ['310'], limit: 1.50, since: 2025-01-01}
        areas: {'3101': {kinds: ['390', '310'], limit: 2}}
        severity: 1
        message: 测试{param.since}
    """
    folder, _ = write(tmp_path, text)
    output = run("show", "V01", "--rules", str(folder)).output

    assert "NAME   DEFAULT     3101" in output
    assert "kinds  [310]       [390, 310]" in output
    assert "limit  1.5         2" in output
    assert "since  2025-01-01  -" in output


def test_an_unknown_rule_is_unusable() -> None:
    """Asking for a rule that is not there names those that are."""
    found = run("show", "Z99")

    assert found.exit_code == 2
    assert "it has D01, D02" in found.output


def test_a_broken_pack_cannot_be_listed() -> None:
    """List and show print what is wrong, and exit with 1."""
    found = run("list", "--rules", str(BROKEN / "unknown_name" / "rules"))

    assert found.exit_code == 1
    assert "unknown name 'evnet'" in found.output
