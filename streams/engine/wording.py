"""From a rule's hits to the violation a clerk reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.contract.money import yuan
from streams.contract.results import LineDetail, Violation, jr_id

if TYPE_CHECKING:
    from streams.contract.events import Event
    from streams.engine.context import EvaluationContext
    from streams.engine.evaluate import Hit, RuleHits
    from streams.rules.specs import Note

#: Lines and further hits that all violations of a result write out together: a settlement of 5,000 lines must not make
#: a result of megabytes. Each violation may write at least the second number of them.
LINES_WRITTEN = (2_000, 40)
EVIDENCE_WRITTEN = (200, 5)


def share_of(budget: tuple[int, int], rules: int) -> int:
    """How much of a budget each of so many violations may use."""
    whole, least = budget
    return max(least, whole // max(rules, 1))


def word(
    event: Event, context: EvaluationContext, found: RuleHits, notes: tuple[Note, ...] = (), rules: int = 1
) -> Violation:
    """One violation for all hits of a rule: the gravest hit gives severity and sentence, the lines are named.

    Args:
        event: The settlement.
        context: What the rule read.
        found: The rule and where it hit.
        notes: Sentences that are added where they hold.
        rules: How many rules hit: they share what a result may hold.
    """
    rule, hits = found
    gravest = min(hits, key=lambda hit: hit.severity)
    details = _details(hits)
    amounts = [hit.amount for hit in hits if hit.line is None] or [detail[0] for detail in details.values()]
    known = [amount for amount in amounts if amount is not None]
    _stand_at(context, gravest)
    form = gravest.rule
    message = form.message(
        context, event, gravest.line, gravest.code, gravest.fact, gravest.params, max(len(details), 1)
    )
    evidence = _evidence(event, context, gravest)
    others = [hit for hit in hits if hit is not gravest]
    if others:
        shown = others[: share_of(EVIDENCE_WRITTEN, rules)]
        evidence["others"] = [_evidence(event, context, hit) for hit in shown]
    room = share_of(LINES_WRITTEN, rules)
    if len(details) > room:
        evidence["lines"] = len(details)
    return Violation(
        jr_id=jr_id(event.setl_id or "", rule.rule_id),
        rule_id=rule.rule_id,
        rule_name=rule.name,
        vola_cont=message + _added(event, context, gravest, notes),
        vola_amt=yuan(sum(known)) if known else None,
        sev_deg=str(gravest.severity),
        basis=form.basis_for(gravest.fact) or None,
        vola_evid=evidence,
        judge_result_detail_dtos=[
            LineDetail(feedetl_sn=feedetl_sn, vola_item_type=role, vola_amt=None if amount is None else yuan(amount))
            for feedetl_sn, (amount, role) in list(details.items())[:room]
        ],
    )


def _details(hits: list[Hit]) -> dict[str, tuple[int | None, str]]:
    """The lines that were hit, each with its amount once however many of its codes or facts hit, and its role."""
    lines: dict[str, tuple[int | None, str]] = {}
    for hit in hits:
        if hit.line is None:
            continue
        role = "2" if hit.rule.involves else "1"
        before, earlier = lines.get(hit.line.feedetl_sn, (None, role))
        amounts = [amount for amount in (before, hit.amount) if amount is not None]
        lines[hit.line.feedetl_sn] = (max(amounts) if amounts else None, min(role, earlier))
    return lines


def _added(event: Event, context: EvaluationContext, hit: Hit, notes: tuple[Note, ...]) -> str:
    told = [
        note.text
        for note in notes
        if hit.severity in note.severities and note.when(context, event, None, None, None, ())
    ]
    return "".join(f"（{text}）" for text in told)


def _evidence(event: Event, context: EvaluationContext, hit: Hit) -> dict[str, Any]:
    _stand_at(context, hit)
    return hit.rule.evidence(context, event, hit.line, hit.code, hit.fact, hit.params)


def _stand_at(context: EvaluationContext, hit: Hit) -> None:
    context.line, context.code, context.lf, context.kf = hit.line, hit.code, hit.lf, hit.kf
