"""Comprehensions over bounded lists: ``any(x.cnt > 3 for x in event.feedetail if ...)``."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from streams.language.arguments import BROKEN
from streams.language.names import RESERVED
from streams.language.tree import Const, Loop, Node, Var
from streams.language.types import BOOL, INT, NUMERIC, ORDERED, TEXTS, Kind, Type
from streams.language.units import offset

if TYPE_CHECKING:
    from streams.language.check import Checker

LOOPS = frozenset({"any", "all", "count", "sum", "min", "max", "distinct", "list"})
MAX_NESTING = 2
"""Loops within loops: a third would be work that nobody foresees."""
SUMMABLE = NUMERIC - {Kind.TIME, Kind.DAY}
COUNT_BITS = 16


def is_comprehension(node: ast.expr) -> bool:
    """Whether an argument is ``... for v in X``."""
    return isinstance(node, ast.GeneratorExp | ast.ListComp | ast.SetComp)


def check(checker: Checker, node: ast.Call, name: str) -> Node:
    """Check a call whose only argument is a comprehension (or, for count, a list)."""
    argument = node.args[0]
    if not isinstance(argument, ast.GeneratorExp):
        if name == "count" and not is_comprehension(argument):
            return _length(checker, node, argument)
        return checker.error(node, f"{name}() goes through a list", f"write {name}(... for x in event.feedetail)")
    if len(argument.generators) > 1:
        return checker.error(node, "one for at a time", f"nest them: {name}({name}(... for y in x...) for x in ...)")
    loop = argument.generators[0]
    source = _source(checker, loop)
    variable = None if source is None else _bind(checker, loop, source)
    if source is None or variable is None:
        return BROKEN
    spelled, var = variable
    checker.loops[spelled] = var
    try:
        return _body(checker, node, name, argument, source, var)
    finally:
        del checker.loops[spelled]


def _source(checker: Checker, loop: ast.comprehension) -> Node | None:
    """Check what is gone through; None when it was reported."""
    source = checker.check(loop.iter)
    if source.type.kind is Kind.RECORDS and not loop.is_async:
        return source
    if source.type.kind is not Kind.ERROR:
        hint = "event.feedetail, event.diagnoses, line.drug_trac_info, or a log feature"
        checker.error(loop.iter, f"cannot go through {source.type}", hint)
    return None


def _length(checker: Checker, node: ast.Call, argument: ast.expr) -> Node:
    source = checker.check(argument)
    if source.type.kind is Kind.ERROR:
        return BROKEN
    if source.type.kind is not Kind.RECORDS:
        return checker.error(
            node, f"count() counts a list, this is {source.type}", "write count(x for x in ... if ...)"
        )
    item = Const(type=BOOL, value=True)
    return Loop(
        type=INT,
        name="count",
        variable="_",
        source=source,
        item=item,
        test=None,
        bits=COUNT_BITS,
        work=1,
        at=offset(checker, node),
    )


def _bind(checker: Checker, loop: ast.comprehension, source: Node) -> tuple[str, Var] | None:
    """Give the loop's variable as written and as generated; None when it was reported."""
    target = loop.target
    if not isinstance(target, ast.Name):
        checker.error(target, "a loop has one variable")
        return None
    name = target.id
    if name in RESERVED or name in checker.loops or name in checker.names.roots():
        checker.error(target, f"{name} already means something else", "choose another variable, such as x")
        return None
    if len(checker.loops) >= MAX_NESTING:
        checker.error(target, f"more than {MAX_NESTING} loops within each other")
        return None
    checker.loop_count += 1
    record = Type(Kind.RECORD, record=source.type.record)
    return name, Var(type=record, name=f"_v{checker.loop_count}")


def _body(checker: Checker, node: ast.Call, name: str, argument: ast.GeneratorExp, source: Node, variable: Var) -> Node:
    tests = [checker.condition(test) for test in argument.generators[0].ifs]
    if len(tests) > 1:
        return checker.error(node, "one if in a loop", "join the conditions with and")
    test = tests[0] if tests else None
    item = checker.condition(argument.elt) if name in {"any", "all"} else checker.check(argument.elt)
    if item.type.kind is Kind.ERROR or (test is not None and test.type.kind is Kind.ERROR):
        return BROKEN
    limit = max(source.type.limit, 1)
    found = _result(checker, node, name, item, variable)
    if found is None:
        return BROKEN
    type_, bits = found
    inner = item.work + (test.work if test is not None else 0)
    return Loop(
        type=type_,
        name=name,  # type: ignore[arg-type] # LOOPS has no other names
        variable=variable.name,
        source=source,
        item=item,
        test=test,
        at=offset(checker, node),
        bits=bits,
        work=source.work + limit * max(1, inner),
    )


def _result(checker: Checker, node: ast.Call, name: str, item: Node, variable: Var) -> tuple[Type, int] | None:
    """Give type and bits of the loop's value; None when it was reported."""
    kind = item.type.kind
    fault = hint = ""
    if name == "count" and (not isinstance(item, Var) or item.name != variable.name):
        fault, hint = "count() counts members", "write count(x for x in ... if condition)"
    elif name == "distinct" and kind not in ORDERED:
        fault, hint = f"distinct() cannot tell apart {item.type}", "take an attribute such as x.med_list_codg"
    elif name == "list" and kind is not Kind.TEXT:
        fault, hint = f"list() lists texts, this is {item.type}", "take an attribute such as x.setl_id"
    elif (name == "sum" and kind not in SUMMABLE) or (name in {"min", "max"} and kind not in ORDERED):
        fault = f"{name}() cannot work on {item.type}"
    if fault:
        checker.error(node, fault, hint)
        return None
    if name in {"any", "all"}:
        return BOOL.maybe(item.type.nullable), 0
    if name in {"count", "distinct"}:
        return INT, COUNT_BITS
    if name == "list":
        return TEXTS, 0
    if name == "sum":
        return item.type.known(), item.bits + COUNT_BITS
    return item.type.maybe(), item.bits
