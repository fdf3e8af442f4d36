"""What is wrong with the settings, every problem at once and with its place."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Problem(NamedTuple):
    """One thing that is wrong.

    Attributes:
        place: An environment variable, or file and line.
        reason: What is wrong there and what would be right; never the value of a secret.
    """

    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


class SettingsError(Exception):
    """The settings cannot be used; the message has one line for each problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(name: str, known: Iterable[str], shared: str = "") -> str:
    """Return ` (did you mean X?)` for the nearest known name, or nothing when none is near.

    Args:
        name: What was written.
        known: What could have been meant.
        shared: A beginning all names have, which says nothing about how near they are.
    """
    rests = [other.removeprefix(shared) for other in known]
    near = difflib.get_close_matches(name.removeprefix(shared), rests, n=1, cutoff=0.6)
    return f" (did you mean {shared}{near[0]}?)" if near else ""
