"""How features observe an event: which of them look at it at all, and what each then contributes.

This is the hottest code there is (every feature for every settlement, line and trace code). So features that look at
the same thing are compiled into one function; what a feature demands of the event itself is asked once for all lines;
and features that observe only items of some knowledge table are met by lines with an item of that table alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from streams.features.logs import CANCELS
from streams.features.scopes import TRACE_PREFIX
from streams.state.rows import Contribution, Observation
from streams.state.store import NotHereError

if TYPE_CHECKING:
    from streams.contract.events import Event, Line, TraceCode
    from streams.features.feature import Feature
    from streams.rules.feature_specs import FeatureSpec, Observer

ITEMS_KEPT = 100_000
"""Items whose features are remembered: more than any province's catalogue has in use."""

NOWHERE = ("", "", "")
"""In place of a row's key where a scope has none (no prescriber, no employer)."""

NOTHING = object()
"""In place of the value of what is not observed after all."""


class Group(NamedTuple):
    """Features that observe the same thing, those of one scope beside each other."""

    features: tuple[Feature, ...]
    observe: Observer
    #: The same without those that look at logs or registries, for when what they look at is held elsewhere.
    plain: Observer
    derived: bool
    #: Whether those that look at logs observe only trace codes that were met before.
    known_codes: bool
    #: Whether those of `plain` are all of the trace code itself, and take what they observe as it is.
    simple: bool


def group_of(features: list[Feature], each: str, event_type: str) -> Group:
    """Group the features that observe settlements, lines or trace codes of a kind of event."""
    chosen = [f for f in features if f.spec.each == each and event_type in f.spec.events]
    chosen.sort(key=lambda feature: feature.scope.name)
    derived = frozenset(feature.spec.name for feature in chosen if feature.spec.derived)
    specs = [feature.spec for feature in chosen]
    observe = _observer(specs, frozenset())
    return Group(
        tuple(chosen),
        observe,
        _observer(specs, derived) if derived else observe,
        derived=bool(derived),
        known_codes=all(spec.known_codes for spec in specs if spec.derived),
        simple=all(f.scope.name == "trace_code" and not f.special for f in chosen if not f.spec.derived),
    )


def _observer(specs: list[FeatureSpec], without: frozenset[str]) -> Observer:
    fuse = next((spec.fuse for spec in specs if spec.fuse is not None), None)
    if fuse is None:
        return _one_by_one(specs)
    return fuse(tuple("" if spec.name in without else spec.name for spec in specs))


def _one_by_one(specs: list[FeatureSpec]) -> Observer:
    """Observe with the parts of specifications that were not loaded from a pack."""

    def observe(event: Event, line: Line | None, code: TraceCode | None, _context: Any) -> list[tuple[int, int, Any]]:
        found = []
        for place, spec in enumerate(specs):
            if spec.where is not None and not spec.where(event, line, code):
                continue
            value = None if spec.of is None else spec.of(event, line, code)
            time = spec.at(event, line, code)
            if time is not None and (spec.of is None or value is not None):
                found.append((place, time, value))
        return found

    return observe


class Items:
    """The features that observe lines and codes, by item."""

    def __init__(self, features: list[Feature], event_type: str) -> None:
        self._features = features
        self._event_type = event_type
        self._known: dict[str, tuple[Group, Group, Group]] = {}
        self._built: dict[tuple[str, ...], tuple[Group, Group, Group]] = {}

    def __bool__(self) -> bool:
        return bool(self._features)

    def of(self, item: str) -> tuple[Group, Group, Group]:
        """The features for an item's lines, for the first line of each prescriber, and for trace codes."""
        found = self._known.get(item)
        if found is None:
            if len(self._known) >= ITEMS_KEPT:
                self._known.clear()
            features = [f for f in self._features if not f.spec.items or any(has(item) for has in f.spec.items)]
            key = tuple(feature.fid for feature in features)
            if key not in self._built:
                once = [f for f in features if f.spec.once and f.scope.name == "prescriber"]
                others = [f for f in features if f not in once]
                by_line, by_code = (group_of(others, each, self._event_type) for each in ("line", "code"))
                self._built[key] = (by_line, group_of(once, "line", self._event_type), by_code)
            found = self._known[item] = self._built[key]
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


class Observing:
    """One event's way through the features."""

    __slots__ = ("_context", "_event", "_seen", "_setl_id", "_shares", "found")

    def __init__(self, event: Event, context: Any, setl_id: str | None = None) -> None:
        self._event = event
        self._context = context
        self._setl_id = event.setl_id or "" if setl_id is None else setl_id
        self._seen: set[tuple[str, str, str, int]] = set()
        self._shares: dict[tuple[str, str, str, int], list[int]] = {}
        self.found: dict[str, Contribution] = {}

    def observe_lines(self, items: Items) -> None:
        """Observe every line and trace code."""
        if not items:
            return
        context = self._context
        prescribers: set[str] = set()
        for line in self._event.feedetail:
            by_line, by_prescriber, by_code = items.of(line.med_list_codg)
            if context is not None:
                context.at_line(line)
            if by_line.features:
                self.observe(by_line, line, None)
            prescriber = line.bilg_dr_codg
            if by_prescriber.features and prescriber is not None and prescriber not in prescribers:
                # Once for each prescriber: further lines are not even asked.
                prescribers.update([prescriber] if self.observe(by_prescriber, line, None) else [])
            if by_code.features and line.drug_trac_info:
                self._observe_codes(by_code, line)

    def _observe_codes(self, group: Group, line: Line) -> None:
        context = self._context
        looks = group.derived and context is not None
        known = context.known_codes() if looks and group.known_codes else None
        for code in line.drug_trac_info:
            if looks and (known is None or code.drug_trac_codg in known):
                context.at_code(code)
                self.observe(group, line, code)
            elif group.simple:
                self._observe_simply(group, line, code)
            else:
                self.observe(group, line, code, plain=True)

    def _observe_simply(self, group: Group, line: Line, code: TraceCode) -> None:
        """Do what `observe` does for the usual trace code: sold for the first time, of interest to itself alone."""
        seen = group.plain(self._event, line, code, None)
        if seen:
            key = TRACE_PREFIX + code.drug_trac_codg
            contribution = self.found.get(key)
            if contribution is None:
                contribution = self.found[key] = Contribution(key, "", [])
            for place, time, value in seen:
                observation = Observation(group.features[place].fid, "", time, value, 1, self._setl_id)
                contribution.observations.append(observation)

    def observe(self, group: Group, line: Line | None, code: TraceCode | None, *, plain: bool = False) -> bool:
        """Observe one thing; `plain` where those that look at logs or registries observe nothing.

        Returns:
            Whether anything was observed.
        """
        event, context = self._event, self._context
        if plain or (group.derived and context is None):
            seen = group.plain(event, line, code, None)
        else:
            try:
                seen = group.observe(event, line, code, context)
            except NotHereError:
                # What some look at is held elsewhere: they cannot tell, so they count nothing.
                seen = group.plain(event, line, code, context)
        scope = contribution = None
        key = part = ""
        for place, time, value in seen:
            feature = group.features[place]
            if feature.scope is not scope:
                scope = feature.scope
                key, owner, part = scope.locate(event, line, code, context) or NOWHERE
                contribution = self.found.get(key)
                if contribution is None and key:
                    contribution = self.found[key] = Contribution(key, owner, [])
            if contribution is None:
                continue
            setl_id = self._setl_id
            if feature.special:
                value = self._special(feature, (key, part), time, value)  # noqa: PLW2901 - what is observed after all
                if value is NOTHING:
                    continue
            elif line is not None and line.cnt < 0 and code is None and feature.spec.aggregate == "log":
                setl_id = CANCELS + (event.init_setl_id or setl_id)
            contribution.observations.append(Observation(feature.fid, part, time, value, 1, setl_id))
        return bool(seen)

    def _special(self, feature: Feature, where: tuple[str, str], time: int, value: Any) -> Any:
        """Value of an observation that is made once a settlement, or as one with others; `NOTHING` if it was."""
        if feature.spec.once:
            mark = (feature.fid, *where, 0)
            if mark in self._seen:
                return NOTHING
            self._seen.add(mark)
        if feature.spec.aggregate == "share":
            mark = (feature.fid, *where, feature.aggregate.bucket(time))  # type: ignore[attr-defined] # shares have buckets
            known = self._shares.get(mark)
            if known is not None:
                known[0] += value
                known[1] += 1
                return NOTHING
            value = self._shares[mark] = [int(value), 1]
        return value
