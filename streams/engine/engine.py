"""`Engine.screen`: one event in, one answer out, all state in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import msgspec

from streams.contract.person import inner_ref
from streams.contract.results import Action, Ruleset, ScreeningResult, encode_result, result_id
from streams.contract.time import format_time
from streams.engine.context import EvaluationContext
from streams.engine.contributions import merged
from streams.engine.evaluate import Evaluator
from streams.engine.ledger import Ledger
from streams.engine.references import References
from streams.engine.wording import word
from streams.features.plan import FeaturePlan
from streams.rules.policy import decide

if TYPE_CHECKING:
    from models.port import Scorer
    from streams.contract.events import Event
    from streams.contract.results import Violation
    from streams.rules.specs import Pack
    from streams.state.rows import Position
    from streams.state.store import Store


class Outcome(NamedTuple):
    """What became of one event."""

    #: ``settlement``, ``repeat``, ``reversal``, ``unknown-reversal``, ``admission`` or ``discharge``.
    kind: str
    #: The result's JSON without `screened_at`; None for everything but settlements.
    answer: bytes | None = None
    action: Action = "pass"
    #: The result itself; None for a repeat, whose first answer is given again as it was.
    result: ScreeningResult | None = None
    #: Rules that raised, with the kind of error.
    failed: tuple[tuple[str, str], ...] = ()


class _Brief(msgspec.Struct):
    """What a stored answer must tell without being read as a whole."""

    action: Action


_brief_decoder = msgspec.json.Decoder(_Brief)


class Engine:
    """Screens events one by one.

    Args:
        pack: The rule pack in force.
        store: Rows of the partitions held here.
        state_key: Secret of the inner person references (`streams.contract.person`), which answers carry until they
            leave.
        references: Registry facts, kept up to date by whoever reads the registries.
        model: Scores what no rule knows; None screens by rules alone.
    """

    def __init__(
        self,
        pack: Pack,
        store: Store,
        state_key: bytes,
        references: References | None = None,
        model: Scorer | None = None,
    ) -> None:
        self.references = References() if references is None else references
        self._store = store
        self._state_key = state_key
        self._model = model
        self.adopt(pack)

    def adopt(self, pack: Pack) -> None:
        """Judge by this pack from the next event on.

        A feature whose definition is the same keeps its windows; a changed or new one begins with none.
        """
        self.pack = pack
        self.plan = FeaturePlan(pack.features)
        self.ledger = Ledger(self._store, self.plan)
        self._evaluator = Evaluator(pack)
        self._ruleset = Ruleset(version=pack.version, sha256=pack.sha256)

    @property
    def late(self) -> int:
        """Observations that came after their window was gone, since the pack came into force."""
        return self.ledger.late

    def screen(self, event: Event, position: Position) -> Outcome:
        """Fold an event into the windows and answer it.

        Deterministic: the same events at the same positions in the same order give the same bytes. An event at a
        position that was screened before (a replay) gets the answer it got then.
        """
        event.psn_ref = inner_ref(event.psn_no, self._state_key)
        if event.event_type == "settlement":
            return self._settlement(event, position)
        if event.event_type == "reversal":
            known = self.ledger.reverse(event, position)
            return Outcome("reversal" if known else "unknown-reversal")
        self.ledger.apply(self.plan.contributions(event, self._context(event)), position)
        return Outcome(event.event_type)

    def _context(self, event: Event) -> EvaluationContext:
        return EvaluationContext(event, self._store, self.plan, self.references)

    def _settlement(self, event: Event, position: Position) -> Outcome:
        ledger = self.ledger
        earlier = ledger.settlement(event, position)
        is_refund = event.refd_setl_flag == "1"
        if earlier is not None and earlier.answer:
            if earlier.position == position:
                # A replay after a crash: rows that were not saved in time are brought up to date.
                ledger.apply(earlier.contributions, position)
                if is_refund:
                    ledger.settle_refund(event, position)
            return Outcome("repeat", earlier.answer, _brief_decoder.decode(earlier.answer).action)
        context = self._context(event)
        if earlier is not None:
            # Its reversal came first: it is answered, and counts nowhere.
            contributions = []
        else:
            contributions = self.plan.contributions(event, context)
            if is_refund:
                contributions = ledger.refund(event, position, contributions)
                contributions = merged(contributions + self.plan.returns(event, context))
        context.turn(ledger.apply(contributions, position))
        outcome = self._answer(event, context)
        reversed_at = None if earlier is None else earlier.reversed_at
        ledger.record(event, position, contributions, outcome.answer or b"", reversed_at)
        if is_refund:
            ledger.settle_refund(event, position)
        return outcome

    def _answer(self, event: Event, context: EvaluationContext) -> Outcome:
        findings = self._evaluator.run(event, context)
        live: list[Violation] = []
        shadow: list[Violation] = []
        failed = list(findings.failed)
        for found in findings.hits:
            try:
                violation = word(event, context, found, self.pack.notes, len(findings.hits))
            except Exception as error:  # noqa: BLE001 - a sentence that cannot be made must not cost the others
                failed.append((found.rule.rule_id, type(error).__name__))
                continue
            (live if found.rule.mode == "live" else shadow).append(violation)
        score = None if self._model is None else self._model.score(event, context)
        missing = [*findings.unavailable, *(rule_id for rule_id, _ in failed)]
        if self._model is not None and score is None:
            missing.append("model")
        result = self._result(event, live, missing)
        result.shadow_violations = shadow
        result.model = score
        return Outcome("settlement", encode_result(result), result.action, result, tuple(failed))

    def _result(self, event: Event, live: list[Violation], missing: list[str]) -> ScreeningResult:
        live.sort(key=lambda violation: (violation.sev_deg, violation.rule_id))
        action, risk_score = self.judge(live, event.mdtrtarea_admvs)
        setl_id = event.setl_id or ""
        return ScreeningResult(
            result_id=result_id(setl_id, 1, self._ruleset.sha256),
            setl_id=setl_id,
            mdtrt_id=event.mdtrt_id,
            event_id=event.event_id,
            fixmedins_code=event.fixmedins_code,
            psn_ref=event.psn_ref,
            action=action,
            risk_score=risk_score,
            status="partial" if missing else "complete",
            missing=sorted(missing),
            violations=live,
            ruleset=self._ruleset,
            event_time=format_time(event.time),
        )

    def unscreened(self, event: Event) -> Outcome:
        """The answer when screening itself failed: partial, with every rule missing. Nothing is remembered of it."""
        event.psn_ref = inner_ref(event.psn_no, self._state_key)
        missing = [rule.rule_id for rule in self.pack.rules if rule.mode == "live"]
        result = self._result(event, [], missing)
        return Outcome("settlement", encode_result(result), result.action, result)

    def judge(self, live: list[Violation], area: str) -> tuple[Action, float]:
        """Action and score of violations, by the policy that holds in the treatment area."""
        if not live:
            return "pass", 0.0
        action, score = decide(self.pack.policy.holding(area), [int(violation.sev_deg) for violation in live])
        return cast("Action", action), float(score)
