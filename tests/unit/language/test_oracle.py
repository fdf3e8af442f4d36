"""Whatever an analyst writes, the compiled functions compute what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.language.bench import Compiled
from tests.unit.language.grammar import LEAVES, Grammar, worlds

if TYPE_CHECKING:
    from tests.unit.language.grammar import World

pytestmark = pytest.mark.slow

LIGHT = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
DEPTH = 4


@LIGHT
@given(data=st.data(), seen=st.lists(worlds(), min_size=1, max_size=4))
def test_conditions_mean_what_they_say(data: st.DataObject, seen: list[World]) -> None:
    """Value, "is it true?" and "is it false?" of a random condition agree with the oracle on random settlements."""
    expr = Grammar(data.draw).condition(DEPTH)
    compiled = Compiled(expr.text)

    for world in seen:
        expected = expr.oracle(world)
        arguments = compiled.arguments(event=world.event, context=world.context)
        assert compiled.value(*arguments) is expected, expr.text
        assert compiled.truth(*arguments) is (expected is True), expr.text
        assert compiled.falsity is not None
        assert compiled.falsity(*arguments) is (expected is False), expr.text


@LIGHT
@given(data=st.data(), kind=st.sampled_from(sorted(LEAVES)), seen=st.lists(worlds(), min_size=1, max_size=4))
def test_values_are_exact(data: st.DataObject, kind: str, seen: list[World]) -> None:
    """A random amount, quantity, count, text, time or day is exactly the oracle's, and an integer stays one."""
    expr = Grammar(data.draw).value(kind, DEPTH)
    compiled = Compiled(expr.text)

    assert compiled.node.type.kind.name.lower() == kind
    assert expr.nullable or not compiled.node.type.nullable
    for world in seen:
        expected = expr.oracle(world)
        found = compiled.value(*compiled.arguments(event=world.event, context=world.context))
        assert found == expected, expr.text
        assert type(found) is type(expected)
