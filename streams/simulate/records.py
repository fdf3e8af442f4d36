"""What the simulation hands out."""

from __future__ import annotations

from typing import Any, NamedTuple

Json = dict[str, Any]
"""A record on its way to becoming bytes."""


class Label(NamedTuple):
    """The truth about one settlement.

    Attributes:
        setl_id: the settlement.
        label: 1 on the settlement at which a perfect screener, seeing the events in order, can know it.
        scenario: the scenario it belongs to, or None for ordinary traffic.
        role: ``positive``, ``buildup`` (guilty only in hindsight, so label 0), ``twin`` (harmless) or None.
        also: ids of other rules that rightly find something at this settlement, whatever its label.
    """

    setl_id: str
    label: int
    scenario: str | None
    role: str | None
    also: tuple[str, ...] = ()

    def record(self) -> Json:
        """The line of the labels file."""
        return self._asdict()


class Simulated(NamedTuple):
    """One event as it arrives.

    Attributes:
        raw: the JSON bytes.
        key: the Kafka key, the treatment area.
        label: None for events that are no settlements.
        kind: ``settlement``, ``refund``, ``resend``, ``reversal``, ``admission`` or ``discharge``.
    """

    raw: bytes
    key: str
    label: Label | None
    kind: str


class Reference(NamedTuple):
    """Registry facts of the simulated province, as on the reference topics."""

    institutions: list[Json]
    practitioners: list[Json]
    persons: list[Json]
