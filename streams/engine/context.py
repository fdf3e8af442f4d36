"""What a rule may ask for while it looks at one event; made anew for each event, filled as rules ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.engine.companions import beside
from streams.features.scopes import TRACE_PREFIX, visitor_key
from streams.state.store import NotHereError

if TYPE_CHECKING:
    from streams.contract.events import Event, Line, TraceCode
    from streams.contract.reference import Institution, Person, Practitioner
    from streams.engine.references import References
    from streams.features.feature import Feature
    from streams.features.plan import FeaturePlan
    from streams.features.scopes import RowKey
    from streams.state.rows import WindowRow
    from streams.state.store import Store


class EvaluationContext:
    """Implements `streams.rules.context.Context`: a feature is read once an event, line or code, when first asked for.

    It serves twice: while features observe (some look at what others remember), and then, after `turn`, while rules
    decide on the rows that the event was folded into.
    """

    __slots__ = (
        "_code_row",
        "_codes_elsewhere",
        "_event",
        "_known_codes",
        "_no_codes",
        "_no_lines",
        "_plan",
        "_references",
        "_rows",
        "_store",
        "_touched",
        "code",
        "f",
        "kf",
        "lf",
        "line",
    )

    def __init__(self, event: Event, store: Store, plan: FeaturePlan, references: References) -> None:
        self._touched: dict[str, WindowRow] = {}
        self._event = event
        self._store = store
        self._plan = plan
        self._references = references
        self._no_lines: list[Any] = [None] * len(plan.line)
        self._no_codes: list[Any] = [None] * len(plan.code)
        #: The row of each scope that is the same for the whole settlement, and where it is.
        self._rows: dict[str, tuple[RowKey | None, WindowRow | None]] = {}
        self.f: list[Any] = [None] * len(plan.settlement)
        self.lf: list[Any] = self._no_lines.copy()
        self.kf: list[Any] = self._no_codes
        self.line: Line | None = None
        self.code: TraceCode | None = None
        self._known_codes: frozenset[str] | None = None
        self._codes_elsewhere = False
        self._code_row: tuple[RowKey | None, WindowRow | None] | None = None

    def turn(self, touched: dict[str, WindowRow]) -> None:
        """Turn from observing to deciding: what was read before the event was folded is forgotten."""
        self._touched = touched
        self.f = [None] * len(self._plan.settlement)
        self.lf = self._no_lines.copy()
        self.kf = self._no_codes
        self.line = self.code = None
        self._rows = {}

    def at_line(self, line: Line) -> None:
        """Turn to a line: what was read of another is forgotten."""
        self.line = line
        self.lf = self._no_lines.copy()

    def at_code(self, code: TraceCode) -> None:
        """Turn to a trace code of the line: what was read of another is forgotten."""
        self.code = code
        self.kf = self._no_codes
        self._code_row = None

    def load(self, index: int) -> Any:
        """Read a feature of the settlement; raises `streams.state.store.NotHereError`."""
        feature = self._plan.settlement[index]
        found = self._rows.get(feature.scope.name)
        if found is None:
            where = feature.scope.locate(self._event, None, None, self)
            found = self._rows[feature.scope.name] = (where, None if where is None else self._row(where[0], where[1]))
        view = self.f[index] = feature.read(found[1], found[0], self._event, None, None)
        return view

    def load_line(self, index: int) -> Any:
        """Read a feature of the line; raises `streams.state.store.NotHereError`."""
        feature, line = self._plan.line[index], self.line
        where = feature.scope.locate(self._event, line, None, self)
        row = None if where is None else self._row(where[0], where[1])
        view = self.lf[index] = feature.read(row, where, self._event, line, None)
        return view

    def load_code(self, index: int) -> Any:
        """Read a feature of the trace code; raises `streams.state.store.NotHereError`."""
        if self.kf is self._no_codes:
            self.kf = self._no_codes.copy()
        feature = self._plan.code[index]
        where, row = self._code_row or self._find_code(feature)
        view = self.kf[index] = feature.read(row, where, self._event, self.line, self.code)
        return view

    def _find_code(self, feature: Feature) -> tuple[RowKey | None, WindowRow | None]:
        """The row of the trace code, and where it is; all features of codes share it."""
        where = feature.scope.locate(self._event, self.line, self.code, self)
        found = self._code_row = (where, None if where is None else self._row(where[0], where[1]))
        return found

    def known_codes(self) -> frozenset[str]:
        """The settlement's trace codes that were met before, as far as can be told; nearly always none.

        Asked before the settlement is folded, it holds afterwards too: it is about other settlements.
        """
        known = self._known_codes
        if known is None:
            found = []
            for line in self._event.feedetail:
                for code in line.drug_trac_info:
                    name = code.drug_trac_codg
                    try:
                        row = self._store.window(TRACE_PREFIX + name, "")
                    except NotHereError:
                        found.append(name)
                        self._codes_elsewhere = True
                        continue
                    if row is not None and not _alone(row, self._event.setl_id):
                        found.append(name)
            known = self._known_codes = frozenset(found)
        return known

    def codes_met(self) -> int | None:
        """How many of these codes were met before; None where that cannot be told, because rows are elsewhere."""
        known = self.known_codes()
        return None if self._codes_elsewhere else len(known)

    def _row(self, key: str, owner: str) -> WindowRow | None:
        return self._touched.get(key) or self._store.window(key, owner)

    def companions(self, recent: int, visits: int, person: int, times: int) -> list[tuple[str, int, str]]:
        """Who settled beside this person at least `times` times: reference, times, settlement now.

        Read from two logs that live with the institution: who was there just now, and when each of them was before.
        """
        event, plan = self._event, self._plan
        own = self._visits(plan.settlement[visits], event.psn_ref)
        if len(own) < times:
            return []
        near = (self.f[recent] or self.load(recent)).entries
        others = {entry[person]: entry[1] for entry in near if entry[person] != event.psn_ref}
        gap = plan.settlement[recent].spec.span
        return beside(own, others, gap, times, lambda psn_ref: self._visits(plan.settlement[visits], psn_ref))

    def _visits(self, feature: Feature, psn_ref: str) -> list[int]:
        """When a person was at the event's institution, as far as the log knows, oldest first."""
        event = self._event
        row = self._row(visitor_key(event.fixmedins_code, psn_ref), event.mdtrtarea_admvs)
        state = None if row is None else row.features.get(feature.fid)
        return [] if state is None else [entry[0] for entry in state]

    @property
    def institution(self) -> Institution | None:
        """The institution's registry record in effect at the event's time."""
        return self._references.institution(self._event.fixmedins_code, self._event.time)

    @property
    def person(self) -> Person | None:
        """The person's registry record in effect at the event's time."""
        return self._references.person(self._event.psn_no, self._event.time)

    @property
    def practitioner(self) -> Practitioner | None:
        """The registry record of the line's prescriber in effect at the line's time."""
        line = self.line
        return None if line is None else self._references.practitioner(line.bilg_dr_codg, line.fee_ocur_time)


def _alone(row: WindowRow, setl_id: str | None) -> bool:
    """Whether a trace code's row shows nothing but one observation of the settlement itself."""
    if len(row.features) != 1:
        return not row.features
    (state,) = row.features.values()
    return len(state) == 1 and bool(state[0][1] == setl_id)
