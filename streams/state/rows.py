"""The two kinds of row, and their bytes.

A *window row* holds every feature of one entity. A *settlement row* holds what a settlement was answered and
what it contributed to which window rows, so that a repeat gets its first answer and a reversal takes
out exactly what was put in, whatever the rule pack says by then.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec


class Position(NamedTuple):
    """Where an input came from: the identity of a delivery, and what rows are stamped with."""

    partition: int
    offset: int


class WindowRow(msgspec.Struct, array_like=True):
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


class Contribution(msgspec.Struct, array_like=True, frozen=True):
    """What one event does to one window row."""

    key: str
    owner: str
    observations: list[Observation]


class SettlementRow(msgspec.Struct, array_like=True):
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
    #: The settlement as the model scored it (`models.lessons.Example`), until a verdict comes; empty without a model.
    example: bytes = b""
    #: What was taught of it so far (`models.lessons.Verdict`).
    verdict: int = 0


class TraceRow(msgspec.Struct, array_like=True):
    """A trace code's row in a record that carries many: a code is sold once, so compaction would gain nothing."""

    key: str
    row: bytes


_encoder = msgspec.msgpack.Encoder()
_window_decoder = msgspec.msgpack.Decoder(WindowRow)
_traces_decoder = msgspec.msgpack.Decoder(list[TraceRow])
_settlement_decoder = msgspec.msgpack.Decoder(SettlementRow)


def encode_row(row: WindowRow | SettlementRow) -> bytes:
    """MessagePack of a row."""
    return _encoder.encode(row)


def decode_window(raw: bytes) -> WindowRow:
    """Inverse of `encode_row`; raises `msgspec.DecodeError` or `msgspec.ValidationError` on anything else."""
    return _window_decoder.decode(raw)


def encode_traces(rows: list[TraceRow]) -> bytes:
    """MessagePack of many trace codes' rows."""
    return _encoder.encode(rows)


def decode_traces(raw: bytes) -> list[TraceRow]:
    """Inverse of `encode_traces`; raises `msgspec.DecodeError` or `msgspec.ValidationError` on anything else."""
    return _traces_decoder.decode(raw)


def decode_settlement(raw: bytes) -> SettlementRow:
    """Inverse of `encode_row`; raises `msgspec.DecodeError` or `msgspec.ValidationError` on anything else."""
    return _settlement_decoder.decode(raw)
