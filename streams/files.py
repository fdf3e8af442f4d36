"""JSON Lines in files: plain, `.gz`, `.zst`, or `-` for standard input and output; lines of bounded length.

Errors name file and line. What a line means is the reader's business; here it is bytes.
"""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple, Self, cast

import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterator

STDIO: Final = "-"
BUFFER: Final = 1 << 20
"""Bytes read and written at once."""
ZSTD_LEVEL: Final = 3
GZIP_LEVEL: Final = 6
_BOM: Final = b"\xef\xbb\xbf"
_ROOM: Final = len(_BOM) + len(b"\r\n")
_CHUNK: Final = 1 << 16
_UNREADABLE: Final = (OSError, EOFError, zlib.error, zstandard.ZstdError)


class FileError(Exception):
    """A file cannot be read or written; the message names it and, where there is one, the line."""


class Line(NamedTuple):
    """One line.

    Attributes:
        number: Its place in the file, from 1.
        data: Its bytes without the line's end; of a line that is too large, as many as the limit.
        too_large: Whether it was longer than the limit.
    """

    number: int
    data: bytes
    too_large: bool


def read_lines(path: str | Path, limit: int) -> Iterator[Line]:
    r"""Yield the lines of a file; a blank one is a line too, for whoever reads to judge.

    A line ends with `\n` or `\r\n`; a byte order mark at the beginning, which some Windows programs write, is dropped.
    A line longer than `limit` bytes is marked and its rest passed over, so that memory stays bounded.

    Raises:
        FileError: The file cannot be opened, or cannot be decompressed from some line on.
    """
    number = 0
    try:
        with _reading(str(path)) as file:
            while raw := file.readline(limit + _ROOM):
                number += 1
                ended = raw.endswith(b"\n")
                data = raw.removesuffix(b"\n").removesuffix(b"\r") if ended else raw
                if number == 1:
                    data = data.removeprefix(_BOM)
                too_large = len(data) > limit
                if too_large and not ended:
                    _pass_over_rest(file)
                yield Line(number, data[:limit], too_large)
    except _UNREADABLE as error:
        raise FileError(_message(path, error, number + 1)) from None


def _pass_over_rest(file: IO[bytes]) -> None:
    while (rest := file.readline(BUFFER)) and not rest.endswith(b"\n"):
        pass


def _message(path: str | Path, error: Exception, line: int) -> str:
    """Return the message for an error at a line; one that the system names concerns the file as a whole."""
    if isinstance(error, OSError) and error.strerror:
        return f"{path}: {error.strerror}"
    if isinstance(error, EOFError):
        return f"{path}:{line}: the compressed file ends too early"
    return f"{path}:{line}: cannot be decompressed: {error}"


@contextmanager
def _reading(path: str) -> Iterator[IO[bytes]]:
    if path == STDIO:
        yield sys.stdin.buffer
        return
    with Path(path).open("rb", buffering=BUFFER) as plain:
        if path.endswith(".gz"):
            with gzip.GzipFile(fileobj=plain) as unzipped:
                yield io.BufferedReader(cast("io.RawIOBase", unzipped), BUFFER)
        elif path.endswith(".zst"):
            yield io.BufferedReader(_Unzstd(plain), BUFFER)
        else:
            yield plain


class _Unzstd(io.RawIOBase):
    """The decompressed bytes of a `.zst` file of one or more frames.

    The library's own reader takes the end of a file in the middle of a frame for the end of the data.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._in_frame = False
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader passes
        while not self._ready:
            compressed = self._frame.unused_data if self._frame.eof else b""
            if self._frame.eof:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
                self._in_frame = False
            compressed = compressed or self._file.read(_CHUNK)
            if not compressed:
                if self._in_frame:
                    raise EOFError
                return 0
            self._in_frame = True
            self._ready = memoryview(self._frame.decompress(compressed))
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count


class LineWriter:
    """Writes lines to a file, compressed as its name says; the same lines give the same bytes."""

    def __init__(self, path: str | Path) -> None:
        """Open the file, which is emptied.

        Raises:
            FileError: It cannot be opened.
        """
        self._path = str(path)
        self._stack = ExitStack()
        try:
            self._file = self._stack.enter_context(_writing(self._path))
        except OSError as error:
            raise FileError(f"{path}: {error.strerror or error}") from None

    def write(self, body: bytes) -> None:
        """Write one line; `body` has no line end.

        Raises:
            FileError: The file cannot be written.
            BrokenPipeError: Whoever read standard output has gone.
        """
        try:
            self._file.write(body)
            self._file.write(b"\n")
        except BrokenPipeError:
            raise
        except OSError as error:
            raise FileError(f"{self._path}: {error.strerror or error}") from None

    def close(self) -> None:
        """Write what is still held back, and close; standard output stays open.

        Raises:
            FileError: It cannot be written.
        """
        try:
            self._stack.close()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise FileError(f"{self._path}: {error.strerror or error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _writing(path: str) -> Iterator[IO[bytes]]:
    if path == STDIO:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with Path(path).open("wb", buffering=BUFFER) as plain:
        if path.endswith(".gz"):
            # Without name and time in its header, so that equal content is an equal file.
            with gzip.GzipFile(filename="", mode="wb", fileobj=plain, mtime=0, compresslevel=GZIP_LEVEL) as zipped:
                buffered = io.BufferedWriter(cast("io.RawIOBase", zipped), BUFFER)
                yield buffered
                buffered.flush()
        elif path.endswith(".zst"):
            with zstandard.ZstdCompressor(level=ZSTD_LEVEL).stream_writer(plain, closefd=False) as compressor:
                yield cast("IO[bytes]", compressor)
        else:
            yield plain
