"""A second opinion on simulated events: what the judges of single rules share. It shares nothing with the project.

Judges take the events in the order of arrival and give the setl_id at which the condition of a rule is met.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Event = dict[str, Any]
Line = dict[str, Any]

INPATIENT = ("2", "52")


@cache
def moment(text: str) -> datetime:
    """A time of the events."""
    return datetime.fromisoformat(text)


def day(text: str) -> date:
    """The day of a time."""
    return moment(text).date()


def fen(amount: float) -> int:
    """Yuan in fen, and only if it is a whole number of them."""
    whole = round(amount * 100)
    assert whole / 100 == amount
    return whole


def within(later: str, earlier: str, days: float) -> bool:
    """Whether one time is less than so many days after or before the other."""
    return abs(moment(later) - moment(earlier)) < timedelta(days=days)


def is_refund(event: Event) -> bool:
    """Whether it gives something back."""
    return event.get("refd_setl_flag") == "1"


def is_stay(event: Event) -> bool:
    """Whether it settles a stay."""
    return str(event["med_type"]).startswith(INPATIENT)


def service_time(event: Event) -> str:
    """When the last service of a settlement happened."""
    return max(line["fee_ocur_time"] for line in event["feedetail"])


def known(doctor: str | None) -> bool:
    """Whether a prescriber is somebody."""
    return bool(doctor) and bool(set(doctor or "") - set("09"))


class Case(NamedTuple):
    """A settlement on its first arrival.

    Attributes:
        event: the settlement, never a refund.
        before: the person's earlier settlements that have not been cancelled, refunds excluded.
        returned: units given back, by settlement and line.
    """

    event: Event
    before: list[Event]
    returned: Counter[tuple[str, str]]

    def earlier(self) -> Iterator[tuple[Event, Line]]:
        """Earlier lines of which something is left."""
        for event in self.before:
            for line in event["feedetail"]:
                if line["cnt"] > self.returned[event["setl_id"], line["feedetl_sn"]]:
                    yield event, line


def once(events: list[Event]) -> Iterator[tuple[Event, set[str]]]:
    """Each settlement or refund the first time it arrives, with the ids that have been cancelled so far."""
    cancelled: set[str] = set()
    seen: set[str] = set()
    for event in events:
        if event["event_type"] == "reversal":
            cancelled.add(event["init_setl_id"])
        elif event["event_type"] == "settlement" and event["setl_id"] not in seen:
            seen.add(event["setl_id"])
            yield event, cancelled


def settlements(events: list[Event]) -> Iterator[Event]:
    """Each settlement the first time it arrives, without refunds."""
    return (event for event, _ in once(events) if not is_refund(event))


def cases(events: list[Event]) -> Iterator[Case]:
    """Each settlement with what came before it for the same person."""
    past: dict[str, list[Event]] = defaultdict(list)
    returned: Counter[tuple[str, str]] = Counter()
    for event, cancelled in once(events):
        if is_refund(event):
            for line in event["feedetail"]:
                returned[event["init_setl_id"], line["init_feedetl_sn"]] -= line["cnt"]
            continue
        mine = past[event["psn_no"]]
        yield Case(event, [other for other in mine if other["setl_id"] not in cancelled], returned)
        mine.append(event)
