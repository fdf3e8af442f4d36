"""What is normal: learned without verdicts, and not by the very fraud that it should show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models import baseline, inputs
from tests.unit.models.test_online import ordinary, seeded

if TYPE_CHECKING:
    from random import Random


def settle(state: baseline.State, values: inputs.Values) -> float:
    """Score a settlement and let the area learn it, as the engine does; returns its tail."""
    odd = baseline.oddness(state, values)[0]
    tail = baseline.odd_tail(state, odd)
    baseline.learn(state, values, odd, -5.0, baseline.weight_of(tail, questioned=False))
    return tail


def ring(chance: Random) -> inputs.Values:
    """A settlement of a ring: at night, of three times the person's usual amount, of an amount that came often."""
    values = ordinary(chance)
    values[inputs.NIGHT] = 1.0
    values[inputs.TO_USUAL] = 1.1 + chance.gauss(0.0, 0.1)
    values[inputs.SAME] = 2.0 + chance.gauss(0.0, 0.2)
    return values


def ranks(state: baseline.State, chance: Random) -> tuple[float, float]:
    """Share of ordinary settlements that are odder than a ring's, and how odd the ring is found."""
    of_ring = baseline.oddness(state, ring(chance))[0]
    others = [baseline.oddness(state, ordinary(chance))[0] for _ in range(2_000)]
    return sum(odd >= of_ring for odd in others) / len(others), of_ring


def test_a_ring_does_not_make_itself_normal() -> None:
    """At 5 % of the traffic for a week of 400 settlements a day, the ring stays among the oddest of all."""
    chance, state = seeded(11), baseline.new_state()
    for _ in range(2_000):
        settle(state, ordinary(chance))
    before = ranks(state, chance)
    for _ in range(7 * 400):
        settle(state, ring(chance) if chance.random() < 0.05 else ordinary(chance))
    after = ranks(state, chance)
    assert before[0] < 0.002
    assert after[0] < 0.01
    assert after[1] > 0.5 * before[1]


def test_what_everybody_does_becomes_normal() -> None:
    """A change that holds for all is followed: after two weeks a dearer visit is no longer odd."""
    chance, state = seeded(12), baseline.new_state()

    def dearer() -> inputs.Values:
        values = ordinary(chance)
        values[inputs.AMOUNT] = chance.gauss(8.0, 0.5)
        return values

    for _ in range(1_000):
        settle(state, ordinary(chance))
    first = baseline.oddness(state, dearer())[0]
    for _ in range(14 * 400):
        settle(state, dearer())
    assert first > 1.0
    assert sum(baseline.oddness(state, dearer())[0] for _ in range(50)) / 50 < 0.2 * first


def test_the_rarest_share_is_about_that_share() -> None:
    """Of ordinary settlements about one in a hundred is found to be in the rarest hundredth."""
    chance, state = seeded(13), baseline.new_state()
    for _ in range(3_000):
        settle(state, ordinary(chance))
    rare = sum(settle(state, ordinary(chance)) <= 0.01 for _ in range(5_000)) / 5_000
    assert 0.0 < rare < 0.03


def test_what_is_asked_about_is_not_learned() -> None:
    """A settlement that rules hold or ask about weighs nothing, a rare one little."""
    assert baseline.weight_of(0.5, questioned=True) == 0.0
    assert baseline.weight_of(0.001, questioned=False) == baseline.SUSPECT
    assert baseline.weight_of(0.5, questioned=False) == 1.0
