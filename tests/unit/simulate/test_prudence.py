"""What keeps ordinary traffic inconspicuous: ledgers, allowances, shorter bills; and what stories are made with."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.simulate import SimulationConfig, beijing
from streams.simulate.bill import Bill
from streams.simulate.ledger import Ledger
from streams.simulate.population import Population
from streams.simulate.province import AREAS, CLINIC, HOSPITAL, NEIGHBOURS, PHARMACY, Province
from streams.simulate.scenarios.kit import APART, Kit

MONDAY = beijing.day_of(date(2026, 11, 2))
DECEMBER = beijing.day_of(date(2026, 12, 1))


def past(ledger: Ledger, days: int, *amounts: int, first: int = MONDAY) -> int:
    """Settle the amounts on each of some days; returns the day after."""
    for day in range(first, first + days):
        for number, amount in enumerate(amounts):
            assert ledger.accepts(day, amount + 7 * (day % 5) + number)
    return first + days


def test_a_new_institution_may_settle_anything() -> None:
    """Before twelve days have passed nothing is unusual, and time passes on days without settlements too."""
    ledger = Ledger()
    day = past(ledger, 11, 10_000)
    assert ledger.room(day) == inf
    assert ledger.room(day + 3) < inf


def test_a_day_may_not_be_much_dearer_than_others() -> None:
    """What is left is below mean and three deviations, however they are measured, less what was settled today."""
    ledger = Ledger()
    day = past(ledger, 20, 10_000, 20_000)
    room = ledger.room(day)
    assert 30_000 < room < 30_200
    assert ledger.accepts(day, 29_000)
    assert ledger.room(day) == room - 29_000


def test_stories_take_part_of_the_room() -> None:
    """What stories settle on a day belongs to that day."""
    plain, booked = Ledger(), Ledger({MONDAY + 20: 12_345})
    for ledger in (plain, booked):
        past(ledger, 20, 10_000, 20_000)
    assert plain.room(MONDAY + 20) - booked.room(MONDAY + 20) == 12_345


def test_a_week_of_december_may_not_be_much_dearer_than_others() -> None:
    """From the fourth week on, seven days may be below three usual weeks; in other months they may be more."""
    rooms = {}
    for end in (DECEMBER, DECEMBER - 1):
        ledger = Ledger()
        for number in range(26):
            ledger.accepts(end - 26 + number, 5_000 if number >= 20 else 1_000)
        rooms[end] = ledger.room(end)
    assert rooms[DECEMBER] == pytest.approx(2.7 * 7 * 50_000 / 26 - 30_000)
    assert rooms[DECEMBER] < rooms[DECEMBER - 1] < inf


def test_a_pharmacy_may_not_live_by_night() -> None:
    """Five by night are few; more may only be a fifth of the day."""
    ledger = Ledger()
    for number in range(5):
        assert ledger.room(MONDAY, night=True) == inf
        assert ledger.accepts(MONDAY, 1_000 + number, night=True)
    assert ledger.room(MONDAY, night=True) == 0
    assert ledger.room(MONDAY) == inf
    for number in range(25):
        ledger.accepts(MONDAY, 2_000 + number)
    assert ledger.room(MONDAY, night=True) == inf
    assert ledger.room(MONDAY + 1, night=True) == inf


def test_a_person_may_not_use_up_the_year() -> None:
    """Who has been known for weeks may spend less than three of his usual weeks; who is new may spend anything."""
    person = Population(Province(SimulationConfig(events=1_000)), 1, 100).person(1)
    assert person.allowance(DECEMBER) == inf
    for week in range(5, 0, -1):
        person.pays(DECEMBER - 7 * week, 10_000, keep=week == 1)
        assert person.allowance(DECEMBER - 35 + 25) == inf
    weeks = 36 / 7
    assert person.allowance(DECEMBER) == pytest.approx(2.7 * 40_000 / weeks - 10_000)
    assert person.allowance(DECEMBER + 1) == pytest.approx(2.7 * 50_000 / (37 / 7))


@given(
    lines=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 10**6), st.integers(0, 100)), min_size=1, max_size=9),
    most=st.integers(0, 10**7),
)
def test_a_bill_is_made_shorter_until_it_fits(lines: list[tuple[int, int, int]], most: int) -> None:
    """The last lines go, at least one stays, and the totals are those of what stays."""
    bill = Bill("2026-11-02 08:00:00", None, None, None)
    for cnt, price, own in lines:
        bill.add("X", "101", "09", cnt, price, None, own)
    whole = list(bill.lines)
    fits = bill.trim(most)
    kept = lines[: len(bill.lines)]
    assert bill.lines == whole[: len(kept)] != []
    assert bill.total == sum(cnt * price for cnt, price, _ in kept)
    assert bill.scope == sum(cnt * price * (100 - own) // 100 for cnt, price, own in kept)
    assert fits == (bill.total <= most)
    assert len(kept) == len(lines) or bill.total + lines[len(kept)][0] * lines[len(kept)][1] > most


@pytest.mark.parametrize(
    ("day", "years", "expected"),
    [
        (date(2026, 11, 2), 18, date(2008, 11, 2)),
        (date(2028, 2, 29), 18, date(2010, 2, 28)),
        (date(2028, 2, 29), 4, date(2024, 2, 28)),
        (date(2026, 3, 1), 0, date(2026, 3, 1)),
    ],
)
def test_the_same_day_of_an_earlier_year(day: date, years: int, expected: date) -> None:
    """Leap days fall back by one."""
    assert beijing.years_before(beijing.day_of(day), years) == beijing.day_of(expected)
    assert beijing.month_of(beijing.day_of(day)) == day.month


@pytest.fixture
def kit() -> Kit:
    config = SimulationConfig(events=3_000, days=20)
    return Kit(Province(config), 1, config.population, config.days)


def test_people_of_stories_are_as_old_as_asked(kit: Kit) -> None:
    """On the birthday, the day before it, and some days after the birth; schemes go with the age."""
    today = kit.aged(kit.person(kit.area()), MONDAY, 18)
    tomorrow = kit.aged(kit.person(kit.area()), MONDAY, 18, -1)
    newborn = kit.aged(kit.person(kit.area()), MONDAY, 0, 28)
    old = kit.aged(kit.person(kit.area(), scheme="310"), MONDAY, 70, 10)
    assert [person.brdy for person in (today, tomorrow, newborn)] == ["2008-11-02", "2008-11-03", "2026-10-05"]
    assert [person.age for person in (today, tomorrow, newborn, old)] == [18, 17, 0, 70]
    assert (tomorrow.insutype, tomorrow.psn_type, old.psn_type) == ("390", "15", "12")


def test_stories_come_to_ordinary_institutions_only_where_they_do_not_matter(kit: Kit) -> None:
    """In long runs small institutions are left alone, and none has more than three guests."""
    ordinary = len(kit.province.places)
    assert all(kit.place(CLINIC, area).index >= ordinary for area, _ in AREAS for _ in range(3))
    config = SimulationConfig(events=3_000)
    short = Kit(Province(config), 1, config.population, config.days)
    ordinary = len(short.province.places)
    area = short.province.area_codes[0]
    guests = [short.place(HOSPITAL, area).index for _ in range(200)]
    assert guests[0] < ordinary
    assert all(guests.count(index) <= 3 for index in guests)


def test_other_cities_exist_even_in_the_smallest_province() -> None:
    """A story of two cities has an institution and a person in each."""
    config = SimulationConfig(events=100, institutions=3)
    kit = Kit(Province(config), 1, config.population, config.days)
    other = kit.other_city(kit.area())
    assert other[:4] != kit.area()[:4]
    assert kit.place(PHARMACY, other).area == other
    assert kit.person(other).insuplc == other
    assert kit.visitor(other).insuplc in NEIGHBOURS


_KIT = Kit(Province(SimulationConfig(events=3_000, days=20)), 1, 60_000, 20)


@given(count=st.integers(1, 12), within=st.integers(1, 30))
def test_times_are_apart_and_within_their_days(count: int, within: int) -> None:
    """Ascending, two minutes and a half from each other, on as many days as asked or as there are."""
    times = _KIT.whenever(count, within)
    assert all(later - earlier >= APART for earlier, later in pairwise(times))
    assert times[-1] // beijing.DAY - times[0] // beijing.DAY < within
    assert MONDAY <= times[0] // beijing.DAY <= times[-1] // beijing.DAY < MONDAY + 20
