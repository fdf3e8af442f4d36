"""Random expressions of every type, each with an oracle: a slow function that computes the same in plain Python.

The oracle knows nothing of the checker or the generator: it is written beside the text, from the meaning of the
language. ``None`` is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from streams.contract.events import Diagnosis, Event, Line, TraceCode
from tests.unit.language.bench import NOON, context, event, line

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import SimpleNamespace

    Draw = Callable[[st.SearchStrategy[Any]], Any]

SCALES = {"int": 1, "money": 100, "quantity": 10_000}
PARAMS = {"int": ("param.times", 3), "quantity": ("quantity(param.times)", 30_000), "money": ("yuan(param.times)", 300)}


@dataclass
class World:
    """What an oracle looks at."""

    event: Event
    line: Line
    context: SimpleNamespace
    loops: dict[str, Any]


@dataclass
class Expr:
    """An expression and what it means."""

    text: str
    oracle: Callable[[World], Any]
    nullable: bool = False
    named: bool = True
    """Whether it mentions a name (a condition that does not is refused)."""


def worlds() -> st.SearchStrategy[World]:
    """Settlements with a few lines, in which much is unknown."""
    maybe_money = st.none() | st.integers(-500, 500)
    texts = st.sampled_from(["a", "ab", "b"])
    codes = st.lists(st.builds(TraceCode, drug_trac_codg=texts, min_prcunt_type=st.none() | texts), max_size=2)
    lines = st.builds(
        line,
        cnt=st.integers(-20_000, 50_000),
        prd_days=st.none() | st.integers(0, 50_000),
        inscp_scp_amt=maybe_money,
        det_item_fee_sumamt=maybe_money,
        med_list_codg=texts,
        rxno=st.none() | texts,
        fee_ocur_time=st.integers(NOON - 200_000_000, NOON),
        drug_trac_info=codes,
    )
    events = st.builds(
        event,
        gend=st.sampled_from(["0", "1", "2", None]),
        er_flag=st.sampled_from(["0", "1", None]),
        insutype=st.none() | texts,
        medfee_sumamt=maybe_money,
        fund_pay_sumamt=maybe_money,
        setl_time=st.none() | st.integers(NOON - 200_000_000, NOON),
        feedetail=st.lists(lines, min_size=1, max_size=3),
        diagnoses=st.lists(st.builds(Diagnosis, dise_codg=texts), max_size=2),
    )
    entry = st.tuples(texts, texts, st.integers(NOON - 1_000, NOON), st.none() | st.integers(0, 50_000))
    logs = st.lists(entry, max_size=3)
    return st.builds(lambda seen, entries: World(seen, seen.feedetail[0], _with_log(entries), {}), events, logs)


def _with_log(entries: list[Any]) -> SimpleNamespace:
    seen = context()
    seen.kf[0].entries = entries
    seen.kf[0].count = len(entries)
    return seen


LEAVES: dict[str, list[Expr]] = {
    "int": [
        Expr("visits.count", lambda _: 3),
        Expr("sales.count", lambda w: w.context.kf[0].count),
        Expr("count(event.feedetail)", lambda w: len(w.event.feedetail)),
        Expr("param.times", lambda _: 3),
        Expr("hour(line.fee_ocur_time)", lambda w: (w.line.fee_ocur_time + 28_800_000) % 86_400_000 // 3_600_000),
        Expr("2", lambda _: 2, named=False),
    ],
    "money": [
        Expr("event.medfee_sumamt", lambda w: w.event.medfee_sumamt, nullable=True),
        Expr("event.fund_pay_sumamt", lambda w: w.event.fund_pay_sumamt, nullable=True),
        Expr("spent.sum", lambda _: 9_000),
        Expr(
            "line.amount",
            lambda w: w.line.det_item_fee_sumamt if w.line.inscp_scp_amt is None else w.line.inscp_scp_amt,
            nullable=True,
        ),
        Expr("yuan(1.25)", lambda _: 125, named=False),
        Expr("yuan(param.times)", lambda _: 300),
    ],
    "quantity": [
        Expr("line.cnt", lambda w: w.line.cnt),
        Expr("line.prd_days", lambda w: w.line.prd_days, nullable=True),
        Expr("fact.limit", lambda _: 30_000),
        Expr("quantity(param.times)", lambda _: 30_000),
        Expr("quantity(0.5)", lambda _: 5_000, named=False),
        Expr(
            "sales.last.units",
            lambda w: w.context.kf[0].entries[-1][3] if w.context.kf[0].entries else None,
            nullable=True,
        ),
    ],
    "text": [
        Expr("event.insutype", lambda w: w.event.insutype, nullable=True),
        Expr("line.rxno", lambda w: w.line.rxno, nullable=True),
        Expr("line.med_list_codg", lambda w: w.line.med_list_codg),
        Expr("prefix(line.med_list_codg, 1)", lambda w: w.line.med_list_codg[:1]),
        Expr("'ab'", lambda _: "ab", named=False),
        Expr(
            "max(d.dise_codg for d in event.diagnoses)",
            lambda w: max((d.dise_codg for d in w.event.diagnoses), default=None),
            nullable=True,
        ),
    ],
    "time": [
        Expr("event.time", lambda w: w.event.time),
        Expr("event.setl_time", lambda w: w.event.setl_time, nullable=True),
        Expr("line.fee_ocur_time - hours(1)", lambda w: w.line.fee_ocur_time - 3_600_000),
        Expr("event.setl_time + days(2)", lambda w: _null(lambda a: a + 172_800_000)(w.event.setl_time), nullable=True),
    ],
    "day": [
        Expr("day(event.time)", lambda w: _day(w.event.time)),
        Expr("day(event.setl_time) + 1", lambda w: _null(lambda a: _day(a) + 1)(w.event.setl_time), nullable=True),
        Expr("day('2025-11-26')", lambda _: 20_418, named=False),
        Expr("param.since", lambda _: 20_000),
    ],
}

MEMBERS: dict[str, list[tuple[str, Callable[[Any], Any], bool]]] = {
    "quantity": [("cnt", lambda x: x.cnt, False), ("prd_days", lambda x: x.prd_days, True)],
    "money": [
        ("amount", lambda x: x.det_item_fee_sumamt if x.inscp_scp_amt is None else x.inscp_scp_amt, True),
        ("det_item_fee_sumamt", lambda x: x.det_item_fee_sumamt, True),
    ],
    "text": [("med_list_codg", lambda x: x.med_list_codg, False), ("rxno", lambda x: x.rxno, True)],
    "time": [("fee_ocur_time", lambda x: x.fee_ocur_time, False)],
    "int": [("drug_trac_info", lambda x: len(x.drug_trac_info), False)],
}
"""Attributes of a line in a loop; the int is a count of its list."""


def _day(at: int) -> int:
    return (at + 28_800_000) // 86_400_000


def _null(operation: Callable[..., Any]) -> Callable[..., Any]:
    """An operation that is unknown when an operand is."""
    return lambda *values: None if any(value is None for value in values) else operation(*values)


@dataclass
class Grammar:
    """Draws expressions; ``loops`` are the variables of the loops around."""

    draw: Draw
    loops: tuple[str, ...] = ()

    def value(self, kind: str, depth: int) -> Expr:
        """An expression of a kind."""
        makers = [self._leaf]
        if depth > 0:
            makers += [self._leaf, self._choice, self._default]
            if kind in SCALES:
                makers += [self._arithmetic, self._sum_loop, self._extreme]
            if kind == "money":
                makers += [self._prorate]
            if kind != "day" and len(self.loops) < 2:
                makers += [self._extreme_loop]
        return self.draw(st.sampled_from(makers))(kind, depth - 1)

    def _leaf(self, kind: str, _depth: int) -> Expr:
        # Two loops are the most there may be within each other.
        leaves = [leaf for leaf in LEAVES[kind] if len(self.loops) < 2 or " for " not in leaf.text]
        for variable in self.loops:
            leaves += [_member(variable, kind, *member) for member in MEMBERS.get(kind, [])]
        return self.draw(st.sampled_from(leaves))

    def _choice(self, kind: str, depth: int) -> Expr:
        test, then, other = self.condition(depth), self.value(kind, depth), self.value(kind, depth)

        def oracle(w: World) -> Any:
            found = test.oracle(w)
            return None if found is None else then.oracle(w) if found else other.oracle(w)

        nullable = test.nullable or then.nullable or other.nullable
        return Expr(f"({then.text} if {test.text} else {other.text})", oracle, nullable)

    def _default(self, kind: str, depth: int) -> Expr:
        part, other = self.value(kind, depth), self.value(kind, depth)
        if not part.nullable:
            return part

        def oracle(w: World) -> Any:
            found = part.oracle(w)
            return other.oracle(w) if found is None else found

        return Expr(f"default({part.text}, {other.text})", oracle, other.nullable)

    def _arithmetic(self, kind: str, depth: int) -> Expr:
        op = self.draw(st.sampled_from(["+", "-", "*"]))
        left, right = self.value(kind, depth), self.value("int" if op == "*" else kind, depth)
        operation = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}[op]
        return Expr(
            f"({left.text} {op} {right.text})",
            lambda w: _null(operation)(left.oracle(w), right.oracle(w)),
            left.nullable or right.nullable,
            left.named or right.named,
        )

    def _prorate(self, kind: str, depth: int) -> Expr:
        amount, part, whole = self.value(kind, depth), self.value("quantity", depth), self.value("quantity", depth)

        def share(a: int, b: int, c: int) -> int | None:
            if c == 0:
                return None
            exact = Fraction(a * b, c)
            size = int(abs(exact) + Fraction(1, 2))
            return size if exact >= 0 else -size

        return Expr(
            f"prorate({amount.text}, {part.text}, {whole.text})",
            lambda w: _null(share)(amount.oracle(w), part.oracle(w), whole.oracle(w)),
            nullable=True,
        )

    def _extreme(self, kind: str, depth: int) -> Expr:
        name = self.draw(st.sampled_from(["min", "max"]))
        left, right = self.value(kind, depth), self.value(kind, depth)
        return Expr(
            f"{name}({left.text}, {right.text})",
            lambda w: _null(min if name == "min" else max)(left.oracle(w), right.oracle(w)),
            left.nullable or right.nullable,
            left.named or right.named,
        )

    def _sum_loop(self, kind: str, depth: int) -> Expr:
        if len(self.loops) >= 2:
            return self._leaf(kind, depth)
        variable, inner, test = self._loop(depth)
        item = inner.value(kind, depth)
        members = _members(variable, test)
        return Expr(
            f"sum({item.text} {_clause(variable, test)})",
            lambda w: sum(found for found in members(w, item) if found is not None),
        )

    def _extreme_loop(self, kind: str, depth: int) -> Expr:
        name = self.draw(st.sampled_from(["min", "max"]))
        variable, inner, test = self._loop(depth)
        item = inner.value(kind, depth)
        members = _members(variable, test)
        choose = min if name == "min" else max
        return Expr(
            f"{name}({item.text} {_clause(variable, test)})",
            lambda w: choose((found for found in members(w, item) if found is not None), default=None),
            nullable=True,
        )

    def _loop(self, depth: int) -> tuple[str, Grammar, Expr | None]:
        variable = "xyz"[len(self.loops)]
        inner = Grammar(self.draw, (*self.loops, variable))
        return variable, inner, inner.condition(depth) if self.draw(st.booleans()) else None

    def condition(self, depth: int) -> Expr:
        """A condition that is not always the same."""
        makers = [self._comparison, self._membership, self._flag]
        if depth > 0:
            makers += [self._logic, self._logic, self._negation, self._chain, self._conditional, self._known]
            makers += [self._settled, self._ratio]
            if len(self.loops) < 2:
                makers += [self._quantifier]
        return self.draw(st.sampled_from(makers))(depth - 1)

    def _named(self, kind: str, depth: int) -> Expr:
        found = self.value(kind, depth)
        return found if found.named else LEAVES[kind][0]

    def _comparison(self, depth: int) -> Expr:
        kind = self.draw(st.sampled_from(sorted(LEAVES)))
        op = self.draw(st.sampled_from(sorted(COMPARE)))
        left, right = self._named(kind, depth), self.value(kind, depth)
        if self.draw(st.booleans()):
            left, right = right, left
        return Expr(
            f"({left.text} {op} {right.text})",
            lambda w: _null(COMPARE[op])(left.oracle(w), right.oracle(w)),
            left.nullable or right.nullable,
        )

    def _chain(self, depth: int) -> Expr:
        kind = self.draw(st.sampled_from(sorted(SCALES)))
        parts = [self._leaf(kind, 0), LEAVES[kind][0], self._leaf(kind, 0)]
        ops = [self.draw(st.sampled_from(sorted(COMPARE))) for _ in range(2)]

        def oracle(w: World) -> Any:
            values = [part.oracle(w) for part in parts]
            pairs = zip(values, ops, values[1:], strict=False)
            return _and([_null(COMPARE[op])(left, right) for left, op, right in pairs])

        text = f"({parts[0].text} {ops[0]} {parts[1].text} {ops[1]} {parts[2].text})"
        del depth
        return Expr(text, oracle, any(part.nullable for part in parts))

    def _membership(self, depth: int) -> Expr:
        item = self._named("text", depth)
        values = self.draw(st.lists(st.sampled_from(["a", "ab", "b", "x"]), min_size=1, max_size=6))
        negated = self.draw(st.booleans())
        return Expr(
            f"({item.text} {'not in' if negated else 'in'} {values})",
            lambda w: _null(lambda a: (a in values) != negated)(item.oracle(w)),
            item.nullable,
        )

    def _flag(self, _depth: int) -> Expr:
        value = self.draw(st.sampled_from("01"))
        op = self.draw(st.sampled_from(["==", "!="]))
        return Expr(f"(event.er_flag {op} '{value}')", lambda w: COMPARE[op](w.event.er_flag or "0", value))

    def _ratio(self, depth: int) -> Expr:
        kind = self.draw(st.sampled_from(sorted(SCALES)))
        top, bottom = self.value(kind, depth), LEAVES[kind][0]

        def oracle(w: World) -> Any:
            return _null(lambda a, b: None if b == 0 else Fraction(a, b) >= Fraction(3, 10))(
                top.oracle(w), bottom.oracle(w)
            )

        return Expr(f"({top.text} / {bottom.text} >= param.share)", oracle, nullable=True)

    def _logic(self, depth: int) -> Expr:
        op = self.draw(st.sampled_from(["and", "or"]))
        parts = [self.condition(depth) for _ in range(self.draw(st.integers(2, 3)))]
        combine = _and if op == "and" else _or
        return Expr(
            "(" + f" {op} ".join(part.text for part in parts) + ")",
            lambda w: combine([part.oracle(w) for part in parts]),
            any(part.nullable for part in parts),
        )

    def _negation(self, depth: int) -> Expr:
        part = self.condition(depth)
        return Expr(f"(not {part.text})", lambda w: _null(lambda a: not a)(part.oracle(w)), part.nullable)

    def _conditional(self, depth: int) -> Expr:
        test, then, other = (self.condition(depth) for _ in range(3))

        def oracle(w: World) -> Any:
            found = test.oracle(w)
            return None if found is None else then.oracle(w) if found else other.oracle(w)

        nullable = test.nullable or then.nullable or other.nullable
        return Expr(f"({then.text} if {test.text} else {other.text})", oracle, nullable)

    def _known(self, depth: int) -> Expr:
        kind = self.draw(st.sampled_from(sorted(LEAVES)))
        part = self.value(kind, depth)
        if not part.nullable:
            part = LEAVES["money"][0]
        return Expr(f"known({part.text})", lambda w: part.oracle(w) is not None)

    def _settled(self, depth: int) -> Expr:
        part = self.condition(depth)
        if not part.nullable:
            return part
        value = self.draw(st.booleans())
        return Expr(f"default({part.text}, {value})", lambda w: value if part.oracle(w) is None else part.oracle(w))

    def _quantifier(self, depth: int) -> Expr:
        name = self.draw(st.sampled_from(["any", "all"]))
        variable, inner, test = self._loop(depth)
        item = inner.condition(depth)
        members = _members(variable, test)
        combine = _or if name == "any" else _and
        return Expr(
            f"{name}({item.text} {_clause(variable, test)})", lambda w: combine(members(w, item)), item.nullable
        )


def _member(variable: str, kind: str, attr: str, read: Callable[[Any], Any], nullable: bool) -> Expr:  # noqa: FBT001
    text = f"count({variable}.{attr})" if kind == "int" else f"{variable}.{attr}"
    return Expr(text, lambda w: read(w.loops[variable]), nullable)


def _clause(variable: str, test: Expr | None) -> str:
    return f"for {variable} in event.feedetail" + (f" if {test.text}" if test is not None else "")


def _members(variable: str, test: Expr | None) -> Callable[[World, Expr], list[Any]]:
    def run(w: World, item: Expr) -> list[Any]:
        found = []
        for member in w.event.feedetail:
            w.loops[variable] = member
            if test is None or test.oracle(w) is True:
                w.loops[variable] = member
                found.append(item.oracle(w))
        return found

    return run


def _and(values: list[Any]) -> Any:
    if any(value is False for value in values):
        return False
    return None if any(value is None for value in values) else True


def _or(values: list[Any]) -> Any:
    if any(value is True for value in values):
        return True
    return None if any(value is None for value in values) else False


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
