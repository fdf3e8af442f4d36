"""Packs and tables of any size or form: each has a defined end, none takes time or memory without bound."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from streams.language.parse import MAX_DEPTH
from streams.language.problems import PackError
from streams.rules.knowledge_files import MAX_TABLE_BYTES, load_knowledge
from streams.rules.places import Problems
from tests.unit.rules.packs import POLICY, load, write

if TYPE_CHECKING:
    from pathlib import Path

RULE = "{{name: 规则, each: {each}, severity: 3, message: '第{number}条', when: \"{when}\"}}"


def rules(*texts: str, each: str = "settlement") -> str:
    """A pack with a rule for each condition."""
    lines = [f"  N{n}: {RULE.format(each=each, number=n, when=when)}" for n, when in enumerate(texts)]
    return "rules:\n" + "\n".join(lines) + "\n"


@pytest.mark.slow
def test_a_pack_of_a_thousand_rules_is_loaded(tmp_path: Path) -> None:
    """A thousand rules are checked, compiled together and asked like one."""
    pack = load(tmp_path, rules(*[f"event.medfee_sumamt > yuan({n})" for n in range(1_000)]))

    assert len(pack.rules) == 1_000
    assert pack.fuse is not None
    sieve = pack.fuse(tuple(enumerate(pack.rules)))
    assert sieve.__code__.co_argcount == 5


def test_every_broken_rule_is_reported(tmp_path: Path) -> None:
    """Each of a hundred mistakes is reported in its own line; none hides another."""
    with pytest.raises(PackError) as caught:
        load(tmp_path, rules(*["event.nobody == '1'"] * 100))

    assert [problem.line for problem in caught.value.problems] == list(range(2, 102))


@pytest.mark.parametrize(
    "text",
    [
        "not " * 100 + "event.gend == '1'",
        "(" * 100 + "event.medfee_sumamt" + " + yuan(1))" * 100 + " > yuan(1)",
        "any(" * 100 + "true" + " for x in event.feedetail)" * 100,
        " if event.gend == '1' else ".join(["event.gend == '2'"] * 101),
    ],
    ids=["not", "sums", "loops", "choices"],
)
def test_an_expression_nested_a_hundred_deep_is_refused(text: str, tmp_path: Path) -> None:
    """It is refused with file, line and column, whatever is nested, and nothing raises anything else."""
    assert MAX_DEPTH < 100
    with pytest.raises(PackError) as caught:
        load(tmp_path, rules(text))

    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == (str(tmp_path / "rules" / "rules.yaml"), 2)


def test_parentheses_alone_nest_nothing(tmp_path: Path) -> None:
    """A hundred pairs of parentheses around a condition mean what the condition does."""
    assert len(load(tmp_path, rules("(" * 100 + "event.gend == '1'" + ")" * 100)).rules) == 1


LINES = "event.feedetail"


@pytest.mark.parametrize(
    ("each", "when"),
    [
        ("code", f"any(any(j.times > code.times for j in x.drug_trac_info) for x in {LINES})"),
        ("line", f"any(any(any(z.cnt > y.cnt for z in {LINES}) for y in {LINES}) for x in {LINES})"),
    ],
    ids=["each code", "three loops"],
)
def test_an_expression_that_would_run_for_ever_is_refused(each: str, when: str, tmp_path: Path) -> None:
    """Loops in loops are counted for the largest settlement there may be, and refused with what they would cost."""
    with pytest.raises(PackError) as caught:
        load(tmp_path, rules(when, each=each))

    (problem,) = caught.value.problems
    assert "steps for one settlement" in problem.message or "more than 2 loops" in problem.message


def test_a_table_of_a_hundred_megabytes_is_refused_unread(tmp_path: Path) -> None:
    """It is refused with its name and the limit, and its bytes are never in memory."""
    rules_dir, knowledge = write(tmp_path, rules("event.gend == '1'"))
    with (knowledge / "P02.csv").open("wb") as file:
        file.write(b"code,gend\n")
        file.truncate(100 << 20)
    problems = Problems()
    tracemalloc.start()
    load_knowledge(knowledge, problems, {})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    (problem,) = problems.errors
    assert f"more than {MAX_TABLE_BYTES} bytes" in problem.message
    assert problem.file.endswith("P02.csv")
    assert peak < 1 << 20
    assert POLICY in (rules_dir / "pack.yaml").read_text(encoding="utf-8")


def test_a_table_as_a_spreadsheet_saves_it_is_read(tmp_path: Path) -> None:
    """A byte order mark and Windows line ends change nothing; a mistake keeps its line."""
    (tmp_path / "P02.csv").write_bytes("\ufeffcode,gend,basis\r\nX1,1,依据\r\n\r\nX2,2,\r\n".encode())
    (tmp_path / "P03.csv").write_bytes("\ufeffcode,max_age\r\nX1,12\r\nX2,many\r\n".encode())
    problems = Problems()
    knowledge = load_knowledge(tmp_path, problems, {})

    assert [fact.code for fact in knowledge.table("P02").rows()] == ["X1", "X2"]
    assert {problem.line for problem in problems.problems if problem.file.endswith("P03.csv")} <= {1, 3}
    assert [problem for problem in problems.errors if problem.file.endswith("P02.csv")] == []


def test_every_broken_row_is_reported_and_the_pack_is_refused(tmp_path: Path) -> None:
    """Rows too short, too long, with a wrong value and twice the same: each with file and line, all at once."""
    table = "code,gend\nA,1\nB\nC,1,2,3\nD,9\nA,1\nE,2\n"
    with pytest.raises(PackError) as caught:
        load(tmp_path, rules("event.gend == '1'"), P02=table)

    assert [problem.line for problem in caught.value.problems] == [3, 4, 5, 6]
    assert {problem.file for problem in caught.value.problems} == {str(tmp_path / "knowledge" / "P02.csv")}
