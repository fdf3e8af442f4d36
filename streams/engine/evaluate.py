"""Runs the rules that can apply to an event and gathers what they hit.

Rules hardly ever hit, so what costs is asking. For each kind of visit the conditions of its rules are compiled into one
function for each thing they look at (settlement, line, prescriber, trace code), which says whose condition holds. Only
where that function raises are the rules asked one by one, so that a rule that cannot be decided, or is broken,
harms no other. Rules with a knowledge table are asked where the table has the line's item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from streams.contract.time import day_of
from streams.engine.visits import Visit
from streams.state.store import NotHereError

if TYPE_CHECKING:
    from streams.contract.events import Event, Line, TraceCode
    from streams.engine.context import EvaluationContext
    from streams.engine.visits import Sifted
    from streams.rules.knowledge import Fact
    from streams.rules.specs import Pack, Params, RuleSpec

#: Kinds of visit, areas and exemptions whose rules are remembered; there are a few hundred, whatever a sender makes up.
SELECTIONS_KEPT = 2_000


class Hit(NamedTuple):
    """One place at which a rule's condition held."""

    #: The form of the rule.
    rule: RuleSpec
    params: Params
    line: Line | None
    code: TraceCode | None
    fact: Fact | None
    severity: int
    #: Fen at stake, or None when it is not known.
    amount: int | None
    #: The context's line and code features as they were here.
    lf: list[Any]
    kf: list[Any]


class RuleHits(NamedTuple):
    """A rule that hit, with everything needed to word it."""

    rule: RuleSpec
    hits: list[Hit]


class Findings(NamedTuple):
    """What the rules made of an event."""

    hits: list[RuleHits]
    #: Rules that could not be decided because a row they need is not held here.
    unavailable: list[str]
    #: Rules that raised, with the kind of error.
    failed: list[tuple[str, str]]


class Evaluator:
    """The rules of one pack, arranged by kind of visit and by item."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._forms = tuple(form for rule in pack.rules if rule.mode != "off" for form in (rule, *rule.also))
        self._main = {rule.rule_id: rule for rule in pack.rules}
        self._order = {rule.rule_id: place for place, rule in enumerate(pack.rules)}
        self._dated = any(form.effective_from is not None or form.effective_to is not None for form in self._forms)
        self._by_area = any(form.areas for form in self._forms)
        self._by_kind: dict[str, Visit] = {}
        self._by_rules: dict[tuple[int, ...], Visit] = {}
        self._selections: dict[tuple[Any, ...], tuple[Params | None, ...]] = {}

    def run(self, event: Event, context: EvaluationContext) -> Findings:
        """Every live and shadow rule on the event; a rule that raises harms no other."""
        visit = self._for_visit(event.med_type or "")
        params, failed = self._select(event, context, visit)
        run = _Run(event, context, visit, params, failed)
        if visit.settlement is not None:
            run.sift(visit.settlement, None, None)
        if visit.has_lines:
            for line in event.feedetail:
                # A refund line retracts, it accuses nobody.
                if line.cnt > 0:
                    run.look_at(line)
        return run.findings(self._main, self._order)

    def _for_visit(self, med_type: str) -> Visit:
        """The rules for a kind of visit."""
        found = self._by_kind.get(med_type)
        if found is None:
            if len(self._by_kind) >= SELECTIONS_KEPT:
                self._by_kind.clear()
            forms = tuple(f for f in self._forms if not f.med_types or med_type.startswith(f.med_types))
            key = tuple(map(id, forms))
            if key not in self._by_rules:
                self._by_rules[key] = Visit(self._pack, forms)
            found = self._by_kind[med_type] = self._by_rules[key]
        return found

    def _select(
        self, event: Event, context: EvaluationContext, visit: Visit
    ) -> tuple[tuple[Params | None, ...], list[tuple[str, str]]]:
        """The parameters that hold for the event, and the rules whose exemption raised."""
        day = day_of(event.time) if self._dated else 0
        area = event.mdtrtarea_admvs if self._by_area else ""
        try:
            holding = visit.early(context, event, None, None, visit.no_params)
        except Exception:  # noqa: BLE001 - which of them it was is found by asking each
            return self._select_one_by_one(event, context, visit, day, area)
        key = (id(visit), area, day, *(holding or ()))
        found = self._selections.get(key)
        if found is None:
            found = self._keep(key, visit.selected(frozenset(holding or ()), day, area))
        return found, []

    def _keep(self, key: tuple[Any, ...], found: tuple[Params | None, ...]) -> tuple[Params | None, ...]:
        if len(self._selections) >= SELECTIONS_KEPT:
            self._selections.clear()
        self._selections[key] = found
        return found

    def _select_one_by_one(
        self, event: Event, context: EvaluationContext, visit: Visit, day: int, area: str
    ) -> tuple[tuple[Params | None, ...], list[tuple[str, str]]]:
        """Do the same where a condition raises: it exempts, and the rules it is for are reported."""
        holding: list[int] = []
        failed: list[tuple[str, str]] = []
        arguments = (context, event, None, None, None, ())
        for place, exemption in enumerate(visit.exemptions):
            try:
                if exemption.when(*arguments):
                    holding.append(place)
            except Exception as error:  # noqa: BLE001 - whatever one exemption does, other rules must be heard
                holding.append(place)
                failed += [(f.rule_id, type(error).__name__) for f in visit.forms if exemption.name in f.unless]
        for place, (_, gate) in enumerate(visit.gates, len(visit.exemptions)):
            try:
                if gate(*arguments):
                    holding.append(place)
            except Exception:  # noqa: BLE001 - the rule itself will raise the same
                holding.append(place)
        return visit.selected(frozenset(holding), day, area), failed


class _Run:
    """One event's way through the rules."""

    __slots__ = (
        "_event",
        "_failed",
        "_hits",
        "_params",
        "_prescribers",
        "_silent",
        "_unavailable",
        "_visit",
        "context",
    )

    def __init__(
        self,
        event: Event,
        context: EvaluationContext,
        visit: Visit,
        params: tuple[Params | None, ...],
        failed: list[tuple[str, str]],
    ) -> None:
        self.context = context
        self._event = event
        self._visit = visit
        self._params = params
        #: Prescribers whose first line has been looked at.
        self._prescribers: set[str] = set()
        self._hits: dict[str, list[Hit]] = {}
        self._unavailable: list[str] = []
        self._failed = list(dict(failed).items()) if failed else failed
        #: Rules that are reported as missing: half of a rule's answer is no answer.
        self._silent = {rule_id for rule_id, _ in failed}

    def findings(self, rules: dict[str, RuleSpec], order: dict[str, int]) -> Findings:
        if not self._hits:
            return Findings([], self._unavailable, self._failed)
        found = sorted(self._hits, key=order.__getitem__)
        hits = [RuleHits(rules[rule_id], self._hits[rule_id]) for rule_id in found if rule_id not in self._silent]
        return Findings(hits, self._unavailable, self._failed)

    def look_at(self, line: Line) -> None:
        """Ask the rules for a line, its prescriber and its trace codes."""
        context, visit = self.context, self._visit
        context.at_line(line)
        item = line.med_list_codg
        by_item = visit.items.get(item) or visit.of(item)
        if by_item.line is not None:
            self.sift(by_item.line, line, None)
        prescriber = line.bilg_dr_codg
        if visit.prescriber is not None and prescriber is not None and prescriber not in self._prescribers:
            self._prescribers.add(prescriber)
            self.sift(visit.prescriber, line, None)
        if not line.drug_trac_info:
            return
        known = by_item.known is not None and context.known_codes()
        if by_item.code is None and not known:
            return
        for code in line.drug_trac_info:
            context.at_code(code)
            if by_item.code is not None:
                self.sift(by_item.code, line, code)
            if known and by_item.known is not None and code.drug_trac_codg in known:
                self.sift(by_item.known, line, code)

    def sift(self, sifted: Sifted, line: Line | None, code: TraceCode | None) -> None:
        """Ask rules about one thing."""
        try:
            found = sifted.sieve(self.context, self._event, line, code, self._params)
        except Exception:  # noqa: BLE001 - which rule it was is found by asking each
            found = sifted.places
        if found is not None:
            for place in found:
                self._ask(self._visit.forms[place], self._params[place], line, code)

    def _ask(self, rule: RuleSpec, params: Params | None, line: Line | None, code: TraceCode | None) -> None:
        """Ask one rule about one thing."""
        if params is None or rule.rule_id in self._silent:
            return
        try:
            if rule.facts is None:
                self._decide(rule, line, code, None, params)
                return
            for fact in rule.facts(self._event, line, code):
                self._decide(rule, line, code, fact, params)
        except NotHereError:
            self._unavailable.append(rule.rule_id)
            self._silent.add(rule.rule_id)
        except Exception as error:  # noqa: BLE001 - whatever one rule does, the others must be heard
            self._failed.append((rule.rule_id, type(error).__name__))
            self._silent.add(rule.rule_id)

    def _decide(
        self, rule: RuleSpec, line: Line | None, code: TraceCode | None, fact: Fact | None, params: Params
    ) -> None:
        context = self.context
        arguments = (context, self._event, line, code, fact, params)
        if rule.when(*arguments):
            severity, amount = rule.severity(*arguments), rule.amount(*arguments)
            hit = Hit(rule, params, line, code, fact, severity, amount, context.lf, context.kf)
            self._hits.setdefault(rule.rule_id, []).append(hit)
