"""Packs as a whole: what a loaded pack gives the engine."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.language.problems import PackError
from streams.rules.pack import load_pack
from tests.unit.language.bench import NOON, context, event, line
from tests.unit.rules.packs import load, write

DEPLOY = Path(__file__).parents[3] / "deploy"

PACK = """
exemptions:
  emergency: {when: event.er_flag == '1', doc: 急诊}
features:
  visits:
    doc: 就诊次数
    scope: person
    each: settlement
    aggregate: count
    window: 30 d
  units:
    doc: 当日数量
    scope: person_item
    each: line
    where: listed('D04', line)
    aggregate: sum
    of: line.cnt
    window: 1 calendar day
    evidence: 0
  stays:
    doc: 住院
    scope: person
    each: settlement
    events: [admission, discharge]
    aggregate: log
    fields: {kind: event.event_type, paid: event.fund_pay_sumamt}
    window: 400 d
    limit: 16
rules:
  V01:
    name: 高频就诊
    each: settlement
    unless: [emergency]
    when: visits.count >= param.times and stays.count >= 0
    params: {times: 10, since: 2025-01-01, share: 0.5, kinds: ['11', '12']}
    areas:
      '31': {times: 12}
      '3101': {times: 15, kinds: ['13']}
    severity: 3 if event.insutype == '390' else 2
    message: 近30天就诊{visits.count}次，提醒线{param.times}次{', '.x if false else ''}
    evidence: [visits, stays, {since: param.since, kind_listed: event.med_type in param.kinds, share: param.share}]
    med_types: ['11', '14']
    effective_from: 2025-01-01
    effective_to: 2026-12-31
  P10:
    name: 超每日限次
    each: line
    table: P10
    let:
      over: units.sum - fact.max_per_day
    when: over > 0
    severity: 1
    amount: prorate(line.amount, over, units.sum)
    message: 超出{over}，共{lines}条
    basis: 规则
  P09:
    name: 重复收费
    each: line
    table: P09
    match: contained
    when: any(matches(x.med_list_codg, fact.code) for x in event.feedetail)
    severity: 1
    mode: shadow
    message: 已含于{fact.code}
  P18:
    name: 关闭的规则
    each: line
    when: line.cnt > 0
    mode: off
    severity: 1
    message: 关闭
""".replace("{', '.x if false else ''}", "")
P10 = "code,max_per_day,basis\nA*,1,\nB,2,依据\n"
P09 = "code,contained,scope\nA*,C,day\n"


@pytest.fixture
def pack(tmp_path: Path) -> Any:
    """A pack with one of everything."""
    return load(tmp_path, PACK, P10=P10, P09=P09)


def view(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(settlements=["S8", "S9"], **fields)


def seen(count: int = 12) -> SimpleNamespace:
    stays = SimpleNamespace(count=1, entries=[(NOON, "", "admission", None)], settlements=[])
    return context(f=[view(count=count), stays], lf=[view(sum=30_000, count=2)])


def rule(pack: Any, rule_id: str) -> Any:
    return next(found for found in pack.rules if found.rule_id == rule_id)


def test_features_keep_their_slots(pack: Any) -> None:
    """Slots are numbered within a level, in the order of declaration."""
    slots = [(feature.name, feature.each, feature.index) for feature in pack.features]

    assert slots == [("visits", "settlement", 0), ("units", "line", 0), ("stays", "settlement", 1)]


def test_features_have_functions(pack: Any) -> None:
    """Conditions, values and times of features look at event, line and code alone."""
    visits, units, stays = pack.features
    row = line(fee_ocur_time=7)

    assert (visits.where, visits.of, visits.at(event(), None, None)) == (None, None, NOON)
    assert (units.of(event(), row, None), units.at(event(), row, None)) == (20_000, 7)
    assert units.where(event(), row, None) is False
    assert stays.of(event(), None, None) == ("settlement", 1_500)
    assert (stays.fields, stays.events) == (("kind", "paid"), {"admission", "discharge"})
    assert (visits.span, visits.resolution, units.days, stays.resolution) == (30 * 86_400_000, 43_200_000, 1, 0)
    assert (visits.evidence, units.evidence, stays.limit) == (10, 0, 16)


def test_a_rule_speaks(pack: Any) -> None:
    """Condition, severity, amount, sentence and evidence of a settlement rule."""
    v01 = rule(pack, "V01")
    arguments = (seen(), event(insutype="390"), None, None, None, v01.params_for("440300"))

    assert v01.when(*arguments) is True
    assert v01.severity(*arguments) == 3
    assert v01.amount(*arguments) == 1_500
    assert v01.message(*arguments, 0) == "近30天就诊12次，提醒线10次"
    assert v01.evidence(*arguments) == {
        "params": {"times": 10},
        "visits": {"count": 12, "settlements": ["S8", "S9"]},
        "stays": {
            "count": 1,
            "entries": [{"time": "2025-11-27T12:00:00+08:00", "setl_id": "", "kind": "admission", "paid": None}],
        },
        "since": "2025-01-01",
        "kind_listed": True,
        "share": 0.5,
    }


def test_an_unclear_severity_is_the_mildest(pack: Any) -> None:
    """Where the choice cannot be made, the milder severity holds."""
    v01 = rule(pack, "V01")

    assert v01.severity(seen(), event(insutype=None), None, None, None, v01.defaults) == 3
    assert v01.severity(seen(), event(insutype="310"), None, None, None, v01.defaults) == 2


@pytest.mark.parametrize(("area", "hit"), [("440300", True), ("310200", True), ("310115", False)])
def test_areas_change_parameters(pack: Any, area: str, hit: bool) -> None:  # noqa: FBT001
    """The longest area prefix decides; parameters it does not name keep the rule's values, not a shorter prefix's."""
    v01 = rule(pack, "V01")

    assert v01.when(seen(), event(), None, None, None, v01.params_for(area)) is hit


def test_a_rule_says_what_it_is(pack: Any) -> None:
    """What the engine must know of a rule before it runs it."""
    v01, p10 = rule(pack, "V01"), rule(pack, "P10")

    assert (v01.unless, v01.med_types, v01.mode) == (("emergency",), ("11", "14"), "live")
    assert (v01.effective_from, v01.effective_to) == (20_089, 20_818)
    assert [feature.name for feature in v01.features] == ["visits", "stays"]
    assert (v01.scopes, p10.scopes) == ({"person"}, {"person_item"})
    assert (v01.table, p10.table) == (None, "P10")
    assert pack.exemptions["emergency"].when(None, event(er_flag="1"), None, None, None, ()) is True


def test_a_rule_with_a_table(pack: Any) -> None:
    """The fact row gives its columns to condition, amount and sentence, and its basis beside the rule's."""
    p10 = rule(pack, "P10")
    row = line(med_list_codg="B")
    (fact,) = p10.facts(event(), row, None)
    arguments = (seen(), event(), row, None, fact, p10.defaults)

    assert p10.when(*arguments) is True
    assert p10.amount(*arguments) == 667
    assert p10.message(*arguments, 2) == "超出1，共2条"
    assert p10.evidence(*arguments) == {"fact": {"code": "B", "max_per_day": 2}}
    assert p10.basis_for(fact) == "规则；依据"
    assert p10.basis_for(None) == "规则"
    assert p10.facts(event(), line(med_list_codg="C"), None) == ()


def test_candidates_of_an_item(pack: Any) -> None:
    """Only rules that can hit an item are given for it; settlement rules and rules that are off never are."""
    names = {code: [found.rule_id for found in pack.rules_for(code)] for code in ("A1", "B", "C", "D")}

    assert names == {"A1": ["P10"], "B": ["P10"], "C": ["P09"], "D": []}
    assert pack.rules_for("A1") is pack.rules_for("A1")


def test_absent_tables_are_warnings(pack: Any) -> None:
    """A table without a file means no facts of that kind: the pack holds, and says so."""
    assert [problem.message for problem in pack.warnings] == ["the knowledge folder has no D04.csv"]


def test_the_hash_covers_every_file(tmp_path: Path) -> None:
    """Names and bytes of rule files and tables decide the pack's hash, their time and folder do not."""
    first, again = tmp_path / "a", tmp_path / "b"
    for folder in (first, again):
        folder.mkdir()
    one = load(first, PACK, P10=P10, P09=P09).sha256
    assert load(again, PACK, P10=P10, P09=P09).sha256 == one
    assert load(again, PACK + "# more\n", P10=P10, P09=P09).sha256 != one
    assert load(again, PACK, P10=P10 + "C,1,\n", P09=P09).sha256 != one


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("doc: 当日数量", "doc: 别的说法", True),
        ("evidence: 0", "evidence: 5", True),
        ("of: line.cnt", "of:   line.cnt", True),
        ("of: line.cnt", "of: line.amount", False),
        ("window: 1 calendar day", "window: 2 calendar days", False),
        ("where: listed('D04', line)", "where: line.cnt > 0", False),
        ("where: listed('D04', line)", "where: not emergency", False),
    ],
)
def test_a_changed_definition_starts_a_new_state(tmp_path: Path, old: str, new: str, same: bool) -> None:  # noqa: FBT001
    """The identity of a feature's state follows what it means, not how it is described."""
    simple = PACK[: PACK.index("  P10:")]
    before = load(tmp_path, simple).features[1].fid
    after = load(tmp_path, simple.replace(old, new)).features[1].fid

    assert before.startswith("units-")
    assert (before == after) is same


def test_the_exemption_is_part_of_the_definition(tmp_path: Path) -> None:
    """Changing an exemption that a feature's condition names changes the feature."""
    simple = PACK[: PACK.index("  P10:")].replace("listed('D04', line)", "not emergency")
    before = load(tmp_path, simple).features
    after = load(tmp_path, simple.replace("event.er_flag == '1'", "event.online_flag == '1'")).features

    assert [b.fid == a.fid for b, a in zip(before, after, strict=True)] == [True, False, True]


def test_a_mounted_folder_is_read(tmp_path: Path) -> None:
    """A ConfigMap's links into ..data, hidden files and other files beside the pack are no trouble."""
    rules, knowledge = write(tmp_path, PACK, P10=P10, P09=P09)
    (rules / "..2026").mkdir()
    for path in list(rules.glob("*.yaml")):
        shutil.move(path, rules / "..2026" / path.name)
    (rules / "..data").symlink_to("..2026")
    for name in ("pack.yaml", "rules.yaml"):
        (rules / name).symlink_to(f"..data/{name}")
    (rules / ".rules.yaml.swp").write_text("no yaml: [")
    (rules / "README.md").write_text("# how to")
    (rules / "old.yaml").mkdir()

    assert load_pack(rules, knowledge).version == "t1"


def test_an_absent_folder_is_a_problem(tmp_path: Path) -> None:
    """A folder that does not exist refuses the pack with its name."""
    with pytest.raises(PackError, match="none: error: the folder cannot be read"):
        load_pack(tmp_path / "none")


def test_the_message_has_every_error(tmp_path: Path) -> None:
    """Whoever prints the exception shows all errors, one a line."""
    rules, _ = write(tmp_path, PACK.replace("visits.count", "visit.count").replace("event.er_flag", "event.er"))
    with pytest.raises(PackError) as caught:
        load_pack(rules)

    lines = str(caught.value).splitlines()
    assert len(lines) == len([problem for problem in caught.value.problems if not problem.warning]) == 3
    assert all(": error: " in text for text in lines)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(path.name for path in (DEPLOY / "rules").glob("*.yaml"))),
    cut=st.tuples(st.floats(0, 1), st.integers(0, 12)),
    new=st.text("abc:'\"{}[]()=<>.,*&-_ \n\t#|>12男", max_size=4),
)
def test_damaged_packs_are_refused_not_raised(tmp_path: Path, name: str, cut: tuple[float, int], new: str) -> None:
    """Whatever a slip of the keyboard does to the shipped pack, it loads or is refused with places."""
    rules = tmp_path / "rules"
    shutil.copytree(DEPLOY / "rules", rules, dirs_exist_ok=True)
    text = (rules / name).read_text(encoding="utf-8")
    at = int(cut[0] * len(text))
    (rules / name).write_text(text[:at] + new + text[at + cut[1] :], encoding="utf-8")
    problems = _problems(rules)

    assert all(problem.file for problem in problems)


def _problems(rules: Path) -> list[Any]:
    """What is wrong with a pack; an exception without an error fails the test."""
    try:
        return list(load_pack(rules, DEPLOY / "knowledge").warnings)
    except PackError as error:
        return [problem for problem in error.problems if not problem.warning] or [None]
