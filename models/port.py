"""How the engine asks a model about an event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from streams.contract.events import Event
    from streams.contract.results import ModelScore
    from streams.rules.specs import Context


class Scorer(Protocol):
    """A model that scores an event and learns from it."""

    def score(self, event: Event, context: Context) -> ModelScore | None:
        """The score, from the same features that the rules read; None while the model has nothing to say yet.

        The score of a position does not depend on whether it was asked for before: asking is free of side effects.
        """
