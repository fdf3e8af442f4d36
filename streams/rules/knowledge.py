"""Knowledge tables in memory: which fact holds for a code, on a day, in an area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from streams.contract.time import BEIJING_MS, DAY_MS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from streams.contract.events import Event, Line, TraceCode
    from streams.rules.tables import TableSpec

CODES_CACHED = 100_000
"""Codes whose rows are remembered for each table; more than a province's catalogue has in use."""


class Fact:
    """One row; a subclass for each table adds the table's own columns as attributes."""

    __slots__ = ("areas", "basis", "code", "effective_from", "effective_to")

    columns: ClassVar[tuple[str, ...]] = ()

    code: str
    """As written: exact, or a prefix ending in ``*``."""
    effective_from: int | None
    """First Beijing day, inclusive; None = open."""
    effective_to: int | None
    """Last Beijing day, inclusive; None = open."""
    areas: tuple[str, ...]
    """Prefixes of treatment areas; empty = everywhere."""
    basis: str

    def holds(self, day: int, area: str) -> bool:
        """Tell whether the row holds on a Beijing day in a treatment area."""
        return (
            (self.effective_from is None or self.effective_from <= day)
            and (self.effective_to is None or day <= self.effective_to)
            and (not self.areas or area.startswith(self.areas))
        )


def fact_type(table_id: str, spec: TableSpec) -> type[Fact]:
    """Make the class of a table's rows."""
    columns = tuple(spec.columns)
    return type(f"Fact{table_id}", (Fact,), {"__slots__": columns, "columns": columns})


class Table:
    """The rows of one table, found by code.

    Args:
        spec: Its columns.
        facts: Its rows.
        column: The column that is compared with the code looked up; ``code`` unless a rule says ``match:``.
    """

    def __init__(self, spec: TableSpec, facts: Iterable[Fact], column: str = "code") -> None:
        self.spec = spec
        self._exact: dict[str, list[Fact]] = {}
        self._prefixes: dict[int, dict[str, list[Fact]]] = {}
        self._cache: dict[str, tuple[tuple[Fact, ...] | None, tuple[tuple[Fact, ...], ...]]] = {}
        self._single = not spec.many and column == "code"
        self._identity = spec.many if column == "code" else tuple(name for name in ("code",) if name != column)
        self._facts = list(facts)
        for fact in self._facts:
            keys = getattr(fact, column)
            for key in (keys,) if isinstance(keys, str) else keys:
                if spec.by == "trace" or key.endswith("*"):
                    prefix = key.removesuffix("*")
                    self._prefixes.setdefault(len(prefix), {}).setdefault(prefix, []).append(fact)
                else:
                    self._exact.setdefault(key, []).append(fact)
        self._lengths = sorted(self._prefixes, reverse=True)
        #: Trace codes are met once each: what is remembered of them is their product prefix.
        self._longest = max(self._lengths, default=0) if spec.by == "trace" else None

    def __len__(self) -> int:
        return len(self._facts)

    def rows(self) -> Sequence[Fact]:
        """Give all rows in the order of the file."""
        return self._facts

    def has(self, code: str) -> bool:
        """Tell whether any row is for the code, at any time and in any area."""
        return bool(self._rows(code)[1])

    def facts(self, code: str, day: int, area: str) -> tuple[Fact, ...]:
        """Give the rows that hold for a code.

        The longest matching code wins; among its rows the one with the most specific area. Where a table has several
        rows for one code (pairs), that is decided for each of them.

        Args:
            code: ``med_list_codg``, or a trace code.
            day: Beijing day of the line's ``fee_ocur_time``.
            area: Treatment area, six digits.
        """
        always, groups = self._rows(code)
        if always is not None:
            return always
        for group in groups:
            found = [fact for fact in group if fact.holds(day, area)]
            if found:
                return tuple(found) if len(found) == 1 else self._most_specific(found, area)
        return ()

    def facts_of(self, event: Event, record: Any, line: Line | None) -> tuple[Fact, ...]:
        """Give the rows that hold for a line, or for a trace code of ``line``."""
        if self.spec.by == "trace":
            at = event.time if line is None else line.fee_ocur_time
            return self.facts(record.drug_trac_codg, (at + BEIJING_MS) // DAY_MS, event.mdtrtarea_admvs)
        return self.facts(record.med_list_codg, (record.fee_ocur_time + BEIJING_MS) // DAY_MS, event.mdtrtarea_admvs)

    def facts_for_line(self, event: Event, line: Line | None, code: TraceCode | None) -> tuple[Fact, ...]:
        """Give the rows a rule runs with: those for the line, or for the trace code."""
        if self._longest is None:
            key = "" if line is None else line.med_list_codg
        else:
            key = "" if code is None else code.drug_trac_codg[: self._longest]
        known = self._cache.get(key)
        if known is not None and known[0] is not None:
            # Nearly always: the code was met before, and its rows hold at all times, or there are none.
            return known[0]
        return self.facts_of(event, line if self._longest is None else code, line)

    def _rows(self, code: str) -> tuple[tuple[Fact, ...] | None, tuple[tuple[Fact, ...], ...]]:
        """Give the answer that always holds, if there is one, and the candidates, longest code first."""
        if self._longest is not None:
            code = code[: self._longest]
        known = self._cache.get(code)
        if known is None:
            if len(self._cache) >= CODES_CACHED:
                self._cache.clear()
            groups = tuple(tuple(group) for group in self._groups(code))
            always = () if not groups else self._always(groups[0])
            known = self._cache[code] = (always, groups)
        return known

    def _groups(self, code: str) -> Iterator[list[Fact]]:
        exact = self._exact.get(code)
        if exact is not None:
            yield exact
        for length in self._lengths:
            found = self._prefixes[length].get(code[:length])
            if found is not None:
                yield found

    def _always(self, group: tuple[Fact, ...]) -> tuple[Fact, ...] | None:
        undated = all(f.effective_from is None and f.effective_to is None and not f.areas for f in group)
        return group if undated else None

    def _most_specific(self, found: list[Fact], area: str) -> tuple[Fact, ...]:
        best: dict[tuple[Any, ...], tuple[int, list[Fact]]] = {}
        for fact in found:
            identity = () if self._single else tuple(getattr(fact, name) for name in self._identity)
            length = max((len(prefix) for prefix in fact.areas if area.startswith(prefix)), default=0)
            known = best.get(identity)
            if known is None or length > known[0]:
                best[identity] = (length, [fact])
            elif length == known[0]:
                known[1].append(fact)
        return tuple(fact for _, facts in best.values() for fact in facts)


class Knowledge:
    """All tables of a pack."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._tables = dict(tables)
        self._by_column: dict[tuple[str, str], Table] = {}

    @property
    def tables(self) -> Mapping[str, Table]:
        """Tables by rule id; those without a file are absent."""
        return self._tables

    def table(self, table_id: str, column: str = "code") -> Table:
        """Give a table, looked up by one of its columns.

        Raises:
            KeyError: The knowledge folder has no such table.
        """
        table = self._tables[table_id]
        if column == "code":
            return table
        key = (table_id, column)
        if key not in self._by_column:
            self._by_column[key] = Table(table.spec, table.rows(), column)
        return self._by_column[key]
