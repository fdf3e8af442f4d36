"""Time on the wire and inside: epoch milliseconds, and calendar days in Beijing (UTC+8, no daylight saving).

A *time* is an ``int`` of milliseconds since 1970-01-01T00:00:00Z; what is finer than a millisecond is cut.
A *day* is an ``int`` of days since 1970-01-01 as the calendar stands in Beijing.
"""

from __future__ import annotations

import re
from datetime import date

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
BEIJING_MS = 8 * HOUR_MS

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_FIRST_MS = (date.min.toordinal() - _EPOCH_ORDINAL) * DAY_MS - BEIJING_MS
_END_MS = (date.max.toordinal() - _EPOCH_ORDINAL + 1) * DAY_MS - BEIJING_MS

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# The pattern of `time` in settlement-event.schema.json, with the range of every part but the date.
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[ T]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,6}))?"
    r"(Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?)?",
)

# The common forms, in Beijing time without an offset or with +08:00, are three slices and three look-ups. Hours with
# minutes, and seconds, are few enough to list; dates are cached as they come, and the cache is emptied when a sender
# makes up dates.
_MINUTES = {f"{sep}{h:02d}:{m:02d}": h * HOUR_MS + m * MINUTE_MS for sep in " T" for h in range(24) for m in range(60)}
_SECONDS = {f":{s:02d}{zone}": s * SECOND_MS for s in range(60) for zone in ("", "+08:00")}
_MAX_CACHED_DAYS = 4_096
_midnights: dict[str, int] = {}
_day_texts: dict[int, str] = {}


def parse_time(text: str) -> int:
    """Read a time of the contract.

    Args:
        text: ``yyyy-MM-dd HH:mm:ss`` (Beijing), RFC 3339 (its offset counts; without one, Beijing), or a date alone
            (its midnight in Beijing). The separator is a space or ``T``; one to six decimals of a second may follow.

    Returns:
        Epoch milliseconds; what is finer is cut.

    Raises:
        ValueError: The text has another form, or names a time that does not exist (2026-02-30, 24:00, second 60).
    """
    try:
        return _midnights[text[:10]] + _MINUTES[text[10:16]] + _SECONDS[text[16:]]
    except KeyError:
        return _parse_any(text)


def _parse_any(text: str) -> int:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("not a time (yyyy-MM-dd HH:mm:ss, or RFC 3339)")
    day, hour, minute, second, fraction, zone = match.groups()
    at = _midnight(day)
    if hour is None:
        return at
    at += int(hour) * HOUR_MS + int(minute) * MINUTE_MS + int(second) * SECOND_MS
    if fraction is not None:
        at += int(fraction[:3].ljust(3, "0"))
    if zone is not None:
        at += BEIJING_MS - _offset(zone)
    if not _FIRST_MS <= at < _END_MS:
        raise ValueError("a time outside the years 0001 to 9999 in Beijing")
    return at


def _midnight(day: str) -> int:
    at = _midnights.get(day)
    if at is None:
        at = parse_date(day) * DAY_MS - BEIJING_MS
        if len(_midnights) >= _MAX_CACHED_DAYS:
            _midnights.clear()
        _midnights[day] = at
    return at


def _offset(zone: str) -> int:
    if zone == "Z":
        return 0
    size = int(zone[1:3]) * HOUR_MS + int(zone[4:6]) * MINUTE_MS
    return size if zone[0] == "+" else -size


def format_time(ms: int) -> str:
    """Write a time as RFC 3339 in Beijing, such as ``2026-11-20T09:12:33+08:00``; ``.123`` only when not zero.

    Raises:
        OverflowError: The time lies outside the years 0001 to 9999 (no parsed time does).
    """
    day, rest = divmod(ms + BEIJING_MS, DAY_MS)
    hour, rest = divmod(rest, HOUR_MS)
    minute, rest = divmod(rest, MINUTE_MS)
    second, fraction = divmod(rest, SECOND_MS)
    tail = f".{fraction:03d}" if fraction else ""
    return f"{format_date(day)}T{hour:02d}:{minute:02d}:{second:02d}{tail}+08:00"


def day_of(ms: int) -> int:
    """Return the Beijing calendar day a time lies in."""
    return (ms + BEIJING_MS) // DAY_MS


def parse_date(text: str) -> int:
    """Read ``yyyy-MM-dd`` as a day.

    Raises:
        ValueError: The text has another form, or the date does not exist.
    """
    # fromisoformat alone would also read 20261120 and 2026-W47-5, neither of which has its hyphens here.
    if text[4:5] == "-" == text[7:8] and len(text) == len("yyyy-MM-dd"):
        try:
            return date.fromisoformat(text).toordinal() - _EPOCH_ORDINAL
        except ValueError:
            pass
    raise ValueError("a date that does not exist" if _DATE.fullmatch(text) else "not a date (yyyy-MM-dd)")


def to_date(day: int) -> date:
    """Return a day as a calendar date.

    Raises:
        OverflowError: The day lies outside the years 0001 to 9999.
    """
    try:
        return date.fromordinal(day + _EPOCH_ORDINAL)
    except ValueError:
        raise OverflowError("a day outside the years 0001 to 9999") from None


def format_date(day: int) -> str:
    """Write a day as ``yyyy-MM-dd``.

    Raises:
        OverflowError: The day lies outside the years 0001 to 9999.
    """
    text = _day_texts.get(day)
    if text is None:
        text = to_date(day).isoformat()
        if len(_day_texts) >= _MAX_CACHED_DAYS:
            _day_texts.clear()
        _day_texts[day] = text
    return text


def age_years(brdy_day: int, at_ms: int) -> int:
    """Return the completed years of age in Beijing; who is born on 29 February is a year older on 1 March.

    Args:
        brdy_day: Birthday as a day.
        at_ms: When, in epoch milliseconds. Before the birthday the answer is negative.
    """
    born, now = to_date(brdy_day), to_date(day_of(at_ms))
    return now.year - born.year - ((now.month, now.day) < (born.month, born.day))


def age_days(brdy_day: int, at_ms: int) -> int:
    """Return the days since birth in Beijing: 0 on the birthday itself, negative before it."""
    return day_of(at_ms) - brdy_day
