"""From event to answer: determinism, isolation of rules, missing state, repeats."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from streams.contract.decode import decode_event
from streams.engine.engine import Engine
from streams.state.rows import Position
from streams.state.store import Store
from tests.packs import shipped_pack
from tests.unit.engine.histories import KEY, one_partition

if TYPE_CHECKING:
    from streams.contract.events import Event
    from streams.rules.specs import Pack

EXAMPLE = json.loads(Path("tests/contract/examples/valid-events.jsonl").read_text("utf-8").splitlines()[0])


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Return the shipped pack."""
    return shipped_pack()


def event(**changes: Any) -> Event:
    return decode_event(json.dumps(EXAMPLE | changes).encode(), arrived=None)


def dear(number: int) -> Event:
    """Return a settlement whose second line costs more than its ceiling."""
    lines = [dict(line) for line in EXAMPLE["feedetail"]]
    codes = [{"drug_trac_codg": f"8999{number:06}{box}", "trdn_flag": "0"} for box in range(2)]
    lines[1] |= {"pric": 50.0, "drug_trac_info": codes}
    return event(setl_id=f"S{number}", event_id=f"E{number}", feedetail=lines)


def changed(pack: Pack, rule_id: str, **changes: Any) -> Pack:
    """Return the pack with one rule changed."""
    rules = tuple(replace(rule, **changes) if rule.rule_id == rule_id else rule for rule in pack.rules)
    return replace(pack, rules=rules, _candidates={})


def answer(engine: Engine, of: Event, offset: int) -> dict[str, Any]:
    return dict(json.loads(engine.screen(of, Position(0, offset)).answer or b""))


def test_a_rule_that_raises_is_missing_and_harms_no_other(pack: Pack) -> None:
    """The result is partial and names the rule; the other rules are heard, and the error is told."""

    def broken(*_: object) -> NoReturn:
        raise ZeroDivisionError

    engine = Engine(changed(pack, "V02", when=broken), one_partition(), KEY)
    outcome = engine.screen(dear(1), Position(0, 0))
    result = json.loads(outcome.answer or b"")
    assert result["status"] == "partial"
    assert result["missing"] == ["V02"]
    assert [violation["rule_id"] for violation in result["violations"]] == ["P15"]
    assert outcome.failed == (("V02", "ZeroDivisionError"),)


def test_a_sentence_that_cannot_be_made_is_missing_too(pack: Pack) -> None:
    """A rule that hits but cannot be worded is reported as missing instead of accusing without words."""

    def broken(*_: object) -> NoReturn:
        raise KeyError("x")

    result = answer(Engine(changed(pack, "P15", message=broken), one_partition(), KEY), dear(1), 0)
    assert (result["missing"], result["violations"], result["action"]) == (["P15"], [], "pass")


def test_state_that_is_elsewhere_makes_its_rules_missing(pack: Pack) -> None:
    """Rules whose rows belong to a partition that is not held are named; the rest is decided."""
    store = Store(2, lambda _area: 1)
    store.hold({0})
    result = answer(Engine(pack, store, KEY), dear(1), 0)
    assert result["status"] == "partial"
    assert {"V02", "G02"} <= set(result["missing"])
    assert [violation["rule_id"] for violation in result["violations"]] == ["P15"]


def test_a_repeat_gets_its_first_answer(pack: Pack) -> None:
    """Under another delivery and after windows have moved on, the bytes are those of the first answer."""
    engine = Engine(pack, one_partition(), KEY)
    first = engine.screen(dear(1), Position(0, 0))
    for number in range(2, 12):
        engine.screen(dear(number), Position(0, number))
    again = dear(1)
    again.event_id = "another delivery"
    repeat = engine.screen(again, Position(0, 99))
    assert (repeat.kind, repeat.answer, repeat.action) == ("repeat", first.answer, first.action)


def test_a_shadow_rule_changes_nothing(pack: Pack) -> None:
    """What a rule on trial finds is shown apart, and neither acts nor scores."""
    result = answer(Engine(changed(pack, "P15", mode="shadow"), one_partition(), KEY), dear(1), 0)
    assert (result["action"], result["risk_score"], result["violations"]) == ("pass", 0.0, [])
    assert [violation["rule_id"] for violation in result["shadow_violations"]] == ["P15"]


def test_an_adopted_pack_keeps_the_windows_of_unchanged_features(pack: Pack) -> None:
    """After a swap, counting goes on where it was, and results name the new pack."""
    engine = Engine(pack, one_partition(), KEY)
    places = ["H31011500001", "H31011500002", "H31011500003"]
    visits = [event(setl_id=f"S{n}", fixmedins_code=place, feedetail=[]) for n, place in enumerate(places)]
    assert answer(engine, visits[0], 0)["violations"] == []
    answer(engine, visits[1], 1)
    engine.adopt(replace(pack, version="next", sha256="1" * 64))
    last = answer(engine, visits[2], 2)
    assert [violation["rule_id"] for violation in last["violations"]] == ["V02"]
    assert last["ruleset"] == {"version": "next", "sha256": "1" * 64}


def test_an_event_that_could_not_be_screened_says_so(pack: Pack) -> None:
    """The answer after a fault of ours is partial, with every live rule missing, and is not remembered."""
    engine = Engine(pack, one_partition(), KEY)
    result = json.loads(engine.unscreened(dear(1)).answer or b"")
    assert (result["status"], result["action"]) == ("partial", "pass")
    assert sorted(rule.rule_id for rule in pack.rules if rule.mode == "live") == result["missing"]
    assert answer(engine, dear(1), 0)["status"] == "complete"
