"""Types, units and names: what is accepted, and what is said about the rest."""

from __future__ import annotations

import pytest

from streams.language.names import FeatureInfo, Names
from streams.language.types import Kind
from tests.unit.language.bench import check, names

ACCEPTED = [
    ("event.gend == '1'", Kind.BOOL, True),
    ("event.refd_setl_flag == '1'", Kind.BOOL, False),
    ("line.cnt > 3", Kind.BOOL, False),
    ("line.cnt in [1, 2.5]", Kind.BOOL, False),
    ("event.medfee_sumamt > 100.55", Kind.BOOL, True),
    ("line.amount", Kind.MONEY, True),
    ("line.pric * line.cnt", Kind.MONEY, False),
    ("line.cnt * line.pric", Kind.MONEY, False),
    ("event.medfee_sumamt / event.fund_pay_sumamt", Kind.NUMBER, True),
    ("visits.count / 2", Kind.NUMBER, False),
    ("visits.count * 0.5 + 1", Kind.NUMBER, False),
    ("3 * event.medfee_sumamt - yuan(5)", Kind.MONEY, True),
    ("event.time - line.fee_ocur_time", Kind.DURATION, False),
    ("event.time - days(3)", Kind.TIME, False),
    ("day(event.time) - 7", Kind.DAY, False),
    ("day(event.time) - param.since", Kind.INT, False),
    ("day('2026-01-01')", Kind.DAY, False),
    ("days(line.prd_days)", Kind.DURATION, True),
    ("days(fact.limit) + hours(visits.count)", Kind.DURATION, False),
    ("age_years(event.time)", Kind.INT, True),
    ("age_days(day(event.time))", Kind.INT, True),
    ("month(event.time) + hour(event.time)", Kind.INT, False),
    ("level_rank(event.medins_lv) < 2", Kind.BOOL, True),
    ("starts_with(event.med_type, ['11', '14'])", Kind.BOOL, True),
    ("any_prefix(fact.icd, 'I')", Kind.BOOL, False),
    ("prefix(line.med_list_codg, 7)", Kind.TEXT, False),
    ("matches(line.med_list_codg, fact.gend)", Kind.BOOL, False),
    ("'a' if event.gend == '1' else 'b'", Kind.TEXT, True),
    ("known(event.gend)", Kind.BOOL, False),
    ("default(event.medfee_sumamt, 0)", Kind.MONEY, False),
    ("any(x.cnt > 3 for x in event.feedetail if x.list_type == '101')", Kind.BOOL, False),
    ("all(x.prd_days > 3 for x in event.feedetail)", Kind.BOOL, True),
    ("sum(x.amount for x in event.feedetail)", Kind.MONEY, False),
    ("max(x.fee_ocur_time for x in event.feedetail)", Kind.TIME, True),
    ("min(x.dise_codg for x in event.diagnoses)", Kind.TEXT, True),
    ("count(x for x in line.drug_trac_info if x.trdn_flag == '1')", Kind.INT, False),
    ("count(event.feedetail)", Kind.INT, False),
    ("distinct(x.person for x in sales)", Kind.INT, False),
    ("sum(count(y for y in x.drug_trac_info) for x in event.feedetail)", Kind.INT, False),
    ("sales.first.time", Kind.TIME, True),
    ("sales.last.units", Kind.QUANTITY, True),
    ("event.time - days(1) <= sales.last.time <= event.time", Kind.BOOL, True),
    ("units.sum > param.times", Kind.BOOL, False),
    ("spent.sum > yuan(param.times)", Kind.BOOL, False),
    ("amounts.same / amounts.total >= param.share", Kind.BOOL, True),
    ("event.gend in param.codes", Kind.BOOL, True),
    ("fact.ok and param.strict", Kind.BOOL, False),
    ("practitioner.status == 'suspended'", Kind.BOOL, True),
    ("institution.beds * 1.1 < visits.count", Kind.BOOL, True),
    ("min(line.cnt, 3)", Kind.QUANTITY, False),
    ("max(1, line.cnt, quantity(2))", Kind.QUANTITY, False),
    ("-line.cnt + abs(line.cnt)", Kind.QUANTITY, False),
    ("-3 < visits.count", Kind.BOOL, False),
    ("prorate(line.amount, line.pric - line.pric_uplmt_amt, line.pric)", Kind.MONEY, True),
    ("prorate(line.amount, 1, visits.count)", Kind.MONEY, True),
    ("quantity(count(line.drug_trac_info)) < line.cnt", Kind.BOOL, False),
    ("price(0.000001) < line.pric", Kind.BOOL, False),
    ("event.time - event.setl_time > 0", Kind.BOOL, True),
]


@pytest.mark.parametrize(("text", "kind", "nullable"), ACCEPTED)
def test_sound_expressions_have_a_type(text: str, kind: Kind, nullable: bool) -> None:  # noqa: FBT001
    """A sound expression is accepted, with its unit and whether it can be unknown."""
    node, faults = check(text)

    assert faults == []
    assert node is not None
    assert (kind, nullable) == (node.type.kind, node.type.nullable)


REFUSED = [
    # Names.
    ("evnet.gend == '1'", 0, "unknown name 'evnet'", "did you mean 'event'?"),
    ("event.gendr == '1'", 0, "event has no 'gendr'", "did you mean 'gend'?"),
    ("event.psn_no == '1'", 0, "event.psn_no is withheld", "event.psn_ref"),
    ("event.brdy > 3", 0, "event.brdy is withheld", "age_years"),
    ("person.psn_no == '1'", 0, "person.psn_no is withheld", ""),
    ("param.tims > 3", 0, "no parameter 'tims'", "did you mean 'times'?"),
    ("visits.sum > 3", 0, "a count has no 'sum'", "known: count"),
    ("visits > 3", 0, "visits is a feature, not a value", "visits.count"),
    ("sumx(3)", 0, "there is no function 'sumx'", "did you mean 'sum'?"),
    ("known(null)", 6, "null is not a value", "known(x)"),
    ("event.gend == None", 14, "None is not part of the language", "known(x)"),
    # Units.
    ("line.cnt > event.medfee_sumamt", 0, "cannot compare quantity and money", ""),
    ("event.medfee_sumamt + line.pric", 0, "cannot add money and price", "a price times a quantity is money"),
    ("event.medfee_sumamt > visits.count", 0, "cannot compare money and whole number", "yuan(...)"),
    ("event.medfee_sumamt * 0.5", 0, "cannot multiply money and number", "prorate"),
    ("event.medfee_sumamt / 2", 0, "cannot divide money by whole number", "prorate"),
    ("event.medfee_sumamt > 0.005", 0, "cannot compare money and number", "at most 2 decimals"),
    ("line.cnt == 0.00001", 0, "cannot compare quantity and number", "at most 4 decimals"),
    ("spent.sum > param.share / 1", 0, "cannot compare money and number", ""),
    ("event.time > day(event.time)", 0, "cannot compare time and day", "day(...)"),
    ("event.time - event.setl_time > 5", 0, "cannot compare duration and whole number", "days(n)"),
    ("event.time + event.time", 0, "cannot compute time + time", ""),
    ("day(event.time) * 2", 0, "cannot multiply day and whole number", ""),
    ("event.med_type == 11", 0, "cannot compare text and whole number", "quotes"),
    ("event.gend in [1, 2]", 15, "a literal text is needed here, this is whole number", "quotes"),
    ("event.gend + 'x'", 0, "cannot compute text + text", ""),
    ("quantity(line.cnt)", 0, "quantity() needs a plain number, this is quantity", ""),
    ("yuan(0.001) > spent.sum", 0, "yuan() needs a plain number", "at most 2 decimals"),
    ("days(0.00000001) > event.time - event.time", 0, "a duration is whole milliseconds", ""),
    ("days(visits)", 5, "visits is a feature", ""),
    ("day('2026-02-30') < day(event.time)", 0, "a date that does not exist", ""),
    ("prorate(line.cnt, 1, 2)", 0, "prorate() shares money, this is quantity", ""),
    ("prorate(line.amount, 0.5, 1)", 0, "prorate() shares by whole units", ""),
    ("visits.count / 0", 0, "division by zero", ""),
    # Conditions.
    ("event.gend == '1' and visits.count", 22, "a condition is needed here, this is whole number", "compare"),
    ("1 < 2 and visits.count > 1", 0, "this is always true", ""),
    ("not false", 4, "this is always false", ""),
    ("event.gend == 'M'", 0, "this value is never 'M'", "one of: 0, 1, 2, 9"),
    ("event.gend in ['1', 'F']", 20, "this value is never 'F'", ""),
    ("event.gend in []", 14, "the list is empty", ""),
    ("(event.gend == '1') == true", 0, "a yes/no cannot be compared", "write the condition itself"),
    ("(1 < visits.count < 3) < visits.count < 5", 0, "a chain of comparisons within a chain", "and"),
    ("known(line.cnt)", 0, "this is always known", ""),
    ("default(line.cnt, 3) > 2", 0, "the default is never taken", ""),
    ("event.gend is '1'", 0, "is compares no values", "=="),
    # Lists and loops.
    ("any(x > 3 for x in visits)", 19, "visits is a feature", ""),
    ("any(x.cnt > 3 for x in event.gend)", 23, "cannot go through text", "event.feedetail"),
    ("any(line.cnt > 3 for line in event.feedetail)", 21, "line already means something else", "x"),
    ("any(visits.cnt > 3 for visits in event.feedetail)", 23, "visits already means something else", ""),
    ("any(x.cnt > 3 for x in event.feedetail for y in sales)", 0, "one for at a time", ""),
    ("any(any(any(z.trdn_flag == '1' for z in y.drug_trac_info) for y in event.feedetail) for x in event.feedetail)",
     35, "more than 2 loops", ""),
    ("sum(x.med_list_codg for x in event.feedetail)", 0, "sum() cannot work on text", ""),
    ("sum(x.fee_ocur_time for x in event.feedetail)", 0, "sum() cannot work on time", ""),
    ("count(x.cnt for x in event.feedetail)", 0, "count() counts members", "count(x for x in"),
    ("distinct(x for x in sales)", 0, "distinct() cannot tell apart record", "attribute"),
    ("any([x.cnt > 3 for x in event.feedetail])", 0, "any() goes through a list", ""),
    ("any(visits.count > 3)", 0, "any() goes through a list", ""),
    ("[1, 2]", 0, "a list can only stand behind in", ""),
    ("sales.first == sales.last", 0, "a record (sales entry) cannot be compared", ""),
    # Functions.
    ("prefix(line.med_list_codg, visits.count)", 0, "prefix() needs a literal length", ""),
    ("starts_with(event.med_type, [1])", 28, "a list of texts is needed here", ""),
    ("starts_with(event.med_type, '')", 28, "an empty text begins every text", ""),
    ("starts_with(line.cnt, '1')", 12, "starts_with() needs text here, this is quantity", ""),
    ("month()", 0, "month() takes 1 argument(s), here are 0", ""),
    ("min(line.cnt, line.pric)", 0, "cannot choose between price and quantity", ""),
    ("prefix(text=event.med_type, n=2)", 0, "prefix() takes no named arguments", ""),
    ("event.med_type.startswith('1')", 0, "only the functions of the language can be called", ""),
    ("listed('D44', line)", 0, "unknown knowledge table 'D44'", ""),
    # Not part of the language.
    ("lambda: 1", 0, "Lambda is not part of the language", ""),
    ("event.__class__", 0, "event has no '__class__'", ""),
    ("().__class__", 0, "a list can only stand", ""),
    ("__import__('os')", 0, "there is no function '__import__'", ""),
    ("visits.count ** 2", 0, "the operator is not part of the language", "+ - * /"),
    ("visits.count // 2", 0, "the operator is not part of the language", ""),
    ("~visits.count", 0, "the operator is not part of the language", ""),
    ("(x := 3) > 2", 1, "NamedExpr is not part of the language", ""),
    ("f'{event.gend}'", 0, "JoinedStr is not part of the language", ""),
    ("b'1' == event.gend", 0, "b'1' is not part of the language", ""),
    ("1j < visits.count", 0, "1j is not part of the language", ""),
    ("9007199254740993 < visits.count", 0, "the number is too large", ""),
    ("1e300 < visits.count / 2", 0, "the number is too large", ""),
    (" * ".join(["visits.count"] * 12), 0, "the value can grow too large", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "offset", "message", "hint"), REFUSED)
def test_faults_are_named_where_they_are(text: str, offset: int, message: str, hint: str) -> None:
    """What is wrong is said once, at the part that is wrong, with what to write instead."""
    node, faults = check(text)

    assert node is None
    assert len(faults) == 1, faults
    assert offset == faults[0][0]
    assert message in faults[0][1]
    assert hint in faults[0][2]


def test_every_independent_fault_is_reported() -> None:
    """Two mistakes in one expression are two faults."""
    _, faults = check("event.gendr == '1' or line.count > 3")

    assert [message for _, message, _ in faults] == ["event has no 'gendr'", "line has no 'count'"]


def test_offsets_count_characters() -> None:
    """A place behind Chinese text is counted in characters, not in bytes."""
    _, faults = check("  event.med_type == '门诊' and event.gendr == '1'")

    assert faults[0][0] == 29


@pytest.mark.parametrize(
    ("text", "each", "message"),
    [
        ("line.cnt > 3", "settlement", "there is no line when each: settlement"),
        ("code.trdn_flag == '1'", "line", "there is no code when each: line"),
        ("units.sum > 3", "settlement", "feature units is known for each line"),
        ("sales.count > 3", "line", "feature sales is known for each code"),
        ("practitioner.status == 'active'", "settlement", "practitioner cannot be used here"),
    ],
)
def test_what_is_looked_at_decides_the_names(text: str, each: str, message: str) -> None:
    """A rule sees what it looks at and what that is part of, nothing finer."""
    _, faults = check(text, names(each=each))

    assert message in faults[0][1]


def test_a_finer_rule_sees_the_coarser() -> None:
    """A rule for each trace code reads features of the settlement and of the line."""
    assert check("visits.count > 1 and units.sum > 1 and line.cnt > 1 and event.gend == '1'")[1] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("fact.gend == '1'", "there is no fact without a table"),
        ("param.times == 1", "param cannot be used here"),
        ("institution.status == 'active'", "institution cannot be used here"),
        ("lines > 1", "lines cannot be used here"),
        ("other.count > 1", "other cannot be used here"),
    ],
)
def test_names_that_a_place_does_not_have(text: str, message: str) -> None:
    """A feature knows neither parameters, registries, facts nor other features, and is told so."""
    within = Names(each="settlement", references=False, withheld={"other": "folded before any is read"})
    _, faults = check(text, within)

    assert message in faults[0][1]


def test_what_was_reported_elsewhere_is_passed_over() -> None:
    """Using a name whose declaration was refused is no second mistake, but nothing comes of it either."""
    node, faults = check("bad.count > 3 and event.gendr == '1'", names(broken=frozenset({"bad"})))

    assert node is None
    assert [message for _, message, _ in faults] == ["event has no 'gendr'"]


def test_loops_know_how_often_they_run() -> None:
    """The work of nested loops is the product of what their lists can hold."""
    node, _ = check("any(any(y.trdn_flag == '1' for y in x.drug_trac_info) for x in event.feedetail)")

    assert node is not None
    assert node.work == 5_000 * 500


def test_a_log_is_as_long_as_its_limit() -> None:
    """A loop over a log runs as often as the log may hold entries."""
    within = Names(
        each="settlement",
        features={"log": FeatureInfo(each="settlement", index=0, aggregate="log", entry=None, limit=40)},
    )
    node, _ = check("count(log)", within)
    assert node is not None
    assert node.work == 1
    node, _ = check("count(x for x in log)", within)
    assert node is not None
    assert node.work == 40
