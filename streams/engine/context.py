"""What a rule may ask for while it looks at one event; made anew for each event, filled as rules ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.features.plan import read_view

if TYPE_CHECKING:
    from streams.contract.events import Event, Line, TraceCode
    from streams.contract.reference import Institution, Person, Practitioner
    from streams.engine.references import References
    from streams.features.plan import Feature, FeaturePlan
    from streams.features.views import View
    from streams.state.rows import WindowRow
    from streams.state.store import Store


class EvaluationContext:
    """Implements `streams.rules.specs.Context`: a feature is computed once an event, line or code, when first read."""

    __slots__ = (
        "_event",
        "_no_codes",
        "_no_lines",
        "_plan",
        "_references",
        "_store",
        "_touched",
        "code",
        "exempt",
        "f",
        "kf",
        "lf",
        "line",
    )

    def __init__(
        self,
        event: Event,
        touched: dict[str, WindowRow],
        store: Store,
        plan: FeaturePlan,
        references: References,
    ) -> None:
        self._touched = touched
        self._event = event
        self._store = store
        self._plan = plan
        self._references = references
        self._no_lines: list[View | None] = [None] * len(plan.line)
        self._no_codes: list[View | None] = [None] * len(plan.code)
        self.f: list[Any] = [None] * len(plan.settlement)
        self.lf: list[Any] = self._no_lines
        self.kf: list[Any] = self._no_codes
        self.line: Line | None = None
        self.code: TraceCode | None = None
        #: Whether each exemption named so far holds.
        self.exempt: dict[str, bool] = {}

    def at_line(self, line: Line) -> None:
        """Turn to a line: what was read of another is forgotten."""
        self.line = line
        self.lf = self._no_lines.copy()

    def at_code(self, code: TraceCode) -> None:
        """Turn to a trace code of the line: what was read of another is forgotten."""
        self.code = code
        self.kf = self._no_codes.copy()

    def load(self, index: int) -> View:
        """Read a feature of the settlement; raises `streams.state.store.NotHereError`."""
        view = self.f[index] = self._read(self._plan.settlement[index], None, None)
        return view

    def load_line(self, index: int) -> View:
        """Read a feature of the line; raises `streams.state.store.NotHereError`."""
        view = self.lf[index] = self._read(self._plan.line[index], self.line, None)
        return view

    def load_code(self, index: int) -> View:
        """Read a feature of the trace code; raises `streams.state.store.NotHereError`."""
        view = self.kf[index] = self._read(self._plan.code[index], self.line, self.code)
        return view

    def _read(self, feature: Feature, line: Line | None, code: TraceCode | None) -> View:
        return read_view(feature, self._store, self._touched, self._event, line, code)

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
