"""What one event puts into whose windows: the hottest code there is, for every settlement, line and trace code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from streams.features.logs import CANCELS
from streams.features.scopes import TRACE_PREFIX
from streams.state.rows import Contribution, Observation
from streams.state.store import NotHereError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.contract.events import Event, Line, TraceCode
    from streams.features.feature import Feature
    from streams.features.observers import Group, Items

NOTHING = object()
"""In place of the value of what is not observed after all."""


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
        known = items.known
        for line in self._event.feedetail:
            item = line.med_list_codg
            by_line, by_prescriber, by_code = known.get(item) or items.of(item)
            if context is not None:
                context.at_line(line)
            if by_line.size:
                self.observe(by_line, line, None)
            prescriber = line.bilg_dr_codg
            if (
                by_prescriber.size
                and prescriber is not None
                and prescriber not in prescribers
                and self.observe(by_prescriber, line, None) == by_prescriber.size
            ):
                # Once for each prescriber: further lines are not even asked.
                prescribers.add(prescriber)
            if by_code.size and line.drug_trac_info:
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
        setl_id = self._setl_id
        for _, seen in group.plain(self._event, line, code, None, setl_id, setl_id):
            self._put(TRACE_PREFIX + code.drug_trac_codg, "", seen)

    def observe(self, group: Group, line: Line | None, code: TraceCode | None, *, plain: bool = False) -> int:
        """Observe one thing; `plain` where those that look at logs or registries observe nothing.

        Returns:
            How many features observed it.
        """
        event, context, setl_id = self._event, self._context, self._setl_id
        entry_id = setl_id if line is None or line.cnt >= 0 else CANCELS + (event.init_setl_id or setl_id)
        if plain or (group.derived and context is None):
            found = group.plain(event, line, code, None, setl_id, entry_id)
        else:
            try:
                found = group.observe(event, line, code, context, setl_id, entry_id)
            except NotHereError:
                # What some look at is held elsewhere: they cannot tell, so they count nothing.
                found = group.plain(event, line, code, context, setl_id, entry_id)
        number = 0
        for place, seen in found:
            number += len(seen)
            where = group.scopes[place][0].locate(event, line, code, context)
            if where is not None:
                kept = self._sifted(group.shared, where[0], seen) if group.shared else seen
                if kept:
                    self._put(where[0], where[1], kept)
        return number

    def _put(self, key: str, owner: str, seen: list[Observation]) -> None:
        contribution = self.found.get(key)
        if contribution is None:
            self.found[key] = Contribution(key, owner, seen)
        else:
            contribution.observations.extend(seen)

    def _sifted(self, shared: Mapping[str, Feature], key: str, seen: list[Observation]) -> list[Observation]:
        """Leave out what the settlement was observed for already; shares are added to the one before."""
        kept = []
        for observation in seen:
            feature = shared.get(observation.fid)
            if feature is None:
                kept.append(observation)
                continue
            value = self._first(feature, key, observation)
            if value is not NOTHING:
                kept.append(observation if value is observation.value else replace(observation, value=value))
        return kept

    def _first(self, feature: Feature, key: str, observation: Observation) -> Any:
        """Value of an observation that is made once a settlement, or as one with others; `NOTHING` if it was."""
        value, mark = observation.value, (feature.fid, key, observation.part, 0)
        if feature.spec.once:
            if mark in self._seen:
                return NOTHING
            self._seen.add(mark)
        if feature.spec.aggregate == "share":
            mark = (*mark[:3], feature.aggregate.bucket(observation.time))  # type: ignore[attr-defined] # shares have buckets
            known = self._shares.get(mark)
            if known is not None:
                known[0] += value
                known[1] += 1
                return NOTHING
            value = self._shares[mark] = [int(value), 1]
        return value
