"""The shipped pack as a whole; what each of its rules finds is in ``tests/cases``."""

from __future__ import annotations

from typing import Any

import pytest

from streams.rules.bounds import state_bound
from tests.packs import shipped_pack

PACK = shipped_pack()
FORMS = [(rule.rule_id, form) for rule in PACK.rules for form in (rule, *rule.also)]
LONGEST_NAME = 200
"""Characters that the platform takes of a rule's name."""


def test_policy_holds_only_clear_violations() -> None:
    """Nothing below severity 1 holds a payment, alone or together, in any area."""
    policies = [PACK.policy, *PACK.policy.areas.values()]
    assert [dict(policy.actions) for policy in policies] == [{1: "hold", 2: "review", 3: "remind"}]
    assert PACK.policy.together == ()


@pytest.mark.parametrize("rule", PACK.rules, ids=lambda rule: rule.rule_id)
def test_every_rule_explains_itself(rule: Any) -> None:
    """A rule has a Chinese name, an explanation, a basis, and figures in every sentence."""
    assert all([rule.name, rule.doc, rule.basis])
    assert len(rule.name) < LONGEST_NAME
    sentences = [text for key, text in rule.source.items() if key.startswith("message")]
    assert all("{" in sentence for sentence in sentences)
    assert len(sentences) == 1 + len(rule.also)


@pytest.mark.parametrize(("rule_id", "form"), FORMS, ids=[f"{rule_id}-{n}" for n, (rule_id, _) in enumerate(FORMS)])
def test_refunds_accuse_nobody(rule_id: str, form: Any) -> None:
    """What looks at a settlement as a whole is silenced by a refund; lines of a refund have no quantity to look at."""
    assert form.each != "settlement" or "refund" in form.unless, rule_id


def test_thresholds_are_configuration() -> None:
    """No number of a regulation or of a default stands in a condition: it is a parameter, or a fact."""
    allowed = {"0", "1", "2", "6", "12", "22", "60", "100"}
    for rule in PACK.rules:
        for key, text in rule.source.items():
            if key.startswith("when"):
                bare = "".join(part for n, part in enumerate(text.split("'")) if n % 2 == 0)
                numbers = {word for word in bare.replace("(", " ").replace(")", " ").split() if word.isdigit()}
                assert numbers <= allowed, (rule.rule_id, numbers)


def test_ratio_rules_need_history() -> None:
    """What compares with its own past stays silent until there is some."""
    needing = {rule.rule_id: dict(rule.needs_history) for rule in PACK.rules if rule.needs_history}
    assert set(needing) == {"G03", "G04", "V12"}


def test_state_is_small() -> None:
    """An entity's row stays within a few hundred kilobytes, whatever happens: that of an institution is the largest."""
    by_scope: dict[str, int] = {}
    for feature in PACK.features:
        by_scope[feature.scope] = by_scope.get(feature.scope, 0) + state_bound(feature)[1]
    assert by_scope["trace_code"] < 16_000
    assert by_scope["person"] < 128_000
    assert by_scope["institution"] < 512_000
