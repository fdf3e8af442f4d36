"""A small world for expressions: one settlement with lines, features, parameters, and what it takes to run on it."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from streams.contract.events import Diagnosis, Event, Line, TraceCode
from streams.language.check import Checker
from streams.language.compile import RULE_ARGUMENTS, FunctionSet
from streams.language.names import FeatureInfo, Names
from streams.language.params import Day, ParamTable
from streams.language.types import BOOL, MONEY, QUANTITY, TEXT, TEXTS, TIME, Field, Kind, Record

if TYPE_CHECKING:
    from streams.language.tree import Node

NOON = 1_764_216_000_000
"""2025-11-27 12:00 in Beijing."""

ENTRY = Record(
    "sales entry",
    {
        "institution": Field(TEXT, 0),
        "person": Field(TEXT, 1),
        "time": Field(TIME, 2),
        "units": Field(QUANTITY.maybe(), 3),
    },
)
FACT = Record(
    "fact",
    {
        "gend": Field(TEXT, "gend"),
        "icd": Field(TEXTS, "icd"),
        "limit": Field(QUANTITY, "limit"),
        "ok": Field(BOOL, "ok"),
    },
)
FEATURES = {
    "visits": FeatureInfo(each="settlement", index=0, aggregate="count"),
    "amounts": FeatureInfo(each="settlement", index=1, aggregate="histogram", value=MONEY),
    "spent": FeatureInfo(each="settlement", index=2, aggregate="sum", value=MONEY),
    "units": FeatureInfo(each="line", index=0, aggregate="sum", value=QUANTITY),
    "sales": FeatureInfo(each="code", index=0, aggregate="log", entry=ENTRY, limit=8),
}
PARAMS = {
    "times": 3,
    "share": Decimal("0.3"),
    "codes": ("1", "2"),
    "since": Day(20_000),
    "strict": True,
    "name": "x",
}


def names(**changes: Any) -> Names:
    """Names at a trace code of a rule with a table and parameters."""
    settings: dict[str, Any] = {
        "each": "code",
        "features": FEATURES,
        "fact": FACT,
        "params": ParamTable(PARAMS, {"3101": {"times": 4}}),
    }
    return Names(**settings | changes)


def line(**changes: Any) -> Line:
    fields: dict[str, Any] = {
        "feedetl_sn": "1",
        "fee_ocur_time": NOON,
        "list_type": "101",
        "med_list_codg": "XC08",
        "cnt": 20_000,
        "pric": 12_500_000,
        "pric_uplmt_amt": 10_000_000,
        "det_item_fee_sumamt": 2_500,
        "inscp_scp_amt": 2_000,
        "drug_trac_info": [TraceCode(drug_trac_codg="81770010000000000001")],
    }
    return Line(**fields | changes)


def event(**changes: Any) -> Event:
    fields: dict[str, Any] = {
        "event_id": "E1",
        "event_type": "settlement",
        "inf_time": NOON,
        "mdtrtarea_admvs": "310115",
        "insuplc_admdvs": "310115",
        "fixmedins_code": "H1",
        "medins_lv": "05",
        "psn_no": "secret",
        "psn_ref": "ref",
        "gend": "1",
        "brdy": 0,
        "mdtrt_id": "M1",
        "setl_id": "S1",
        "setl_time": NOON,
        "med_type": "11",
        "diagnoses": [Diagnosis(dise_codg="I10.x00", maindise_flag="1")],
        "medfee_sumamt": 2_500,
        "fund_pay_sumamt": 1_500,
        "feedetail": [line()],
        "time": NOON,
        "service_time": NOON,
    }
    return Event(**fields | changes)


def context(**changes: Any) -> SimpleNamespace:
    """A context whose features are all loaded."""
    fields: dict[str, Any] = {
        "f": [
            SimpleNamespace(count=3, settlements=[]),
            SimpleNamespace(same=8, total=20, distinct=5, settlements=["S9"]),
            SimpleNamespace(sum=9_000, count=3, settlements=[]),
        ],
        "lf": [SimpleNamespace(sum=30_000, count=2, settlements=[])],
        "kf": [SimpleNamespace(count=1, entries=[("H2", "other", NOON - 1_000, None)], settlements=["S0"])],
        "institution": None,
        "practitioner": None,
        "person": None,
    }
    return SimpleNamespace(**fields | changes)


def check(text: str, within: Names | None = None) -> tuple[Node | None, list[tuple[int, str, str]]]:
    """Check an expression; the faults are offsets, messages and hints."""
    faults: list[tuple[int, str, str]] = []
    node = Checker(text, within or names(), lambda *fault: faults.append(fault)).run()
    return node, faults


class Compiled:
    """An expression in its three forms."""

    def __init__(self, text: str, within: Names | None = None) -> None:
        within = within or names()
        node, faults = check(text, within)
        assert node is not None, (text, faults)
        self.node = node
        self.params = within.params
        functions = FunctionSet()
        value = functions.value("value", RULE_ARGUMENTS, node)
        if node.type.kind is Kind.BOOL:
            truth = functions.condition("truth", RULE_ARGUMENTS, node)
            negation = check(f"not ({text})", within)[0] if not node.closed else None
            falsity = functions.condition("falsity", RULE_ARGUMENTS, negation) if negation is not None else None
        functions.build()
        self.value = value()
        if node.type.kind is Kind.BOOL:
            self.truth = truth()
            self.falsity = falsity() if falsity is not None else None

    def arguments(self, **changes: Any) -> tuple[Any, ...]:
        """Arguments for the functions; event, line, code, fact, context can be replaced."""
        seen = changes.get("event") or event()
        row = changes.get("line") or seen.feedetail[0]
        code = changes.get("code") or (row.drug_trac_info or [None])[0]
        fact = changes.get("fact") or SimpleNamespace(gend="2", icd=("I10",), limit=30_000, ok=True)
        layout = self.params.layout(changes.get("area", "")) if self.params is not None else ()
        return (changes.get("context") or context(), seen, row, code, fact, layout)


def run(text: str, within: Names | None = None, **changes: Any) -> Any:
    """The value of an expression."""
    compiled = Compiled(text, within)
    return compiled.value(*compiled.arguments(**changes))
