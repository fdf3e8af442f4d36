"""Which features look at an event at all, and what they look for.

Features that look at the same thing are compiled into one function; what a feature demands of the event itself is asked
once for all lines; and features that observe only items of some knowledge table are met by lines with an item of that
table alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from streams.state.rows import Observation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.contract.events import Event, Line, TraceCode
    from streams.features.feature import Feature
    from streams.features.scopes import Scope
    from streams.rules.feature_specs import FeatureSpec, Observer

ITEMS_KEPT = 100_000
"""Items whose features are remembered: more than any province's catalogue has in use."""


class Group(NamedTuple):
    """Features that observe the same thing."""

    #: Those of each scope.
    scopes: tuple[tuple[Scope, tuple[Feature, ...]], ...]
    observe: Observer
    #: The same without those that look at logs or registries, for when what they look at is held elsewhere.
    plain: Observer
    derived: bool
    #: Whether those that look at logs observe only trace codes that were met before.
    known_codes: bool
    #: Whether those of `plain` are all of the trace code itself, and take what they observe as it is.
    simple: bool
    #: Those whose observations of a settlement may come to be one (`FeatureSpec.shared`).
    shared: Mapping[str, Feature]
    #: Number of features.
    size: int


def group_of(features: list[Feature], each: str, event_type: str) -> Group:
    """Group the features that observe settlements, lines or trace codes of a kind of event."""
    chosen = [f for f in features if f.spec.each == each and event_type in f.spec.events]
    chosen.sort(key=lambda feature: feature.scope.name)
    scopes = tuple(
        (scope, tuple(f for f in chosen if f.scope is scope)) for scope in dict.fromkeys(f.scope for f in chosen)
    )
    derived = any(feature.spec.derived for feature in chosen)
    observe = _observer(scopes, frozenset())
    return Group(
        scopes,
        observe,
        _observer(scopes, frozenset(f.fid for f in chosen if f.spec.derived)) if derived else observe,
        derived=derived,
        known_codes=all(f.spec.known_codes for f in chosen if f.spec.derived),
        simple=all(f.scope.name == "trace_code" and not f.spec.shared for f in chosen if not f.spec.derived),
        shared={f.fid: f for f in chosen if f.spec.shared},
        size=len(chosen),
    )


def _observer(scopes: tuple[tuple[Scope, tuple[Feature, ...]], ...], without: frozenset[str]) -> Observer:
    kept = tuple((scope, tuple(f.spec for f in features if f.fid not in without)) for scope, features in scopes)
    fuse = next((spec.fuse for _, specs in kept for spec in specs if spec.fuse is not None), None)
    if fuse is None:
        return _one_by_one(kept)
    return fuse(tuple(tuple(spec.name for spec in specs) for _, specs in kept))


def _one_by_one(scopes: tuple[tuple[Scope, tuple[FeatureSpec, ...]], ...]) -> Observer:
    """Observe with the parts of specifications that were not loaded from a pack."""

    def observe(
        event: Event, line: Line | None, code: TraceCode | None, _context: Any, setl_id: str, entry_id: str
    ) -> list[tuple[int, list[Observation]]]:
        found = []
        for place, (scope, specs) in enumerate(scopes):
            part = line.med_list_codg if scope.part and line is not None else ""
            seen = []
            for spec in specs:
                if spec.where is not None and not spec.where(event, line, code):
                    continue
                value: Any = None if spec.of is None else spec.of(event, line, code)
                time = spec.at(event, line, code)
                if time is not None and (spec.of is None or value is not None):
                    value = [int(value), 1] if spec.aggregate == "share" and not spec.shared else value
                    owner = entry_id if spec.aggregate == "log" and spec.each == "line" else setl_id
                    seen.append(Observation(spec.fid, part, time, value, 1, owner))
            if seen:
                found.append((place, seen))
        return found

    return observe


class Items:
    """The features that observe lines and codes, by item."""

    def __init__(self, features: list[Feature], event_type: str) -> None:
        self._features = features
        self._event_type = event_type
        #: What `of` gave, by item.
        self.known: dict[str, tuple[Group, Group, Group]] = {}
        self._built: dict[tuple[str, ...], tuple[Group, Group, Group]] = {}

    def __bool__(self) -> bool:
        return bool(self._features)

    def of(self, item: str) -> tuple[Group, Group, Group]:
        """The features for an item's lines, for the first line of each prescriber, and for trace codes."""
        found = self.known.get(item)
        if found is None:
            if len(self.known) >= ITEMS_KEPT:
                self.known.clear()
            features = [f for f in self._features if not f.spec.items or any(has(item) for has in f.spec.items)]
            key = tuple(feature.fid for feature in features)
            if key not in self._built:
                once = [f for f in features if f.spec.once and f.scope.name == "prescriber"]
                others = [f for f in features if f not in once]
                by_line, by_code = (group_of(others, each, self._event_type) for each in ("line", "code"))
                self._built[key] = (by_line, group_of(once, "line", self._event_type), by_code)
            found = self.known[item] = self._built[key]
        return found


class Lines:
    """The features that observe lines and codes of a kind of event, by what they demand of the event itself."""

    def __init__(self, features: list[Feature], event_type: str) -> None:
        self._features = [f for f in features if event_type in f.spec.events and f.spec.each != "settlement"]
        self._event_type = event_type
        self._gates = {f.spec.gate_key: f.spec.gate for f in self._features if f.spec.gate is not None}
        self._known: dict[tuple[bool, ...], Items] = {}

    def of(self, event: Event) -> Items:
        """The features for an event's lines."""
        passed = tuple([gate(event) for gate in self._gates.values()])
        found = self._known.get(passed)
        if found is None:
            open_ = {key for key, ok in zip(self._gates, passed, strict=True) if ok}
            features = [f for f in self._features if f.spec.gate is None or f.spec.gate_key in open_]
            found = self._known[passed] = Items(features, self._event_type)
        return found
