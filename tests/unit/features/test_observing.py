"""What an event contributes to which rows: features declared in YAML, observed by the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from streams.contract.decode import decode_event
from streams.engine.engine import Engine
from streams.engine.references import References
from streams.state.rows import Position
from streams.state.store import Store
from tests.cases.notation import expand
from tests.unit.rules.packs import load

if TYPE_CHECKING:
    from pathlib import Path

KEY = b"a key of tests"
RULE = """
rules:
  V01:
    name: 测试
    each: {each}
    when: {when}
    severity: 3
    message: "{message}"
"""
HEAD = """
exemptions:
  refund: {when: event.refd_setl_flag == '1', doc: 退费}
"""


def says(folder: Path, features: str, rule: tuple[str, str, str], events: list[dict[str, Any]], **more: Any) -> Any:
    """Screen events with one rule over some features; gives its sentence for each settlement, None where silent."""
    each, when, message = rule
    text = HEAD + "features:\n" + features + RULE.format(each=each, when=when, message=message)
    engine = Engine(
        load(folder, text, **more.get("tables", {})), more.get("store") or held(), KEY, more.get("references")
    )
    found = []
    for offset, record in enumerate(expand(events), more.get("first", 0)):
        result = engine.screen(decode_event(record, arrived=None), Position(0, offset)).result
        if result is not None:
            found.append(result.violations[0].vola_cont if result.violations else None)
    return found


def held() -> Store:
    store = Store()
    store.hold({0})
    return store


PRESCRIBER = """
  today:
    doc: 当日
    scope: prescriber
    each: line
    where: not refund
    aggregate: count
    once: {once}
    window: 1 calendar day
"""


@pytest.mark.parametrize(("once", "count"), [("true", "2"), ("false", "5")])
def test_a_settlement_counts_once_for_each_key(tmp_path: Path, once: str, count: str) -> None:
    """With ``once``, a prescriber's lines of one settlement are one observation."""
    lines = [{"item": "00A", "dr": "D1"}, {"item": "00B", "dr": "D2"}, {"item": "00C", "dr": "D1"}, {"item": "00D"}]
    events = [{"lines": lines}, {"lines": [*lines, {"item": "00E", "dr": "D1"}]}]
    features = PRESCRIBER.format(once=once)
    found = says(tmp_path, features, ("line", "line.bilg_dr_codg == 'D1' and today.count > 0", "{today.count}"), events)
    assert found[1] == count


def test_a_share_of_one_settlement_is_one_observation(tmp_path: Path) -> None:
    """Lines of one settlement add up in the share; what is read at the settlement is as of its service time."""
    features = """
  dear:
    doc: 贵
    scope: institution
    each: line
    aggregate: share
    of: line.pric > 50
    window: 2 d
"""
    lines = [{"item": "00A", "pric": 60}, {"item": "00B", "pric": 10}, {"item": "00C", "pric": 70}]
    found = says(
        tmp_path, features, ("settlement", "dear.total > 0", "{dear.hits}/{dear.total}"), [{"lines": lines}] * 2
    )
    assert found == ["2/3", "4/6"]
    events = [{"lines": lines}, {"lines": lines, "at": "2026-11-21"}, {"lines": [], "at": "2026-11-25"}]
    assert says(tmp_path, features, ("settlement", "dear.total > 0", "{dear.hits}/{dear.total}"), events)[1:] == [
        "4/6",
        None,
    ]


WATCHED = """
  watched:
    doc: 重点药
    scope: person_item
    each: line
    where: listed('D04', line) and not refund
    aggregate: sum
    of: line.cnt
    window: 3 calendar days
"""


def test_only_listed_items_are_observed(tmp_path: Path) -> None:
    """A feature of a table's items sees those alone; an absent table lists nothing."""
    events = [{"lines": ["XW", "X1"]}, {"lines": ["XW", "X1"]}]
    rule = ("line", "line.cnt > 0", "{line.med_list_codg} {watched.sum}")
    assert says(tmp_path, WATCHED, rule, events, tables={"D04": "code\nXW\n"}) == ["XW 1", "XW 2"]
    (tmp_path / "knowledge" / "D04.csv").unlink()
    assert says(tmp_path, WATCHED, rule, events) == ["XW 0", "XW 0"]


REPEATED = """
  sales:
    doc: 销售
    scope: trace_code
    each: code
    where: not refund and line.cnt > 0
    aggregate: log
    fields: {place: event.fixmedins_code}
    window: 30 d
    limit: 8
  repeated:
    doc: 重复
    scope: institution
    each: code
    where: sales.count > 0
    aggregate: count
    window: 30 d
"""


def box(code: str, **more: Any) -> dict[str, Any]:
    return {"lines": [{"item": "X1", "codes": [code]}], **more}


def test_a_feature_can_look_at_what_codes_remember(tmp_path: Path) -> None:
    """Duplicates are counted for the institution when they are sold, and taken out when that sale is reversed."""
    again = [box("B1", institution="H2", setl="DUP"), {"kind": "reversal", "of": "DUP"}, box("B2", institution="H2")]
    events = [box("B1"), box("B2"), *again]
    found = says(tmp_path, REPEATED, ("settlement", "repeated.count > 0", "{repeated.count}"), events)
    assert found == [None, None, "1", "1"]


def test_what_is_held_elsewhere_counts_nothing(tmp_path: Path) -> None:
    """Where a code's row belongs to another worker, its duplicates are not guessed; other features go on."""
    store = Store(2, lambda _area: 0)
    store.hold({0})
    events = [box(f"B{n}") for n in range(8)] + [box(f"B{n}", institution="H2") for n in range(8)]
    features = REPEATED + WATCHED
    found = says(tmp_path, features, ("settlement", "repeated.count >= 0", "{repeated.count}"), events, store=store)
    assert 0 < int(found[-1]) < 8


def test_returns_are_remembered_by_what_was_returned(tmp_path: Path) -> None:
    """A refunded box leaves its mark, also when nothing of its settlement is left; a reversed refund leaves none."""
    features = """
  returned:
    doc: 退货
    scope: trace_code
    each: code
    where: line.cnt < 0
    aggregate: log
    returns: true
    fields: {place: event.fixmedins_code}
    window: 30 d
    limit: 4
"""
    back = {"refund": True, "of": "S1", "fee": -10, "lines": [{"item": "X1", "cnt": -1, "of": "1", "codes": ["B1"]}]}
    rule = ("code", "returned.count > 0", "{returned.last.place} {returned.last.setl_id}")
    assert says(tmp_path, features, rule, [box("B1", setl="S1"), back, box("B1")]) == [None, None, "H1 S1"]
    undone = [box("B1", setl="S1"), {**back, "setl": "R"}, {"kind": "reversal", "of": "R"}, box("B1", institution="H2")]
    assert says(tmp_path, features, rule, undone) == [None, None, None]


def test_a_feature_can_look_at_registries(tmp_path: Path) -> None:
    """A person's employer keys a row of its own, under a hash; persons without one are not observed."""
    features = """
  colleagues:
    doc: 同一单位
    scope: employer
    each: settlement
    where: person.status == 'active'
    aggregate: distinct
    of: event.psn_ref
    window: 30 d
"""
    references = References()
    for person, employer in (("A", "SECRET9"), ("B", "SECRET9"), ("C", None)):
        record = {"psn_no": "31" + person, "status": "active", "emp_no": employer}
        references.take("persons", orjson.dumps(record))
    store = held()
    events = [{"person": person, "lines": []} for person in "ABC"]
    rule = ("settlement", "colleagues.count > 0", "{colleagues.count}")
    assert says(tmp_path, features, rule, events, references=references, store=store) == ["1", "2", None]
    assert [key[0] for key in store.partitions[0].windows] == ["e"]
    assert "SECRET9" not in str(store.partitions[0].windows)


def test_a_feature_of_lines_can_be_read_by_settlements(tmp_path: Path) -> None:
    """What is observed for each line but known for the person is read by rules that look at the settlement."""
    features = """
  given:
    doc: 数量
    scope: person
    each: line
    aggregate: sum
    of: line.cnt
    window: 10 d
"""
    events = [{"lines": ["X1", "X2"]}, {"at": "2026-11-22", "lines": [{"item": "X3", "cnt": 2.5}]}]
    assert says(tmp_path, features, ("settlement", "given.sum > 0", "{given.sum}"), events) == ["2", "4.5"]


def test_a_changed_feature_starts_without_history(tmp_path: Path) -> None:
    """After a pack with a changed feature comes into force, its view has seen nothing, and says since when it looks."""
    first, second = tmp_path / "1", tmp_path / "2"
    first.mkdir()
    second.mkdir()
    features = """
  visits:
    doc: 次数
    scope: person
    each: settlement
    where: event.medfee_sumamt >= 0
    aggregate: count
    window: 30 d
"""
    rule = ("settlement", "visits.count > 0", "{visits.count} {visits.history} {visits.since:date}")
    store = held()
    early = [{"at": f"2026-11-{day:02}", "setl": f"E{day}", "lines": []} for day in (1, 2, 3)]
    late = [{"at": f"2026-11-{day:02}", "setl": f"L{day}", "lines": []} for day in (8, 9, 11)]
    assert says(first, features, rule, early, store=store)[-1] == "3 2 2026-11-01"
    changed = features.replace(">= 0", "> -1")
    assert says(second, changed, rule, late, store=store, first=9)[-1] == "3 3 2026-11-08"


def test_features_of_a_prescriber_wait_for_their_own_line(tmp_path: Path) -> None:
    """A feature seen once a prescriber is asked until its own line comes, whatever others saw in earlier lines."""
    of_drugs = (
        PRESCRIBER.format(once="true")
        .replace("today:", "drugs:")
        .replace("refund", "refund and line.list_type == '101'")
    )
    found = says(
        tmp_path,
        PRESCRIBER.format(once="true") + of_drugs,
        ("line", "drugs.count >= 1 and today.count >= 1", "{today.count}{drugs.count}"),
        [{"lines": [{"item": "00A", "dr": "D1"}, {"item": "X1", "dr": "D1"}, {"item": "X2", "dr": "D1"}]}],
    )
    assert found == ["11"]
