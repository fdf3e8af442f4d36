"""The two kinds of row, and their bytes.

A *window row* holds every feature of one entity. A *settlement row* holds what a settlement was answered and
what it contributed to which window rows, so that a repeat gets its first answer and a reversal takes
out exactly what was put in, whatever the rule pack says by then.

Rows hold no cycles, so the garbage collector need not follow them (``gc=False``).
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from streams.state.packing import pack, unpack

REACHED_KEY: Final = "x:"
"""Key of the row, among the window rows of a partition, that says how far they have come (`ReachedRow`)."""


class Position(NamedTuple):
    """Where an input came from: the identity of a delivery, and what rows are stamped with."""

    partition: int
    offset: int


class WindowRow(msgspec.Struct, array_like=True, gc=False):
    """All features of one entity."""

    #: Highest offset folded in, by input partition: a replayed input at or below it is not folded again.
    stamps: dict[int, int]
    #: Latest event time seen, ms: after it plus the longest window the row says nothing any more.
    newest: int
    #: State of each feature by `FeatureSpec.fid`, for parts of the row by fid, ``:`` and part.
    features: dict[str, Any]


class Observation(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One value folded into (sign 1) or taken out of (sign -1) one feature."""

    fid: str
    #: The part of the row (see `streams.features.scopes.RowKey`).
    part: str
    time: int
    value: Any
    sign: int
    #: The settlement that the observation belongs to: a refund takes out what another settlement put in.
    setl_id: str


class Contribution(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What one event does to one window row."""

    key: str
    owner: str
    observations: list[Observation]


class SettlementRow(msgspec.Struct, array_like=True, gc=False):
    """A settlement that was screened, or reversed before it arrived."""

    #: Event time, ms.
    time: int
    #: The input that was answered first.
    position: Position
    #: The result's JSON without `screened_at`; empty for a settlement known only by its reversal.
    answer: bytes
    #: What it put into window rows.
    contributions: list[Contribution]
    #: What refunds took out of that again.
    given_back: list[Contribution]
    #: Fen of `medfee_sumamt` not refunded yet.
    unrefunded: int
    #: Settlements (refunds) that were taken off this one.
    refunds: list[str]
    #: The input that reversed it, or None.
    reversed_at: Position | None
    #: What that reversal does to window rows.
    reversal: list[Contribution]
    #: Whether the answer was given before everything was known; it is screened again, as revision 2.
    provisional: bool = False
    #: Whether it is a refund, all of which belongs to the second step (`streams.engine.folding`).
    late: bool = False
    #: The settlement as the model scored it (`models.lessons.Example`), until a verdict comes; empty without a model.
    example: bytes = b""
    #: What was taught of it so far (`models.lessons.Verdict`).
    verdict: int = 0
    #: Violations (`jr_id`) that audits have judged.
    judged: list[str] = []


class ReachedRow(msgspec.Struct, array_like=True):
    """How far the saved window rows of a partition have come."""

    #: Offset in the partition's observations below which all are folded.
    observations: int
    #: By partition, the offset in its settlement rows below which everything is folded that they put into rows here.
    settled: dict[int, int]
    #: How many workers have held the partition: what an earlier one writes after a later one has begun is void.
    epoch: int = 0
    #: By partition, the epoch that its settlement rows had come to there, at least.
    epochs: dict[int, int] = {}


class TraceRow(msgspec.Struct, array_like=True, gc=False):
    """A trace code's row in a record that carries many: a code is sold once, so compaction would gain nothing."""

    key: str
    row: bytes


class _Age(msgspec.Struct, array_like=True):
    """The beginning of a window row."""

    stamps: msgspec.Raw
    newest: int


class _Packed(msgspec.Struct, array_like=True, gc=False):
    """A settlement row as it is kept: packed but for its time, by which it is forgotten."""

    time: int
    row: bytes


class _Time(msgspec.Struct, array_like=True):
    """The beginning of a settlement row, packed or not."""

    time: int


_encoder = msgspec.msgpack.Encoder()
_age_decoder = msgspec.msgpack.Decoder(_Age)
_time_decoder = msgspec.msgpack.Decoder(_Time)
_window_decoder = msgspec.msgpack.Decoder(WindowRow)
_traces_decoder = msgspec.msgpack.Decoder(list[TraceRow])
_reached_decoder = msgspec.msgpack.Decoder(ReachedRow)
_settlement_decoder = msgspec.msgpack.Decoder(SettlementRow)
_packed_decoder = msgspec.msgpack.Decoder(_Packed)
_PACKED = _encoder.encode(_Packed(0, b""))[:1]
"""How the bytes of a packed row begin: those of earlier releases are not packed, and begin otherwise."""


def encode_row(row: WindowRow | ReachedRow) -> bytes:
    """MessagePack of a row."""
    return _encoder.encode(row)


def encode_settlement(row: SettlementRow) -> bytes:
    """MessagePack of a row, packed."""
    return _encoder.encode(_Packed(row.time, pack(_encoder.encode(row))))


def decode_window(raw: bytes) -> WindowRow:
    """Inverse of `encode_row`; raises `msgspec.DecodeError` or `msgspec.ValidationError` on anything else."""
    return _window_decoder.decode(raw)


def decode_reached(raw: bytes) -> ReachedRow:
    """Inverse of `encode_row`; raises `msgspec.DecodeError` or `msgspec.ValidationError` on anything else."""
    return _reached_decoder.decode(raw)


def newest_of(raw: bytes) -> int:
    """`WindowRow.newest` of an encoded row, at a fraction of the cost of decoding it."""
    return _age_decoder.decode(raw).newest


def time_of(raw: bytes) -> int:
    """`SettlementRow.time` of an encoded row, at a fraction of the cost of decoding it."""
    return _time_decoder.decode(raw).time


def encode_traces(rows: list[TraceRow]) -> bytes:
    """MessagePack of many trace codes' rows."""
    return _encoder.encode(rows)


def decode_traces(raw: bytes) -> list[TraceRow]:
    """Inverse of `encode_traces`; raises `msgspec.DecodeError` or `msgspec.ValidationError` on anything else."""
    return _traces_decoder.decode(raw)


def decode_settlement(raw: bytes) -> SettlementRow:
    """Inverse of `encode_settlement`; raises `msgspec.DecodeError` or `msgspec.ValidationError` on anything else."""
    if raw[:1] == _PACKED:
        raw = unpack(_packed_decoder.decode(raw).row)
    return _settlement_decoder.decode(raw)
