"""Declared comparisons of a feature with its own past."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from streams.contract.time import DAY_MS
from streams.language.names import Uses
from streams.language.problems import did_you_mean
from streams.language.types import Kind
from streams.rules.feature_drafts import DeclaredFeature
from streams.rules.section import Section
from streams.rules.windows import MIN_RESOLUTION, read_span

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from streams.rules.places import Problems
    from streams.rules.yaml_files import Item

PAST_KEYS = frozenset(
    {"doc", "past_of", "of", "step", "every", "half_life", "min_history", "skip_empty", "least_deviation"}
)
REQUIRED = ("doc", "past_of", "step", "min_history")
BASES = frozenset({"count", "sum", "log"})


class PastBuilder:
    """Checks comparisons; each takes a slot at the level of the feature it compares.

    Args:
        problems: Takes what is wrong.
        next_slot: Gives the next slot of a level.
    """

    def __init__(self, problems: Problems, next_slot: Callable[[str], int]) -> None:
        self._problems = problems
        self._next_slot = next_slot

    def declare(
        self, name: str, item: Item, found: Mapping[str, DeclaredFeature], broken: set[str]
    ) -> DeclaredFeature | None:
        """Check one; None when it was reported."""
        before = len(self._problems.errors)
        section = Section(item, f"feature {name}", self._problems, PAST_KEYS, REQUIRED)
        base_name = section.text("past_of")
        base = found.get(base_name)
        if base is None or base.info.aggregate not in BASES:
            if base_name and base_name not in broken:
                hint = did_you_mean(base_name, found) or "a count, a sum or a log"
                section.refuse(section.values["past_of"], f"{base_name} has no past to compare with", hint)
            return None
        step = read_span(section, "step")
        lengths = {
            "step": step,
            "every": read_span(section, "every") or step,
            "half_life": read_span(section, "half_life"),
            "min_history": read_span(section, "min_history"),
        }
        self._check_lengths(section, base, lengths)
        value = self._value(section, base)
        parts: dict[str, Any] = {
            **{key: base.parts[key] for key in ("scope", "each", "days", "span", "resolution", "events", "fields")},
            **lengths,
            "name": name,
            "fid": f"{name}-{_digest(section, base)}",
            "doc": section.text("doc"),
            "aggregate": "past",
            "limit": 0,
            "evidence": 0,
            "base": base_name,
            "past_field": section.text("of"),
            "skip_empty": section.flag("skip_empty"),
            "least_deviation": section.share("least_deviation"),
            "whole": value is not None and value.kind is not Kind.INT,
        }
        if len(self._problems.errors) > before:
            return None
        parts["index"] = self._next_slot(base.info.each)
        info = replace(base.info, index=parts["index"], aggregate="past", value=value, entry=None, by_day=False)
        uses = Uses()
        uses.features.add(base_name)
        return DeclaredFeature(info, uses, parts, {"at": base.functions["at"]})

    def _check_lengths(self, section: Section, base: DeclaredFeature, lengths: Mapping[str, int]) -> None:
        """Report periods that are not made of the feature's buckets, or do not fit into its window twice."""
        bucket = base.parts["resolution"] or DAY_MS
        window = base.parts["span"] or base.parts["days"] * DAY_MS
        for key in ("step", "every"):
            if lengths[key] % bucket and key in section.values:
                unit = max(bucket, MIN_RESOLUTION) // MIN_RESOLUTION
                section.refuse(section.values[key], f"{key} is not whole steps of {unit} s, which the feature keeps")
        if lengths["step"] and lengths["step"] + lengths["every"] > window:
            section.refuse(section.values["step"], "the feature's window is shorter than two such periods")
        if lengths["min_history"] > window:
            section.refuse(section.values["min_history"], "min_history is longer than the feature's window")

    def _value(self, section: Section, base: DeclaredFeature) -> Any:
        """Give the type of what is compared; None when it was reported."""
        name = section.text("of")
        if base.info.aggregate != "log":
            if name:
                section.refuse(section.values["of"], "only of a log is a field compared")
            return base.info.value
        fields = base.info.entry.fields if base.info.entry is not None else {}
        declared = [field for field in base.parts["fields"] if fields[field].type.kind in {Kind.INT, Kind.MONEY}]
        if name not in declared:
            where = section.values.get("of", section.item)
            section.refuse(where, "of names the field of the log that is added up", ", ".join(declared))
            return None
        return fields[name].type.known()


def _digest(section: Section, base: DeclaredFeature) -> str:
    texts = [base.parts["fid"], *(section.text(key) for key in sorted(PAST_KEYS - {"doc"}))]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:8]
