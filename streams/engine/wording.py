"""From a rule's hits to the violation a clerk reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.contract.money import yuan
from streams.contract.results import LineDetail, Violation, jr_id

if TYPE_CHECKING:
    from streams.contract.events import Event
    from streams.engine.context import EvaluationContext
    from streams.engine.evaluate import Hit, RuleHits

#: Hits whose evidence is written out; a settlement of 5,000 lines must not make a result of megabytes.
EVIDENCE_WRITTEN = 20


def word(event: Event, context: EvaluationContext, found: RuleHits) -> Violation:
    """One violation for all hits of a rule: the gravest hit gives severity and sentence, all lines are named."""
    rule, params, hits = found
    gravest = min(hits, key=lambda hit: hit.severity)
    details = _details(hits)
    amounts = [hit.amount for hit in hits if hit.line is None] or list(details.values())
    known = [amount for amount in amounts if amount is not None]
    _stand_at(context, gravest)
    message = rule.message(context, event, gravest.line, gravest.code, gravest.fact, params, len(details))
    evidence = _evidence(event, context, found, gravest)
    others = [hit for hit in hits if hit is not gravest][:EVIDENCE_WRITTEN]
    if others:
        evidence["others"] = [_evidence(event, context, found, hit) for hit in others]
    return Violation(
        jr_id=jr_id(event.setl_id or "", rule.rule_id),
        rule_id=rule.rule_id,
        rule_name=rule.name,
        vola_cont=message,
        vola_amt=yuan(sum(known)) if known else None,
        sev_deg=str(gravest.severity),
        basis=rule.basis_for(gravest.fact) or None,
        vola_evid=evidence,
        judge_result_detail_dtos=[
            LineDetail(feedetl_sn=feedetl_sn, vola_item_type="1", vola_amt=None if amount is None else yuan(amount))
            for feedetl_sn, amount in details.items()
        ],
    )


def _details(hits: list[Hit]) -> dict[str, int | None]:
    """The lines that were hit, each with its amount once however many of its codes or facts hit."""
    lines: dict[str, int | None] = {}
    for hit in hits:
        if hit.line is None:
            continue
        before = lines.get(hit.line.feedetl_sn)
        amounts = [amount for amount in (before, hit.amount) if amount is not None]
        lines[hit.line.feedetl_sn] = max(amounts) if amounts else None
    return lines


def _evidence(event: Event, context: EvaluationContext, found: RuleHits, hit: Hit) -> dict[str, Any]:
    _stand_at(context, hit)
    return found.rule.evidence(context, event, hit.line, hit.code, hit.fact, found.params)


def _stand_at(context: EvaluationContext, hit: Hit) -> None:
    context.line, context.code, context.lf, context.kf = hit.line, hit.code, hit.lf, hit.kf
