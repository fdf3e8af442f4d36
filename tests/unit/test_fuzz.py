"""The fuzzed readers on broken variants of good input; `make fuzz` goes on from here, guided by coverage."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, seeds

TOKENS = [b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"-1", b"1e999", b"\\u0000", b"\xff", b"\n", b"  ", b"and"]
TOKENS += [
    b"(",
    b")",
    b"for s in",
    b"param.",
    b"'",
    b"*",
    b"9" * 40,
    b"2026-02-30",
    "，".encode(),
    b"true",
    b"&a",
    b"<<:",
]


@st.composite
def broken(draw: st.DrawFn, name: str) -> bytes:
    """Draw a seed with a few of its parts removed, repeated, replaced or filled with tokens."""
    data = draw(st.sampled_from(seeds(name)))
    for _ in range(draw(st.integers(0, 4))):
        begin = draw(st.integers(0, len(data)))
        end = min(len(data), begin + draw(st.integers(0, 30)))
        piece = draw(st.sampled_from(TOKENS) | st.binary(max_size=8) | st.just(data[begin:end] * 2))
        data = data[:begin] + piece + data[end:]
    return data


@pytest.mark.parametrize("name", TARGETS)
def test_readers_survive_what_is_broken(name: str) -> None:
    """Each says what is wrong, in its own way, and nothing else is raised."""
    cheap = name in ("decoder", "records", "expression")

    @settings(max_examples=150 if cheap else 30)
    @given(data=broken(name) | st.binary(max_size=200))
    def run(data: bytes) -> None:
        TARGETS[name](data)

    run()
