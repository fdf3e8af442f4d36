"""What generated functions may ask of the engine."""

from __future__ import annotations

from typing import Any, Protocol


class Context(Protocol):
    """What generated rule functions read besides the event: features and reference records.

    A slot holds ``None`` until its feature was asked for; generated code reads ``c.f[3] or c.load(3)``, so a view is
    always true (it has neither ``__len__`` nor ``__bool__``). ``load*`` fills the slot and returns the view; what it
    raises (a remote owner that has not answered) passes through the generated code untouched.

    The engine empties ``lf`` before each line and ``kf`` before each trace code, and sets ``practitioner`` for each
    line. Attributes of views:

    ========== ==================================================================================
    aggregate  attributes
    ========== ==================================================================================
    count      ``count``
    sum        ``sum``, ``count``, ``mean``
    share      ``hits``, ``total``, ``share``
    distinct   ``count`` (number of different values), ``min``, ``max``
    histogram  ``same`` (occurrences of this event's own value, itself included), ``total``, ``distinct``,
               ``min``, ``max``
    log        ``count``, ``entries`` (time, setl_id, then the order of ``FeatureSpec.fields``; oldest first,
               without those of the settlement itself unless the feature says ``own``)
    stays      ``count``, ``open``, ``entries`` (key, begin, end, then the order of ``FeatureSpec.fields``)
    past       ``now``, ``mean``, ``deviation``, ``z``, ``ratio``
    bucketed   ``since``, ``history`` (whole days; of all but logs and stays)
    all        ``settlements`` (list of setl_id remembered for evidence; empty when ``evidence`` is 0)
    ========== ==================================================================================
    """

    f: list[Any]
    lf: list[Any]
    kf: list[Any]

    @property
    def institution(self) -> Any:
        """Registry record of the event's institution effective at the event's time, or None."""

    @property
    def person(self) -> Any:
        """Registry record of the event's person effective at the event's time, or None."""

    @property
    def practitioner(self) -> Any:
        """Registry record of the line's prescriber effective at ``fee_ocur_time``, or None."""

    def companions(self, recent: int, visits: int, person: int, times: int) -> Any:
        """Give who settled beside this person at least so often: (person, times, setl_id).

        Args:
            recent: Slot in ``f`` of the institution's log.
            visits: Slot in ``f`` of the log of one visitor.
            person: Position of that field in an entry of the institution's log.
            times: Least number of times.
        """

    def load(self, index: int) -> Any:
        """Fill slot ``index`` of ``f``."""

    def load_line(self, index: int) -> Any:
        """Fill slot ``index`` of ``lf``."""

    def load_code(self, index: int) -> Any:
        """Fill slot ``index`` of ``kf``."""
