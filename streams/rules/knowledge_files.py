"""Reads the knowledge folder: one ``<rule id>.csv`` for each table, UTF-8 with a header."""

from __future__ import annotations

import csv
import hashlib
import io
from array import array
from collections import defaultdict
from typing import TYPE_CHECKING

from streams.language.problems import did_you_mean
from streams.rules.cells import CellError, read_areas, read_cell, read_code, read_day
from streams.rules.files import FileError, names_in, read_bytes
from streams.rules.knowledge import Fact, Knowledge, Table, fact_type
from streams.rules.places import Place
from streams.rules.tables import COMMON, TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from streams.rules.places import Problems
    from streams.rules.tables import TableSpec

MAX_TABLE_BYTES = 64 << 20
"""Bytes of one table unless the caller says otherwise: about two million rows, about 700 MB in memory."""

MAX_ROW_PROBLEMS = 100
"""Unreadable rows of one table that are reported one by one; a table in the wrong format has a million of them."""


def load_knowledge(
    folder: Path | None, problems: Problems, digests: dict[str, bytes], max_table_bytes: int = MAX_TABLE_BYTES
) -> Knowledge:
    """Read all tables of a folder.

    Args:
        folder: The folder; None = no facts.
        problems: Takes what is wrong.
        digests: Takes the SHA-256 of each file by name.
        max_table_bytes: Larger tables are refused.
    """
    tables: dict[str, Table] = {}
    for name in names_in(folder, ".csv", problems) if folder is not None else ():
        assert folder is not None  # noqa: S101 - there are no names without a folder
        table_id = name.removesuffix(".csv")
        file = str(folder / name)
        spec = TABLES.get(table_id)
        if spec is None:
            problems.warn(Place(file), "", f"{table_id} is not a knowledge table", did_you_mean(table_id, TABLES))
            continue
        try:
            data = read_bytes(folder / name, max_table_bytes)
        except FileError as error:
            problems.refuse(Place(file), f"table {table_id}", str(error), error.hint)
            continue
        digests[f"knowledge/{name}"] = hashlib.sha256(data).digest()
        facts = _Reader(table_id, spec, file, problems).read(data)
        tables[table_id] = Table(spec, facts)
    return Knowledge(tables)


class _Reader:
    """Reads one table."""

    def __init__(self, table_id: str, spec: TableSpec, file: str, problems: Problems) -> None:
        self._owner = f"table {table_id}"
        self._spec = spec
        self._file = file
        self._problems = problems
        self._type = fact_type(table_id, spec)
        self._refused = 0
        self._columns: list[str] = []
        self._absent: list[tuple[str, Any]] = []
        # Cells repeat: the same list, date or basis is kept once, however many rows have it.
        self._memo: dict[str, dict[str, Any]] = defaultdict(dict)

    def read(self, data: bytes) -> list[Fact]:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            self._refuse(line, "the file is not UTF-8", "save it as CSV UTF-8")
            return []
        facts: list[Fact] = []
        lines = array("l")
        for line, cells in self._records(text):
            fact = self._fact(line, cells)
            if fact is not None:
                facts.append(fact)
                lines.append(line)
        if self._refused > MAX_ROW_PROBLEMS:
            message = f"{self._refused - MAX_ROW_PROBLEMS} more rows cannot be read"
            self._problems.refuse(Place(self._file), self._owner, message)
        self._check_overlaps(facts, lines)
        return facts

    def _records(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """Give each row below the header with its line; the header is kept."""
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        line = 1
        try:
            for row in reader:
                start, line = line, reader.line_num + 1
                if not any(row):
                    continue
                if not self._columns:
                    if not self._header(start, row):
                        return
                elif len(row) == len(self._columns):
                    yield start, row
                else:
                    hint = "put a cell with , in quotes"
                    self._refuse(start, f"{len(row)} cells, the header has {len(self._columns)}", hint)
        except csv.Error as error:
            self._refuse(line, f"not CSV: {error}")
        if not self._columns:
            self._refuse(1, "there is no header", "the first line names the columns: " + ",".join(self._known()))

    def _known(self) -> list[str]:
        return ["code", *self._spec.columns, *COMMON[1:]]

    def _header(self, line: int, row: list[str]) -> bool:
        """Read the header; False when it was reported."""
        names = [name.strip() for name in row]
        known = self._known()
        faults = [(f"unknown column {name!r}", did_you_mean(name, known)) for name in names if name not in known]
        faults += [(f"column {name!r} stands twice", "") for name in sorted({n for n in names if names.count(n) > 1})]
        needed = ["code", *(name for name, c in self._spec.columns.items() if c.default is None and not c.optional)]
        faults += [(f"there is no column {name!r}", "") for name in needed if name not in names]
        for message, hint in faults:
            self._refuse(line, message, hint)
        if faults:
            return False
        self._columns = names
        # A column that the table does not have is blank in every row.
        self._absent = [(name, self._cell(name, "")) for name in known if name not in names]
        return True

    def _fact(self, line: int, cells: list[str]) -> Fact | None:
        fact = self._type()
        faults = 0
        for name, value in self._absent:
            setattr(fact, name, value)
        for name, cell in zip(self._columns, cells, strict=True):
            known = self._memo[name]
            try:
                value = known[cell] if cell in known else self._cell(name, cell.strip())
            except CellError as error:
                self._refuse(line, f"{name}: {error}", error.hint)
                faults += 1
                continue
            if name != "code":
                known[cell] = value
            setattr(fact, name, value)
        if faults:
            return None
        if (
            fact.effective_from is not None
            and fact.effective_to is not None
            and fact.effective_to < fact.effective_from
        ):
            self._refuse(line, "effective_to is before effective_from")
            return None
        return fact

    def _cell(self, name: str, cell: str) -> Any:
        if name == "code":
            return read_code(cell)
        if name in {"effective_from", "effective_to"}:
            return read_day(cell)
        if name == "areas":
            return read_areas(cell)
        if name == "basis":
            return cell
        return read_cell(self._spec.columns[name], cell)

    def _refuse(self, line: int, message: str, hint: str = "") -> None:
        self._refused += 1
        if self._refused <= MAX_ROW_PROBLEMS:
            self._problems.refuse(Place(self._file, line), self._owner, message, hint)

    def _check_overlaps(self, facts: list[Fact], lines: array[int]) -> None:
        """Report rows of which nobody could say which one holds."""
        first: dict[Any, int] = {}
        # Nearly all codes have one row: only the others get a list.
        groups: dict[Any, list[int]] = {}
        for index, fact in enumerate(facts):
            many = self._spec.many
            key = (fact.code, *(getattr(fact, name) for name in many)) if many else fact.code
            if first.setdefault(key, index) != index:
                groups.setdefault(key, [first[key]]).append(index)
        for indexes in groups.values():
            self._check_group([(facts[index], lines[index]) for index in indexes])

    def _check_group(self, rows: list[tuple[Fact, int]]) -> None:
        seen: dict[str, list[tuple[Fact, int]]] = {}
        for fact, line in rows:
            for area in fact.areas or ("",):
                for other, other_line in seen.setdefault(area, []):
                    if _overlap(fact, other):
                        where = f" in area {area}" if area else ""
                        self._refuse(line, f"{fact.code} has a row in line {other_line} for the same days{where}")
                        break
                seen[area].append((fact, line))


def _overlap(one: Fact, other: Fact) -> bool:
    """Tell whether there is a day on which both hold."""
    starts = [fact.effective_from for fact in (one, other) if fact.effective_from is not None]
    ends = [fact.effective_to for fact in (one, other) if fact.effective_to is not None]
    return not starts or not ends or max(starts) <= min(ends)
