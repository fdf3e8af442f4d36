"""JSON Lines in files."""

from __future__ import annotations

import gzip
import io
import sys
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from streams.files import FileError, Line, LineWriter, read_lines

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 1000
ENDINGS = [".jsonl", ".jsonl.gz", ".jsonl.zst"]


def packed(path: Path, content: bytes) -> Path:
    """Write bytes as the file's name says."""
    if path.suffix == ".gz":
        content = gzip.compress(content)
    elif path.suffix == ".zst":
        content = zstandard.ZstdCompressor().compress(content)
    path.write_bytes(content)
    return path


def unpacked(path: Path) -> bytes:
    """Read bytes as the file's name says, by the libraries' own means."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(content)
    if path.suffix == ".zst":
        with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)) as reader:
            return reader.read()
    return content


@pytest.mark.parametrize("ending", ENDINGS)
class TestEveryKindOfFile:
    """What holds for plain and compressed files alike."""

    def test_lines_come_with_their_numbers(self, tmp_path: Path, ending: str) -> None:
        """A blank line is a line like any other; a last line needs no end."""
        path = packed(tmp_path / f"x{ending}", b'{"a":1}\n\n  \n{"b":2}\r\n{"c":3}')
        bodies = [b'{"a":1}', b"", b"  ", b'{"b":2}', b'{"c":3}']
        assert [Line(n, body, False) for n, body in enumerate(bodies, 1)] == list(read_lines(path, LIMIT))

    def test_a_byte_order_mark_is_dropped(self, tmp_path: Path, ending: str) -> None:
        """Some Windows programs put one there; a line of exactly the limit stays whole all the same."""
        body = b"x" * LIMIT
        path = packed(tmp_path / f"x{ending}", b"\xef\xbb\xbf" + body + b"\r\n" + body + b"\n")
        assert [Line(1, body, False), Line(2, body, False)] == list(read_lines(path, LIMIT))

    def test_a_line_over_the_limit_is_marked_and_the_next_one_is_read(self, tmp_path: Path, ending: str) -> None:
        """One huge line costs neither memory nor its neighbours."""
        huge = b"y" * 3_000_000
        path = packed(tmp_path / f"x{ending}", b"a\n" + huge + b"\nb\n" + huge)
        assert [
            Line(1, b"a", False),
            Line(2, huge[:LIMIT], True),
            Line(3, b"b", False),
            Line(4, huge[:LIMIT], True),
        ] == list(read_lines(path, LIMIT))

    def test_an_empty_file_has_no_lines(self, tmp_path: Path, ending: str) -> None:
        """It is no error."""
        assert list(read_lines(packed(tmp_path / f"x{ending}", b""), LIMIT)) == []

    def test_what_is_written_is_read_and_the_same_each_time(self, tmp_path: Path, ending: str) -> None:
        """Equal content gives equal files, whatever they are called."""
        bodies = [b'{"n":%d}' % number for number in range(5000)]
        files = [tmp_path / f"x{ending}", tmp_path / f"y{ending}"]
        for file in files:
            with LineWriter(file) as writer:
                for body in bodies:
                    writer.write(body)
        assert unpacked(files[0]) == b"".join(body + b"\n" for body in bodies)
        assert files[0].read_bytes() == files[1].read_bytes()
        assert [line.data for line in read_lines(files[0], LIMIT)] == bodies


@given(
    lengths=st.lists(st.integers(0, 20), min_size=1, max_size=8),
    ends=st.sampled_from([b"\n", b"\r\n"]),
    limit=st.integers(1, 12),
    last=st.booleans(),
)
def test_lines_of_any_length_are_cut_at_the_limit_and_nowhere_else(
    tmp_path_factory: pytest.TempPathFactory,
    lengths: list[int],
    ends: bytes,
    limit: int,
    last: bool,  # noqa: FBT001 - drawn
) -> None:
    """Against the obvious way that reads everything."""
    bodies = [b"x" * length for length in lengths]
    content = ends.join(bodies) + (ends if last else b"")
    path = tmp_path_factory.mktemp("lines") / "x.jsonl"
    path.write_bytes(content)
    if not bodies[-1] and not last:
        del bodies[-1]  # nothing after the last end is no line
    expected = [Line(n, body[:limit], len(body) > limit) for n, body in enumerate(bodies, 1)]
    assert expected == list(read_lines(path, limit))


def test_several_compressed_frames_are_one_file(tmp_path: Path) -> None:
    """Files may be made by appending, or by many threads."""
    for ending, pack in ((".gz", gzip.compress), (".zst", zstandard.ZstdCompressor().compress)):
        path = tmp_path / f"x{ending}"
        path.write_bytes(pack(b"a\nb") + pack(b"c\nd\n"))
        assert [line.data for line in read_lines(path, LIMIT)] == [b"a", b"bc", b"d"]


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_file_that_ends_too_early_is_an_error_after_its_lines(tmp_path: Path, ending: str) -> None:
    """A broken upload is not taken for the whole; the message names the line."""
    bodies = [b"%064x" % (number * 0x9E3779B97F4A7C15 % 2**256) for number in range(30_000)]
    path = packed(tmp_path / f"x{ending}", b"\n".join(bodies))
    path.write_bytes(path.read_bytes()[:-1000])
    seen: list[Line] = []
    with pytest.raises(FileError, match=rf"x{ending}:\d+: the compressed file ends too early") as caught:
        seen.extend(read_lines(path, LIMIT))
    assert 0 < len(seen) < len(bodies)
    assert bodies[: len(seen)] == [line.data for line in seen]
    assert f":{len(seen) + 1}:" in str(caught.value)


@pytest.mark.parametrize("ending", [".gz", ".zst"])
def test_a_file_that_is_not_compressed_is_an_error(tmp_path: Path, ending: str) -> None:
    """Its name promised it."""
    path = tmp_path / f"x{ending}"
    path.write_bytes(b'{"a":1}\n')
    with pytest.raises(FileError, match=f"x{ending}:1: cannot be decompressed"):
        list(read_lines(path, LIMIT))


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    """For reading and for writing."""
    missing = tmp_path / "none" / "x.jsonl"
    with pytest.raises(FileError, match=f"{missing}: No such file or directory"):
        list(read_lines(missing, LIMIT))
    with pytest.raises(FileError, match=f"{missing}: No such file or directory"):
        LineWriter(missing)
    with pytest.raises(FileError, match="Is a directory"):
        list(read_lines(tmp_path, LIMIT))


def test_a_full_disk_is_named() -> None:
    """What could not be written is never lost silently."""
    with pytest.raises(FileError, match="/dev/full: No space left on device"), LineWriter("/dev/full") as writer:
        writer.write(b"x")


def test_a_dash_is_standard_input_and_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """And standard output stays open for whoever writes after."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\nb\n")))
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(out))
    with LineWriter("-") as writer:
        for line in read_lines("-", LIMIT):
            writer.write(line.data)
    assert out.getvalue() == b"a\nb\n"
