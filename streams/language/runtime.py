"""The functions that generated code calls. They are total: what cannot be computed is None."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from streams.contract.money import QUANTITY
from streams.contract.money import prorate as share
from streams.contract.time import BEIJING_MS, DAY_MS, HOUR_MS, age_years, day_of, to_date
from streams.language.whole import COMPUTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from streams.contract.events import Event, Line
    from streams.rules.knowledge import Fact, Table

TOTAL_SCALE = 100_000_000
"""Price (10^-6) times quantity (10^-4), in fen (10^-2)."""

LEVEL_RANKS = dict.fromkeys(("01", "02", "03", "04", "12"), 3)
LEVEL_RANKS |= dict.fromkeys(("05", "06", "07", "13"), 2)
LEVEL_RANKS |= dict.fromkeys(("08", "09", "10", "14"), 1)
LEVEL_RANKS["11"] = 0
"""Rank of ``medins_lv``: 3 tertiary, 2 secondary, 1 primary, 0 without a grade (pharmacies)."""

CACHED_DAYS = 4_096
"""Days whose month is remembered: eleven years."""


def ratio(top: float, bottom: float) -> float | None:
    """Divide; nothing divides by zero."""
    return None if bottom == 0 else top / bottom


def prorate(amount: int, part: int, whole: int) -> int | None:
    """Give ``amount`` × ``part`` / ``whole`` in fen, halves away from zero; None when ``whole`` is 0."""
    return None if whole == 0 else share(amount, part, whole)


def total(price: int, quantity: int) -> int:
    """Give price × quantity in fen, halves away from zero."""
    return share(price, quantity, TOTAL_SCALE)


def hour(at: int) -> int:
    """Give the hour of a time in Beijing, 0 to 23."""
    return (at + BEIJING_MS) % DAY_MS // HOUR_MS


def month(at: int) -> int:
    """Give the month of a time in Beijing, 1 to 12."""
    return month_of_day(day_of(at))


@lru_cache(CACHED_DAYS)
def month_of_day(day: int) -> int:
    """Give the month of a Beijing day; beyond the calendar's years 1 to 9999, January."""
    try:
        return to_date(day).month
    except OverflowError:
        return 1


def years(brdy: int | None, at: int) -> int | None:
    """Give the completed years of age at a time."""
    if brdy is None:
        return None
    try:
        return age_years(brdy, at)
    except OverflowError:
        return None


def years_on_day(brdy: int | None, day: int) -> int | None:
    """Give the completed years of age on a Beijing day."""
    return years(brdy, day * DAY_MS - BEIJING_MS)


def days(brdy: int | None, at: int) -> int | None:
    """Give the days since birth at a time."""
    return None if brdy is None else day_of(at) - brdy


def days_on_day(brdy: int | None, day: int) -> int | None:
    """Give the days since birth on a Beijing day."""
    return None if brdy is None else day - brdy


def level_rank(medins_lv: str) -> int | None:
    """Give the rank of an institution level; None for a level that the code list does not have."""
    return LEVEL_RANKS.get(medins_lv)


def any_prefix(texts: Iterable[str], prefixes: str | tuple[str, ...]) -> bool:
    """Tell whether any of the texts begins with any of the prefixes."""
    return any(text.startswith(prefixes) for text in texts)


def matches(text: str, patterns: str | tuple[str, ...]) -> bool:
    """Tell whether a code is the pattern, or begins with it where it ends in ``*``; of several, any of them."""
    if isinstance(patterns, tuple):
        return any(matches(text, pattern) for pattern in patterns)
    return text.startswith(patterns[:-1]) if patterns.endswith("*") else text == patterns


LISTED_LIMIT = 20
"""Most texts that ``list()`` gives; a clerk reads no more."""


def listing(texts: Sequence[str]) -> tuple[str, ...]:
    """Give the different texts in the order of their first occurrence, the last of them where they are many."""
    return tuple(dict.fromkeys(texts))[-LISTED_LIMIT:]


def on_hand(view: Any, field: int, at: int) -> int:
    """Give the supply left at a time, ms: supplies add up, time runs off them, and never below nothing.

    Entries after `at`, and those that do not say how many days they give, are passed over.
    """
    held = until = 0
    for entry in view.entries:
        days = entry[field]
        if days is not None and entry[0] <= at:
            held = max(0, held - (entry[0] - until)) + days * DAY_MS // QUANTITY
            until = entry[0]
    return max(0, held - (at - until))


def episode_days(view: Any, gap: int) -> int:
    """Give the number of days in the episode that the day looked at belongs to."""
    return len(view.episode(gap))


def episode_start(view: Any, gap: int) -> int | None:
    """Give the first day of the episode that the day looked at belongs to."""
    days = view.episode(gap)
    return days[0] if days else None


def any_known(values: Iterable[bool | None]) -> bool | None:
    """Three-valued any: True if one is, else None if one is unknown, else False."""
    unknown = False
    for value in values:
        if value:
            return True
        unknown = unknown or value is None
    return None if unknown else False


def all_known(values: Iterable[bool | None]) -> bool | None:
    """Three-valued all: False if one is, else None if one is unknown, else True."""
    unknown = False
    for value in values:
        if value is False:
            return False
        unknown = unknown or value is None
    return None if unknown else True


def end(view: Any, index: int) -> tuple[Any, ...] | None:
    """Give a log's first (0) or last (-1) entry; None when it is empty."""
    entries: Sequence[tuple[Any, ...]] = view.entries
    return entries[index] if entries else None


def listed(table: Table, event: Event, record: Any, line: Line | None) -> bool:
    """Tell whether a knowledge table has a row for a line, or for a trace code of ``line``."""
    return bool(table.facts_of(event, record, line))


def row(table: Table, event: Event, record: Any, line: Line | None) -> Fact | None:
    """Give the row of a knowledge table for a line, or for a trace code of ``line``."""
    found = table.facts_of(event, record, line)
    return found[0] if found else None


NAMESPACE: dict[str, Any] = {
    "_ratio": ratio,
    "_prorate": prorate,
    "_total": total,
    "_hour": hour,
    "_month": month,
    "_month_day": month_of_day,
    "_age_years": years,
    "_age_years_day": years_on_day,
    "_age_days": days,
    "_age_days_day": days_on_day,
    "_level_rank": level_rank,
    "_any_prefix": any_prefix,
    "_matches": matches,
    "_any": any_known,
    "_all": all_known,
    "_listing": listing,
    "_on_hand": on_hand,
    "_episode_days": episode_days,
    "_episode_start": episode_start,
    "_end": end,
    "_listed": listed,
    "_row": row,
    **COMPUTED,
    "_unset": object(),
    "__builtins__": {function.__name__: function for function in (any, all, len, sum, min, max, abs)},
}
"""Every global that generated code can reach, and no other."""
