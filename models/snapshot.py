"""A model as data that can be kept, sent and looked into: JSON, compressed. Nothing in it is ever executed.

A snapshot says by what it was made (River's version) and for which inputs (`models.inputs.SCHEMA`). One for other
inputs is refused; what it holds are counts and weights, which mean the same under any version of River.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec
import orjson
import river
import zstandard

from models.inputs import SCHEMA
from models.online import OnlineModel

MAX_BYTES = 256 * 1024 * 1024
"""Of a snapshot's JSON: more is not one of ours."""


class SnapshotError(ValueError):
    """A snapshot cannot be used; the message says why."""


class Snapshot(msgspec.Struct, kw_only=True):
    """A model at one point of the lessons."""

    version: str
    schema: str
    river: str
    generation: int
    lessons: int
    #: Offset of the first lesson that it has not learned; 0 where lessons come from files.
    offset: int
    #: SHA-256 of the model's JSON.
    sha256: str
    model: msgspec.Raw


class Summary(msgspec.Struct, kw_only=True):
    """What a list of snapshots shows."""

    version: str
    schema: str
    river: str
    generation: int
    lessons: int
    offset: int


def freeze(model: OnlineModel, offset: int = 0) -> bytes:
    """Write a model down."""
    body = orjson.dumps(model.to_plain(), option=orjson.OPT_NON_STR_KEYS)
    snapshot = Snapshot(
        version=model.version,
        schema=SCHEMA,
        river=river.__version__,
        generation=model.generation,
        lessons=model.lessons,
        offset=offset,
        sha256=sha256(body).hexdigest(),
        model=msgspec.Raw(body),
    )
    return zstandard.ZstdCompressor(level=3).compress(msgspec.json.encode(snapshot))


def read(raw: bytes) -> Snapshot:
    """Read a snapshot without bringing it to life.

    Raises:
        SnapshotError: It is damaged, or not one.
    """
    try:
        text = zstandard.ZstdDecompressor().decompress(raw, max_output_size=MAX_BYTES)
        snapshot = msgspec.json.decode(text, type=Snapshot)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise SnapshotError(f"not a snapshot: {error}") from None
    if sha256(bytes(snapshot.model)).hexdigest() != snapshot.sha256:
        raise SnapshotError(f"snapshot {snapshot.version} is damaged: its checksum differs")
    return snapshot


def thaw(snapshot: Snapshot) -> OnlineModel:
    """Bring a model back to life.

    Raises:
        SnapshotError: It was taught on other inputs, or holds something else.
    """
    if snapshot.schema != SCHEMA:
        raise SnapshotError(f"snapshot {snapshot.version} is for other inputs ({snapshot.schema}, here {SCHEMA})")
    plain: Any = orjson.loads(bytes(snapshot.model))
    try:
        return OnlineModel.from_plain(plain)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SnapshotError(f"snapshot {snapshot.version} holds no model: {type(error).__name__} {error}") from None


def summary(snapshot: Snapshot) -> Summary:
    """All of a snapshot but the model."""
    return Summary(
        version=snapshot.version,
        schema=snapshot.schema,
        river=snapshot.river,
        generation=snapshot.generation,
        lessons=snapshot.lessons,
        offset=snapshot.offset,
    )
