"""Packs made in a test: the usual policy, and whatever the test declares."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

from streams.rules.pack import load_pack

if TYPE_CHECKING:
    from pathlib import Path

    from streams.rules.specs import Pack

POLICY = """\
version: "t1"
policy:
  severity:
    1: {action: hold, score: 80}
    2: {action: review, score: 50}
    3: {action: remind, score: 20}
"""


def write(folder: Path, text: str, **tables: str) -> tuple[Path, Path]:
    """Write a pack and its tables; gives both folders."""
    rules, knowledge = folder / "rules", folder / "knowledge"
    rules.mkdir(exist_ok=True)
    knowledge.mkdir(exist_ok=True)
    (rules / "pack.yaml").write_text(POLICY, encoding="utf-8")
    (rules / "rules.yaml").write_text(dedent(text), encoding="utf-8")
    for name, table in tables.items():
        (knowledge / f"{name}.csv").write_text(dedent(table), encoding="utf-8")
    return rules, knowledge


def load(folder: Path, text: str, **tables: str) -> Pack:
    """Load such a pack."""
    return load_pack(*write(folder, text, **tables))
