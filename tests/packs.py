"""The shipped pack, compiled once in each process: that takes half a second."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from streams.rules.pack import load_pack
from streams.settings.places import shipped

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from streams.rules.specs import Pack

COMMANDS: Final = ("screen", "rules")
"""Commands whose tests load a pack again and again."""


@cache
def shipped_pack() -> Pack:
    """Return the shipped rules with the shipped tables. Nobody changes it: an engine keeps what it pauses itself."""
    return load_pack(shipped("rules"), shipped("knowledge"))


def keep_shipped_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have commands that run in this process take the shipped pack from memory; they load others as ever."""

    def load(rules: Path, knowledge: Path | None = None) -> Pack:
        shipped_ones = (rules, knowledge) == (shipped("rules"), shipped("knowledge"))
        return shipped_pack() if shipped_ones else load_pack(rules, knowledge)

    for command in COMMANDS:
        monkeypatch.setattr(f"streams.cli.{command}.load_pack", load)
