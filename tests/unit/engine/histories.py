"""Random but sensible histories of settlements, refunds, reversals and repeats, and a pack that watches them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from streams.contract.events import Event, Line, TraceCode
from streams.engine.engine import Engine
from streams.rules.specs import FeatureSpec, Pack, PolicySpec
from streams.state.store import Store

START = 1_760_000_000_000
MINUTE = 60_000
KEY = b"0123456789abcdef"


def feature(name: str, scope: str, each: str, aggregate: str, index: int, **changes: Any) -> FeatureSpec:
    """A feature over thirty days."""
    fields: dict[str, Any] = {
        "name": name, "fid": name, "doc": "", "scope": scope, "each": each, "aggregate": aggregate, "days": 30,
        "span": 0, "resolution": 0, "limit": 100, "evidence": 0, "fields": (), "events": frozenset({"settlement"}),
        "where": None, "of": None, "at": lambda e, _l, _k: e.time, "index": index,
    }  # fmt: skip
    return FeatureSpec(**fields | changes)


FEATURES = (
    feature("visits", "person", "settlement", "count", 0, where=lambda e, _l, _k: e.refd_setl_flag != "1"),
    feature("spent", "person", "settlement", "sum", 1, of=lambda e, _l, _k: e.medfee_sumamt),
    feature("places", "person", "settlement", "distinct", 2, of=lambda e, _l, _k: e.fixmedins_code,
            where=lambda e, _l, _k: e.refd_setl_flag != "1"),
    feature("units", "person_item", "line", "sum", 0, of=lambda _e, line, _k: line.cnt),
    feature("sales", "trace_code", "code", "log", 0, where=lambda _e, line, _k: line.cnt > 0, fields=("place",), span=0,
            of=lambda e, _l, _k: (e.fixmedins_code,)),
)  # fmt: skip

PACK = Pack(
    version="t", sha256="0" * 64, features=FEATURES, rules=(),
    policy=PolicySpec(actions={}, scores={}, each_more=0), exemptions={}, knowledge=None,  # type: ignore[arg-type]
)  # fmt: skip


def engine(store: Store) -> Engine:
    return Engine(PACK, store, KEY)


def one_partition() -> Store:
    store = Store()
    store.hold({0})
    return store


def settlement(number: int, person: int, place: int, boxes: list[int]) -> Event:
    time = START + number * MINUTE
    lines = [
        Line(
            feedetl_sn=str(n), fee_ocur_time=time, list_type="101", med_list_codg="X1", cnt=10_000, pric=1,
            det_item_fee_sumamt=100, drug_trac_info=[TraceCode(drug_trac_codg=f"B{box}")],
        )
        for n, box in enumerate(boxes)
    ]  # fmt: skip
    return Event(
        event_id=f"E{number}",
        event_type="settlement",
        inf_time=time,
        mdtrtarea_admvs="310115",
        insuplc_admdvs="310115",
        fixmedins_code=f"H{place}",
        psn_no=f"P{person}",
        mdtrt_id=f"M{number}",
        setl_id=f"S{number}",
        setl_time=time,
        med_type="11",
        medfee_sumamt=100 * len(boxes),
        feedetail=lines,
        time=time,
        service_time=time,
    )


def refund(number: int, of: Event, lines: list[Line]) -> Event:
    """A refund of some lines of a settlement."""
    back = settlement(number, 0, 0, [])
    back.psn_no, back.fixmedins_code = of.psn_no, of.fixmedins_code
    back.refd_setl_flag, back.init_setl_id = "1", of.setl_id
    back.medfee_sumamt = -100 * len(lines)
    back.feedetail = [
        Line(
            feedetl_sn=f"r{line.feedetl_sn}", fee_ocur_time=back.time, list_type="101", med_list_codg="X1", cnt=-10_000,
            pric=1, det_item_fee_sumamt=-100, drug_trac_info=line.drug_trac_info,
        )
        for line in lines
    ]  # fmt: skip
    return back


def reversal(number: int, of: Event) -> Event:
    event = settlement(number, 0, 0, [])
    event.event_type, event.psn_no, event.init_setl_id = "reversal", of.psn_no, of.setl_id
    return event


class Live:
    """The oracle: which settlements count, by looking at all of them."""

    def __init__(self) -> None:
        self.events: dict[str, Event] = {}
        self.dead: set[str] = set()
        #: For a refund: which settlements it made dead, because nothing was left of them.
        self.ended: dict[str, set[str]] = {}

    def left(self, of: Event) -> list[Line]:
        """The lines of a live settlement that no live refund took back."""
        taken = {
            line.feedetl_sn[1:]
            for event in self.events.values()
            if event.init_setl_id == of.setl_id and event.setl_id not in self.dead
            for line in event.feedetail
        }
        return [line for line in of.feedetail if line.feedetl_sn not in taken]

    def sold(self) -> dict[str, set[str]]:
        """The live sales of each box."""
        sales: dict[str, set[str]] = {}
        for setl_id, event in self.events.items():
            if setl_id not in self.dead and event.refd_setl_flag is None:
                for line in self.left(event):
                    sales.setdefault("t:" + line.drug_trac_info[0].drug_trac_codg, set()).add(setl_id)
        return sales


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Event], Live]:
    """Events in order, and what counts at their end."""
    live = Live()
    events: list[Event] = []
    for number in range(draw(st.integers(1, 25))):
        kind = draw(st.sampled_from(["sale", "sale", "sale", "refund", "reversal", "repeat"]))
        originals = [e for e in live.events.values() if e.refd_setl_flag is None and e.setl_id not in live.dead]
        open_ = [e for e in originals if live.left(e)]
        if kind == "refund" and open_:
            of = draw(st.sampled_from(open_))
            lines = draw(st.lists(st.sampled_from(live.left(of)), min_size=1, unique_by=id))
            event = refund(number, of, lines)
            live.events[event.setl_id or ""] = event
            if not live.left(of):
                # All of it is back: neither the settlement nor its refunds count any more.
                ended = {s for s, e in live.events.items() if e.init_setl_id == of.setl_id} | {of.setl_id or ""}
                live.dead |= ended
        elif kind == "reversal" and originals:
            of = draw(st.sampled_from(originals))
            event = reversal(number, of)
            live.dead |= {s for s, e in live.events.items() if e.init_setl_id == of.setl_id} | {of.setl_id or ""}
        elif kind == "repeat" and events:
            event = draw(st.sampled_from(events))
        else:
            boxes = draw(st.lists(st.integers(0, 6), min_size=1, max_size=3, unique=True))
            event = settlement(number, draw(st.integers(0, 2)), draw(st.integers(0, 2)), boxes)
            live.events[event.setl_id or ""] = event
        events.append(event)
    return events, live
