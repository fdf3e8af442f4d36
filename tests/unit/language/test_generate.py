"""What expressions compute: units, unknown values, loops, functions."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from streams.contract.events import Diagnosis, TraceCode
from streams.language.compile import RULE_ARGUMENTS, FunctionSet
from streams.language.names import LetInfo, Uses
from tests.unit.language.bench import Compiled, check, context, event, line, names, run

VALUES = [
    # Units: literals beside a unit take it.
    ("line.cnt > 1.9999", True),
    ("line.cnt > 2", False),
    ("line.amount", 2_000),
    ("line.amount == 20", True),
    ("line.pric * line.cnt", 2_500),
    ("3 * event.medfee_sumamt", 7_500),
    ("event.medfee_sumamt + 0.01", 2_501),
    ("event.medfee_sumamt / event.fund_pay_sumamt > 1.66", True),
    ("visits.count / 2", 1.5),
    ("prorate(line.amount, line.pric - line.pric_uplmt_amt, line.pric)", 400),
    ("prorate(line.amount, 1, 3)", 667),
    ("prorate(-line.amount, 1, 3)", -667),
    ("prorate(line.amount, 1, visits.count - 3)", None),
    ("visits.count / (visits.count - 3)", None),
    ("yuan(12.34)", 1_234),
    ("price(12.34)", 12_340_000),
    ("quantity(visits.count)", 30_000),
    ("days(1) + hours(2) - minutes(3) + seconds(4)", 86_400_000 + 7_200_000 - 180_000 + 4_000),
    ("days(0.5) == hours(12)", True),
    ("days(fact.limit)", 3 * 86_400_000),
    ("units.sum >= param.times", True),
    ("spent.sum >= param.times * yuan(30)", True),
    # Days and times are Beijing's.
    ("day(event.time) - day('2025-11-27')", 0),
    ("day(event.time + hours(12)) - day(event.time)", 1),
    ("month(event.time)", 11),
    ("month(day('2026-02-28') + 1)", 3),
    ("hour(event.time)", 12),
    ("age_years(event.time)", 55),
    ("age_days(day('1970-01-02'))", 1),
    ("age_years(day('1971-01-01'))", 1),
    # Text.
    ("prefix(line.med_list_codg, 2)", "XC"),
    ("starts_with(line.med_list_codg, 'XC')", True),
    ("starts_with(line.med_list_codg, ['ZA', 'X'])", True),
    ("any_prefix(fact.icd, ['I1'])", True),
    ("matches(line.med_list_codg, 'XC08')", True),
    ("matches(line.med_list_codg, 'XC*')", True),
    ("matches(line.med_list_codg, 'XC')", False),
    ("level_rank(event.medins_lv)", 2),
    ("event.gend in param.codes", True),
    ("event.gend not in ['1']", False),
    ("'男' if event.gend == '1' else '女'", "男"),
    ("'S00' <= prefix('S12', 3) < 'T99'", True),
    # Loops.
    ("count(event.feedetail)", 1),
    ("count(x for x in event.feedetail if x.cnt > 5)", 0),
    ("sum(x.amount for x in event.feedetail)", 2_000),
    ("max(x.fee_ocur_time for x in event.feedetail) - event.time", 0),
    ("min(x.cnt for x in event.feedetail if x.cnt > 5)", None),
    ("distinct(x.med_list_codg for x in event.feedetail)", 1),
    ("any(starts_with(d.dise_codg, fact.icd) for d in event.diagnoses)", True),
    ("all(x.cnt > 5 for x in event.feedetail)", False),
    ("sales.first.institution", "H2"),
    ("event.time - sales.last.time == seconds(1)", True),
    ("sales.first.units", None),
    ("max(sum(u.units for u in sales if u.time >= v.time) for v in sales)", 0),
    ("amounts.same / amounts.total >= param.share", True),
    # Others.
    ("min(line.cnt, 1)", 10_000),
    ("max(1, visits.count, 2)", 3),
    ("abs(-line.cnt)", 20_000),
    ("-event.medfee_sumamt", -2_500),
    ("default(line.prd_days, 7)", 70_000),
    ("known(line.prd_days)", False),
    ("not known(event.gend)", False),
    ("fact.ok and param.strict", True),
    ("1 <= visits.count <= 3 != 4", True),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_values(text: str, expected: object) -> None:
    """An expression computes exactly what it says, in the unit of its type."""
    assert run(text) == expected


U = "(event.insutype == 'a')"
T = "(event.gend == '1')"
F = "(event.gend == '2')"

KLEENE = [
    (f"{U} and {T}", None),
    (f"{U} and {F}", False),
    (f"{F} and {U}", False),
    (f"{T} and {U}", None),
    (f"{U} or {T}", True),
    (f"{T} or {U}", True),
    (f"{U} or {F}", None),
    (f"not {U}", None),
    (f"not ({U} and {F})", True),
    (f"not ({U} or {T})", False),
    (f"{U} and {U}", None),
    (f"True if {U} else False", None),
    (f"{T} if {U} else {T}", None),
    (f"{U} if {T} else {F}", None),
    (f"default({U}, True)", True),
    (f"default({U}, False)", False),
    (f"known({U})", False),
    ("event.insutype != 'a'", None),
    ("event.insutype in ['a']", None),
    ("event.insutype not in ['a']", None),
    ("event.insutype not in param.codes", None),
    ("starts_with(event.insutype, 'a')", None),
    ("line.prd_days > 3", None),
    ("not (line.prd_days > 3)", None),
    ("line.prd_days + 3 > line.cnt", None),
    ("event.insutype == event.psn_type", None),
    ("event.insutype < event.psn_type", None),
    ("practitioner.status == 'suspended'", None),
    ("practitioner.status != 'suspended'", None),
    ("level_rank(event.insutype) < 3", None),
    ("any(x.prd_days > 3 for x in event.feedetail)", None),
    ("any(x.prd_days > 3 or x.cnt > 1 for x in event.feedetail)", True),
    ("any(x.prd_days > 3 and x.cnt > 2 for x in event.feedetail)", False),
    ("all(x.prd_days > 3 for x in event.feedetail)", None),
    ("all(x.prd_days > 3 or x.cnt > 2 for x in event.feedetail)", None),
    ("all(x.prd_days > 3 and x.cnt > 2 for x in event.feedetail)", False),
    ("all(x.cnt > 2 for x in event.feedetail if x.prd_days > 3)", True),
    ("any(x.cnt > 1 for x in event.feedetail if x.prd_days > 3)", False),
    ("sum(x.prd_days for x in event.feedetail) > 0", False),
    ("max(x.prd_days for x in event.feedetail) > 0", None),
    ("distinct(x.prd_days for x in event.feedetail) > 0", False),
]


@pytest.mark.parametrize(("text", "expected"), KLEENE)
def test_unknown_is_neither_true_nor_false(text: str, expected: object) -> None:
    """Conditions follow Kleene's logic in all three forms: the value, "is it true?" and "is it false?"."""
    compiled = Compiled(text)
    arguments = compiled.arguments()

    assert compiled.value(*arguments) is expected
    assert compiled.truth(*arguments) is (expected is True)
    assert compiled.falsity is not None
    assert compiled.falsity(*arguments) is (expected is False)


@pytest.mark.parametrize("flag", ["refd_setl_flag", "er_flag", "online_flag"])
@pytest.mark.parametrize(("sent", "yes"), [(None, False), ("0", False), ("1", True)], ids=["blank", "no", "yes"])
def test_a_blank_flag_means_no(flag: str, sent: str | None, yes: bool) -> None:  # noqa: FBT001
    """The platform leaves a flag out for "no": a blank is known, and compares as "0"."""
    seen = event(**{flag: sent})

    assert run(f"event.{flag} == '1'", event=seen) is yes
    assert run(f"'1' != event.{flag}", event=seen) is not yes
    assert run(f"event.{flag} == '0'", event=seen) is not yes
    assert run(f"event.{flag} in ['0']", event=seen) is not yes
    assert run(f"not (event.{flag} == '1')", event=seen) is not yes


def test_the_amount_of_a_line_falls_back_to_its_fee() -> None:
    """Where the in-scope amount is not sent, the whole fee is at stake."""
    assert run("line.amount", line=line(inscp_scp_amt=None)) == 2_500
    assert run("line.amount", line=line(inscp_scp_amt=None, det_item_fee_sumamt=None)) is None


def test_registry_records_may_be_missing() -> None:
    """A registry record's fields are unknown without a record, known with one."""
    seen = context(practitioner=SimpleNamespace(status="suspended", effective_from=20_000, effective_to=None))

    assert run("practitioner.status == 'suspended'", context=seen) is True
    assert run("practitioner.effective_from <= day(event.time)", context=seen) is True
    assert run("known(practitioner.effective_to)", context=seen) is False
    assert run("known(practitioner.status)") is False


def test_features_are_loaded_when_first_read() -> None:
    """A feature that a condition does not come to is never asked for."""
    seen = context(f=[None, None, None])
    asked = []

    def load(index: int) -> object:
        asked.append(index)
        seen.f[index] = SimpleNamespace(count=3)
        return seen.f[index]

    seen.load = load

    assert run("event.gend == '2' and visits.count > 1", context=seen) is False
    assert asked == []
    assert run("visits.count > 1 and visits.count < 9", context=seen) is True
    assert asked == [0]


def test_what_loading_raises_passes_through() -> None:
    """A remote owner that has not answered stops the rule, whatever stands around the feature."""
    seen = context(f=[None, None, None])

    def load(_index: int) -> object:
        raise LookupError

    seen.load = load
    with pytest.raises(LookupError):
        run("default(visits.count > 1 and event.gend == '1', False) or event.gend == '1'", context=seen)


def test_parameters_differ_by_area() -> None:
    """A parameter has the value of the area, in the unit of its use."""
    compiled = Compiled("units.sum >= param.times")

    assert compiled.truth(*compiled.arguments()) is True
    assert compiled.truth(*compiled.arguments(area="3101")) is False


def test_nested_loops_see_both_variables() -> None:
    """An inner loop's condition may mention the outer variable, and unknown operands in both."""
    seen = event(
        feedetail=[
            line(feedetl_sn="1", drug_trac_info=[TraceCode(drug_trac_codg="a"), TraceCode(drug_trac_codg="b")]),
            line(feedetl_sn="2", drug_trac_info=[TraceCode(drug_trac_codg="a", min_prcunt_type="2")], prd_days=20_000),
        ],
        diagnoses=[Diagnosis(dise_codg="I10")],
    )
    text = (
        "sum(count(y for y in x.drug_trac_info if y.min_prcunt_type == '2' or x.prd_days > 3) for x in event.feedetail)"
    )

    assert run(text, event=seen) == 1
    assert (
        run("sum(count(y for y in x.drug_trac_info if y.drug_trac_codg == 'a') for x in event.feedetail)", event=seen)
        == 2
    )


def test_named_expressions_are_computed_once_if_at_all() -> None:
    """However often a named expression is read, in loops or in other named ones, it is computed once or not at all."""
    asked = []

    def load(_index: int) -> object:
        asked.append(1)
        return SimpleNamespace(count=3)

    seen = context(f=[None, None, None], load=load)
    first, _ = check("visits.count * 2")
    assert first is not None
    lets = {"double": LetInfo(function="let_double", index=0, node=first, uses=Uses())}
    second, _ = check("double + double", names(lets=lets))
    assert second is not None
    lets["four"] = LetInfo(function="let_four", index=1, node=second, uses=Uses(lets={"double"}))
    text = "event.gend == '1' and count(x for x in event.feedetail if x.cnt < quantity(four + double)) == four / 6"
    rule, faults = check(text, names(lets=lets))
    assert (faults, rule is None) == ([], False)
    assert rule is not None
    functions = FunctionSet()
    functions.let("let_double", 0, first)
    functions.let("let_four", 1, second)
    when = functions.condition("when", RULE_ARGUMENTS, rule)
    functions.build()

    assert when()(seen, event(feedetail=[line(), line()]), None, None, None, ()) is True
    assert len(asked) == 1
    assert when()(seen, event(gend="2"), None, None, None, ()) is False
    assert len(asked) == 1


def test_named_exemptions_are_written_out() -> None:
    """An exemption's name is its condition."""
    node, _ = check("event.er_flag == '1'")
    assert node is not None
    within = names(exemptions={"emergency": (node, Uses())})

    assert run("not emergency and visits.count > 1", within) is True
    assert run("not emergency and visits.count > 1", within, event=event(er_flag="1")) is False


def test_exemptions_count_towards_the_size() -> None:
    """Writing an exemption out a thousand times is too large an expression."""
    node, _ = check("event.er_flag == '1' and event.gend == '1' and event.med_type == '11'")
    assert node is not None
    _, faults = check(" or ".join(["emergency"] * 300), names(exemptions={"emergency": (node, Uses())}))

    assert "exemptions written out" in faults[0][1]


@pytest.mark.parametrize(
    ("medins_lv", "rank"),
    [
        ("01", 3),
        ("04", 3),
        ("12", 3),
        ("05", 2),
        ("13", 2),
        ("08", 1),
        ("14", 1),
        ("11", 0),
        ("99", None),
        (None, None),
    ],
)
def test_level_ranks(medins_lv: str, rank: int | None) -> None:
    """Levels 01-04 and 12 are tertiary, 05-07 and 13 secondary, 08-10 and 14 primary, 11 has none."""
    assert run("level_rank(event.medins_lv)", event=event(medins_lv=medins_lv)) == rank


@pytest.mark.parametrize(("brdy", "years"), [(None, None), (10**9, None), (20_419, 0), (20_420, -1)])
def test_ages_may_be_unknown(brdy: int | None, years: int | None) -> None:
    """No birthday, or one outside the calendar, gives no age."""
    assert run("age_years(event.time)", event=event(brdy=brdy)) == years


def test_generated_code_reaches_nothing_else() -> None:
    """The globals of generated functions hold no import, no open, no eval."""
    compiled = Compiled("event.gend == '1'")

    assert set(compiled.value.__globals__["__builtins__"]) == {"any", "all", "len", "sum", "min", "max", "abs"}
