"""Time of the simulation: whole seconds of Beijing time since 1970-01-01 00:00 Beijing, and their text.

Beijing time has no daylight saving, so days are 86,400 s and no time zone is needed inside.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

MINUTE = 60
HOUR = 3_600
DAY = 86_400

_EPOCH = date(1970, 1, 1).toordinal()
_HOUR_MINUTE = [f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1_440)]
_HOUR_MINUTE_BARE = [text.replace(":", "") for text in _HOUR_MINUTE]
_SECOND = [f"{second:02d}" for second in range(60)]


def day_of(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH


@lru_cache(maxsize=1 << 16)
def day_text(day: int) -> str:
    """`yyyy-MM-dd` of a day number."""
    return date.fromordinal(day + _EPOCH).isoformat()


@lru_cache(maxsize=1_024)
def day_digits(day: int) -> str:
    """`yyyyMMdd` of a day number."""
    return day_text(day).replace("-", "")


def years_before(day: int, years: int) -> int:
    """The same day of an earlier year; 28 February where that year has no 29th."""
    date_ = date.fromordinal(day + _EPOCH)
    leap_day = (date_.month, date_.day) == (2, 29)
    return day_of(date_.replace(year=date_.year - years, day=28 if leap_day else date_.day))


def month_of(day: int) -> int:
    """1 = January."""
    return date.fromordinal(day + _EPOCH).month


def weekday_of(day: int) -> int:
    """0 = Monday."""
    return (day + 3) % 7


def text(time: int) -> str:
    """`yyyy-MM-dd HH:mm:ss`, as the national platform sends times."""
    day, second = divmod(time, DAY)
    return f"{day_text(day)} {_HOUR_MINUTE[second // 60]}{_SECOND[second % 60]}"


def digits(time: int) -> str:
    """`yyyyMMddHHmmss`, as it stands in message ids."""
    day, second = divmod(time, DAY)
    return f"{day_digits(day)}{_HOUR_MINUTE_BARE[second // 60]}{_SECOND[second % 60]}"
