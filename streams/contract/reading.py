"""Bytes to a wire record, once and strictly; and, off the hot path, the exact reason why not."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NoReturn, TypeVar

import orjson
from msgspec import DecodeError, ValidationError

from streams.contract.rejected import Rejected

if TYPE_CHECKING:
    from msgspec.json import Decoder

T = TypeVar("T")

MAX_BYTES = 1 << 20
"""The default limit of a record: 1 MiB."""

_MESSAGE = re.compile(r"(?P<what>.*) - at `(?P<path>\$[^`]*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(\w+)`")
# The messages known to speak of types and sizes alone; all others may quote the record.
_HARMLESS = re.compile(
    r"Expected `[a-z |]+`(?:, got `[a-z]+`| of length [<>]= \d+| [<>]=? -?[\d.e+]+)?|Number out of range",
)
_JSON_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_TYPE = re.compile(rf"\b(?:{'|'.join(_JSON_TYPES)})\b")
_BYTE = re.compile(r"\(byte (\d+)\)$")


def read(decoder: Decoder[T], raw: bytes, max_bytes: int = MAX_BYTES) -> T:
    """Decode one record into its wire shape.

    Args:
        decoder: Decoder of that shape.
        raw: The bytes as received.
        max_bytes: Largest record that is looked at.

    Raises:
        Rejected: ``too-large``, ``not-json``, or ``invalid`` against the shape.
    """
    if len(raw) > max_bytes:
        raise Rejected("too-large", f"$: {len(raw)} bytes, the limit is {max_bytes}")
    try:
        if not raw.isascii():
            raw.decode()  # the decoder does not look inside what it skips
        return decoder.decode(raw)
    except UnicodeDecodeError as error:
        raise Rejected("not-json", f"$: not UTF-8 at byte {error.start}") from None
    except ValidationError as error:
        _reject_invalid(raw, str(error))
    except DecodeError as error:
        raise _not_json(str(error)) from None
    except RecursionError:
        raise _too_deep() from None


def _not_json(message: str) -> Rejected:
    at = _BYTE.search(message)
    return Rejected("not-json", f"$: malformed JSON at byte {at[1]}" if at else "$: malformed JSON")


def _too_deep() -> Rejected:
    return Rejected("invalid", "$: nested too deeply")


def _reject_invalid(raw: bytes, message: str) -> NoReturn:
    """Tell a wrong record from text that is no JSON further on: the decoder stops at whichever comes first."""
    try:
        if not _is_json(raw):
            raise _not_json("")
        path, what = _explain(message)
    except RecursionError:
        raise _too_deep() from None
    raise Rejected("invalid", f"{path}: {what}")


def _is_json(raw: bytes) -> bool:
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _is_json_of_any_number(raw)
    return True


def _is_json_of_any_number(raw: bytes) -> bool:
    """Read once more, because orjson also refuses numbers that no double can hold, which are JSON all the same."""
    try:
        value = json.loads(raw.decode(), parse_constant=_refuse, parse_int=float)
        json.dumps(value, ensure_ascii=False).encode()  # fails for half a surrogate pair, which is no character
    except ValueError:
        return False
    return True


def _refuse(_token: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _explain(message: str) -> tuple[str, str]:
    """Return the path, and what is wrong there in words that quote nothing, of a validation message."""
    match = _MESSAGE.fullmatch(message)
    what, path = (match["what"], match["path"]) if match else (message, "$")
    missing = _MISSING.fullmatch(what)
    if missing:
        return f"{path}.{missing[1]}", "missing"
    if _HARMLESS.fullmatch(what):
        return path, _TYPE.sub(lambda name: _JSON_TYPES[name[0]], what[0].lower() + what[1:])
    return path, "not one of the allowed values"
