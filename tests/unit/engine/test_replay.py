"""The shipped pack on the stories of all cases: killed anywhere and replayed, it gives the same answers and windows."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from streams.contract.decode import decode_event
from streams.engine.engine import Engine
from streams.engine.references import References
from streams.state.rows import Position
from streams.state.store import Store, encoded
from tests.cases.notation import expand
from tests.cases.world import KEY, cases, pack

if TYPE_CHECKING:
    from streams.contract.events import Event

STORIES = [(rule_id, case) for rule_id, case in cases() if len(case["events"]) > 1]


def records() -> list[bytes]:
    """The events of all cases, one story after the other, each in a world of its own."""
    found = []
    for number, (_, case) in enumerate(STORIES):
        for record in expand(case["events"]):
            for name in (b'"setl_id":"', b'"init_setl_id":"', b'"psn_no":"', b'"mdtrt_id":"', b'"fixmedins_code":"'):
                record = record.replace(name, name + f"{number}-".encode())  # noqa: PLW2901 - a name at a time
            found.append(record)
    return found


def held() -> Store:
    store = Store()
    store.hold({0})
    return store


@lru_cache(maxsize=4)
def engine(store: Store, references: References) -> Engine:
    """The engine of a store: as long-lived as the process whose store it is."""
    return Engine(pack("cases"), store, KEY, references)


def decode(record: bytes) -> Event:
    return decode_event(record, arrived=None)


def screen(store: Store, references: References, record: bytes, offset: int) -> bytes | None:
    return engine(store, references).screen(decode(record), Position(0, offset)).answer


def windows(store: Store) -> dict[str, bytes]:
    return {key: encoded(row) for key, row in store.partitions[0].windows.items()}


@pytest.mark.parametrize("seed", range(3))
def test_a_crash_changes_nothing(seed: int) -> None:
    """With any part of the changed rows saved before each crash, replays end in the same answers and windows."""
    chance = random.Random(seed)  # noqa: S311
    events = records()
    references = References()
    reference = held()
    answers = [screen(reference, references, record, offset) for offset, record in enumerate(events)]
    store, saved, committed, position = held(), {}, 0, 0
    while position < len(events):
        crash_at = min(len(events), position + chance.randint(1, 400))
        for offset in range(position, crash_at):
            assert answers[offset] == screen(store, references, events[offset], offset), offset
            if chance.random() < 0.02:
                saved, committed = windows(store), offset + 1
                store.rest()
        if crash_at == len(events):
            break
        ahead = {key: raw for key, raw in windows(store).items() if chance.random() < 0.5}
        store = _restored(store, saved | ahead)
        position = committed
    assert windows(reference) == windows(store)


def _restored(store: Store, rows: dict[str, bytes]) -> Store:
    again = held()
    again.partitions[0].settlements.update(store.partitions[0].settlements)
    again.partitions[0].windows.update(rows)
    return again


def test_repeats_change_nothing() -> None:
    """Every event sent again, at once or much later, leaves answers and windows as they were."""
    events = records()
    references = References()
    once, twice = held(), held()
    answers = [screen(once, references, record, offset) for offset, record in enumerate(events)]
    again: list[bytes | None] = []
    for offset, record in enumerate(events):
        again.append(screen(twice, references, record, 2 * offset))
        if b'"kind"' not in record and b'"settlement"' in record:
            assert screen(twice, references, record, 2 * offset + 1) == again[-1]
    assert answers == again
    for offset, record in enumerate(events):
        if b'"settlement"' in record:
            screen(twice, references, record, 2 * (len(events) + offset))
    first, second = ({key: row.features for key, row in _rows(store).items()} for store in (once, twice))
    assert first == second


def _rows(store: Store) -> dict[str, Any]:
    store.rest()
    return {key: store.partitions[0].window(key) for key in store.partitions[0].windows}


def test_who_repeats_an_answer_has_its_row_saved_again() -> None:
    """Also of a provisional answer: the row may be on its way still, and must not be lost when the answer is out."""
    saved: list[str] = []
    store = Store(on_settlement=lambda _number, setl_id, _row: saved.append(setl_id))
    store.hold({0})
    alone = Engine(pack("cases"), store, KEY)
    event = next(event for event in map(decode, records()) if event.event_type == "settlement")
    answers = [
        alone.preview(event, Position(0, 0)).answer,
        alone.preview(event, Position(0, 1)).answer,
        alone.screen(event, Position(0, 0)).answer,
        alone.screen(event, Position(0, 1)).answer,
    ]
    assert saved == [event.setl_id] * 4
    assert answers[0] == answers[1] != answers[2] == answers[3]


def test_reversing_everything_leaves_nothing() -> None:
    """When every settlement has been reversed, no window shows anything of any of them."""
    events = records()
    references = References()
    store = held()
    sales = []
    for offset, record in enumerate(events):
        screen(store, references, record, offset)
        event = orjson.loads(record)
        if event["event_type"] == "settlement":
            sales.append(event)
    # Refunds first, the latest before those before it: a settlement whose refund was reversed has back what it gave.
    sales.reverse()
    ordered = sorted(sales, key=lambda event: event["refd_setl_flag"] is None)
    for offset, event in enumerate(ordered, len(events)):
        undo = event | {"event_type": "reversal", "init_setl_id": event["setl_id"], "setl_id": "U" + event["setl_id"]}
        screen(store, references, orjson.dumps(undo), offset)
    kinds = {spec.fid: spec.aggregate for spec in pack("cases").features}
    left = {
        (key, name): state
        for key, row in _rows(store).items()
        for name, state in row.features.items()
        if not _is_empty(kinds[name.partition(":")[0]], state)
    }
    assert left == {}


def _is_empty(aggregate: str, state: Any) -> bool:
    """Whether a state shows nothing: admissions and discharges are never reversed."""
    if aggregate == "log":
        return not state
    if aggregate == "stays":
        return all(source in {"a", "d"} for sources in state[1].values() for source in sources)
    return not state[0] and not state[1]
