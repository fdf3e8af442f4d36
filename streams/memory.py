"""How often Python looks for garbage, and at what; and how much memory there is at all."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Final

YOUNG: Final = 10_000
"""Allocations between two looks at young objects."""
CGROUP_LIMITS: Final = (
    Path("/sys/fs/cgroup/memory.max"),  # version 2, seen from inside the container
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),  # version 1
)


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


def limit_bytes(files: tuple[Path, ...] = CGROUP_LIMITS) -> int:
    """Return how much memory this process may use: its container's limit, or all that the machine has."""
    limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for file in files:
        try:
            limits.append(int(file.read_text("ascii")))
        except (OSError, ValueError):  # no such version here, or "max"
            continue
    return min(limits)
