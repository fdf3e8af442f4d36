"""What is wrong with a pack, and where: one value for every fault, so that all are reported at once."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault of a rule pack or knowledge table."""

    file: str
    line: int
    """From 1; 0 when the fault is not at a line (a missing file)."""
    column: int
    """From 1, in characters; 0 when unknown."""
    rule: str
    """Where in the pack: ``rule V02``, ``feature visits``, or empty."""
    message: str
    hint: str = ""
    warning: bool = False
    """A warning does not refuse the pack."""

    def __str__(self) -> str:
        place = self.file
        if self.line:
            place += f":{self.line}" + (f":{self.column}" if self.column else "")
        owner = f"{self.rule}: " if self.rule else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: {'warning' if self.warning else 'error'}: {owner}{self.message}{hint}"


class PackError(Exception):
    """The pack is refused as a whole; the message has its errors, one a line, ``problems`` the warnings too."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: (problem.file, problem.line, problem.column))
        super().__init__("\n".join(str(problem) for problem in self.problems if not problem.warning))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Give a hint naming the closest known name, or listing all when they are few; else an empty text."""
    names = sorted(known)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    if 0 < len(names) <= LISTED_NAMES:
        return "known: " + ", ".join(names)
    return ""


LISTED_NAMES = 12
"""A hint lists the known names when there are no more than these; a longer list hides the answer."""
