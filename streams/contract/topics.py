"""The topics at the boundary and inside: what each carries, by which key, and what Kafka may remove from it.

Names are those of the contract; a prefix, partitions and replication are settings, which no engine room knows.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

Cleanup = Literal["delete", "compact", "compact,delete"]
Who = Literal["in", "out", "internal"]

EVENTS = "settlement.events"
FEEDBACK = "screening.feedback"
INSTITUTIONS = "reference.institutions"
PRACTITIONERS = "reference.practitioners"
PERSONS = "reference.persons"
RESULTS = "screening.results"
ALERTS = "risk.alerts"
DEAD_LETTERS = "screening.dead-letters"
REKEYED = "prewarn.rekeyed-events"
SETTLEMENTS = "prewarn.settlements"
WINDOWS = "prewarn.windows"
TRACES = "prewarn.trace-codes"
CANARY = "prewarn.canary"
LESSONS = "prewarn.lessons"
MODELS = "prewarn.models"
OBSERVATIONS = "prewarn.observations"
ANSWERS = "prewarn.answers"

DEAD_LETTER_HEADERS = ("reason", "detail", "source_topic", "source_partition", "source_offset")
"""Headers of a dead letter, all UTF-8 text; its value is what was received."""


class Topic(Struct, frozen=True, kw_only=True):
    """One topic."""

    key: str | None
    """The field the key is, as UTF-8 text; ``None`` = as it was received."""
    cleanup: Cleanup
    """Kafka's ``cleanup.policy``."""
    record: str | None
    """The schema of the value, as `deploy/schemas` names it; ``None`` = bytes without a schema."""
    who: Who
    """``in``: others write, ``out``: others read, ``internal``: nobody else's."""
    partitions_of: str | None = None
    """The topic whose number of partitions this one must have."""


TOPICS: Mapping[str, Topic] = MappingProxyType(
    {
        EVENTS: Topic(key="mdtrtarea_admvs", cleanup="delete", record="settlement-event", who="in"),
        FEEDBACK: Topic(key="setl_id", cleanup="delete", record="feedback", who="in"),
        INSTITUTIONS: Topic(key="fixmedins_code", cleanup="compact", record="reference-institution", who="in"),
        PRACTITIONERS: Topic(key="bilg_dr_codg", cleanup="compact", record="reference-practitioner", who="in"),
        PERSONS: Topic(key="psn_no", cleanup="compact", record="reference-person", who="in"),
        RESULTS: Topic(key="setl_id", cleanup="delete", record="screening-result", who="out"),
        ALERTS: Topic(key="setl_id", cleanup="delete", record="screening-result", who="out"),
        DEAD_LETTERS: Topic(key=None, cleanup="delete", record=None, who="out"),
        # Events under their proper key, when producers cannot key them (the setting `rekey`).
        REKEYED: Topic(
            key="mdtrtarea_admvs",
            cleanup="delete",
            record="settlement-event",
            who="internal",
            partitions_of=EVENTS,
        ),
        # Rows of state. A settlement's row may be forgotten after its horizon, a window's only by its owner.
        SETTLEMENTS: Topic(key="row", cleanup="compact,delete", record=None, who="internal", partitions_of=EVENTS),
        WINDOWS: Topic(key="row", cleanup="compact", record=None, who="internal", partitions_of=EVENTS),
        # Trace codes' rows, many to a record: a code is sold once, so compaction would gain nothing.
        TRACES: Topic(key=None, cleanup="delete", record=None, who="internal", partitions_of=EVENTS),
        # Heartbeats and what became of them: of use for seconds.
        CANARY: Topic(key="kind", cleanup="delete", record=None, who="internal", partitions_of=EVENTS),
        # What the owners of partitions ask each other, many to a record: by the partition of the rows and of the event.
        OBSERVATIONS: Topic(key=None, cleanup="delete", record=None, who="internal", partitions_of=EVENTS),
        ANSWERS: Topic(key=None, cleanup="delete", record=None, who="internal", partitions_of=EVENTS),
        # What the model learns from, in one order, and snapshots of what it has learned: of both one partition is used.
        LESSONS: Topic(key="setl_id", cleanup="delete", record=None, who="internal", partitions_of=EVENTS),
        MODELS: Topic(key="version", cleanup="compact", record=None, who="internal", partitions_of=EVENTS),
    },
)
"""Every topic by its name, without prefix."""
