"""What senders do to a stream of events: resend, take back, delay, mix up, garble."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator

    from streams.simulate.records import Simulated

_NOT_OF_REVERSALS: Final = {"setl_time", "feedetail", "medfee_sumamt", "refd_setl_flag"}
_OF_PERSONS: Final = ("psn_no", "insuplc_admdvs", "gend", "brdy", "insutype", "psn_type")
_REMEMBERED: Final = 300
_RECENT: Final = 2_000
"""Nobody travels to an event that is still under way: the sender would wait for it most of the time."""
_REVERSED_BEFORE: Final = 0.2
_TOO_LARGE: Final = (1 << 20) + 1
_LARGE_EVERY: Final = 50
_KINDS_WITH_RESULT: Final = {"settlement", "refund", "resend"}


@dataclass(frozen=True)
class Trouble:
    """How often senders misbehave, as a share of the settlements.

    Attributes:
        resent: Sent again, byte for byte or under another `event_id`, soon or much later.
        reversed: Taken back; every fifth of them before it arrives.
        reordered: Up to `near` places too late.
        late: Up to `far` places too late, which can be hours of event time.
        poisoned: Followed by a record that nobody can read.
        travelled: The person of an earlier settlement of another area.
        resold: Trace codes of an earlier settlement of another area.
    """

    resent: float = 0.02
    reversed: float = 0.02
    reordered: float = 0.05
    late: float = 0.005
    poisoned: float = 0.004
    travelled: float = 0.02
    resold: float = 0.01
    near: int = 60
    far: int = 6_000


class Sent(NamedTuple):
    """One record as it is sent: what it is, its bytes and its key."""

    kind: str
    raw: bytes
    area: str


def troubled(events: Iterable[Simulated], dice: random.Random, trouble: Trouble) -> Iterator[Sent]:
    """Yield the events with everything that senders do to them; what is delayed comes so many places later."""
    delayed: list[tuple[int, int, Sent]] = []
    count = 0
    elsewhere = _Elsewhere(dice, trouble)
    for place, simulated in enumerate(events):
        event = elsewhere.mixed(simulated)
        while delayed and delayed[0][0] <= place:
            yield heapq.heappop(delayed)[2]
        for delay, sent in _sent(event, dice, trouble):
            if not delay:
                yield sent
                continue
            count += 1
            heapq.heappush(delayed, (place + delay, count, sent))
    while delayed:
        yield heapq.heappop(delayed)[2]


def _sent(event: Simulated, dice: random.Random, trouble: Trouble) -> Iterator[tuple[int, Sent]]:
    """What becomes of one event: records, each with the number of places it comes too late."""

    def sent(kind: str, raw: bytes) -> Sent:
        return Sent(kind, raw, event.key)

    def later(most: int) -> int:
        return dice.randint(1, most)

    delay, kind = 0, event.kind
    if dice.random() < trouble.reordered:
        delay, kind = later(trouble.near), f"{kind}, out of order"
    elif dice.random() < trouble.late:
        delay, kind = later(trouble.far), f"{kind}, late"
    if event.kind not in _KINDS_WITH_RESULT:
        yield delay, sent(kind, event.raw)
        return
    if dice.random() < trouble.reversed:
        if dice.random() < _REVERSED_BEFORE:
            delay = delay or later(trouble.near)
            yield 0, sent("reversal before its settlement", _reversal(event.raw))
        else:
            yield delay + later(dice.choice((3, trouble.near, trouble.far))), sent("reversal", _reversal(event.raw))
    yield delay, sent(kind, event.raw)
    if dice.random() < trouble.resent:
        yield delay + later(dice.choice((1, trouble.near, trouble.far))), sent(*_repeated(event.raw, dice))
    if dice.random() < trouble.poisoned:
        yield delay, sent("poison", _poison(event.raw, dice))


class _Elsewhere:
    """Has persons and boxes appear in areas where they were not before: rows that several partitions touch."""

    def __init__(self, dice: random.Random, trouble: Trouble) -> None:
        self._dice = dice
        self._trouble = trouble
        self._recent: deque[Simulated] = deque()
        self._earlier: list[Simulated] = []

    def mixed(self, event: Simulated) -> Simulated:
        """Return an event, or what becomes of it with a person or trace codes from elsewhere."""
        if event.kind != "settlement":
            return event
        dice, share = self._dice, self._dice.random()
        if share < self._trouble.travelled + self._trouble.resold:
            others = [earlier for earlier in self._earlier if earlier.key != event.key]
            if others:
                event = (_travelled if share < self._trouble.travelled else _resold)(event, dice.choice(others))
        self._recent.append(event)
        if len(self._recent) > _RECENT:
            self._remember(self._recent.popleft())
        return event

    def _remember(self, event: Simulated) -> None:
        if len(self._earlier) < _REMEMBERED:
            self._earlier.append(event)
        else:
            self._earlier[self._dice.randrange(_REMEMBERED)] = event


def _travelled(event: Simulated, other: Simulated) -> Simulated:
    person = orjson.loads(other.raw)
    changes = {name: person[name] for name in _OF_PERSONS if name in person}
    return event._replace(raw=_changed(event.raw, **changes))


def _resold(event: Simulated, other: Simulated) -> Simulated:
    boxes = [codes for line in orjson.loads(other.raw)["feedetail"] if (codes := line.get("drug_trac_info"))]
    own = orjson.loads(event.raw)["feedetail"]
    with_codes = [line for line in own if line.get("drug_trac_info")]
    if boxes and with_codes:
        with_codes[0]["drug_trac_info"] = boxes[0]
    return event._replace(raw=_changed(event.raw, feedetail=own))


def _changed(raw: bytes, **changes: Any) -> bytes:
    return orjson.dumps(orjson.loads(raw) | changes)


def _repeated(raw: bytes, dice: random.Random) -> tuple[str, bytes]:
    if dice.random() < 0.5:
        return "repeat", raw
    return "repeat under another event_id", _changed(raw, event_id=orjson.loads(raw)["event_id"] + "x")


def _reversal(raw: bytes) -> bytes:
    event = {key: value for key, value in orjson.loads(raw).items() if key not in _NOT_OF_REVERSALS}
    own = "V" + event["setl_id"]
    return orjson.dumps(
        event | {"event_type": "reversal", "init_setl_id": event["setl_id"], "setl_id": own, "event_id": own}
    )


def _poison(raw: bytes, dice: random.Random) -> bytes:
    """Bytes that no two records share, and that are no event in one of many ways."""
    name = b"%016x" % dice.getrandbits(64)
    event = orjson.loads(raw)
    ways = (
        lambda: raw[: len(raw) // 2] + name,
        lambda: b"\xff\xfe\x00" + name,
        lambda: b"[" * 5_000 + name,
        lambda: b'"' + name + b'"',
        lambda: _changed(raw, event_id=name.decode(), medfee_sumamt="a lot"),
        lambda: _changed(raw, event_id=name.decode(), event_type="confession"),
        lambda: _changed(raw, event_id=name.decode(), setl_time="2026-02-30 12:00:00"),
        lambda: _changed(raw, event_id=name.decode(), mdtrtarea_admvs="中国"),
        lambda: _changed(raw, event_id=name.decode(), feedetail=[event["feedetail"]]),
    )
    if dice.randrange(_LARGE_EVERY) == 0:
        return b'{"event_id":"' + name + b"x" * _TOO_LARGE + b'"}'
    return dice.choice(ways)()
