"""The online model: what a score is made of, what verdicts do to it, and that the same lessons make the same model."""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING

import msgspec
import pytest
import zstandard

from models import baseline, inputs
from models.lessons import Lesson, Verdict, decode_lesson, encode
from models.online import BASE, REST, OnlineModel, Scored
from models.risk import probability
from models.snapshot import SnapshotError, freeze, read, thaw
from streams.contract.decode import decode_event
from streams.contract.time import DAY_MS
from tests.unit.engine.test_engine import EXAMPLE

if TYPE_CHECKING:
    from models.inputs import Values
    from streams.contract.events import Event

HOUR = DAY_MS // 24


def seeded(seed: int) -> Random:
    """Chance that is the same in every run."""
    return Random(seed)  # noqa: S311 - chance, not secrets


def event(number: int, person: int, institution: int) -> Event:
    """One settlement an hour."""
    found = decode_event(msgspec.json.encode(EXAMPLE | {"setl_id": f"S{number}"}), arrived=None)
    found.time += number * HOUR
    found.psn_ref, found.fixmedins_code = f"p{person}", f"H{institution}"
    return found


def ordinary(chance: Random) -> Values:
    """The inputs of a settlement like any."""
    values: Values = [None] * len(inputs.INPUTS)
    values[inputs.AMOUNT] = chance.gauss(4.5, 0.5)
    values[inputs.TO_USUAL] = chance.gauss(0.0, 0.4)
    values[inputs.LARGE] = 0.0
    values[inputs.NIGHT] = float(chance.random() < 0.02)
    return values


def odd(chance: Random) -> Values:
    """The same, of four times the person's usual amount."""
    values = ordinary(chance)
    values[inputs.TO_USUAL] = math.log(4.0)
    return values


def lessons(count: int, seed: int = 1) -> list[Lesson]:
    """Verdicts on settlements, one in ten of which is odd and confirmed."""
    chance, model, state = seeded(seed), OnlineModel(), baseline.new_state()
    made = []
    for number in range(count):
        fraud = number % 10 == 0
        values = odd(chance) if fraud else ordinary(chance)
        scored = model.score(event(number, chance.randrange(50), chance.randrange(20)), values, state)
        made.append(Lesson(f"S{number}", Verdict.CONFIRMED if fraud else Verdict.CLEARED, scored.example))
    return made


def taught(made: list[Lesson]) -> OnlineModel:
    model = OnlineModel()
    for lesson in made:
        model.learn(lesson)
    return model


def asked(model: OnlineModel) -> list[Scored]:
    """What a model says of a few settlements."""
    chance, state = seeded(7), baseline.new_state()
    return [model.score(event(9_000 + n, n, n), odd(chance) if n % 2 else ordinary(chance), state) for n in range(20)]


@pytest.mark.parametrize("count", [0, 400])
def test_contributions_add_up_to_the_score(count: int) -> None:
    """Base, named witnesses and the rest add up to the log-odds whose probability the score is."""
    for scored in asked(taught(lessons(count))):
        parts = scored.score.contributions
        assert (parts[0].feature, parts[-1].feature) == (BASE, REST)
        total = math.fsum(part.contribution for part in parts)
        assert scored.score.score == pytest.approx(probability(total), rel=1e-4)


def test_the_first_settlement_is_scored_and_the_odd_one_higher() -> None:
    """Without a verdict, oddness speaks; it names the input that a clerk would name."""
    chance, model, state = seeded(3), OnlineModel(), baseline.new_state()
    plain = model.score(event(1, 1, 1), ordinary(chance), state)
    values = ordinary(chance)
    values[inputs.CODES] = 2.0
    found = model.score(event(2, 1, 1), values, state)
    assert found.score.score > 2 * plain.score.score
    assert inputs.NAMES[found.odd_inputs[0][1]] == "known_trace_codes"
    assert found.score.contributions[1].feature == "known_trace_codes"


def test_verdicts_teach_what_to_look_for() -> None:
    """After confirmed settlements of many times the usual amount, that input raises the score most."""
    said = asked(taught(lessons(600)))
    frauds, others = said[1::2], said[::2]
    assert min(s.score.score for s in frauds) > max(s.score.score for s in others)
    for scored in frauds:
        raising = max(scored.score.contributions[1:-1], key=lambda part: part.contribution)
        assert raising.feature.startswith("amount_to_own_usual")


def test_an_institution_that_is_confirmed_again_and_again_is_remembered() -> None:
    """An ordinary settlement scores higher where ordinary ones were confirmed, and more so than elsewhere."""
    chance, model, state = seeded(5), taught(lessons(600)), baseline.new_state()
    for number in range(1000, 1040):
        at = 77 if number % 2 else number
        scored = model.score(event(number, number, at), ordinary(chance), state)
        verdict = Verdict.CONFIRMED if number % 2 else Verdict.CLEARED
        model.learn(Lesson(f"S{number}", verdict, scored.example))
    values = ordinary(chance)
    there = model.score(event(1050, 5000, 77), values, state)
    elsewhere = model.score(event(1050, 5000, 78), values, state)
    assert there.score.score > 4 * elsewhere.score.score
    assert any(part.feature.startswith("institution_") for part in there.score.contributions if part.contribution > 0)


def test_the_same_lessons_make_the_same_model() -> None:
    """Two workers that read the same lessons, as bytes, give the same scores to the last digit."""
    made = lessons(300)
    other = OnlineModel()
    for lesson in made:
        other.learn(decode_lesson(encode(lesson)))
    assert [s.score for s in asked(taught(made))] == [s.score for s in asked(other)]


def test_a_restored_model_goes_on_as_if_nothing_had_been() -> None:
    """A snapshot in the middle of the lessons, restored, ends where the uninterrupted model ends."""
    made = lessons(400)
    restored = thaw(read(freeze(taught(made[:217]))))
    assert [s.score for s in asked(restored)] == [s.score for s in asked(taught(made[:217]))]
    for lesson in made[217:]:
        restored.learn(lesson)
    whole = taught(made)
    assert [s.score for s in asked(restored)] == [s.score for s in asked(whole)]
    assert restored.version == whole.version


def test_a_lesson_that_comes_again_changes_nothing() -> None:
    """Only a weightier verdict on the same settlement is learned."""
    made = lessons(50)
    model = taught(made)
    before = freeze(model)
    for lesson in made[-20:]:
        model.learn(lesson)
        model.learn(Lesson(lesson.setl_id, Verdict.CONTINUED, lesson.example))
    assert freeze(model) == before
    model.learn(Lesson(made[-1].setl_id, Verdict.CONFIRMED, made[-1].example))
    assert freeze(model) != before


def test_scoring_changes_nothing() -> None:
    """A model that was asked is the model that was not."""
    model = taught(lessons(100))
    before = freeze(model)
    first = asked(model)
    assert asked(model) == first
    assert freeze(model) == before


def test_a_damaged_or_foreign_snapshot_is_refused() -> None:
    """Bytes that are not a snapshot, a changed model, and one for other inputs are refused with the reason."""
    raw = freeze(taught(lessons(20)))
    with pytest.raises(SnapshotError, match="not a snapshot"):
        read(raw[:-10])
    text = zstandard.ZstdDecompressor().decompress(raw, max_output_size=1 << 26)
    packed = zstandard.ZstdCompressor()
    with pytest.raises(SnapshotError, match="damaged"):
        read(packed.compress(text.replace(b'"lessons":20,"gen', b'"lessons":21,"gen')))
    foreign = read(packed.compress(text.replace(inputs.SCHEMA.encode(), b"0123456789abcdef")))
    with pytest.raises(SnapshotError, match="other inputs"):
        thaw(foreign)
