"""Sentences: what stands in braces is computed and written by its unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from streams.language.compile import MESSAGE_ARGUMENTS, FunctionSet
from streams.language.names import Uses
from streams.language.template import sentence_code
from streams.rules.expressions import Desk
from streams.rules.places import Problems
from streams.rules.yaml_files import read_yaml
from tests.unit.language.bench import NOON, Compiled, event, line, names

if TYPE_CHECKING:
    from streams.rules.yaml_files import Item


def item(text: str) -> Item:
    """The text as a value of a pack file."""
    quoted = text.replace("'", "''")
    root = read_yaml("pack.yaml", f"message: '{quoted}'".encode(), Problems())
    assert root is not None
    return next(value for _, value in root.items())


def problems(text: str) -> list[tuple[int, str]]:
    """Columns in the sentence and messages of what is wrong."""
    found = Problems()
    Desk("rule T", found, Uses()).sentence(item(text), names(lines=True), "message")
    return [(problem.column - len("message: '"), problem.message) for problem in found.problems]


def say(text: str, **changes: Any) -> str:
    """The sentence."""
    found = Problems()
    within = names(lines=True)
    parts = Desk("rule T", found, Uses()).sentence(item(text), within, "message")
    assert found.problems == []
    functions = FunctionSet()
    made = functions.add("message", MESSAGE_ARGUMENTS, sentence_code(functions, "message", parts))
    functions.build()
    sentence: str = made()(*Compiled("event.gend == '1'", within).arguments(**changes), 2)
    return sentence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("无占位", "无占位"),
        ("", ""),
        ("{line.amount}元", "20.00元"),
        ("{-line.amount}元", "-20.00元"),
        ("单价{line.pric}元", "单价12.50元"),
        ("{price(0.123456)}", "0.123456"),
        ("数量{line.cnt}", "数量2"),
        ("{quantity(0.5)}", "0.5"),
        ("{-line.cnt}", "-2"),
        ("{line.prd_days}天", "未知天"),
        ("{visits.count}家", "3家"),
        ("共{lines}条", "共2条"),
        ("{amounts.same / amounts.total:percent}", "40.0%"),
        ("{amounts.same / amounts.total}", "0.4"),
        ("{amounts.same / (visits.count - 3)}", "未知"),
        ("{day(event.time)}", "2025-11-27"),
        ("{event.time}", "2025-11-27 12:00"),
        ("{event.time:seconds}", "2025-11-27 12:00:00"),
        ("{event.time:clock}", "12:00"),
        ("{event.time:date}", "2025-11-27"),
        ("{event.time - sales.first.time}", "1秒"),
        ("{days(2) + hours(3) + minutes(4)}", "2天3小时4分钟"),
        ("{hours(36):days}天", "1.5天"),
        ("{event.gend == '1'}", "是"),
        ("{event.insutype == '1'}", "未知"),
        ("{event.insutype}", "未知"),
        ("{event.med_type}", "11"),
        ("{fact.icd}", "I10"),
        ("{'男' if event.gend == '1' else '女'}", "男"),
        ("{'a:b}c' if event.gend == '1' else '}'}", "a:b}c"),
        ("{{{visits.count}}}", "{3}"),
        ("一，\n 二；  {visits.count}。 （三）", "一，二；3。（三）"),
    ],
)
def test_values_are_written_by_their_unit(text: str, expected: str) -> None:
    """Money has two decimals, quantities no trailing zeros, ratios a percentage, unknown reads 未知."""
    assert say(text) == expected


def test_times_beyond_the_calendar_read_unknown() -> None:
    """A time that no calendar has is no failure of the rule."""
    assert say("{event.time + days(99999999)}，{day(event.time) + 999999999}", event=event(time=NOON)) == "未知，未知"


def test_zero_duration() -> None:
    """No time at all is zero seconds; a negative one says so."""
    assert say("{event.time - event.time}、{event.time - event.time - hours(1)}") == "0秒、-1小时"


def test_first_line_of_the_settlement() -> None:
    """A line rule's sentence speaks of the line it is rendered for."""
    assert say("{line.med_list_codg}", line=line(med_list_codg="Z9")) == "Z9"


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("共{lines 条", 1, "a { without its }"),
        ("共}条", 1, "a single } in a sentence"),
        ("共{}条", 2, "the expression is empty"),
        ("共{event.gendr}条", 2, "event has no 'gendr'"),
        ("共{visits.count + line.cnt}条", 2, "cannot add whole number and quantity"),
        ("共{visits.count:percent}条", 15, "whole number has no format 'percent'"),
        ("共{event.time:yyyy}条", 13, "time has no format 'yyyy'"),
        ("{event.feedetail}", 1, "list of records (line) cannot stand in a sentence"),
        ("{sales.first}", 1, "record (sales entry) cannot stand in a sentence"),
        ("字" * 4_001, 0, "the sentence has 4001 characters"),
    ],
)
def test_faulty_placeholders(text: str, column: int, message: str) -> None:
    """What is wrong in a sentence is reported at its placeholder."""
    found = problems(text)

    assert len(found) == 1
    assert message in found[0][1]
    assert found[0][0] == column + 1


def test_every_placeholder_is_checked() -> None:
    """Two faulty placeholders are two problems."""
    assert len(problems("{event.gendr}和{line.cn}")) == 2
