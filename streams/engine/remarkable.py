"""Rule X01: the sentence about a settlement that the model finds remarkable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from models.inputs import INPUTS
from models.online import BASE, REST
from streams.contract.money import yuan
from streams.contract.results import Violation, jr_id

if TYPE_CHECKING:
    from models.online import Scored
    from streams.contract.events import Event

RULE_ID: Final = "X01"
NAME: Final = "在线模型异常"
SEVERITY: Final = "3"
BASIS: Final = "在线模型（提示核查线索，不作为认定依据）"
NAMED: Final = 3
"""Witnesses that the sentence names."""

LABELS: Final = {
    "kind_of_visit": "医疗类别",
    "amount": "总费用",
    "amount_to_own_usual": "费用与本人通常之比",
    "own_large_recently": "本人近14天大额次数",
    "amount_to_own_usual*own_large_recently": "费用偏离本人通常且近期多次大额",
    "amount_to_own_usual*person_confirmed_since": "本人近期有已确认问题且费用偏离通常",
    "person_confirmed": "本人近期已确认问题",
    "institution_unexplained_weeks": "本机构近期已确认问题",
    "institution_unexplained_months": "本机构近月已确认问题",
    "institution_confirmed_share": "本机构近期确认比例",
    "institution_run_of_verdicts": "本机构最近连续核查结论",
    "institution_confirmed_share*since": "本机构确认比例及持续时间",
    "institution_unexplained_weeks*run": "本机构近期已确认问题及连续结论",
    "amount_to_own_usual*institution_confirmed_share": "费用与本人通常之比及本机构近期确认比例",
    "institution_confirmed": "本机构近期全部已确认问题",
    "own_visits_week": "本人近7天就诊次数",
    "own_institutions_month": "本人近30天就诊机构数",
    "elsewhere_just_before": "刚在其他机构结算",
    "own_same_amount": "本人刚在本机构结算同一金额",
    "own_open_stays": "本人在院未出院或住院时间重叠",
    "night": "夜间结算",
    "institution_day": "本机构当日费用与往日之比",
    "institution_hour": "本机构本小时笔数与往日之比",
    "same_amount_today": "本机构当日同金额集中",
    "institution_now": "本机构五分钟内结算人数",
    "prescriber_day": "医师当日结算笔数",
    "prescriber_places": "医师半小时内另在其他机构开单",
    "known_trace_codes": "追溯码曾经出现",
    "codes_to_packs": "追溯码与数量不符",
    "price_over_limit": "单价超过限价",
    "days_supplied": "开药天数",
    "supply_left": "同一药品尚余天数",
    "same_drug_month": "近30天同一药品供应次数",
    "most_of_one_item": "单项数量",
    "lines": "明细条数",
    "away": "异地参保",
    "fund_share": "统筹支付占比",
    "oddness": "总体偏离常态",
}
"""What a clerk calls each witness."""


def remark(event: Event, scored: Scored, risk_tail: float, share: float) -> Violation:
    """Word rule X01 for a settlement, of which so rare a share is at least as risky."""
    score = scored.score
    odd = [INPUTS[place].name for _, place in scored.odd_inputs]
    raising = [
        part.feature
        for part in score.contributions
        if part.contribution > 0 and part.feature not in {BASE, REST, "oddness"}
    ]
    named = list(dict.fromkeys((*odd, *raising)))[:NAMED]
    factors = "、".join(LABELS[name] for name in named) or LABELS["oddness"]
    rarest = min(scored.odd_tail, risk_tail)
    return Violation(
        jr_id=jr_id(event.setl_id or "", RULE_ID),
        rule_id=RULE_ID,
        rule_name=NAME,
        vola_cont=(
            f"在线模型评分{score.score:.3f}，"
            f"在同类就医中居前{100 * max(rarest, 0.0001):.2f}%（提醒线{100 * share:.1f}%），"
            f"主要因素：{factors}；请核实，模型仅提示线索"
        ),
        vola_amt=None if event.fund_pay_sumamt is None else yuan(event.fund_pay_sumamt),
        sev_deg=SEVERITY,
        basis=BASIS,
        vola_evid={
            "score": score.score,
            "version": score.version,
            "oddness_share": round(scored.odd_tail, 6),
            "risk_share": round(risk_tail, 6),
            "odd_inputs": odd,
            "contributions": {part.feature: part.contribution for part in score.contributions},
        },
    )
