"""Draws an evaluation as one HTML page of SVG curves; nothing is loaded from elsewhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from streams.prequential import WAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.figures import Judged
    from streams.prequential import Prequential

SIDE: Final = 320
DECADES: Final = 4
"""From which probability on calibration is drawn: ten to the minus so many."""
COLOURS: Final = {"rules": "#888888", "model": "#1f6fb2", "both": "#b2411f"}
POINTS: Final = 200
Curve = tuple["Sequence[float]", "Sequence[float]"]


def draw(replay: Prequential, report: dict[str, Any]) -> str:
    """A page with ROC curves, precision over recall, and what was promised against what came."""
    judged = {way: replay.judged(way) for way in WAYS}
    curves = {way: _curves(each) for way, each in judged.items() if each.labels.any() and not each.labels.all()}
    promised = [_decades(part["promised"]) for part in report["calibration"]]
    found = [_decades(part["found"]) for part in report["calibration"]]
    least = f"{10**-DECADES:.{DECADES}f}"
    parts = [
        _plot("ROC", "false alarms", "found", {way: each[0] for way, each in curves.items()}, fair=True),
        _plot("Precision and recall", "recall", "precision", {way: each[1] for way, each in curves.items()}),
        _plot("Calibration", "promised", "found", {"model": (promised, found)}, least=least, fair=True),
    ]
    title = escape(f"prewarn, model {report['version']}: {report['model']['events']:,} settlements")
    style = "<style>body{font:14px sans-serif}div{display:inline-block;margin-right:1em}</style>"
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>{style}<h1>{title}</h1>'
    return f"{head}{''.join(parts)}</html>\n"


def _decades(probability: float) -> float:
    """Where a probability is on an axis of decades, 0 to 1."""
    return max(0.0, 1.0 + float(np.log10(max(probability, 1e-12))) / DECADES)


def _curves(judged: Judged) -> tuple[Curve, Curve]:
    """ROC, and precision over recall, at some hundred thresholds that lie closer at the top."""
    order = np.argsort(-judged.scores, kind="stable")
    hits = np.cumsum(judged.labels[order]).astype(float)
    number, frauds = len(order), float(hits[-1])
    places = np.unique(np.geomspace(1, number, POINTS).astype(int)) - 1
    recall, precision = hits[places] / frauds, hits[places] / (places + 1)
    alarms = (places + 1 - hits[places]) / (number - frauds)
    return (alarms.tolist(), recall.tolist()), (recall.tolist(), precision.tolist())


def _plot(title: str, across: str, up: str, curves: dict[str, Curve], *, least: str = "0", fair: bool = False) -> str:
    """One square: curves by way; `least` is what the axes begin with, `fair` draws the diagonal."""
    lines = []
    if fair:
        lines.append(f'<line x1="0" y1="{SIDE}" x2="{SIDE}" y2="0" stroke="#bbb" stroke-dasharray="4"/>')
    for place, (way, (xs, ys)) in enumerate(curves.items()):
        points = " ".join(f"{SIDE * x:.1f},{SIDE * (1 - y):.1f}" for x, y in zip(xs, ys, strict=True))
        colour = COLOURS[way]
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines.append(f'<text x="{SIDE + 8}" y="{16 + 18 * place}" fill="{colour}">{way}</text>')
    frame = f'<rect width="{SIDE}" height="{SIDE}" fill="none" stroke="#444"/>'
    view = f'viewBox="-60 -15 {SIDE + 120} {SIDE + 60}" width="{SIDE + 120}" height="{SIDE + 60}"'
    axes = (
        f'<text x="0" y="{SIDE + 18}">{least}</text><text x="{SIDE}" y="{SIDE + 18}" text-anchor="end">1</text>'
        f'<text x="{SIDE // 2}" y="{SIDE + 36}" text-anchor="middle">{across}</text>'
        f'<text x="-6" y="{SIDE}" text-anchor="end">{least}</text><text x="-6" y="12" text-anchor="end">1</text>'
        f'<text x="-10" y="{SIDE // 2}" text-anchor="middle" transform="rotate(-90 -10 {SIDE // 2})">{up}</text>'
    )
    drawn = f'<svg {view} role="img" aria-label="{title}">{frame}{"".join(lines)}{axes}</svg>'
    return f"<div><h2>{title}</h2>{drawn}</div>"
