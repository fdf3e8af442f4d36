"""Settlement rows are packed, come back as they were, and whatever is no such row is told."""

from __future__ import annotations

import msgspec
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from streams.state.packing import pack, unpack
from streams.state.rows import (
    Contribution,
    Observation,
    Position,
    SettlementRow,
    decode_settlement,
    encode_settlement,
    time_of,
)
from tests.bench.dictionary import rows

TEXTS = st.text(max_size=40)
OBSERVATIONS = st.builds(
    Observation,
    fid=TEXTS,
    part=TEXTS,
    time=st.integers(0, 1 << 50),
    value=st.none() | st.integers(-(1 << 60), 1 << 60) | TEXTS,
    sign=st.sampled_from((1, -1)),
    setl_id=TEXTS,
)
CONTRIBUTIONS = st.lists(
    st.builds(Contribution, key=TEXTS, owner=TEXTS, observations=st.lists(OBSERVATIONS, max_size=3)), max_size=3
)
POSITIONS = st.builds(Position, st.integers(0, 64), st.integers(0, 1 << 60))
ROWS = st.builds(
    SettlementRow,
    time=st.integers(-(1 << 60), 1 << 60),
    position=POSITIONS,
    answer=st.binary(max_size=2_000),
    contributions=CONTRIBUTIONS,
    given_back=CONTRIBUTIONS,
    unrefunded=st.integers(-(1 << 60), 1 << 60),
    refunds=st.lists(TEXTS, max_size=3),
    reversed_at=st.none() | POSITIONS,
    reversal=CONTRIBUTIONS,
    provisional=st.booleans(),
    late=st.booleans(),
    example=st.binary(max_size=200),
    verdict=st.integers(0, 9),
    judged=st.lists(TEXTS, max_size=2),
)


@given(ROWS)
def test_a_row_comes_back_as_it_was(row: SettlementRow) -> None:
    """Packed, and as earlier releases wrote it; its time is known without unpacking it."""
    raw = encode_settlement(row)
    assert decode_settlement(raw) == row
    assert time_of(raw) == row.time
    plain = msgspec.msgpack.encode(row)
    assert decode_settlement(plain) == row
    assert time_of(plain) == row.time


def test_the_dictionary_is_one_of_settlement_rows() -> None:
    """Rows of another day than it was made from take a fifth of the bytes at most."""
    plain = rows(7, 300)
    assert len(plain) > 200
    assert sum(len(pack(row)) for row in plain) < sum(map(len, plain)) / 5


@given(st.binary(max_size=60))
def test_anything_else_is_told(raw: bytes) -> None:
    """Of whatever bytes, nothing but the error that says so."""
    for read in (unpack, decode_settlement):
        with pytest.raises((msgspec.DecodeError, msgspec.ValidationError)):
            read(raw)


def test_a_row_of_a_later_release_is_told() -> None:
    """Its dictionary is named."""
    unknown = zstandard.train_dictionary(1_024, [bytes([n % 251]) * 40 + b"%d" % n for n in range(2_000)])
    packed = zstandard.ZstdCompressor(dict_data=unknown).compress(b"a row")
    with pytest.raises(msgspec.DecodeError, match=f"dictionary {unknown.dict_id()}, which this release lacks"):
        unpack(packed)
