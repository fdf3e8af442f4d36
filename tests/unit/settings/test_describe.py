"""The settings as documentation."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from streams.settings import Settings, describe, env_example, load
from streams.settings.model import SETTINGS

EXAMPLE = Path(__file__).parents[3] / "deploy" / "prewarn.env.example"


def test_the_example_file_is_what_the_code_says() -> None:
    """`python -m streams.settings > deploy/prewarn.env.example` makes it anew."""
    made = subprocess.run([sys.executable, "-m", "streams.settings"], capture_output=True, check=True).stdout.decode()
    assert made == env_example() == EXAMPLE.read_text(encoding="utf-8")


def test_the_example_file_with_every_line_counting_gives_the_defaults() -> None:
    """What it shows as defaults are the defaults."""
    lines = [line[1:] for line in env_example().splitlines() if line.startswith("#PREWARN_")]
    assert len(lines) == len(SETTINGS)
    assert load(dict(line.split("=", 1) for line in lines)) == Settings()


def test_every_setting_is_described() -> None:
    """Each row has its words, and secrets are marked."""
    rows = describe()
    assert [row.name for row in rows] == [field.name for field in SETTINGS]
    assert all(row.doc and row.kind and row.section and row.variable.startswith("PREWARN_") for row in rows)
    assert {row.name for row in rows if row.secret} == {"person_key", "state_key", "sasl_password", "ssl_key_password"}
    assert next(row.default for row in rows if row.name == "rules_dir") == "the shipped pack"
