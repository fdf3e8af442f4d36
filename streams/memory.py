"""How often Python looks for garbage."""

from __future__ import annotations

import gc
from typing import Final

YOUNG: Final = 50_000
"""Allocations between two looks at young objects."""
OLD: Final = 100
"""Looks at middle-aged objects between two at all of them."""


def spare_long_lived_objects() -> None:
    """Call once everything long-lived is loaded: rules and tables are never looked at again, state seldom.

    State is hundreds of thousands of lists and dictionaries that hold no cycles, and the default thresholds look at
    all of them again and again: without this, one settlement in seven pays for it (measured with
    `python -m tests.bench engine`, see the README).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, OLD)
