"""How a feature's window is written: ``1 calendar day``, or rolling: ``2 h``, ``30 d``, ``60 s``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.contract.time import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

if TYPE_CHECKING:
    from streams.rules.section import Section

CALENDAR = re.compile(r"([1-9][0-9]{0,3}) calendar days?")
ROLLING = re.compile(r"([1-9][0-9]{0,5}) ?(s|min|h|d)")
UNITS = {"s": SECOND_MS, "min": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS}

MAX_DAYS = 3_660
"""Ten years: nothing in the catalogue looks back further than three."""

BUCKETS = 60
"""Buckets of a rolling window unless the pack says otherwise: its edge is then exact to a sixtieth."""

MAX_BUCKETS = 1_440
"""Most buckets of a window that a key keeps (a day by the minute)."""

MIN_RESOLUTION = SECOND_MS


@dataclass(frozen=True, slots=True)
class Window:
    """A window of calendar days (``days``) or a rolling one (``span``, ``resolution`` in milliseconds)."""

    days: int = 0
    span: int = 0
    resolution: int = 0


def read_window(section: Section, *, log: bool) -> Window | None:
    """Read ``window`` and ``resolution``; None when they were reported."""
    text = section.text("window")
    if not text:
        return None
    item = section.values["window"]
    calendar = CALENDAR.fullmatch(text)
    days = int(calendar[1]) if calendar else 0
    span = days * DAY_MS or _span(text)
    if not span:
        section.refuse(item, f"{text!r} is not a window", "1 calendar day, or rolling: 60 s, 15 min, 2 h, 30 d")
        return None
    if span > MAX_DAYS * DAY_MS:
        section.refuse(item, f"the window is longer than {MAX_DAYS} days")
        return None
    resolution = section.values.get("resolution")
    if days or log:
        if resolution is not None:
            section.refuse(resolution, "only a rolling window that counts has a resolution")
        return Window(days=days, span=0 if days else span)
    bucket = max(MIN_RESOLUTION, span // BUCKETS)
    if resolution is not None:
        bucket = _span(section.text("resolution"))
        if not MIN_RESOLUTION <= bucket <= span or span > bucket * MAX_BUCKETS:
            section.refuse(resolution, f"a resolution is from 1 s to the window, in at most {MAX_BUCKETS} steps")
            return None
    return Window(span=span, resolution=bucket)


def read_span(section: Section, key: str, least: int = MIN_RESOLUTION) -> int:
    """Read a length of time such as ``14 d``; 0 where nothing is said, or it was reported."""
    text = section.text(key)
    if not text:
        return 0
    span = _span(text)
    if not least <= span <= MAX_DAYS * DAY_MS:
        section.refuse(section.values[key], f"{key}: {text!r} is not a length of time here", "such as 1 h, 7 d")
        return 0
    return span


def _span(text: str) -> int:
    match = ROLLING.fullmatch(text)
    return int(match[1]) * UNITS[match[2]] if match else 0


def window_text(days: int, span: int) -> str:
    """Write a window as a pack does."""
    if days:
        return f"{days} calendar day" + ("s" if days > 1 else "")
    unit = next(name for name in ("d", "h", "min", "s") if span % UNITS[name] == 0)
    return f"{span // UNITS[unit]} {unit}"
