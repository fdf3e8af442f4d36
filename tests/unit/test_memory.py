"""How much memory there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams import memory

if TYPE_CHECKING:
    from pathlib import Path


def test_the_containers_limit_counts_where_there_is_one(tmp_path: Path) -> None:
    """A limit below what the machine has is the limit."""
    limited = tmp_path / "memory.max"
    limited.write_text("268435456\n", "ascii")
    assert memory.limit_bytes((tmp_path / "missing", limited)) == 268_435_456


def test_without_a_limit_the_machine_is_the_limit(tmp_path: Path) -> None:
    """`max`, or the huge number that version 1 says instead, is no limit."""
    machine = memory.limit_bytes(())
    for text in ("max\n", "9223372036854771712\n"):
        unlimited = tmp_path / "memory.max"
        unlimited.write_text(text, "ascii")
        assert memory.limit_bytes((unlimited,)) == machine
    assert machine > 0
