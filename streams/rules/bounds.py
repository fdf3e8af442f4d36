"""How much state a feature can cost for one key."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.rules.specs import FeatureSpec

LATE = 2
"""A window is kept about twice: late events still find their bucket."""

NUMBER_BYTES = 12
"""A bucket's time and number as they stand in a row."""
TEXT_BYTES = 32
"""A code, a reference or a settlement id as it stands in a row."""


def state_bound(feature: FeatureSpec) -> tuple[int, int]:
    """Bound the state of one key.

    Returns:
        Entries (buckets, values, log entries, remembered settlements), and about how many bytes they take in a row.
    """
    if feature.aggregate == "log":
        size = 2 * NUMBER_BYTES + TEXT_BYTES * (1 + len(feature.fields))
        return feature.limit, feature.limit * size
    buckets = (feature.days or -(-feature.span // max(feature.resolution, 1))) * LATE
    values = buckets * feature.limit if feature.aggregate in {"distinct", "histogram"} else 0
    entries = buckets + values + feature.evidence
    size = buckets * 2 * NUMBER_BYTES + (values + feature.evidence) * (NUMBER_BYTES + TEXT_BYTES)
    return entries, size
