"""How values read in a Chinese sentence, and how they stand in evidence (JSON)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from streams.contract.money import FEN, PRICE, QUANTITY, yuan_text
from streams.contract.time import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, day_of, format_date, format_time
from streams.language.types import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

UNKNOWN = "未知"


def decimal_text(value: int, scale: int, places: int = 0) -> str:
    """Write a scaled integer with at least ``places`` decimals and no further trailing zeros."""
    whole, rest = divmod(abs(value), scale)
    digits = str(scale + rest)[1:].rstrip("0").ljust(places, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"


def number_text(value: float) -> str:
    """Write a number with at most two decimals."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def percent_text(value: float) -> str:
    """Write a ratio as a percentage with one decimal."""
    return f"{value * 100:.1f}%"


def day_text(day: int) -> str:
    """Write a day as yyyy-MM-dd."""
    try:
        return format_date(day)
    except OverflowError:
        return UNKNOWN


def time_text(at: int) -> str:
    """Write a time as yyyy-MM-dd HH:mm."""
    return _clock(at, 16)


def seconds_text(at: int) -> str:
    """Write a time as yyyy-MM-dd HH:mm:ss."""
    return _clock(at, 19)


def clock_text(at: int) -> str:
    """Write a time as HH:mm."""
    return _clock(at, 16)[11:] or UNKNOWN


def _clock(at: int, length: int) -> str:
    try:
        return format_time(at)[:length].replace("T", " ")
    except OverflowError:
        return UNKNOWN


def duration_text(duration: int) -> str:
    """Write a duration in days, hours, minutes and seconds, leaving out what is zero."""
    rest = abs(duration) // SECOND_MS
    parts = []
    for size, unit in ((DAY_MS, "天"), (HOUR_MS, "小时"), (MINUTE_MS, "分钟"), (SECOND_MS, "秒")):
        number, rest = divmod(rest, size // SECOND_MS)
        if number:
            parts.append(f"{number}{unit}")
    return ("-" if duration < 0 else "") + "".join(parts) if parts else "0秒"


def _per(size: int, duration: int) -> str:
    return number_text(duration / size)


def _yes(value: bool) -> str:  # noqa: FBT001
    return "是" if value else "否"


def _joined(values: tuple[Any, ...]) -> str:
    return "、".join(str(value) for value in values)


FORMATS: Mapping[Kind, Mapping[str, Callable[[Any], str]]] = {
    Kind.BOOL: {"": _yes},
    Kind.INT: {"": str},
    Kind.NUMBER: {"": number_text, "percent": percent_text},
    Kind.MONEY: {"": yuan_text},
    Kind.PRICE: {"": lambda value: decimal_text(value, PRICE, 2)},
    Kind.QUANTITY: {"": lambda value: decimal_text(value, QUANTITY)},
    Kind.TEXT: {"": str},
    Kind.TIME: {
        "": time_text,
        "seconds": seconds_text,
        "clock": clock_text,
        "date": lambda at: day_text(day_of(at)),
    },
    Kind.DURATION: {
        "": duration_text,
        "days": partial(_per, DAY_MS),
        "hours": partial(_per, HOUR_MS),
        "minutes": partial(_per, MINUTE_MS),
        "seconds": partial(_per, SECOND_MS),
    },
    Kind.DAY: {"": day_text},
    Kind.LIST: {"": _joined},
}
"""Formats of a sentence's values by kind; the empty name is the default."""


def shown(value: Any, write: Callable[[Any], str]) -> str:
    """Write a value, or 未知 where it is unknown."""
    return UNKNOWN if value is None else write(value)


def _scaled(scale: int, value: int) -> float:
    return value // scale if value % scale == 0 else value / scale


def _time_json(at: int) -> str | None:
    try:
        return format_time(at)
    except OverflowError:
        return None


def _day_json(day: int) -> str | None:
    try:
        return format_date(day)
    except OverflowError:
        return None


JSON: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.MONEY: partial(_scaled, FEN),
    Kind.PRICE: partial(_scaled, PRICE),
    Kind.QUANTITY: partial(_scaled, QUANTITY),
    Kind.DURATION: partial(_scaled, SECOND_MS),
    Kind.TIME: _time_json,
    Kind.DAY: _day_json,
    Kind.LIST: list,
}
"""How a kind stands in evidence where it is not itself: yuan, seconds, RFC 3339."""


def as_json(value: Any, kind: Kind) -> Any:
    """Turn a value into what evidence holds; None stays None."""
    convert = JSON.get(kind)
    return value if value is None or convert is None else convert(value)
