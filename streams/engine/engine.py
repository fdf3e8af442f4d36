"""`Engine.screen`: one event in, one answer out, all state in the store."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

import msgspec

from models.lessons import decode_example, encode
from streams.contract.person import inner_ref
from streams.contract.results import Action, Ruleset, ScreeningResult, encode_result, result_id
from streams.contract.time import format_time
from streams.engine.context import EvaluationContext
from streams.engine.contributions import merged
from streams.engine.evaluate import Evaluator
from streams.engine.ledger import Ledger
from streams.engine.references import References
from streams.engine.scoring import NORMALITY_LIVES, NORMALITY_PREFIX
from streams.engine.wording import word
from streams.features.plan import FeaturePlan
from streams.rules.policy import decide
from streams.state.store import NotHereError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from models.lessons import Example
    from streams.contract.events import Event
    from streams.contract.results import Violation
    from streams.engine.scoring import Opinion, Scoring
    from streams.rules.specs import Pack
    from streams.state.rows import Contribution, Position, SettlementRow
    from streams.state.store import Store


PausedTo = Literal["shadow", "off"]


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
    #: The settlement as the model scored it; None without a model, and for refunds.
    example: Example | None = None


class _Brief(msgspec.Struct):
    """What a stored answer must tell without being read as a whole."""

    action: Action


WINDOWS = "windows"
"""What is missing from a result that was given before its turn: windows that know all earlier settlements."""

_brief_decoder = msgspec.json.Decoder(_Brief)


class Engine:
    """Screens events one by one.

    Args:
        pack: The rule pack in force.
        store: Rows of the partitions held here.
        state_key: Secret of the inner person references (`streams.contract.person`), which answers carry until they
            leave.
        references: Registry facts, kept up to date by whoever reads the registries.
        scoring: Asks a model about what no rule knows; None screens by rules alone.
    """

    def __init__(
        self,
        pack: Pack,
        store: Store,
        state_key: bytes,
        references: References | None = None,
        scoring: Scoring | None = None,
    ) -> None:
        self.references = References() if references is None else references
        self._store = store
        self._state_key = state_key
        self.scoring = scoring
        self.adopt(pack)

    def adopt(self, pack: Pack) -> None:
        """Judge by this pack from the next event on.

        A feature whose definition is the same keeps its windows; a changed or new one begins with none.
        """
        self.pack = pack
        self.plan = FeaturePlan(pack.features)
        self.ledger = Ledger(self._store, self.plan)
        self.folding = self.ledger.folding
        self._evaluator = Evaluator(pack)
        self._ruleset = Ruleset(version=pack.version, sha256=pack.sha256)
        if self.scoring is not None:
            self.scoring.adopt(self.plan)
        #: Rules that act no more, and how.
        self.paused: dict[str, PausedTo] = {}
        self._off: frozenset[str] = frozenset()

    def pause(self, rule_id: str, to: PausedTo) -> None:
        """Let a rule act no more until another pack comes into force, from the next event on.

        Args:
            rule_id: The rule.
            to: ``shadow``: its hits are those of a rule on trial. ``off``: it is asked no more; a rule that acted is
                named as missing.
        """
        self.paused[rule_id] = to
        if to == "off":
            kept = tuple(rule for rule in self.pack.rules if self.paused.get(rule.rule_id) != "off")
            self._evaluator = Evaluator(replace(self.pack, rules=kept, _candidates={}))
            live = {rule.rule_id for rule in self.pack.rules if rule.mode == "live"}
            self._off = frozenset(live - {rule.rule_id for rule in kept})

    @property
    def late(self) -> int:
        """Observations that came after their window was gone, since the pack came into force."""
        return self.folding.late

    def lives(self, key: str) -> int:
        """How long after its latest event a window row says anything by the current pack, ms."""
        return NORMALITY_LIVES if key.startswith(NORMALITY_PREFIX) else self.plan.lives(key)

    def identify(self, event: Event) -> None:
        """Give an event its person reference, by which rows know the person."""
        event.psn_ref = inner_ref(event.psn_no, self._state_key)

    def screen(self, event: Event, position: Position, early: list[Contribution] | None = None) -> Outcome:
        """Fold an event into the windows and answer it.

        Deterministic: the same events at the same positions in the same order give the same bytes. An event at a
        position that was screened before (a replay) gets the answer it got then.

        Args:
            event: The event.
            position: Where it came from.
            early: What the owners of other partitions were told when they were asked (`streams.engine.desk`), whose
                answers are in the store's `visiting`; None where nobody had to be asked.
        """
        self.identify(event)
        if event.event_type == "settlement":
            return self._settlement(event, position, early)
        if event.event_type == "reversal":
            known = self.ledger.reverse(event, position)
            return Outcome("reversal" if known else "unknown-reversal")
        contributions = self._contributions(event, self.context(event), early)
        self.folding.apply(contributions, position, asked=early is not None)
        self.ledger.note(event, position, contributions)
        return Outcome(event.event_type)

    def context(self, event: Event) -> EvaluationContext:
        """What features and rules may ask about an event."""
        return EvaluationContext(event, self._store, self.plan, self.references)

    def _contributions(
        self, event: Event, context: EvaluationContext, early: list[Contribution] | None
    ) -> list[Contribution]:
        if early is None:
            return self.plan.contributions(event, context)
        looking = self.plan.looking(event, context)
        return merged(early + looking) if looking else early

    def _settlement(self, event: Event, position: Position, early: list[Contribution] | None) -> Outcome:
        ledger = self.ledger
        asked = early is not None
        earlier = ledger.settlement(event, position)
        is_refund = event.refd_setl_flag == "1"
        if earlier is not None and earlier.answer and not earlier.provisional:
            ledger.repeat(event, position)
            if earlier.position == position:
                # A replay after a crash: rows that were not saved in time are brought up to date.
                self.folding.apply(earlier.contributions, position, late=is_refund, asked=asked)
                if self.scoring is not None and earlier.example:
                    home = ledger.home(event, position)
                    self.scoring.learn(event, position, home, decode_example(earlier.example))
                if is_refund and earlier.reversed_at is None:
                    ledger.settle_refund(event, position)
            return Outcome("repeat", earlier.answer, _brief_decoder.decode(earlier.answer).action)
        context = self.context(event)
        contributions = self._takes_part(event, position, context, early, earlier)
        context.turn(self.folding.apply(contributions, position, late=is_refund, asked=asked))
        home = ledger.home(event, position)
        outcome = self._answer(event, context, home, revision=1 if earlier is None or not earlier.provisional else 2)
        reversed_at = None if earlier is None else earlier.reversed_at
        example = b""
        if self.scoring is not None and outcome.example is not None:
            example = encode(outcome.example)
            self.scoring.learn(event, position, home, outcome.example)
        ledger.record(event, position, contributions, outcome.answer or b"", reversed_at, example=example)
        if is_refund:
            ledger.settle_refund(event, position)
        return outcome

    def _takes_part(
        self,
        event: Event,
        position: Position,
        context: EvaluationContext,
        early: list[Contribution] | None,
        earlier: SettlementRow | None,
    ) -> list[Contribution]:
        """What a settlement puts into the windows; nothing if its reversal came first: it is answered, no more."""
        if earlier is not None and earlier.reversed_at is not None:
            return []
        if event.refd_setl_flag != "1":
            return self._contributions(event, context, early)
        own = self.ledger.refund(event, position, self.plan.contributions(event, context))
        return merged(own + self.plan.returns(event, context))

    def preview(self, event: Event, position: Position) -> Outcome:
        """What can be said of a settlement before every owner has answered: no window changes.

        It is remembered, so that whoever saw it sees the same again, until `screen` gives revision 2. Of a settlement
        that was answered or previewed before, the answer is that.
        """
        self.identify(event)
        earlier = self.ledger.settlement(event, position)
        if earlier is not None and earlier.answer:
            self.ledger.repeat(event, position)
            return Outcome("repeat", earlier.answer, _brief_decoder.decode(earlier.answer).action)
        context = self.context(event)
        contributions = self._takes_part(event, position, context, None, earlier)
        context.turn(self.folding.rehearse(contributions, position))
        outcome = self._answer(event, context, self.ledger.home(event, position), missing=[WINDOWS])
        reversed_at = None if earlier is None else earlier.reversed_at
        self.ledger.record(event, position, [], outcome.answer or b"", reversed_at, provisional=True)
        return outcome

    def _answer(
        self, event: Event, context: EvaluationContext, home: int, *, revision: int = 1, missing: Iterable[str] = ()
    ) -> Outcome:
        findings = self._evaluator.run(event, context)
        live: list[Violation] = []
        shadow: list[Violation] = []
        failed, unavailable = list(findings.failed), list(findings.unavailable)
        for found in findings.hits:
            try:
                violation = word(event, context, found, self.pack.notes, len(findings.hits))
            except NotHereError:
                # Its sentence says more than its condition reads.
                unavailable.append(found.rule.rule_id)
                continue
            except Exception as error:  # noqa: BLE001 - a sentence that cannot be made must not cost the others
                failed.append((found.rule.rule_id, type(error).__name__))
                continue
            acts = found.rule.mode == "live" and found.rule.rule_id not in self.paused
            (live if acts else shadow).append(violation)
        opinion = self._opinion(event, context, home, live, shadow)
        absent = {*missing, *unavailable, *(rule_id for rule_id, _ in failed), *self._off}
        if self.scoring is not None and opinion is None:
            absent.add("model")
        result = self._result(event, live, absent, revision)
        result.shadow_violations = shadow
        example = None
        if opinion is not None:
            result.model = opinion.score
            # A refund takes back: it is neither normal nor odd, and no verdict is given on it.
            example = None if event.refd_setl_flag == "1" else opinion.example
        return Outcome("settlement", encode_result(result), result.action, result, tuple(failed), example)

    def _opinion(
        self, event: Event, context: EvaluationContext, home: int, live: list[Violation], shadow: list[Violation]
    ) -> Opinion | None:
        """What the model says; where it finds the settlement remarkable, that is one more violation."""
        scoring = self.scoring
        opinion = None if scoring is None else scoring.ask(event, context, home, live)
        if scoring is not None and opinion is not None and opinion.violation is not None:
            (live if scoring.mode == "live" else shadow).append(opinion.violation)
        return opinion

    def _result(
        self, event: Event, live: list[Violation], missing: Iterable[str], revision: int = 1
    ) -> ScreeningResult:
        live.sort(key=lambda violation: (violation.sev_deg, violation.rule_id))
        action, risk_score = self.judge(live, event.mdtrtarea_admvs)
        setl_id = event.setl_id or ""
        absent = sorted(missing)
        return ScreeningResult(
            result_id=result_id(setl_id, revision, self._ruleset.sha256),
            setl_id=setl_id,
            mdtrt_id=event.mdtrt_id,
            event_id=event.event_id,
            fixmedins_code=event.fixmedins_code,
            psn_ref=event.psn_ref,
            action=action,
            risk_score=risk_score,
            status="partial" if absent else "complete",
            missing=absent,
            revision=revision,
            violations=live,
            ruleset=self._ruleset,
            event_time=format_time(event.time),
        )

    def unscreened(self, event: Event) -> Outcome:
        """The answer when screening itself failed: partial, with every rule missing. Nothing is remembered of it."""
        self.identify(event)
        missing = [rule.rule_id for rule in self.pack.rules if rule.mode == "live"]
        result = self._result(event, [], missing)
        return Outcome("settlement", encode_result(result), result.action, result)

    def judge(self, live: list[Violation], area: str) -> tuple[Action, float]:
        """Action and score of violations, by the policy that holds in the treatment area."""
        if not live:
            return "pass", 0.0
        action, score = decide(self.pack.policy.holding(area), [int(violation.sev_deg) for violation in live])
        return cast("Action", action), float(score)
