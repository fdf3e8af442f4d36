"""The model inside the engine: in results, through crashes, beside rules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from models.cells import WITNESSES
from models.lessons import Verdict, decode_example
from streams.contract.decode import decode_event
from streams.contract.feedback import Feedback
from streams.engine.engine import Engine
from streams.engine.remarkable import LABELS
from streams.engine.scoring import Scoring
from streams.engine.teaching import Teaching, presumed
from streams.state.rows import Position, encode_row
from streams.state.store import Store
from tests.packs import shipped_pack
from tests.unit.engine.histories import KEY
from tests.unit.engine.test_engine import EXAMPLE

if TYPE_CHECKING:
    from streams.contract.events import Event
    from streams.rules.specs import Pack


@pytest.fixture(scope="module")
def pack() -> Pack:
    """Return the shipped pack."""
    return shipped_pack()


def settlement(number: int, **changes: Any) -> Event:
    """One settlement every ten minutes, of another person each, without trace codes."""
    lines = [dict(line, drug_trac_info=[]) for line in EXAMPLE["feedetail"]]
    day, minutes = divmod(number * 10, 24 * 60)
    time = f"2026-11-{2 + day:02} {minutes // 60:02}:{minutes % 60:02}:00"
    record = EXAMPLE | {
        "setl_id": f"S{number}",
        "event_id": f"E{number}",
        "psn_no": f"{number:020}",
        "setl_time": time,
        "medfee_sumamt": round(300 + 7.31 * (number % 89), 2),
        "fund_pay_sumamt": 100.0,
        "feedetail": [line | {"fee_ocur_time": time} for line in lines],
    }
    return decode_event(json.dumps(record | changes).encode(), arrived=None)


class World:
    """An engine with a model and everything it remembers."""

    def __init__(self, pack: Pack, store: Store | None = None, scoring: Scoring | None = None) -> None:
        self.store = store or Store()
        if store is None:
            self.store.hold({0})
        self.scoring = scoring or Scoring(self.store)
        self.engine = Engine(pack, self.store, KEY, scoring=self.scoring)

    def screen(self, event: Event, offset: int) -> dict[str, Any]:
        return dict(json.loads(self.engine.screen(event, Position(0, offset)).answer or b""))

    def normal(self) -> dict[str, bytes]:
        """The rows of what is normal."""
        windows = self.store.partitions[0].windows
        return {k: row if isinstance(row, bytes) else encode_row(row) for k, row in windows.items() if k[0] == "m"}


def feedback(number: int, **changes: Any) -> Feedback:
    made = {"kind": "outcome", "setl_id": f"S{number}", "outcome": "confirmed", "decided_at": 0}
    return Feedback(feedback_id=f"F{number}", **made | changes)


def test_every_result_has_score_version_and_contributions(pack: Pack) -> None:
    """From the first settlement on; nothing is missing."""
    world = World(pack)
    answer = world.screen(settlement(0), 0)
    assert "model" not in answer["missing"]
    assert 0 < answer["model"]["score"] < 1
    assert answer["model"]["version"] == world.scoring.model.version
    assert [part["feature"] for part in answer["model"]["contributions"]][::99] == ["base"]


def test_a_replay_after_a_crash_ends_where_no_crash_ends(pack: Pack) -> None:
    """With any part of the rows lost and the events read again, answers and what is normal are the same bytes."""
    whole = World(pack)
    answers = [whole.screen(settlement(n), n) for n in range(40)]
    crashed = World(pack)
    for n in range(25):
        crashed.screen(settlement(n), n)
    kept = crashed.normal()
    for n in range(25, 32):
        crashed.screen(settlement(n), n)
    windows = crashed.store.partitions[0].windows
    windows.update(kept)
    again = World(pack, crashed.store)
    assert [again.screen(settlement(n), n) for n in range(20, 40)] == answers[20:]
    assert again.normal() == whole.normal()


def test_a_model_that_fails_costs_nobody_the_rules_answer(pack: Pack, caplog: pytest.LogCaptureFixture) -> None:
    """The result is partial and says that the model is missing, the rules' violations are in it; the log says why."""

    class Broken(Scoring):
        def _ask(self, *_: Any) -> NoReturn:
            raise ZeroDivisionError

    store = Store()
    store.hold({0})
    world = World(pack, store, Broken(store))
    dear = [line | {"pric": 99.0, "pric_uplmt_amt": 1.0} for line in EXAMPLE["feedetail"]]
    answer = world.screen(settlement(0, feedetail=dear), 0)
    assert (answer["model"], answer["missing"], answer["status"]) == (None, ["model"], "partial")
    assert "P15" in {hit["rule_id"] for hit in answer["violations"]}
    world.screen(settlement(2), 2)
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]
    world.scoring.paused = True
    assert world.screen(settlement(1), 1)["missing"] == ["model"]


def test_the_model_adds_and_never_takes_away(pack: Pack) -> None:
    """What rules find with the model is what they find without it, and the action is no milder."""
    actions = ["pass", "remind", "review", "hold"]
    store = Store()
    store.hold({0})
    bare, world = Engine(pack, store, KEY), World(pack)
    remarkable = 0
    for n in range(300):
        dear = [line | {"pric": 99.0} for line in EXAMPLE["feedetail"]] if n % 50 == 7 else EXAMPLE["feedetail"]
        total = 90_000.0 if n % 60 == 59 else EXAMPLE["medfee_sumamt"]
        event = settlement(n, feedetail=dear, medfee_sumamt=total, fund_pay_sumamt=0)
        alone = json.loads(bare.screen(event, Position(0, n)).answer or b"")
        both = world.screen(event, n)
        found = [hit["rule_id"] for hit in both["violations"]]
        remarkable += "X01" in found
        assert [rule_id for rule_id in found if rule_id != "X01"] == [hit["rule_id"] for hit in alone["violations"]]
        assert actions.index(both["action"]) >= actions.index(alone["action"])
        assert both["risk_score"] >= alone["risk_score"]
    assert 1 <= remarkable < 30


def test_a_remarkable_settlement_says_why_in_words(pack: Pack) -> None:
    """X01 is a reminder that names the inputs, in the language of clerks."""
    store = Store()
    store.hold({0})
    world = World(pack, store, Scoring(store, share=0.02))
    for n in range(200):
        world.screen(settlement(n), n)
    answer = world.screen(settlement(200, medfee_sumamt=900_000.0, fund_pay_sumamt=0), 200)
    (hit,) = [hit for hit in answer["violations"] if hit["rule_id"] == "X01"]
    assert hit["sev_deg"] == "3"
    assert "总费用" in hit["vola_cont"]
    assert hit["vola_evid"]["odd_inputs"] == ["amount"]


def test_trace_codes_that_another_worker_remembers_are_not_held_against_a_settlement(pack: Pack) -> None:
    """An answer given before their owner has answered says what is missing, and does not call them sold twice."""
    store = Store(2, lambda _area: 0)
    store.hold({0})
    world = World(pack, store, Scoring(store))
    for number in range(300):
        world.screen(settlement(number), number)
    codes = [{"drug_trac_codg": f"8{number:019}"} for number in range(6)]
    line = EXAMPLE["feedetail"][0] | {"list_type": "101", "cnt": 6, "fee_ocur_time": "2026-11-05 02:00:00"}
    result = world.screen(settlement(300, feedetail=[line | {"drug_trac_info": codes}]), 300)
    assert {"T01", "T04"} <= set(result["missing"])
    assert "score" in result["model"]
    assert "known_trace_codes" not in json.dumps(result)


def test_every_witness_has_a_name_for_clerks() -> None:
    """Whatever moves a score can be said in X01's sentence."""
    assert set(LABELS) == set(WITNESSES)


def test_feedback_becomes_a_lesson_once(pack: Pack) -> None:
    """A weak verdict is learned, a weightier one after it too, a repeat and a lighter one not."""
    world = World(pack)
    dear = [line | {"pric": 99.0, "pric_uplmt_amt": 1.0} for line in EXAMPLE["feedetail"]]
    answer = world.screen(settlement(0, feedetail=dear), 0)
    teaching = Teaching(world.store)
    modified = feedback(0, kind="disposition", dspo_way="2", outcome=None)
    first = teaching.lesson(modified)
    assert first is not None
    assert (first.verdict, first.rules) == (Verdict.MODIFIED, {})
    assert first.example.person == answer["psn_ref"]
    assert teaching.lesson(modified) is None
    second = teaching.lesson(feedback(0))
    assert second is not None
    assert (second.verdict, second.rules) == (Verdict.CONFIRMED, dict.fromkeys(found_in(answer), True))
    assert teaching.lesson(feedback(0)) is None
    assert teaching.lesson(modified) is None
    with pytest.raises(KeyError):
        teaching.lesson(feedback(1))


def found_in(answer: dict[str, Any]) -> list[str]:
    return [hit["rule_id"] for hit in answer["violations"]]


def test_nobody_speaks_of_most_settlements(pack: Pack) -> None:
    """One in sixteen of those that are forgotten without a verdict is presumed innocent, for all of them."""
    world = World(pack)
    for n in range(200):
        world.screen(settlement(n), n)
    rows = world.store.partitions[0].settlements
    made = [lesson for setl_id, row in rows.items() if (lesson := presumed(setl_id, row)) is not None]
    assert 3 <= len(made) <= 30
    assert {lesson.verdict for lesson in made} == {Verdict.PRESUMED}


def test_the_example_kept_is_what_was_scored(pack: Pack) -> None:
    """The settlement's row has the log-odds that the result's score is made of."""
    world = World(pack)
    outcome = world.engine.screen(settlement(0), Position(0, 0))
    row = world.store.settlement(0, "S0")
    assert row is not None
    assert decode_example(row.example) == outcome.example


def test_what_another_release_learned_of_other_inputs_is_begun_anew(pack: Pack) -> None:
    """An upgrade that has more inputs finds rows of fewer places: it scores, and learns beside them."""
    world = World(pack)
    world.screen(settlement(0), 0)
    (key,) = world.normal()
    row = world.store.change_window(key, "")
    state = row.features.pop(next(iter(row.features)))
    row.features["model-of-other-inputs"] = state[:1]
    answer = world.screen(settlement(1), 1)
    assert (answer["missing"], world.scoring.errors) == ([], 0)
    assert len(row.features) == 2
