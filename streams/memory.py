"""How often Python looks for garbage, and at what."""

from __future__ import annotations

import gc
from typing import Final

YOUNG: Final = 10_000
"""Allocations between two looks at young objects."""


def set_aside() -> None:
    """Never look again at the objects that are alive now.

    State is millions of lists and dictionaries that hold no cycles: references alone free them. The collector does not
    know, and looks at all of them again and again; a look at the state of 40,000 settlements holds everything up for
    0.9 s, and found nothing to free in any of three (measured on the worker's machine, see the README). So what is
    alive after loading, and after every checkpoint, is set aside. Cycles that come later (errors, rebalances) are still
    found while they are young.
    """
    gc.freeze()


def spare_long_lived_objects() -> None:
    """Call once everything that stays is loaded: rules and tables are never looked at again."""
    gc.collect()
    set_aside()
    gc.set_threshold(YOUNG, 10, 10)
