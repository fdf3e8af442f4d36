"""What a compiled rule pack is made of: the value objects that the engine reads.

Everything an analyst wrote is a plain Python function by now. The engine decides when to call which, the functions
only answer; ``Context`` says what they may ask of the engine while they do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from streams.contract.events import Event, Line, TraceCode
    from streams.rules.knowledge import Fact, Knowledge

Each = Literal["settlement", "line", "code"]
Aggregate = Literal["count", "sum", "distinct", "histogram", "log"]
Scope = Literal["institution", "prescriber", "person", "trace_code", "person_item"]
Mode = Literal["live", "shadow", "off"]

Params = tuple[Any, ...]
"""Values of a rule's parameters in the order of ``RuleSpec.params``; generated code reads them by position."""


class Context(Protocol):
    """What generated rule functions read besides the event: features and reference records.

    A slot holds ``None`` until its feature was asked for; generated code reads ``c.f[3] or c.load(3)``, so a view is
    always true (it has neither ``__len__`` nor ``__bool__``). ``load*`` fills the slot and returns the view; what it
    raises (a remote owner that has not answered) passes through the generated code untouched.

    The engine empties ``lf`` before each line and ``kf`` before each trace code, and sets ``practitioner`` for each
    line. Attributes of views:

    ========== ==================================================================================
    aggregate  attributes
    ========== ==================================================================================
    count      ``count``
    sum        ``sum``, ``count``
    distinct   ``count`` (number of different values)
    histogram  ``same`` (occurrences of this event's own value, itself included), ``total``, ``distinct``
    log        ``count``, ``entries`` (list of tuples in the order of ``FeatureSpec.fields``, oldest first,
               without those of the settlement itself)
    all        ``settlements`` (list of setl_id remembered for evidence; empty when ``evidence`` is 0)
    ========== ==================================================================================
    """

    f: list[Any]
    lf: list[Any]
    kf: list[Any]

    @property
    def institution(self) -> Any:
        """Registry record of the event's institution effective at the event's time, or None."""

    @property
    def person(self) -> Any:
        """Registry record of the event's person effective at the event's time, or None."""

    @property
    def practitioner(self) -> Any:
        """Registry record of the line's prescriber effective at ``fee_ocur_time``, or None."""

    def load(self, index: int) -> Any:
        """Fill slot ``index`` of ``f``."""

    def load_line(self, index: int) -> Any:
        """Fill slot ``index`` of ``lf``."""

    def load_code(self, index: int) -> Any:
        """Fill slot ``index`` of ``kf``."""


Where = Callable[["Event", "Line | None", "TraceCode | None"], bool]
Of = Callable[["Event", "Line | None", "TraceCode | None"], Any]
At = Callable[["Event", "Line | None", "TraceCode | None"], "int | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSpec:
    """One aggregate over one scope and window of event time."""

    name: str
    fid: str
    """``name-`` and 8 hex digits of its definition's hash: a changed definition starts a new state."""
    doc: str
    scope: Scope
    each: Each
    aggregate: Aggregate
    days: int
    """Calendar-day window: number of Beijing days, ending with the event's own; 0 if the window rolls."""
    span: int
    """Rolling window in milliseconds; 0 if the window is of calendar days."""
    resolution: int
    """Bucket of a rolling window in milliseconds (a log has exact times: 0; a calendar window: 0)."""
    limit: int
    """Most entries (log) or different values (distinct, histogram) a key keeps; 0 where nothing is listed."""
    evidence: int
    """How many setl_id a key keeps for evidence."""
    fields: tuple[str, ...]
    """Names of a log's fields."""
    events: frozenset[str]
    """Event types that are observed; ``settlement`` unless the pack says otherwise."""
    where: Where | None
    """Whether to observe; None = always. Unknown is False."""
    of: Of | None
    """The value (a log: the tuple of its fields). None = unknown: the event is not observed."""
    at: At
    """Event time in milliseconds; None = unknown: the event is not observed."""
    index: int
    """Slot among the features of the same ``each``."""


When = Callable[[Any, "Event", "Line | None", "TraceCode | None", "Fact | None", Params], "bool | None"]
Severity = Callable[[Any, "Event", "Line | None", "TraceCode | None", "Fact | None", Params], int]
Amount = Callable[[Any, "Event", "Line | None", "TraceCode | None", "Fact | None", Params], "int | None"]
Message = Callable[[Any, "Event", "Line | None", "TraceCode | None", "Fact | None", Params, int], str]
Evidence = Callable[[Any, "Event", "Line | None", "TraceCode | None", "Fact | None", Params], dict[str, Any]]
Facts = Callable[["Event", "Line | None", "TraceCode | None"], "Sequence[Fact]"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySpec:
    """From severities to action and score."""

    actions: Mapping[int, str]
    """``pass``, ``remind``, ``review`` or ``hold`` for severities 1, 2, 3."""
    scores: Mapping[int, int]
    """0..100 for severities 1, 2, 3."""
    each_more: int
    """Added to the score for each further violation."""


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
            found = tuple(rule for rule in self.rules if _may_hit(rule, code))
            self._candidates[code] = found
        return found


CANDIDATES_KEPT = 100_000
"""Codes whose candidate rules are remembered: more than any province's catalogue has in use, about 20 MB."""


def _may_hit(rule: RuleSpec, code: str) -> bool:
    """Whether the rule can hit a line with the code at all."""
    return rule.each != "settlement" and rule.mode != "off" and (rule.has is None or rule.has(code))
