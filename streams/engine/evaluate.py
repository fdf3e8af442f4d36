"""Runs the rules that can apply to an event and gathers what they hit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from streams.contract.time import day_of
from streams.state.store import NotHereError

if TYPE_CHECKING:
    from streams.contract.events import Event, Line, TraceCode
    from streams.engine.context import EvaluationContext
    from streams.rules.knowledge import Fact
    from streams.rules.specs import Pack, Params, RuleSpec

#: Kinds of visit whose rules are remembered; there are a few dozen, whatever a sender makes up.
VISIT_KINDS_KEPT = 1_000
#: Items whose rules are remembered: more than any province's catalogue has in use.
ITEMS_KEPT = 100_000


class Hit(NamedTuple):
    """One place at which a rule's condition held."""

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
    params: Params
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
        self._settlement = tuple(rule for rule in pack.rules if rule.each == "settlement" and rule.mode != "off")
        self._by_visit: dict[str, frozenset[str]] = {}
        self._by_item: dict[str, tuple[tuple[RuleSpec, ...], tuple[RuleSpec, ...]]] = {}

    def run(self, event: Event, context: EvaluationContext) -> Findings:
        """Every live and shadow rule on the event; a rule that raises harms no other."""
        run = _Run(event, context, self._pack, self._for_visit(event.med_type or ""))
        run.decide(self._settlement, None, None)
        for line in event.feedetail:
            # A refund line retracts, it accuses nobody.
            if line.cnt > 0:
                by_line, by_code = self._for_item(line.med_list_codg)
                if by_line or by_code:
                    context.at_line(line)
                    run.decide(by_line, line, None)
                if by_code:
                    for code in line.drug_trac_info:
                        context.at_code(code)
                        run.decide(by_code, line, code)
        return run.findings()

    def _for_visit(self, med_type: str) -> frozenset[str]:
        """The ids of the rules for a kind of visit."""
        found = self._by_visit.get(med_type)
        if found is None:
            if len(self._by_visit) >= VISIT_KINDS_KEPT:
                self._by_visit.clear()
            found = self._by_visit[med_type] = frozenset(
                rule.rule_id for rule in self._pack.rules if not rule.med_types or med_type.startswith(rule.med_types)
            )
        return found

    def _for_item(self, item: str) -> tuple[tuple[RuleSpec, ...], tuple[RuleSpec, ...]]:
        """The line rules and the code rules that an item can hit."""
        found = self._by_item.get(item)
        if found is None:
            if len(self._by_item) >= ITEMS_KEPT:
                self._by_item.clear()
            rules = self._pack.rules_for(item)
            found = self._by_item[item] = (
                tuple(rule for rule in rules if rule.each == "line"),
                tuple(rule for rule in rules if rule.each == "code"),
            )
        return found


class _Run:
    """One event's way through the rules."""

    __slots__ = ("_day", "_event", "_failed", "_for_visit", "_hits", "_pack", "_params", "_unavailable", "context")

    def __init__(self, event: Event, context: EvaluationContext, pack: Pack, for_visit: frozenset[str]) -> None:
        self.context = context
        self._event = event
        self._day = day_of(event.time)
        self._pack = pack
        self._for_visit = for_visit
        #: The parameters of each rule met so far; None for one that does not apply to this event.
        self._params: dict[str, Params | None] = {}
        self._hits: dict[str, RuleHits] = {}
        self._unavailable: list[str] = []
        self._failed: list[tuple[str, str]] = []

    def findings(self) -> Findings:
        return Findings(list(self._hits.values()), self._unavailable, self._failed)

    def decide(self, rules: tuple[RuleSpec, ...], line: Line | None, code: TraceCode | None) -> None:
        """Run rules at one place."""
        event, context, known = self._event, self.context, self._params
        for rule in rules:
            rule_id = rule.rule_id
            try:
                if rule_id in known:
                    params = known[rule_id]
                else:
                    params = known[rule_id] = self._applicable(rule)
                if params is None:
                    continue
                if rule.facts is None:
                    if rule.when(context, event, line, code, None, params):
                        self._hit(rule, line, code, None, params)
                    continue
                for fact in rule.facts(event, line, code):
                    if rule.when(context, event, line, code, fact, params):
                        self._hit(rule, line, code, fact, params)
            except NotHereError:
                self._unavailable.append(rule_id)
                self._silence(rule_id)
            except Exception as error:  # noqa: BLE001 - whatever one rule does, the others must be heard
                self._failed.append((rule_id, type(error).__name__))
                self._silence(rule_id)

    def _silence(self, rule_id: str) -> None:
        """Half of a rule's answer is no answer: it is reported as missing, and not asked again for this event."""
        self._params[rule_id] = None
        self._hits.pop(rule_id, None)

    def _applicable(self, rule: RuleSpec) -> Params | None:
        if rule.rule_id not in self._for_visit:
            return None
        if rule.effective_from is not None and self._day < rule.effective_from:
            return None
        if rule.effective_to is not None and self._day > rule.effective_to:
            return None
        if any(self._exempt(name) for name in rule.unless):
            return None
        return rule.params_for(self._event.mdtrtarea_admvs)

    def _exempt(self, name: str) -> bool:
        known = self.context.exempt
        if name not in known:
            known[name] = bool(self._pack.exemptions[name].when(self.context, self._event, None, None, None, ()))
        return known[name]

    def _hit(
        self, rule: RuleSpec, line: Line | None, code: TraceCode | None, fact: Fact | None, params: Params
    ) -> None:
        context = self.context
        arguments = (context, self._event, line, code, fact, params)
        hit = Hit(line, code, fact, rule.severity(*arguments), rule.amount(*arguments), context.lf, context.kf)
        found = self._hits.get(rule.rule_id)
        if found is None:
            found = self._hits[rule.rule_id] = RuleHits(rule, params, [])
        found.hits.append(hit)
