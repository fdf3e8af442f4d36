"""What a scenario is: ways to do wrong, ways to look like it and be right, and what each of them needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.simulate.scenarios.kit import ANY_DAY, APART, BRIEF, CLOSING, OPENING, Kit
from streams.simulate.scenarios.story import Story

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ANY_DAY", "APART", "BRIEF", "CLOSING", "OPENING", "Kit", "Need", "Scenario", "Story", "Variant"]


class Need(NamedTuple):
    """What a story needs of the calendar beyond a number of days.

    Attributes:
        text: how it is called.
        met: whether the simulated days have it.
    """

    text: str
    met: Callable[[Kit], bool]


class Variant(NamedTuple):
    """One way in which a scenario can happen.

    Attributes:
        tell: adds the events to the story.
        size: about how many events that are.
        days: how many days of simulation it needs.
        need: what else it needs.
    """

    tell: Callable[[Kit, Story], None]
    size: int
    days: int = 1
    need: Need | None = None

    def fits(self, kit: Kit) -> bool:
        """Whether it can happen in the simulated days."""
        return self.days <= kit.days and (self.need is None or self.need.met(kit))


class Scenario(NamedTuple):
    """A scenario with its culprits and its harmless twins.

    Attributes:
        id: id of the rule that should find it.
        positives: ways to do wrong, the shortest first.
        twins: ways to look like it and be right, the shortest first.
    """

    id: str
    positives: tuple[Variant, ...]
    twins: tuple[Variant, ...]

    def lacks(self, kit: Kit) -> str:
        """Why it cannot happen with a culprit and a twin in the simulated days; empty when it can."""
        for variants in (self.positives, self.twins):
            if not any(variant.fits(kit) for variant in variants):
                easiest = min(variants, key=lambda variant: variant.days)
                needs = [f"{easiest.days} days"] if easiest.days > kit.days else []
                needs += [easiest.need.text] if easiest.need and not easiest.need.met(kit) else []
                return "needs " + " and ".join(needs)
        return ""
