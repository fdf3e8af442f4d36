"""A pack's features, arranged for the two things the engine does with them: fold an event in, and read views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from streams.features.aggregates import AGGREGATES, Aggregate
from streams.features.scopes import SCOPES, Scope
from streams.state.rows import Contribution, Observation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.contract.events import Event, Line, TraceCode
    from streams.features.views import View
    from streams.rules.specs import FeatureSpec
    from streams.state.store import Store


class Feature(NamedTuple):
    """A declared feature with its arithmetic and its scope."""

    spec: FeatureSpec
    aggregate: Aggregate
    scope: Scope


class FeaturePlan:
    """The features of one pack."""

    def __init__(self, specs: Iterable[FeatureSpec]) -> None:
        features = [Feature(spec, AGGREGATES[spec.aggregate](spec), SCOPES[spec.scope]) for spec in specs]
        self.settlement = _by_slot(features, "settlement")
        self.line = _by_slot(features, "line")
        self.code = _by_slot(features, "code")
        self.by_fid = {feature.spec.fid: feature for feature in features}

    def contributions(self, event: Event) -> list[Contribution]:
        """What the event puts into window rows, a row named once."""
        found: dict[str, Contribution] = {}
        for feature in self.settlement:
            _observe(feature, event, None, None, found)
        if self.line or self.code:
            for line in event.feedetail:
                for feature in self.line:
                    _observe(feature, event, line, None, found)
                if self.code:
                    for code in line.drug_trac_info:
                        for feature in self.code:
                            _observe(feature, event, line, code, found)
        return list(found.values())


def _by_slot(features: list[Feature], each: str) -> list[Feature]:
    return sorted((f for f in features if f.spec.each == each), key=lambda f: f.spec.index)


def _observe(
    feature: Feature, event: Event, line: Line | None, code: TraceCode | None, found: dict[str, Contribution]
) -> None:
    spec = feature.spec
    if event.event_type not in spec.events or (spec.where is not None and not spec.where(event, line, code)):
        return
    value = None
    if spec.of is not None:
        value = spec.of(event, line, code)
        if value is None:
            return
    row = feature.scope.locate(event, line, code)
    time = spec.at(event, line, code)
    if row is None or time is None:
        return
    contribution = found.get(row.key)
    if contribution is None:
        contribution = found[row.key] = Contribution(row.key, row.owner, [])
    contribution.observations.append(Observation(spec.fid, spec.aggregate, time, value, 1, event.setl_id or ""))


def read_view(feature: Feature, store: Store, event: Event, line: Line | None, code: TraceCode | None) -> View:
    """What a rule sees of a feature for this event (and line, and code).

    Raises:
        streams.state.store.NotHereError: The row belongs to a partition that is not held here.
    """
    spec = feature.spec
    where = feature.scope.locate(event, line, code)
    time = spec.at(event, line, code)
    value: Any = None if spec.of is None else spec.of(event, line, code)
    state = None
    if where is not None:
        row = store.window(where.key, where.owner)
        state = None if row is None else row.features.get(spec.fid)
    return feature.aggregate.view(state, event.time if time is None else time, value, event.setl_id or "")
