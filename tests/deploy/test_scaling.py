"""Rules with shorter times are the same rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.deploy.rules import RULES
from tests.deploy.scaling import scaled_expression, scaled_rules, shorter

if TYPE_CHECKING:
    from pathlib import Path


def test_windows_offsets_and_nothing_else_become_shorter() -> None:
    """Names with a window in them, thresholds and buckets stay."""
    text = 'rate(a_bucket{le="2.0"}[5m] offset 30m) / max_over_time(job:a:rate5m[1h:1m]) > 14.4 * 0.001'
    expected = 'rate(a_bucket{le="2.0"}[10000ms] offset 60000ms) / max_over_time(job:a:rate5m[120000ms:2000ms])'
    assert scaled_expression(text, 30) == f"{expected} > 14.4 * 0.001"


def test_a_duration_that_is_not_understood_is_refused() -> None:
    """Better than a rule that is never true."""
    with pytest.raises(ValueError, match="1h30m"):
        shorter("1h30m", 30)


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.stem)
def test_factor_one_changes_no_meaning(file: Path) -> None:
    """Written in milliseconds, every time of the shipped rules is what it was."""
    same = yaml.safe_load(scaled_rules(file, 1))
    for before, after in zip(yaml.safe_load(file.read_text("utf-8"))["groups"], same["groups"], strict=True):
        for old, new in zip(before["rules"], after["rules"], strict=True):
            assert _in_ms(old["expr"]) == new["expr"]
            assert "for" not in old or shorter(old["for"], 1) == new["for"]


def _in_ms(expression: str) -> str:
    return re.sub(r"(?<=[\[:])\d+[smhd](?=[]:])|(?<=offset )\d+[smhd]", lambda found: shorter(found[0], 1), expression)
