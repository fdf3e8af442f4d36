"""Rows are forgotten when no window and no horizon can ask for them any more, and not before."""

from __future__ import annotations

from streams.state.expiry import Expiry
from streams.state.rows import Position, SettlementRow, WindowRow, encode_row, encode_settlement, newest_of, time_of
from streams.state.store import Store

DAY = 86_400_000


def store_with(ages: dict[str, int], latest: int) -> Store:
    store = Store()
    store.hold({0})
    for key, newest in ages.items():
        store.change_row(0, key).newest = newest
    store.rest()
    store.change_row(0, "i:busy").newest = latest
    store.rest()
    return store


def test_a_row_goes_when_its_windows_have_passed() -> None:
    """By the time of events: a row whose longest window has passed goes, one that is a moment younger stays."""
    store = store_with({"p:old": 0, "p:young": 1, "t:old": 0}, latest=30 * DAY + 1)
    lives = {"p": 30 * DAY, "t": 1_095 * DAY, "i": 30 * DAY}
    expiry = Expiry(store, lambda key: lives[key[0]], DAY)
    gone = [place for _ in range(3) for place in expiry.some()]
    assert gone == [(0, "p:old")]
    assert set(store.partitions[0].windows) == {"p:young", "t:old", "i:busy"}


def test_a_row_that_changed_stays_until_it_is_saved() -> None:
    """What a checkpoint has not written yet is not taken away under it."""
    store = store_with({"p:old": 0}, latest=90 * DAY)
    store.change_row(0, "p:old")
    expiry = Expiry(store, lambda _key: 30 * DAY, DAY)
    assert [place for _ in range(3) for place in expiry.some()] == []


def test_a_round_takes_as_many_looks_as_there_are_rows() -> None:
    """However few rows are looked at on one occasion, all have their turn."""
    store = store_with({f"p:{n}": 0 for n in range(50)}, latest=90 * DAY)
    expiry = Expiry(store, lambda _key: 30 * DAY, DAY)
    gone = [place for _ in range(40) for place in expiry.some(looks=3)]
    assert len(gone) == 50
    assert expiry.forgotten == 50


def test_settlements_go_after_their_horizon() -> None:
    """The oldest settlement rows go first, once the events' time has passed their horizon."""
    store = store_with({}, latest=9 * DAY)
    for day in (1, 2, 3):
        row = SettlementRow(day * DAY, Position(0, day), b"", [], [], 0, [], None, [])
        store.keep_settlement(0, f"S{day}", row)
    Expiry(store, lambda _key: 0, 7 * DAY).some()
    assert list(store.partitions[0].settlements) == ["S2", "S3"]


def test_the_beginning_of_a_row_tells_its_age() -> None:
    """The short readers see what the whole row says."""
    assert newest_of(encode_row(WindowRow({0: 1, -1: 2}, 77, {"x": [1, {2: 3}]}))) == 77
    assert time_of(encode_settlement(SettlementRow(88, Position(0, 1), b"{}", [], [], 0, [], None, []))) == 88
