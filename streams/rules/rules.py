"""From a declared rule to its specification."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from streams.language.compile import MESSAGE_ARGUMENTS, RULE_ARGUMENTS
from streams.language.names import LEVELS, LetInfo, Names, Uses
from streams.language.problems import did_you_mean
from streams.language.template import sentence_code
from streams.language.types import Kind
from streams.rules.declarations import name_fault
from streams.rules.evidence import EvidenceWriter, read_evidence
from streams.rules.expressions import Desk
from streams.rules.knowledge import Table
from streams.rules.outcome import read_amount, read_severity
from streams.rules.parameters import read_params
from streams.rules.section import Section
from streams.rules.specs import RuleSpec
from streams.rules.tables import TABLES, fact_record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streams.language.compile import FunctionSet
    from streams.language.names import Each
    from streams.language.params import ParamTable
    from streams.rules.knowledge import Knowledge
    from streams.rules.places import Problems
    from streams.rules.specs import FeatureSpec
    from streams.rules.yaml_files import Item

KEYS = frozenset(
    {"name", "doc", "mode", "each", "table", "match", "med_types", "effective_from", "effective_to", "basis"}
    | {"let", "unless", "when", "params", "areas", "severity", "amount", "message", "evidence"}
)
REQUIRED = ("name", "each", "when", "severity", "message")
MED_TYPE = re.compile(r"[0-9]{1,6}")
MODES = ("live", "shadow", "off")
SHOWN = ("when", "severity", "amount", "message")


@dataclass(slots=True)
class DeclaredRule:
    """A checked rule; ``spec`` gives its specification once the functions are compiled."""

    uses: Uses
    parts: dict[str, Any]
    functions: dict[str, Callable[[], Any]] = field(default_factory=dict)

    def spec(self, features: Mapping[str, FeatureSpec]) -> RuleSpec:
        """Give the specification."""
        ready = {name: function() for name, function in self.functions.items()}
        read = tuple(spec for name, spec in features.items() if name in self.uses.features)
        return RuleSpec(**self.parts, **ready, features=read, scopes=frozenset(spec.scope for spec in read))


class RuleBuilder:
    """Checks rules one by one.

    Args:
        functions: Takes what is generated.
        names: Features, exemptions and tables of the pack.
        knowledge: The pack's tables.
        problems: Takes what is wrong.
    """

    def __init__(self, functions: FunctionSet, names: Names, knowledge: Knowledge, problems: Problems) -> None:
        self._functions = functions
        self._names = names
        self._knowledge = knowledge
        self._problems = problems

    def declare(self, rule_id: str, item: Item) -> DeclaredRule | None:
        """Check one rule; None when it was reported."""
        before = len(self._problems.errors)
        section = Section(item, f"rule {rule_id}", self._problems, KEYS, REQUIRED)
        level = section.choice("each", tuple(LEVELS))
        if not level:
            return None
        each = cast("Each", level)
        params = read_params(section)
        uses = Uses()
        desk = Desk(section.owner, self._problems, uses)
        table_id, table = self._table(section, each)
        names = replace(
            self._names,
            each=each,
            params=params,
            fact=fact_record(table_id) if table_id in TABLES else None,
            broken=self._names.broken | ({"fact"} if table_id and table_id not in TABLES else set()),
        )
        names = self._lets(section, desk, names, rule_id)
        functions = self._write(section, desk, names, rule_id)
        unless = self._unless(section, uses)
        parts = self._parts(section, rule_id, params)
        if len(self._problems.errors) > before:
            return None
        self._check_unused(section, uses)
        parts |= {"each": each, "unless": unless, "table": table_id or None}
        parts["facts"] = None if table is None else table.facts_for_line
        parts["has"] = table.has if table is not None and table.spec.by == "item" else None
        parts["references"] = frozenset(uses.references)
        return DeclaredRule(uses, parts, functions)

    def _table(self, section: Section, each: Each) -> tuple[str, Table | None]:
        """Read ``table`` and ``match``."""
        table_id = section.text("table")
        match = section.text("match", "code")
        if not table_id:
            if "match" in section.values:
                section.refuse(section.values["match"], "match names a column of the table, there is no table")
            return "", None
        item = section.values["table"]
        spec = TABLES.get(table_id)
        if spec is None:
            section.refuse(item, f"there is no knowledge table {table_id!r}", did_you_mean(table_id, TABLES))
            return table_id, None
        wanted = ("code",) if spec.by == "trace" else ("line", "code")
        if each not in wanted:
            section.refuse(item, f"table {table_id} is looked up for each {' or '.join(wanted)}, not {each}")
        columns = [name for name, column in spec.columns.items() if column.type.kind is Kind.TEXT]
        if match != "code" and (match not in columns or spec.by == "trace"):
            section.refuse(section.values["match"], f"match: {table_id} has no text column {match!r}")
            return table_id, None
        if table_id not in self._knowledge.tables:
            hint = "the rule stays silent"
            self._problems.warn(item.place, section.owner, f"the knowledge folder has no {table_id}.csv", hint)
            return table_id, Table(spec, ())
        return table_id, self._knowledge.table(table_id, match)

    def _lets(self, section: Section, desk: Desk, names: Names, rule_id: str) -> Names:
        """Read the named expressions; each may mention those before it."""
        lets: dict[str, LetInfo] = {}
        for key, value in section.named("let"):
            fault = name_fault(key.value)
            if not fault and (key.value in names.features or key.value in names.exemptions):
                fault = "a feature or exemption has this name"
            if fault:
                section.refuse(key, fault)
            own = Desk(desk.owner, self._problems, Uses())
            node = own.check(value, replace(names, lets=lets), f"let {key.value}")
            if node is None or node.type.kind in {Kind.RECORD, Kind.RECORDS}:
                if node is not None:
                    section.refuse(value, f"let {key.value}: {node.type} cannot be named", "take one of its attributes")
                names = replace(names, broken=names.broken | {key.value})
                continue
            function = f"rule_{rule_id}_let_{key.value}"
            self._functions.let(function, len(lets), node)
            lets = {**lets, key.value: LetInfo(function=function, index=len(lets), node=node, uses=own.uses)}
        return replace(names, lets=lets)

    def _write(self, section: Section, desk: Desk, names: Names, rule_id: str) -> dict[str, Callable[[], Any]]:
        """Check and generate the rule's functions; those that were reported are missing."""
        values = section.values
        add = self._functions
        prefix = f"rule_{rule_id}"
        written: dict[str, Callable[[], Any]] = {}
        when = desk.condition(values["when"], names, "when") if "when" in values else None
        if when is not None:
            written["when"] = add.condition(f"{prefix}_when", RULE_ARGUMENTS, when)
        severity = read_severity(section, desk, names)
        if severity is not None:
            written["severity"] = add.value(f"{prefix}_severity", RULE_ARGUMENTS, severity)
        amount = read_amount(section, desk, names)
        if amount is not None:
            written["amount"] = add.value(f"{prefix}_amount", RULE_ARGUMENTS, amount)
        if "message" in values:
            parts = desk.sentence(values["message"], replace(names, lines=names.each != "settlement"), "message")
            code = sentence_code(add, f"{prefix}_message", parts)
            written["message"] = add.add(f"{prefix}_message", MESSAGE_ARGUMENTS, code)
        writer = EvidenceWriter(add, f"{prefix}_evidence")
        if names.params is not None:
            writer.params(names.params, desk.uses)
        writer.fact(names)
        read_evidence(section, desk, names, writer)
        written["evidence"] = add.add(f"{prefix}_evidence", RULE_ARGUMENTS, writer.code())
        return written

    def _unless(self, section: Section, uses: Uses) -> tuple[str, ...]:
        found = []
        for item in section.texts("unless"):
            known = self._names.exemptions.get(item.value)
            if known is not None:
                uses.exemptions.add(item.value)
                uses.add(known[1])
                found.append(item.value)
            elif item.value not in self._names.broken:
                hint = did_you_mean(item.value, self._names.exemptions)
                section.refuse(item, f"there is no exemption {item.value!r}", hint)
        return tuple(found)

    def _check_unused(self, section: Section, uses: Uses) -> None:
        for key, used in (("params", uses.params), ("let", uses.lets)):
            for name, _ in section.named(key):
                if name.value not in used:
                    kind = key.removesuffix("s")
                    self._problems.warn(name.place, section.owner, f"{kind} {name.value} is never used")

    def _parts(self, section: Section, rule_id: str, params: ParamTable) -> dict[str, Any]:
        """Read what needs no expression."""
        place = section.item.place
        first, last = section.day("effective_from"), section.day("effective_to")
        if first is not None and last is not None and last < first:
            section.refuse(section.values["effective_to"], "effective_to is before effective_from")
        for item in section.texts("med_types"):
            if not MED_TYPE.fullmatch(item.value):
                section.refuse(item, f"{item.value!r} is not a prefix of med_type", "digits, such as '11' or '1401'")
        return {
            "rule_id": rule_id,
            "name": section.text("name"),
            "mode": section.choice("mode", MODES, "live"),
            "basis": section.text("basis"),
            "doc": section.text("doc"),
            "med_types": tuple(item.value for item in section.texts("med_types")),
            "effective_from": first,
            "effective_to": last,
            "params": params.values,
            "areas": params.areas,
            "defaults": params.layout(),
            "by_area": {area: params.layout(area) for area in params.areas},
            "prefixes": tuple(sorted({len(area) for area in params.areas}, reverse=True)),
            "source": {key: section.text(key) for key in SHOWN if key in section.values},
            "file": place.file,
            "line": place.line,
        }
