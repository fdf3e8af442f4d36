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
COLOURS: Final = {"rules": "#888888", "model": "#1f6fb2", "both": "#b2411f"}
POINTS: Final = 200
Curve = tuple["Sequence[float]", "Sequence[float]"]


def draw(replay: Prequential, report: dict[str, Any]) -> str:
    """A page with ROC curves, precision over recall, and what was promised against what came."""
    judged = {way: replay.judged(way) for way in WAYS}
    curves = {way: _curves(each) for way, each in judged.items() if each.labels.any() and not each.labels.all()}
    promised = [part["promised"] for part in report["calibration"]]
    found = [part["found"] for part in report["calibration"]]
    parts = [
        _plot("ROC", "false alarms", "found", {way: each[0] for way, each in curves.items()}),
        _plot("Precision and recall", "recall", "precision", {way: each[1] for way, each in curves.items()}),
        _plot("Calibration", "promised", "found", {"model": (promised, found)}),
    ]
    title = escape(f"prewarn, model {report['version']}: {report['model']['events']} settlements")
    return f"<!doctype html><meta charset=utf-8><title>{title}</title><h1>{title}</h1>{''.join(parts)}\n"


def _curves(judged: Judged) -> tuple[Curve, Curve]:
    """ROC, and precision over recall, at some hundred thresholds that lie closer at the top."""
    order = np.argsort(-judged.scores, kind="stable")
    hits = np.cumsum(judged.labels[order]).astype(float)
    number, frauds = len(order), float(hits[-1])
    places = np.unique(np.geomspace(1, number, POINTS).astype(int)) - 1
    recall, precision = hits[places] / frauds, hits[places] / (places + 1)
    alarms = (places + 1 - hits[places]) / (number - frauds)
    return (alarms.tolist(), recall.tolist()), (recall.tolist(), precision.tolist())


def _plot(title: str, across: str, up: str, curves: dict[str, Curve]) -> str:
    lines = []
    for place, (way, (xs, ys)) in enumerate(curves.items()):
        points = " ".join(f"{SIDE * x:.1f},{SIDE * (1 - y):.1f}" for x, y in zip(xs, ys, strict=True))
        colour = COLOURS[way]
        lines.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        lines.append(f'<text x="{SIDE - 60}" y="{SIDE - 10 - 16 * place}" fill="{colour}">{way}</text>')
    frame = f'<rect width="{SIDE}" height="{SIDE}" fill="none" stroke="#444"/>'
    view = f'viewBox="-20 -10 {SIDE + 40} {SIDE + 40}" width="{SIDE + 40}" height="{SIDE + 40}"'
    label = f'<text x="0" y="{SIDE + 20}">{across} → ({up} ↑)</text>'
    return f"<h2>{title}</h2><svg {view}>{frame}{''.join(lines)}{label}</svg>"
