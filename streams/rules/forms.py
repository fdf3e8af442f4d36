"""The forms of a rule: what is looked at, under which condition, and what is said about it.

Nearly every rule has one form. A rule that can be broken in two ways (a pack overdrawn, or sold again after its return)
has a second one under ``also:``; they share the rule's id, name, parameters and basis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from streams.language.compile import MESSAGE_ARGUMENTS, RULE_ARGUMENTS
from streams.language.demands import of_event_alone, reads_fact, reads_let, shows_another
from streams.language.generate import Generator
from streams.language.inline import inlined
from streams.language.names import LEVELS, LetInfo, Names, Uses
from streams.language.problems import did_you_mean
from streams.language.template import sentence_code
from streams.language.tree import conjunction, conjuncts
from streams.language.types import Kind
from streams.rules.declarations import name_fault
from streams.rules.evidence import EvidenceWriter, read_evidence
from streams.rules.expressions import Desk
from streams.rules.knowledge import Table
from streams.rules.outcome import read_amount, read_severity
from streams.rules.specs import Condition
from streams.rules.tables import TABLES, fact_record

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from streams.language.compile import FunctionSet
    from streams.language.names import Each
    from streams.language.params import ParamTable
    from streams.rules.knowledge import Knowledge
    from streams.rules.places import Problems
    from streams.rules.section import Section

FORM_KEYS = frozenset(
    {"each", "table", "match", "med_types", "let", "unless", "when", "severity", "amount", "message", "evidence"}
    | {"once", "involves"}
)
FORM_REQUIRED = ("each", "when", "message")
ONCE = ("prescriber",)
INVOLVES = ("true", "false")


@dataclass(slots=True)
class DeclaredForm:
    """A checked form."""

    section: Section
    uses: Uses
    parts: dict[str, Any]
    """Fields of the specification that are known already."""
    functions: dict[str, Callable[[], Any]]


class FormBuilder:
    """Checks forms one by one.

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

    def build(self, section: Section, prefix: str, params: ParamTable, main: Section) -> DeclaredForm | None:
        """Check one form; None when it was reported.

        Args:
            section: The form.
            prefix: Begins the names of its functions.
            params: Parameters of the rule.
            main: The rule's first form; severity, exemptions and kinds of visit are taken from it where this one says
                nothing.
        """
        before = len(self._problems.errors)
        level = section.choice("each", tuple(LEVELS))
        if not level:
            return None
        each = cast("Each", level)
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
        names = self._lets(section, desk, names, prefix)
        functions = {"gate": lambda: None, **self._write(section, desk, names, prefix, main)}
        unless = self._unless(section if "unless" in section.values else main, uses)
        once = section.choice("once", ONCE) == "prescriber"
        if once and each != "line":
            section.refuse(section.values["once"], "once: prescriber is for rules that look at each line")
        involves = section.choice("involves", INVOLVES, "false") == "true"
        if len(self._problems.errors) > before:
            return None
        parts: dict[str, Any] = {"each": each, "unless": unless, "table": table_id or None, "once": once}
        parts["involves"] = involves
        parts["known_codes"] = each == "code" and functions.pop("known_codes", None) is not None
        parts["facts"] = None if table is None else table.facts_for_line
        parts["has"] = table.has if table is not None and table.spec.by == "item" else None
        parts["references"] = frozenset(uses.references)
        return DeclaredForm(section, uses, parts, functions)

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
        columns = [name for name, column in spec.columns.items() if column.type.kind in {Kind.TEXT, Kind.LIST}]
        if match != "code" and (match not in columns or spec.by == "trace"):
            section.refuse(section.values["match"], f"match: {table_id} has no text column {match!r}")
            return table_id, None
        if table_id not in self._knowledge.tables:
            hint = "the rule stays silent"
            self._problems.warn(item.place, section.owner, f"the knowledge folder has no {table_id}.csv", hint)
            return table_id, Table(spec, ())
        return table_id, self._knowledge.table(table_id, match)

    def _lets(self, section: Section, desk: Desk, names: Names, prefix: str) -> Names:
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
            function = f"{prefix}_let_{key.value}"
            self._functions.let(function, len(lets), node)
            lets = {**lets, key.value: LetInfo(function=function, index=len(lets), node=node, uses=own.uses)}
        return replace(names, lets=lets)

    def _write(
        self, section: Section, desk: Desk, names: Names, prefix: str, main: Section
    ) -> dict[str, Callable[[], Any]]:
        """Check and generate the form's functions; those that were reported are missing."""
        values = section.values
        add = self._functions
        written: dict[str, Callable[[], Any]] = {}
        when = desk.condition(values["when"], names, "when") if "when" in values else None
        if when is not None:
            written["when"] = add.condition(f"{prefix}_when", RULE_ARGUMENTS, inlined(when, names.lets.values()))
            if any(shows_another(part, names) for part in conjuncts(when)):
                written["known_codes"] = lambda: True
            gate = conjunction([part for part in conjuncts(when) if of_event_alone(part) and not reads_let(part)])
            if gate is not None and names.fact is None and names.each != "settlement":
                written["gate"] = add.condition(f"{prefix}_gate", RULE_ARGUMENTS, gate)
            guard = conjunction([part for part in conjuncts(when) if not reads_fact(part)])
            early = None if names.fact is None or guard is None else Generator().truth(guard)
            written["condition"] = _condition(add, f"{prefix}_when", early)
        severity = read_severity(section if "severity" in values else main, desk, names)
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


def _condition(functions: FunctionSet, name: str, guard: ast.expr | None) -> Callable[[], Condition]:
    source = functions.source(name)
    return lambda: Condition(*source(), guard, functions.function(name))
