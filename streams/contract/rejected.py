"""Why a record cannot be used."""

from __future__ import annotations

from typing import Literal

Reason = Literal["not-json", "invalid", "future", "too-large", "internal"]
"""The contract's four reasons, and ``internal``: a fault of prewarn's own met a reversal, admission or discharge, which
has no result that could say so. Without it such an event would be lost; `prewarn topics replay-dead-letters` sends
it back after the fix."""


class Rejected(Exception):  # noqa: N818 - a verdict on the record, not a fault of the program
    """A record that cannot be used, with what its dead letter says.

    Attributes:
        reason: ``not-json``, ``invalid``, ``future``, ``too-large`` or ``internal``.
        detail: The place as a JSON path and what is wrong there, such as ``$.feedetail[2].cnt: missing``. Never a
            value of the record, for details are logged.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
