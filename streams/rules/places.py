"""Where something stands in a pack's files, and the list of what is wrong there."""

from __future__ import annotations

from dataclasses import dataclass

from streams.language.problems import Problem


@dataclass(frozen=True, slots=True)
class Place:
    """A file, a line from 1 (0: the file as a whole) and a column from 1 (0: the line as a whole)."""

    file: str
    line: int = 0
    column: int = 0


class Problems:
    """Collects the problems of a pack, so that all of them can be reported at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, place: Place, owner: str, message: str, hint: str = "") -> None:
        """Note what refuses the pack; ``owner`` is such as ``rule V02``."""
        self._add(place, owner, message, hint, warning=False)

    def warn(self, place: Place, owner: str, message: str, hint: str = "") -> None:
        """Note what an analyst should look at."""
        self._add(place, owner, message, hint, warning=True)

    def _add(self, place: Place, owner: str, message: str, hint: str, *, warning: bool) -> None:
        self.problems.append(
            Problem(
                file=place.file,
                line=place.line,
                column=place.column,
                rule=owner,
                message=message,
                hint=hint,
                warning=warning,
            )
        )

    @property
    def errors(self) -> list[Problem]:
        """What refuses the pack."""
        return [problem for problem in self.problems if not problem.warning]

    @property
    def warnings(self) -> list[Problem]:
        """What does not."""
        return [problem for problem in self.problems if problem.warning]
