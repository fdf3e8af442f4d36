"""A pack's features, arranged for the two things the engine does with them: fold an event in, and read views.

This is the hottest code there is (every feature for every settlement, line and trace code), so features that
describe the same entity are grouped: the entity's row is located and looked up once for all of them.
"""

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
    from streams.state.rows import WindowRow
    from streams.state.store import Store


class Feature(NamedTuple):
    """A declared feature with its arithmetic and its scope."""

    spec: FeatureSpec
    aggregate: Aggregate
    scope: Scope


class Group(NamedTuple):
    """Features that observe the same thing about the same kind of entity."""

    scope: Scope
    features: list[Feature]


class FeaturePlan:
    """The features of one pack."""

    def __init__(self, specs: Iterable[FeatureSpec]) -> None:
        features = [Feature(spec, AGGREGATES[spec.aggregate](spec), SCOPES[spec.scope]) for spec in specs]
        self.settlement = _by_slot(features, "settlement")
        self.line = _by_slot(features, "line")
        self.code = _by_slot(features, "code")
        self.by_fid = {feature.spec.fid: feature for feature in features}
        self._groups = {
            event_type: tuple(_groups(features, each, event_type) for each in ("settlement", "line", "code"))
            for event_type in ("settlement", "admission", "discharge")
        }

    def contributions(self, event: Event) -> list[Contribution]:
        """What the event puts into window rows, a row named once."""
        found: dict[str, Contribution] = {}
        by_settlement, by_line, by_code = self._groups[event.event_type]
        for group in by_settlement:
            _observe(group, event, None, None, found)
        if by_line or by_code:
            for line in event.feedetail:
                for group in by_line:
                    _observe(group, event, line, None, found)
                for code in line.drug_trac_info:
                    for group in by_code:
                        _observe(group, event, line, code, found)
        return list(found.values())

    def sweep(self, row: WindowRow) -> None:
        """Drop from a row what is too old to say anything, and what belongs to features that left the pack."""
        for key, state in list(row.features.items()):
            feature = self.by_fid.get(key.partition(":")[0])
            if feature is None or feature.aggregate.newest(state) + feature.aggregate.lives < row.newest:
                del row.features[key]


def _by_slot(features: list[Feature], each: str) -> list[Feature]:
    return sorted((f for f in features if f.spec.each == each), key=lambda f: f.spec.index)


def _groups(features: list[Feature], each: str, event_type: str) -> list[Group]:
    groups: dict[str, Group] = {}
    for feature in features:
        if feature.spec.each == each and event_type in feature.spec.events:
            groups.setdefault(feature.scope.name, Group(feature.scope, [])).features.append(feature)
    return list(groups.values())


def _observe(
    group: Group, event: Event, line: Line | None, code: TraceCode | None, found: dict[str, Contribution]
) -> None:
    contribution = None
    part = ""
    for spec, _, scope in group.features:
        if spec.where is not None and not spec.where(event, line, code):
            continue
        value = None
        if spec.of is not None:
            value = spec.of(event, line, code)
            if value is None:
                continue
        time = spec.at(event, line, code)
        if time is None:
            continue
        if contribution is None:
            row = scope.locate(event, line, code)
            if row is None:
                return
            key, owner, part = row
            contribution = found.get(key)
            if contribution is None:
                contribution = found[key] = Contribution(key, owner, [])
        contribution.observations.append(Observation(spec.fid, part, time, value, 1, event.setl_id or ""))


def state_key(fid: str, part: str) -> str:
    """Under which name a row keeps a feature's state, for the row as a whole or for a part of it."""
    return f"{fid}:{part}" if part else fid


def read_view(
    feature: Feature,
    store: Store,
    touched: dict[str, WindowRow],
    event: Event,
    line: Line | None,
    code: TraceCode | None,
) -> View:
    """What a rule sees of a feature for this event (and line, and code).

    Args:
        feature: What to read.
        store: Where rows are.
        touched: The rows that the event was just folded into, by key: the likely ones.
        event: The event.
        line: The line, where the feature is one of lines or codes.
        code: The trace code, where the feature is one of codes.

    Raises:
        streams.state.store.NotHereError: The row belongs to a partition that is not held here.
    """
    spec, aggregate, scope = feature
    time = spec.at(event, line, code)
    value: Any = None if spec.of is None else spec.of(event, line, code)
    where = scope.locate(event, line, code)
    state = None
    if where is not None:
        key, owner, part = where
        row = touched.get(key) or store.window(key, owner)
        if row is not None:
            state = row.features.get(state_key(spec.fid, part))
    return aggregate.view(state, event.time if time is None else time, value, event.setl_id or "")
