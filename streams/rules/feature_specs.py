"""What a compiled feature is made of: the value object that `streams.features` arranges and the engine folds by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from streams.contract.events import Event
    from streams.state.rows import Observation

Each = Literal["settlement", "line", "code"]
Aggregate = Literal["count", "sum", "share", "distinct", "histogram", "log", "stays", "past"]

Where = Callable[..., bool]
Of = Callable[..., Any]
At = Callable[..., "int | None"]
"""Take event, line and trace code, and the context where the feature is derived."""


Observer = Callable[..., "list[tuple[int, list[Observation]]]"]
"""``(e, l, k, c, s, t)`` → what several features observe, by the place of their scope, where they observe anything.

``s`` is the settlement that the observations belong to, ``t`` the one that entries of logs of lines name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSpec:
    """One aggregate over one scope and window of event time."""

    name: str
    fid: str
    """``name-`` and 8 hex digits of its definition's hash: a changed definition starts a new state."""
    doc: str
    scope: str
    each: Each
    aggregate: Aggregate
    days: int
    """Calendar-day window: number of Beijing days, ending with the event's own; 0 if the window rolls."""
    span: int
    """Rolling window in milliseconds; 0 if the window is of calendar days."""
    resolution: int
    """Bucket of a rolling window in milliseconds (a log has exact times: 0; a calendar window: 0)."""
    limit: int
    """Most entries (log) or different values (distinct, histogram) a key keeps; 0 where nothing is listed."""
    evidence: int
    """How many setl_id a key keeps for evidence."""
    fields: tuple[str, ...]
    """Names of a log's fields."""
    events: frozenset[str]
    """Event types that are observed; ``settlement`` unless the pack says otherwise."""
    where: Where | None
    """Whether to observe; None = always. Unknown is False."""
    of: Of | None
    """The value (a log: the tuple of its fields). None = unknown: the event is not observed."""
    at: At
    """Event time in milliseconds; None = unknown: the event is not observed."""
    index: int
    """Slot among the features that are known at the same level."""
    gate: Callable[[Event], bool] | None = None
    """What ``where`` demands of the event alone, for features of lines and codes: asked once for all of them."""
    gate_key: str = ""
    """The same for gates that are the same."""
    fuse: Callable[[tuple[tuple[str, ...], ...]], Observer] | None = None
    """Compiles the observing of several features, named by scope, into one function; None = not loaded from a pack."""
    late: int | None = None
    """How long a bucket waits for late observations beyond the window, ms; None = the usual."""
    once: bool = False
    """Whether a settlement is observed once for each key, however many of its lines would be."""
    own: bool = False
    """Whether a settlement sees its own entries in a log."""
    returns: bool = False
    """Whether refund lines are observed, as returns (`streams.features.plan.FeaturePlan.returns`)."""
    derived: bool = False
    """Whether its functions take the context as a fourth argument: they look at logs or registries."""
    looks: bool = False
    """Whether it reads other features: what it observes is known only when their rows are."""
    known_codes: bool = False
    """Whether only trace codes are observed whose logs show another settlement."""
    items: tuple[Callable[[str], bool], ...] = ()
    """Lines are observed only if one of these holds for their item; empty = all may be."""
    base: str = ""
    """Of a past: the feature whose past it is; the following are only of a past."""
    past_field: str = ""
    """The field that is added up, where that feature is a log."""
    step: int = 0
    """Length of a period, ms."""
    every: int = 0
    """Distance of the periods that are compared, ms."""
    half_life: int = 0
    """How far back a period weighs half, ms; 0 = all weigh the same."""
    min_history: int = 0
    """Nothing is usual before so much history, ms."""
    skip_empty: bool = False
    """Whether periods in which nothing happened are left out."""
    least_deviation: float = 0.0
    """Least deviation, as a share of the mean."""
    whole: bool = False
    """Whether means are rounded to whole units (fen)."""

    @property
    def shared(self) -> bool:
        """Whether observations of one settlement may come to be one: they are looked through once more."""
        return self.each != "settlement" and (self.once or self.aggregate == "share")
