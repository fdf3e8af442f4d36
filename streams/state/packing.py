"""Settlement rows, packed: of all rows they are the largest, they are many, and they are hardly ever read.

Zstandard with a dictionary of typical rows needs a fifth of the bytes in the changelog and its copies, and about a
quarter in memory (`python -m tests.bench state`; before: 2,128 and 2,704 bytes). The dictionary of a row is named in
it: `dictionaries/N.zdict` are all there ever were, rows are written with the last one. Another pack, or other traffic,
packs a little less well by the same dictionary; `python -m tests.bench.dictionary` makes a new one.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

import msgspec
import zstandard

_FOLDER: Final = Path(__file__).parent / "dictionaries"
LEVEL: Final = 1
"""The fastest: a row is packed for every settlement."""
LARGEST: Final = 64 << 20
"""Bytes of an unpacked row, at most: many times what the largest event can give."""


class _Dictionaries(threading.local):
    """Every thread has its own: Zstandard's contexts are not to be shared."""

    def __init__(self) -> None:
        super().__init__()
        files = sorted(_FOLDER.glob("*.zdict"), key=lambda file: int(file.stem))
        known = [zstandard.ZstdCompressionDict(file.read_bytes()) for file in files]
        self.pack = zstandard.ZstdCompressor(level=LEVEL, dict_data=known[-1]).compress
        self.unpack = {each.dict_id(): zstandard.ZstdDecompressor(dict_data=each).decompress for each in known}


_dictionaries = _Dictionaries()


def pack(raw: bytes) -> bytes:
    """Pack the bytes of a row."""
    return _dictionaries.pack(raw)


def unpack(packed: bytes) -> bytes:
    """Inverse of `pack`.

    Raises:
        msgspec.DecodeError: The bytes are no packed row, or one packed with a dictionary that is not known here.
    """
    try:
        frame = zstandard.get_frame_parameters(packed)
        decompress = _dictionaries.unpack.get(frame.dict_id)
        if decompress is None:
            raise msgspec.DecodeError(f"a row is packed with dictionary {frame.dict_id}, which this release lacks")
        if frame.content_size > LARGEST:
            raise msgspec.DecodeError(f"a packed row says that it has {frame.content_size} bytes")
        return decompress(packed)
    except zstandard.ZstdError as error:
        raise msgspec.DecodeError(f"a packed row cannot be read: {error}") from None
