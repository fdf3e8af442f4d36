"""The shipped pack: each rule finds what it is for, says it with figures, and stays silent beside it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from streams.contract.events import TraceCode
from streams.rules.pack import load_pack
from tests.unit.language.bench import NOON, context, event, line

DEPLOY = Path(__file__).parents[3] / "deploy"
PACK = load_pack(DEPLOY / "rules", DEPLOY / "knowledge")
RULES = {rule.rule_id: rule for rule in PACK.rules}


def decide(rule_id: str, seen: Any, *, world: Any = None, row: Any = None, code: Any = None) -> Any:
    """What the rule makes of it: None when exempt or silent, else severity, amount, sentence, evidence."""
    rule = RULES[rule_id]
    around = world or context()
    if any(PACK.exemptions[name].when(around, seen, None, None, None, ()) for name in rule.unless):
        return None
    facts = [None] if rule.facts is None else rule.facts(seen, row, code)
    for fact in facts:
        arguments = (around, seen, row, code, fact, rule.params_for(seen.mdtrtarea_admvs))
        if rule.when(*arguments):
            return (
                rule.severity(*arguments),
                rule.amount(*arguments),
                rule.message(*arguments, 1),
                rule.evidence(*arguments),
            )
    return None


def test_the_pack_is_clean() -> None:
    """The shipped pack has no warning either, and the six rules of its catalogue."""
    assert PACK.warnings == ()
    assert list(RULES) == ["P02", "P15", "V02", "G02", "R03", "T01"]
    assert {rule.mode for rule in PACK.rules} == {"live"}


def test_policy_holds_only_clear_violations() -> None:
    """Nothing below severity 1 holds a payment."""
    assert dict(PACK.policy.actions) == {1: "hold", 2: "review", 3: "remind"}


@pytest.mark.parametrize("rule", PACK.rules, ids=lambda rule: rule.rule_id)
def test_every_rule_explains_itself(rule: Any) -> None:
    """A rule has a Chinese name, an explanation, a basis, and figures in its sentence."""
    assert all([rule.name, rule.doc, rule.basis])
    assert "{" in rule.source["message"]


@pytest.mark.parametrize(
    ("code", "gend", "hit"),
    [
        ("003312020010000", "2", True),
        ("003312020010000", "1", False),
        ("003313030010000", "1", True),
        ("003314000020000", "1", True),
        ("003314000020000", "2", False),
        ("003112010010000", "1", True),
        ("003112020010000", "1", False),
        ("003111000010000", "2", True),
        ("001102000010000", "1", False),
        ("003313030010000", "0", False),
        ("003313030010000", "9", False),
        ("003313030010000", None, False),
    ],
)
def test_services_of_the_other_sex(code: str, gend: str | None, hit: bool) -> None:  # noqa: FBT001
    """P02: operations of one sex on the other; unknown sex is silent."""
    row = line(med_list_codg=code, list_type="201")

    assert (decide("P02", event(gend=gend), row=row) is not None) is hit


def test_service_of_the_other_sex_in_words() -> None:
    """P02 names the item, both sexes and the amount, and is a clear violation of the line's in-scope amount."""
    severity, amount, sentence, evidence = decide("P02", event(gend="1"), row=line(med_list_codg="003314000020000"))

    assert (severity, amount) == (1, 2_000)
    assert sentence == (
        "医疗服务项目003314000020000限女性使用，参保人登记性别为男，本单共1条明细、首条金额20.00元；请核对项目编码对照是否有误"
    )
    assert evidence["fact"] == {"code": "003314*", "gend": "2"}


@pytest.mark.parametrize(
    ("pric", "limit", "hit"),
    [
        (12500000, 10000000, True),
        (10000001, 10000000, True),
        (10000000, 10000000, False),
        (12500000, None, False),
        (12500000, 0, False),
    ],
)
def test_prices_above_the_limit(pric: int, limit: int | None, hit: bool) -> None:  # noqa: FBT001
    """P15: above the limit by any fraction; at the limit, without one, or with zero: silent."""
    row = line(pric=pric, pric_uplmt_amt=limit)

    assert (decide("P15", event(), row=row) is not None) is hit


def test_price_above_the_limit_in_words() -> None:
    """P15 puts the share of the price above the limit at stake."""
    severity, amount, sentence, _ = decide("P15", event(), row=line())

    assert (severity, amount) == (1, 400)
    assert sentence == "项目XC08单价12.50元，高于定价上限10.00元，每单位超出2.50元、数量2；本单共1条明细超限价"


def visits(count: int) -> Any:
    """A context with so many institutions of the person's day."""
    return context(f=[SimpleNamespace(count=count, settlements=["S8", "S9"]), None])


@pytest.mark.parametrize(
    ("count", "changes", "hit"),
    [
        (2, {}, False),
        (3, {}, True),
        (3, {"er_flag": "1"}, False),
        (3, {"online_flag": "1"}, False),
        (3, {"refd_setl_flag": "1"}, False),
        (3, {"er_flag": "0", "online_flag": None}, True),
    ],
)
def test_institutions_of_one_day(count: int, changes: dict[str, str], hit: bool) -> None:  # noqa: FBT001
    """V02: three institutions on one day, but not for emergencies, online visits and refunds."""
    assert (decide("V02", event(**changes), world=visits(count)) is not None) is hit


def test_institutions_of_one_day_in_words() -> None:
    """V02 names the day and the settlements that made the count; what the fund pays is at stake."""
    severity, amount, sentence, evidence = decide("V02", event(), world=visits(3))

    assert (severity, amount) == (2, 1_500)
    assert sentence.startswith("参保人2025-11-27已在3家定点机构结算，达到核查线3家；")
    assert evidence["person_day_institutions"] == {"count": 3, "settlements": ["S8", "S9"]}


@pytest.mark.parametrize("changes", [{"refd_setl_flag": "1"}, {"er_flag": "1"}, {"online_flag": "1"}])
def test_what_does_not_count_as_a_visit(changes: dict[str, str]) -> None:
    """Refunds, emergencies and online visits are not observed; blank flags are."""
    feature = PACK.features[0]

    assert feature.where is not None
    assert feature.where(event(**changes), None, None) is False
    assert feature.where(event(), None, None) is True
    assert feature.of is not None
    assert feature.of(event(), None, None) == "H1"


def amounts(same: int, total: int) -> Any:
    return context(f=[None, SimpleNamespace(same=same, total=total, distinct=3, settlements=["S7"])])


@pytest.mark.parametrize(
    ("same", "total", "hit"), [(8, 26, True), (8, 27, False), (7, 7, False), (300, 1_000, True), (299, 1_000, False)]
)
def test_one_amount_again_and_again(same: int, total: int, hit: bool) -> None:  # noqa: FBT001
    """G02: eight times and three tenths of the day's settlements, both exactly."""
    assert (decide("G02", event(), world=amounts(same, total)) is not None) is hit


def test_one_amount_again_and_again_in_words() -> None:
    """G02 says how many of how many, and which amount."""
    severity, amount, sentence, _ = decide("G02", event(), world=amounts(9, 20))

    assert (severity, amount) == (2, 1_500)
    assert sentence == "本机构2025-11-27已有9笔结算总费用同为25.00元，占当日20笔的45.0%，达到核查线8笔且30.0%"


@pytest.mark.parametrize(
    ("changes", "counted"),
    [
        ({}, True),
        ({"medfee_sumamt": 0}, False),
        ({"medfee_sumamt": -1}, False),
        ({"medfee_sumamt": None}, False),
        ({"refd_setl_flag": "1"}, False),
    ],
)
def test_amounts_that_count(changes: dict[str, Any], counted: bool) -> None:  # noqa: FBT001
    """Refunds and settlements without an amount above zero are not observed."""
    feature = PACK.features[1]

    assert feature.where is not None
    assert feature.where(event(**changes), None, None) is counted


def prescriber(status: str | None) -> Any:
    found = SimpleNamespace(status=status, effective_from=20_400, effective_to=None)
    return context(practitioner=found if status else None)


@pytest.mark.parametrize(
    ("status", "er_flag", "hit"),
    [
        ("suspended", None, True),
        ("terminated", "0", True),
        ("active", None, False),
        (None, None, False),
        ("suspended", "1", False),
    ],
)
def test_suspended_prescribers(status: str | None, er_flag: str | None, hit: bool) -> None:  # noqa: FBT001
    """R03: suspended or terminated when the line was written; unknown prescribers and emergencies are silent."""
    found = decide("R03", event(er_flag=er_flag), world=prescriber(status), row=line(bilg_dr_codg="D31"))

    assert (found is not None) is hit


def test_suspended_prescribers_in_words() -> None:
    """R03 names the prescriber, the status and the time."""
    severity, amount, sentence, evidence = decide(
        "R03", event(), world=prescriber("suspended"), row=line(bilg_dr_codg="D31")
    )

    assert (severity, amount) == (1, 2_000)
    assert sentence.startswith("开单人员D31的医保支付资格已暂停，2025-11-27 12:00仍开具医保费用，")
    assert evidence["effective_from"] == "2025-11-08"


def sold(*entries: tuple[str, str]) -> Any:
    """A context in which the code was sold before, by institution and person."""
    log = [(place, person, NOON - 60_000, f"S{index}") for index, (place, person) in enumerate(entries)]
    return context(kf=[SimpleNamespace(count=len(log), entries=log, settlements=[entry[3] for entry in log])])


@pytest.mark.parametrize(
    ("entries", "split", "severity"),
    [
        ((), None, None),
        ((("H1", "ref"),), None, 2),
        ((("H1", "other"),), None, 1),
        ((("H2", "ref"),), "0", 1),
        ((("H1", "ref"), ("H2", "other")), None, 1),
        ((("H2", "other"),), "1", None),
    ],
)
def test_trace_codes_sold_again(entries: tuple[Any, ...], split: str | None, severity: int | None) -> None:
    """T01: another person or institution is a clear violation, the same ones are suspicious; split packs are silent."""
    code = TraceCode(drug_trac_codg="8177", trdn_flag=split)
    found = decide("T01", event(), world=sold(*entries), row=line(), code=code)

    assert (None if found is None else found[0]) == severity


def test_trace_codes_sold_again_in_words() -> None:
    """T01 names the first sale: when, where, and which settlement."""
    _, amount, sentence, evidence = decide(
        "T01", event(), world=sold(("H2", "other")), row=line(), code=TraceCode(drug_trac_codg="8177")
    )

    assert amount == 2_000
    assert sentence.startswith("药品追溯码8177已于2025-11-27 11:59在机构H2结算（结算号S0），本次为第2次；")
    assert (evidence["first_setl_id"], evidence["first_institution"], evidence["same_person"]) == ("S0", "H2", False)


@pytest.mark.parametrize(
    ("changes", "row", "split", "counted"),
    [
        ({}, {}, None, True),
        ({}, {}, "1", False),
        ({}, {"cnt": -10000}, None, False),
        ({"refd_setl_flag": "1"}, {}, None, False),
    ],
)
def test_sales_that_count(changes: dict[str, Any], row: dict[str, Any], split: str | None, counted: bool) -> None:  # noqa: FBT001
    """Split packs, refund lines and refunds are no sale of a whole pack."""
    feature = PACK.features[2]
    code = TraceCode(drug_trac_codg="8177", trdn_flag=split)

    assert feature.where is not None
    assert feature.where(event(**changes), line(**row), code) is counted
    assert feature.of is not None
    assert feature.of(event(), line(), code) == ("H1", "ref", NOON, "S1")
