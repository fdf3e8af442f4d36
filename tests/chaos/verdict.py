"""What a comparison found: lost, duplicated, differing."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN: Final = 10
"""Cases of each finding that are told; the others are counted."""


@dataclass
class Verdict:
    """What was found.

    Attributes:
        lost: Without result, dead letter, alert or row.
        duplicated: With results or alerts that contradict each other, or with what should not be there at all.
        differing: With a result, dead letter or row that says something else.
        counts: What was compared.
    """

    lost: int = 0
    duplicated: int = 0
    differing: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    found: Counter[str] = field(default_factory=Counter)

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not (self.lost or self.duplicated or self.differing)

    def lose(self, what: str, example: object = "") -> None:
        """Something is missing."""
        self.lost += 1
        self._note(f"lost: {what}", example)

    def double(self, what: str, example: object = "") -> None:
        """Something is there that contradicts another thing, or that should not be."""
        self.duplicated += 1
        self._note(f"duplicated: {what}", example)

    def differ(self, what: str, example: object = "") -> None:
        """Something says what it should not."""
        self.differing += 1
        self._note(f"differing: {what}", example)

    def note(self, finding: str, example: object) -> None:
        """Keep what helps to understand another finding."""
        self._note(finding, example)

    def _note(self, finding: str, example: object) -> None:
        self.found[finding] += 1
        if len(self.examples[finding]) < _SHOWN:
            self.examples[finding].append(str(example))

    def __str__(self) -> str:
        return f"lost={self.lost} duplicated={self.duplicated} differing={self.differing}"


def explain(verdict: Verdict) -> Iterable[str]:
    """Yield lines that tell what was found."""
    for finding, count in verdict.found.most_common():
        yield f"{finding}: {count}"
        yield from (f"    {example}" for example in verdict.examples[finding])
