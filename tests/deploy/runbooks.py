"""What the runbooks tell people to do, as data: so that faults are looked into and cured by their words."""

from __future__ import annotations

import re
from typing import Final

from tests.deploy.rules import RUNBOOKS

PARTS: Final = ("What it means", "How to check", "What to do")
_SPAN: Final = re.compile(r"`([^`]+)`", re.DOTALL)
_COMMAND: Final = re.compile(r"prewarn |kubectl |/\w+z$")


def sections() -> dict[str, str]:
    """Return the text below each heading, by alert."""
    found = re.split(r"^## ", RUNBOOKS.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {head.strip(): text for head, _, text in (each.partition("\n") for each in found)}


def commands(alert: str) -> list[str]:
    """Return the commands that an alert's section names, in its order, each on one line."""
    spans = (" ".join(span.split()) for span in _SPAN.findall(sections()[alert]))
    return [span for span in spans if _COMMAND.match(span)]
