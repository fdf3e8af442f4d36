"""The shipped pack, compiled once in each process: that takes more than half a second."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from streams.rules.pack import load_pack
from streams.settings.places import shipped

if TYPE_CHECKING:
    from streams.rules.specs import Pack


@cache
def shipped_pack() -> Pack:
    """Return the shipped rules with the shipped tables. Nobody changes it: an engine keeps what it pauses itself."""
    return load_pack(shipped("rules"), shipped("knowledge"))
