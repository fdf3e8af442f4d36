"""How the demo looks: a live page on a terminal, plain lines anywhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich import box
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from streams.demo.tally import Alert, Tally

ACTIONS: Final = {
    "pass": ("放行", "green"),
    "remind": ("提醒", "cyan"),
    "review": ("待答复", "yellow"),
    "hold": ("暂缓支付", "bold red"),
}
_AROUND_ALERTS: Final = 13
"""Lines of the page that are not alerts."""


def page(tally: Tally, status: str, rate: float, console: Console) -> RenderableType:
    """The whole page."""
    return Group(_figures(tally, status, rate), _rules(tally), _alerts(tally, console.height - _AROUND_ALERTS))


def _figures(tally: Tally, status: str, rate: float) -> RenderableType:
    text = Text.assemble(
        (f"{tally.results:,}", "bold"), " 笔结算已审核  ", (f"{rate:,.0f}", "bold"), " 笔/秒    ",
    )  # fmt: skip
    for action, (name, style) in ACTIONS.items():
        text.append(f"{name} ", style="dim")
        text.append(f"{tally.actions[action]:,}  ", style=style)
    text.append(f"  涉及金额 {tally.yuan:,.2f} 元", style="dim")
    return Panel(text, title="prewarn 医保结算支付前预警", subtitle=status, box=box.ROUNDED)


def _rules(tally: Tally) -> RenderableType:
    parts = [f"{rule_id} {tally.names[rule_id]} {count}" for rule_id, count in sorted(tally.by_rule.items())]
    return Text("  ".join(parts) or "等待第一条预警……", style="dim")


def _alerts(tally: Tally, rows: int) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, expand=True, pad_edge=False)
    table.add_column("时间", no_wrap=True)
    table.add_column("机构", no_wrap=True)
    table.add_column("处理", no_wrap=True)
    table.add_column("分", justify="right")
    table.add_column("规则", no_wrap=True)
    table.add_column("情形", ratio=1)
    for alert in list(tally.latest)[-max(3, rows // 2) :][::-1]:
        name, style = ACTIONS[alert.action]
        table.add_row(
            alert.event_time[11:19],
            alert.institution,
            Text(name, style=style),
            f"{alert.score:.0f}",
            f"{alert.rule_id} {alert.rule_name}",
            alert.sentence,
        )
    return table


def line(alert: Alert) -> str:
    """An alert as one plain line."""
    name, _ = ACTIONS[alert.action]
    return (
        f"{alert.event_time[11:19]} {alert.institution} [{name} {alert.score:.0f}分] "
        f"{alert.rule_id} {alert.rule_name}：{alert.sentence}"
    )


def summary(tally: Tally, seconds: float) -> str:
    """What happened, in a few lines."""
    actions = "，".join(f"{name} {tally.actions[action]:,}" for action, (name, _) in ACTIONS.items())
    rules = "\n".join(
        f"  {rule_id} {tally.names[rule_id]}: {count}" for rule_id, count in sorted(tally.by_rule.items())
    )
    return (
        f"\n{seconds:.0f} 秒内审核 {tally.results:,} 笔结算：{actions}；"
        f"预警涉及金额 {tally.yuan:,.2f} 元\n各规则预警数：\n{rules or '  （无）'}"
    )
