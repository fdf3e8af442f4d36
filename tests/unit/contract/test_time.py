"""Times and days on the wire and inside."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.contract import time
from streams.contract.time import (
    DAY_MS,
    age_days,
    age_years,
    day_of,
    format_date,
    format_time,
    parse_date,
    parse_time,
    to_date,
)

BEIJING = timezone(timedelta(hours=8))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59)
# A day off both ends, so that no offset leaves the years that a calendar has.
MOMENTS = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29))  # noqa: DTZ001 - zones are drawn
MILLISECONDS = st.integers(-62_135_596_800_000, 253_402_200_000_000)
DAYS = st.dates(min_value=date(1880, 1, 1), max_value=date(2200, 12, 31))


def to_ms(moment: datetime) -> int:
    """Count whole milliseconds since the epoch, downwards."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01 08:00:00", 0),
        ("1970-01-01T08:00:00", 0),
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01 00:00:00Z", 0),
        ("1970-01-01T08:00:00+08:00", 0),
        ("1969-12-31T19:00:00-05:00", 0),
        ("1970-01-01T00:00:00-00:00", 0),
        ("1970-01-01", -8 * 3_600_000),
        ("1970-01-01 08:00:00.1", 100),
        ("1970-01-01 08:00:00.1239", 123),
        ("1970-01-01 07:59:59.999999", -1),
        ("1970-01-01T00:00:01.500Z", 1_500),
        ("2026-11-20 09:12:33", 1_795_137_153_000),
        ("2024-02-29 00:00:00", 1_709_136_000_000),
        ("0001-01-01", -62_135_625_600_000),
    ],
)
def test_each_form_of_a_time_is_read(text: str, expected: int) -> None:
    """Every form the schema allows gives the same moment in milliseconds."""
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-02-30",
        "2025-02-29 00:00:00",
        "2026-13-01 00:00:00",
        "2026-00-10 00:00:00",
        "0000-01-01",
        "2026-11-20 24:00:00",
        "2026-11-20 23:60:00",
        "2026-11-20 23:59:60",
        "2026-11-20 09:12",
        "2026-11-20  9:12:33",
        "2026-11-20\t09:12:33",
        "2026-11-20 09:12:33 ",
        "2026-11-20 09:12:33\n",
        "2026-11-20\n",
        "2026-11-20 09:12:33.",
        "2026-11-20 09:12:33.1234567",
        "2026-11-20 09:12:33+0800",
        "2026-11-20 09:12:33+24:00",
        "2026-11-20 09:12:33+08:60",
        "2026-11-20 09:12:33z",
        "2026-11-20T09:12:33+08",
        "2026-11-20+08:00",
        "26-11-20 09:12:33",
        "２０２６-11-20 09:12:33",
        "2026-11-20 ０９:12:33",
        "2026/11/20 09:12:33",
        "20261120091233",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "9999-12-31T23:59:59Z",
        "2026-11-20 09:12:33+08:00 ",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    """Another form, or a moment that does not exist, is a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - every refusal is one
        parse_time(text)


@given(MOMENTS, OFFSETS, st.sampled_from(" T"), st.integers(0, 6))
def test_times_agree_with_datetime(moment: datetime, offset: int, separator: str, digits: int) -> None:
    """A time with an offset is the moment that datetime reads, whatever its fraction."""
    step = 10 ** (6 - digits)
    moment = moment.replace(microsecond=moment.microsecond // step * step, tzinfo=timezone(timedelta(minutes=offset)))
    fraction = f".{moment.microsecond:06d}"[: digits + 1] if digits else ""
    sign, size = ("-" if offset < 0 else "+"), abs(offset)
    text = f"{moment:%m-%d}{separator}{moment:%H:%M:%S}{fraction}{sign}{size // 60:02d}:{size % 60:02d}"
    assert parse_time(f"{moment.year:04d}-{text}") == to_ms(moment)


@given(MOMENTS, st.sampled_from(" T"))
def test_times_without_offset_are_beijing_time(moment: datetime, separator: str) -> None:
    """The platform's own form has no offset and means Beijing."""
    text = moment.replace(microsecond=0).isoformat(sep=separator)
    assert parse_time(text) == to_ms(moment.replace(microsecond=0, tzinfo=BEIJING))


@given(MILLISECONDS)
def test_a_written_time_reads_back(ms: int) -> None:
    """What is written is what is read, with a fraction only when there is one."""
    text = format_time(ms)
    assert parse_time(text) == ms
    assert text.endswith("+08:00")
    assert ("." in text) == (ms % 1000 != 0)


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "1970-01-01T08:00:00+08:00"), (-1, "1970-01-01T07:59:59.999+08:00"), (5, "1970-01-01T08:00:00.005+08:00")],
)
def test_a_time_is_written_in_beijing(ms: int, text: str) -> None:
    """Outputs are RFC 3339 with +08:00."""
    assert format_time(ms) == text


@given(MILLISECONDS)
def test_the_day_changes_at_midnight_in_beijing(ms: int) -> None:
    """The day of a moment is the date a calendar in Beijing shows."""
    shown = (EPOCH + timedelta(milliseconds=ms)).astimezone(BEIJING).date()
    assert to_date(day_of(ms)) == shown
    assert format_date(day_of(ms)) == shown.isoformat()
    assert parse_date(shown.isoformat()) == day_of(ms)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-02-30",
        "2026-1-1",
        "20260101",
        "2026-W47-5",
        "2026-01-01 ",
        "2026-01-01 00:00:00",
        "2026-01-0１",
        "+026-01-01",
        "-026-01-01",
        "0000-01-01",
        "2026-01--1",
        "2026-01- 1",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    """A date has one form only, and exists."""
    with pytest.raises(ValueError):  # noqa: PT011 - every refusal is one
        parse_date(text)


@pytest.mark.parametrize("write", [lambda: format_date(10**9), lambda: format_time(10**18), lambda: to_date(-(10**9))])
def test_a_day_outside_the_calendar_overflows(write: object) -> None:
    """A number that no calendar knows is an OverflowError, not a wrong date."""
    with pytest.raises(OverflowError):
        write()  # type: ignore[operator]


@given(st.text(alphabet="0123456789-W ٣", min_size=10, max_size=10))
def test_no_other_text_passes_for_a_date(text: str) -> None:
    """What is read as a date is written back the same."""
    try:
        day = parse_date(text)
    except ValueError:
        return
    assert format_date(day) == text


def birthdays_until(born: date, now: date) -> int:
    """Count birthdays one by one, 1 March standing in for a missing 29 February."""
    count = 0
    for year in range(born.year + 1, now.year + 1):
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        birthday = date(year, 3, 1) if (born.month, born.day) == (2, 29) and not leap else born.replace(year=year)
        count += birthday <= now
    return count


@given(DAYS, DAYS)
def test_age_is_the_number_of_birthdays(one: date, other: date) -> None:
    """Age in years counts the birthdays that have come, age in days the midnights."""
    born, now = min(one, other), max(one, other)
    at = parse_time(now.isoformat()) + DAY_MS - 1
    assert age_years(parse_date(born.isoformat()), at) == birthdays_until(born, now)
    assert age_days(parse_date(born.isoformat()), at) == (now - born).days


def test_an_unborn_person_has_a_negative_age() -> None:
    """Before the birthday the age is below zero, so that no rule mistakes it for a newborn's."""
    born = parse_date("2026-06-01")
    assert age_years(born, parse_time("2026-05-31")) == -1
    assert age_days(born, parse_time("2026-05-31")) == -1


def test_made_up_dates_do_not_fill_memory() -> None:
    """The caches of dates stay bounded whatever dates a sender makes up."""
    for day in range(3 * time._MAX_CACHED_DAYS):
        assert day_of(parse_time(format_date(day))) == day
    assert len(time._midnights) <= time._MAX_CACHED_DAYS
    assert len(time._day_texts) <= time._MAX_CACHED_DAYS
