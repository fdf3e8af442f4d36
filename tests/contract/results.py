"""Results with little and with everything in them."""

from __future__ import annotations

from streams.contract.results import (
    Contribution,
    LineDetail,
    ModelScore,
    Ruleset,
    ScreeningResult,
    Violation,
    jr_id,
    result_id,
)
from streams.contract.time import format_time, parse_time

SHA256 = "5e" * 32


def passing_result() -> ScreeningResult:
    """Return a result that found nothing."""
    return ScreeningResult(
        result_id=result_id("S1", 1, SHA256),
        setl_id="S1",
        mdtrt_id="M1",
        event_id="E1",
        fixmedins_code="H31011500123",
        psn_ref="0f" * 16,
        action="pass",
        risk_score=0,
        status="complete",
        ruleset=Ruleset(version="2026.11.1", sha256=SHA256),
        event_time=format_time(parse_time("2026-11-20 09:12:33")),
    )


def full_result() -> ScreeningResult:
    """Return a result in which every field says something."""
    violation = Violation(
        jr_id=jr_id("S1", "T01"),
        rule_id="T01",
        rule_name="追溯码重复结算",
        vola_cont="追溯码已于2026-11-19在另一机构结算，涉及金额90.40元",
        vola_amt=90.4,
        sev_deg="1",
        basis="医保发〔2024〕36号",
        vola_evid={"code_sales": [{"setl_id": "S0", "time": "2026-11-19T10:00:00+08:00"}], "threshold": 1},
        judge_result_detail_dtos=[
            LineDetail(feedetl_sn="1", vola_item_type="1", vola_amt=90.4),
            LineDetail(feedetl_sn="2", vola_item_type="2"),
        ],
    )
    trial = Violation(
        jr_id=jr_id("S1", "V02"), rule_id="V02", rule_name="同日多机构就诊", vola_cont="…", vola_amt=None, sev_deg="3"
    )
    result = passing_result()
    result.action, result.risk_score, result.status, result.missing = "hold", 85.5, "partial", ["rule:V09"]
    result.revision, result.violations, result.shadow_violations = 2, [violation], [trial]
    contributions = [Contribution(feature="day.count", value=3, contribution=0.25)]
    result.model = ModelScore(score=0.97, version="7", contributions=contributions)
    return result
