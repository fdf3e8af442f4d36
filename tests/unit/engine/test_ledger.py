"""Counting exactly: refunds, reversals, repeats, and crashes at any instant."""

from __future__ import annotations

import copy
import random
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from streams.state.rows import Position
from streams.state.store import Store, encoded
from tests.unit.engine.histories import Live, engine, histories, one_partition, refund, reversal, settlement

if TYPE_CHECKING:
    from streams.contract.events import Event


def totals(store: Store) -> dict[str, dict[str, Any]]:
    """What the windows say, without what is zero or empty."""
    said: dict[str, dict[str, Any]] = {}
    for key in store.partitions[0].windows:
        row = store.partitions[0].window(key)
        assert row is not None
        for name, state in row.features.items():
            fid = name.partition(":")[0]
            if fid == "sales":
                value: Any = {entry[1] for entry in state}
            elif fid in {"spent", "units"}:
                value = sum(partial[0] for partial in state[0].values())
            elif fid == "places":
                value = {place for partial in state[0].values() for place in partial[1]}
            else:
                value = sum(state[0].values())
            if value:
                said.setdefault(key, {})[fid] = value
    return said


def expected(live: Live) -> dict[str, dict[str, Any]]:
    """The same by looking at every live settlement."""
    said: dict[str, dict[str, Any]] = {}

    def add(key: str, fid: str, value: int) -> None:
        said.setdefault(key, {})[fid] = said.get(key, {}).get(fid, 0) + value

    for setl_id, event in live.events.items():
        if setl_id in live.dead:
            continue
        key = "p:" + event.psn_ref
        add(key, "spent", event.medfee_sumamt or 0)
        if event.refd_setl_flag is None:
            add(key, "visits", 1)
            said[key].setdefault("places", set()).add(event.fixmedins_code)
        for line in event.feedetail:
            add(f"p:{event.psn_ref}", "units", line.cnt)
    for key, sales in live.sold().items():
        said[key] = {"sales": sales}
    return {key: kept for key, values in said.items() if (kept := {f: v for f, v in values.items() if v})}


@given(history=histories())
def test_windows_hold_exactly_what_is_live(history: tuple[list[Event], Live]) -> None:
    """After any refunds, reversals and repeats, the windows hold the live settlements, each once."""
    events, live = history
    store = one_partition()
    screen = engine(store)
    for offset, event in enumerate(events):
        screen.screen(event, Position(0, offset))
    assert expected(live) == totals(store)


@given(history=histories(), seed=st.integers(0, 10_000))
def test_a_crash_changes_nothing(history: tuple[list[Event], Live], seed: int) -> None:
    """Killed anywhere, with any part of the changed rows saved, a replay ends in the same answers and windows."""
    events, _ = history
    chance = random.Random(seed)  # noqa: S311
    reference = one_partition()
    answers = [_answer(reference, event, offset) for offset, event in enumerate(events)]
    store, committed, position = one_partition(), 0, 0
    while position < len(events):
        crash_at = chance.randint(position, len(events))
        saved = _saved_windows(store)
        for offset in range(position, crash_at):
            assert answers[offset] == _answer(store, events[offset], offset)
            if chance.random() < 0.2:
                saved, committed = _saved_windows(store), offset + 1
                store.rest()
        if crash_at == len(events):
            break
        # Settlement rows are saved at once; of the window rows any part may be, if all answers before were.
        ahead = {key: raw for key, raw in _saved_windows(store).items() if chance.random() < 0.5}
        store = _restored(store, saved | ahead)
        position = committed
    assert _saved_windows(reference) == _saved_windows(store)


def _answer(store: Store, event: Event, offset: int) -> bytes | None:
    return engine(store).screen(copy.deepcopy(event), Position(0, offset)).answer


def _saved_windows(store: Store) -> dict[str, bytes]:
    return {key: encoded(row) for key, row in store.partitions[0].windows.items()}


def _restored(store: Store, windows: dict[str, bytes]) -> Store:
    again = one_partition()
    again.partitions[0].settlements.update(store.partitions[0].settlements)
    again.partitions[0].windows.update(windows)
    return again


def test_a_reversal_that_comes_first_is_remembered() -> None:
    """A settlement that arrives after its reversal is answered but counts nowhere, and the reversal is not known."""
    store = one_partition()
    sale = settlement(1, 0, 0, [1])
    assert engine(store).screen(reversal(2, sale), Position(0, 0)).kind == "unknown-reversal"
    outcome = engine(store).screen(sale, Position(0, 1))
    assert outcome.answer is not None
    assert totals(store) == {}


def test_a_reversed_refund_gives_back_what_it_took() -> None:
    """Reversing a refund restores the settlement it had refunded, wholly or in part."""
    for boxes in ([1], [1, 2]):
        store = one_partition()
        screen = engine(store)
        sale = settlement(1, 0, 0, boxes)
        screen.screen(sale, Position(0, 0))
        before = totals(store)
        back = refund(2, sale, sale.feedetail[:1])
        screen.screen(back, Position(0, 1))
        assert before != totals(store)
        screen.screen(reversal(3, back), Position(0, 2))
        assert before == totals(store)


def test_a_second_reversal_is_unknown() -> None:
    """A settlement is taken out once, however often its reversal is sent."""
    store = one_partition()
    screen = engine(store)
    sale = settlement(1, 0, 0, [1])
    screen.screen(sale, Position(0, 0))
    assert screen.screen(reversal(2, sale), Position(0, 1)).kind == "reversal"
    assert screen.screen(reversal(3, sale), Position(0, 2)).kind == "unknown-reversal"
    assert totals(store) == {}


def test_a_replayed_refund_finds_no_more_than_it_did() -> None:
    """A crash after both were decided: what came after the refund, its original or its reversal, is not undone."""
    sale = settlement(1, 0, 0, [1, 2])
    back = refund(2, sale, sale.feedetail[:1])
    for events in ([back, sale], [sale, back, reversal(3, back)]):
        store = one_partition()
        for offset, event in enumerate(events):
            engine(store).screen(event, Position(0, offset))
        rows = {setl_id: store.settlement(0, setl_id) for setl_id in ("S1", "S2")}
        known = totals(store)
        engine(store).screen(back, Position(0, events.index(back)))
        assert rows == {setl_id: store.settlement(0, setl_id) for setl_id in ("S1", "S2")}
        assert known == totals(store)


def test_a_refund_before_its_original_counts_for_itself() -> None:
    """Also where the original was answered provisionally before the refund's turn came."""
    sale = settlement(1, 0, 0, [1])
    back = refund(2, sale, sale.feedetail)
    stores = []
    for early in (False, True):
        store = one_partition()
        screen = engine(store)
        if early:
            screen.preview(sale, Position(0, 1))
        screen.screen(back, Position(0, 0))
        screen.screen(sale, Position(0, 1))
        stores.append((totals(store), store.settlement(0, "S2")))
    assert stores[0] == stores[1]
