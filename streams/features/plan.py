"""A pack's features, arranged for the two things the engine does with them: fold an event in, and read views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.features.aggregates import AGGREGATES
from streams.features.feature import Feature
from streams.features.feature import state_key as state_key  # noqa: PLC0414 - whoever folds a plan's contributions needs it
from streams.features.observers import Lines, group_of
from streams.features.observing import Observing
from streams.features.past import Past
from streams.features.reading import reader_of
from streams.features.scopes import SCOPES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.contract.events import Event
    from streams.rules.feature_specs import FeatureSpec
    from streams.state.rows import Contribution, WindowRow

EVENT_TYPES = ("settlement", "admission", "discharge")


class FeaturePlan:
    """The features of one pack.

    Attributes:
        settlement: What a settlement can read, by slot; ``line`` and ``code`` the same for a line and a trace code.
        aggregates: The arithmetic of those that keep state, by `FeatureSpec.fid`.
        late: Those of them whose observations are known only when other rows are.
        scopes: The scopes whose rows a settlement may need, but for parts of rows that another one has.
        late_scopes: The scopes of the late ones.
    """

    def __init__(self, specs: Iterable[FeatureSpec]) -> None:
        features = _features(list(specs))
        self.settlement = _by_slot(features, "settlement")
        self.line = _by_slot(features, "line")
        self.code = _by_slot(features, "code")
        kept = [feature for feature in features if not feature.past]
        self.aggregates = {feature.fid: feature.aggregate for feature in kept}
        self.late = frozenset(feature.fid for feature in kept if feature.spec.looks)
        self.scopes = tuple({f.scope.name: f.scope for f in features if not f.scope.part}.values())
        self.late_scopes = tuple({f.scope.name: f.scope for f in kept if f.spec.looks}.values())
        self._lives: dict[str, int] = {}
        for feature in kept:
            letter = feature.scope.letter
            self._lives[letter] = max(self._lives.get(letter, 0), feature.aggregate.lives)
        observing = [feature for feature in kept if not feature.spec.returns]
        self._all = _Observers(observing)
        self._early = _Observers([feature for feature in observing if not feature.spec.looks])
        self._looking = _Observers([feature for feature in observing if feature.spec.looks])
        self._returns = Lines([feature for feature in kept if feature.spec.returns], "settlement")

    def contributions(self, event: Event, context: Any = None) -> list[Contribution]:
        """What the event puts into window rows, a row named once.

        Args:
            event: The event.
            context: Answers features that look at logs or registries while they observe
                (`streams.engine.context`); without it those observe nothing.
        """
        return self._all.contributions(event, context)

    def early(self, event: Event, context: Any) -> list[Contribution]:
        """The part of `contributions` that is known before any row is."""
        return self._early.contributions(event, context)

    def looking(self, event: Event, context: Any) -> list[Contribution]:
        """The rest of `contributions`."""
        return self._looking.contributions(event, context) if self.late else []

    def returns(self, event: Event, context: Any = None) -> list[Contribution]:
        """What a refund leaves behind in the features that look at returns.

        Each observation belongs to the settlement that was refunded, so it stays when that settlement is taken out as a
        whole, and goes when the refund itself is reversed.
        """
        seen = Observing(event, context, event.init_setl_id or "")
        seen.observe_lines(self._returns.of(event))
        return list(seen.found.values())

    def lives(self, key: str) -> int:
        """How long after its latest event the row with this key says anything, ms."""
        return self._lives.get(key[0], 0)

    def sweep(self, row: WindowRow) -> None:
        """Drop from a row what is too old to say anything, and what belongs to features that left the pack."""
        for key, state in list(row.features.items()):
            aggregate = self.aggregates.get(key.partition(":")[0])
            if aggregate is None or aggregate.newest(state) + aggregate.lives < row.newest:
                del row.features[key]


class _Observers:
    """Some features, arranged by what they observe."""

    def __init__(self, features: list[Feature]) -> None:
        self._groups = {kind: group_of(features, "settlement", kind) for kind in EVENT_TYPES}
        self._lines = {kind: Lines(features, kind) for kind in EVENT_TYPES}

    def contributions(self, event: Event, context: Any) -> list[Contribution]:
        seen = Observing(event, context)
        group = self._groups[event.event_type]
        if group.size:
            seen.observe(group, None, None)
        if event.feedetail:
            seen.observe_lines(self._lines[event.event_type].of(event))
        return list(seen.found.values())


def _features(specs: list[FeatureSpec]) -> list[Feature]:
    kept = {spec.name: _feature(spec) for spec in specs if spec.aggregate != "past"}
    return [kept[spec.name] if spec.name in kept else _past(spec, kept[spec.base]) for spec in specs]


def _feature(spec: FeatureSpec) -> Feature:
    aggregate, scope = AGGREGATES[spec.aggregate](spec), SCOPES[spec.scope]
    read = reader_of(spec, aggregate, None, spec.fid, exact=spec.each == scope.level)
    return Feature(spec, aggregate, scope, spec.fid, past=False, read=read)


def _past(spec: FeatureSpec, base: Feature) -> Feature:
    past = Past(spec, base.aggregate, base.spec.fields)
    read = reader_of(spec, base.aggregate, past, base.fid, exact=base.spec.each == base.scope.level)
    return Feature(spec, base.aggregate, base.scope, base.fid, past=True, read=read)


def _by_slot(features: list[Feature], level: str) -> list[Feature]:
    return sorted((f for f in features if f.scope.level == level), key=lambda f: f.spec.index)
