"""How much state a feature can cost for one key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.contract.time import DAY_MS
from streams.features.buckets import late

if TYPE_CHECKING:
    from streams.rules.feature_specs import FeatureSpec

NUMBER_BYTES = 9
"""A time or a number as it stands in a row, at most."""
TEXT_BYTES = 34
"""A code, a reference or a settlement id as it stands in a row: the longest usual one is a reference."""
SOURCES = 3
"""What a stay is known by: admission, discharge and settlement."""


def state_bound(feature: FeatureSpec) -> tuple[int, int]:
    """Bound the state of one key.

    Returns:
        Entries (buckets, values, log entries, remembered settlements), and about how many bytes they take in a row.
    """
    if feature.aggregate == "past":
        return 0, 0
    if feature.aggregate == "log":
        return feature.limit, feature.limit * (NUMBER_BYTES + TEXT_BYTES * (1 + len(feature.fields)))
    if feature.aggregate == "stays":
        entries = feature.limit * SOURCES
        return entries, entries * (2 * NUMBER_BYTES + TEXT_BYTES * (1 + len(feature.fields)))
    size = DAY_MS if feature.days else feature.resolution
    buckets = (feature.days or -(-feature.span // size)) + -(-late(feature) // size)
    tallied = feature.aggregate in {"distinct", "histogram"}
    values = buckets * feature.limit if tallied else 0
    entries = buckets + values + feature.evidence
    return entries, buckets * 3 * NUMBER_BYTES + values * TEXT_BYTES + feature.evidence * (NUMBER_BYTES + TEXT_BYTES)


def resolution_text(feature: FeatureSpec) -> str:
    """Say how exact a feature's window is."""
    if feature.aggregate in {"log", "stays"}:
        return "exact times"
    if feature.days:
        return "whole Beijing days"
    seconds = feature.resolution // 1_000
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds % unit == 0:
            return f"steps of {seconds // unit} {name}"
    return f"steps of {seconds} s"
