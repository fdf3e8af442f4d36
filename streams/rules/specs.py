"""What a compiled rule pack is made of: the value objects that the engine reads.

Everything an analyst wrote is a plain Python function by now. The engine decides when to call which, the functions
only answer; ``context.Context`` says what they may ask of the engine while they do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from streams.rules.context import Context as Context  # noqa: PLC0414 - the value objects' counterpart
from streams.rules.feature_specs import FeatureSpec as FeatureSpec  # noqa: PLC0414, TC001 - likewise

if TYPE_CHECKING:
    import ast

    from streams.contract.events import Event, Line, TraceCode
    from streams.rules.feature_specs import Each
    from streams.rules.knowledge import Fact, Knowledge

Mode = Literal["live", "shadow", "off"]

Params = tuple[Any, ...]
"""Values of a rule's parameters in the order of ``RuleSpec.params``; generated code reads them by position."""


When = Callable[[Any, "Event", "Line | None", "TraceCode | None", "Fact | None", Params], "bool | None"]
Severity = Callable[[Any, "Event", "Line | None", "TraceCode | None", "Fact | None", Params], int]
Amount = Callable[[Any, "Event", "Line | None", "TraceCode | None", "Fact | None", Params], "int | None"]
Message = Callable[[Any, "Event", "Line | None", "TraceCode | None", "Fact | None", Params, int], str]
Evidence = Callable[[Any, "Event", "Line | None", "TraceCode | None", "Fact | None", Params], dict[str, Any]]
Facts = Callable[["Event", "Line | None", "TraceCode | None"], "Sequence[Fact]"]


Sieve = Callable[..., "Sequence[int] | None"]
"""``(c, e, l, k, ps)`` → the places of the rules whose condition holds, None for none; ``ps`` has the parameters of
each rule, None for those that do not apply."""


class Condition(NamedTuple):
    """A generated condition before it is compiled (`streams.language.compile.FunctionSet.fuse`)."""

    code: ast.expr
    memory: int
    """How many named expressions of the rule it may compute."""
    guard: ast.expr | None
    """What must hold before facts are looked up."""
    when: When
    """What it is compiled to by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """A named condition on the event that silences the rules naming it in ``unless``."""

    name: str
    doc: str
    when: When
    """Reads the event and, where ``references`` says so, registry records; unknown does not exempt."""
    references: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec:
    """One rule; each function takes ``(c, e, l, k, fact, p)``: context, event, line, trace code, fact row, params."""

    rule_id: str
    name: str
    mode: Mode
    each: Each
    table: str | None
    facts: Facts | None
    """Fact rows for this line or code (none, one or several); the rule runs once for each. None without a table."""
    has: Callable[[str], bool] | None
    """Whether the table has a row for a ``med_list_codg`` at all; None where it is not looked up by it."""
    basis: str
    doc: str
    unless: tuple[str, ...]
    med_types: tuple[str, ...]
    """Prefixes of ``med_type`` the rule is for; empty = all."""
    effective_from: int | None
    """First Beijing day (days since 1970) of the event's time on which the rule holds."""
    effective_to: int | None
    """Last such day, inclusive."""
    when: When
    """True = violated; False or None (unknown) = silent."""
    severity: Severity
    """1, 2 or 3."""
    amount: Amount
    """Fen at stake; None = unknown."""
    message: Message
    """The Chinese sentence; the seventh argument is the number of hit lines."""
    evidence: Evidence
    """JSON-able values: numbers, texts, lists and objects of them."""
    features: tuple[FeatureSpec, ...]
    """Features that any of its functions reads."""
    scopes: frozenset[str]
    """Scopes of those features."""
    references: frozenset[str]
    """Of ``institution``, ``practitioner``, ``person``: the registries it reads."""
    once: bool
    """Whether only the first charged line of each prescriber is looked at."""
    gate: When | None
    """Of a rule without a table for lines or codes: what ``when`` demands of the event alone, asked once."""
    known_codes: bool
    """Of a rule for trace codes: whether it can hold only for a code whose logs show another settlement."""
    involves: bool
    """Whether the line looked at is involved in a violation, not itself at fault."""
    condition: Condition
    """``when`` as it was generated, to be compiled together with that of other rules."""
    also: tuple[RuleSpec, ...]
    """Further forms of the rule, each with conditions and texts of its own; they have none in turn."""
    params: Mapping[str, Any]
    """Names and shipped values of the parameters, as written in the pack."""
    areas: Mapping[str, Mapping[str, Any]]
    """Parameter values that differ, by prefix of the treatment area."""
    defaults: Params
    """Values of ``params`` in the units the functions read."""
    by_area: Mapping[str, Params]
    """The same for each prefix of ``areas``."""
    prefixes: tuple[int, ...]
    """Lengths of those prefixes, longest first."""
    needs_history: tuple[tuple[str, int], ...]
    """Features that say nothing before they have so much history (ms): the rule stays silent until then."""
    source: Mapping[str, str]
    """The texts of the rule as the analyst wrote them, by key (for ``show``)."""
    file: str
    line: int

    def basis_for(self, fact: Fact | None) -> str:
        """Join the rule's basis with that of the fact row that hit."""
        own = fact.basis if fact is not None else ""
        return "；".join(part for part in (self.basis, own) if part)

    def params_for(self, area: str) -> Params:
        """Give the parameter values that hold in a treatment area (the longest matching prefix wins)."""
        for length in self.prefixes:
            found = self.by_area.get(area[:length])
            if found is not None:
                return found
        return self.defaults


class Together(NamedTuple):
    """So many violations at least so grave lead to an action, whatever each alone leads to."""

    severity: int
    violations: int
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySpec:
    """From severities to action and score."""

    actions: Mapping[int, str]
    """``pass``, ``remind``, ``review`` or ``hold`` for severities 1, 2, 3."""
    scores: Mapping[int, int]
    """0..100 for severities 1, 2, 3."""
    each_more: int
    """Added to the score for each further violation."""
    together: tuple[Together, ...] = ()
    areas: Mapping[str, PolicySpec] = field(default_factory=dict)
    """What holds instead in treatment areas that begin with a prefix; these have no areas in turn."""

    def holding(self, area: str) -> PolicySpec:
        """Give the policy of a treatment area (the longest matching prefix wins)."""
        if self.areas:
            for length in range(len(area), 0, -1):
                found = self.areas.get(area[:length])
                if found is not None:
                    return found
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A sentence that is added to those of rules while a condition holds."""

    name: str
    when: When
    severities: frozenset[int]
    """Of the violations whose sentence it is added to."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """A checked and compiled rule pack."""

    version: str
    sha256: str
    """Over the names and bytes of all rule and knowledge files."""
    features: tuple[FeatureSpec, ...]
    rules: tuple[RuleSpec, ...]
    policy: PolicySpec
    exemptions: Mapping[str, Exemption]
    knowledge: Knowledge
    notes: tuple[Note, ...] = ()
    fuse: Callable[[tuple[tuple[int, RuleSpec], ...]], Sieve] | None = None
    """Compiles the conditions of rules, with their places, into one function; None = not loaded from files."""
    fuse_early: Callable[[tuple[When, ...]], Sieve] | None = None
    """Does the same for conditions on the event alone."""
    warnings: tuple[Any, ...] = ()
    """Problems that do not refuse the pack."""
    _candidates: dict[str, tuple[RuleSpec, ...]] = field(default_factory=dict, repr=False, compare=False)

    def rules_for(self, code: str) -> tuple[RuleSpec, ...]:
        """Give the rules of ``each: line`` and ``code`` worth running on a line with this ``med_list_codg``.

        Left out are the rules whose table has no row for the code at any time and in any area, so that a line costs
        one look-up instead of one for each table. The order is the pack's; rules that are off are left out.
        """
        found = self._candidates.get(code)
        if found is None:
            if len(self._candidates) >= CANDIDATES_KEPT:
                self._candidates.clear()
            found = tuple(form for rule in self.rules for form in (rule, *rule.also) if _may_hit(form, code))
            self._candidates[code] = found
        return found


CANDIDATES_KEPT = 100_000
"""Codes whose candidate rules are remembered: more than any province's catalogue has in use, about 20 MB."""


def _may_hit(rule: RuleSpec, code: str) -> bool:
    """Whether the rule can hit a line with the code at all."""
    return rule.each != "settlement" and rule.mode != "off" and (rule.has is None or rule.has(code))
