"""The shipped knowledge tables, read without the project's reader."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

Row = dict[str, str]

FOLDER = Path(__file__).parents[3] / "deploy" / "knowledge"


@cache
def rows(table: str) -> tuple[Row, ...]:
    """All rows of a table."""
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def matches(code: str, pattern: str) -> bool:
    """Whether a code is the pattern, or begins with it."""
    return code.startswith(pattern[:-1]) if pattern.endswith("*") else code == pattern


@cache
def fact(table: str, code: str) -> Row | None:
    """The row with the longest matching code."""
    found = [row for row in rows(table) if matches(code, row["code"])]
    return max(found, key=lambda row: (not row["code"].endswith("*"), len(row["code"])), default=None)
