"""The references that stand for a person's number: one inside, which rows are kept under, and one that may leave.

Two keys, because they live differently. The *state key* makes the inner reference. Rows of windows are kept
under it, so with another key every person would be new: it stays. The *person key* makes the outer reference from
the inner one, when a result leaves: it can be changed at any time, and no window notices.

What a change of the person key means: from then on every reference in results is another one, in repeated answers too,
and nobody without the keys can join those from before with those from after. That is its purpose. A platform that must
go on with a person's history joins by its own `setl_id`.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final

_REF_BYTES: Final = 16
_MARK: Final = "~"
_INNER: Final = re.compile(rb"~[0-9a-f]{32}~")


def person_ref(text: str, key: bytes) -> str:
    """Hash a text with a key: 32 hex digits that nobody can turn back without the key.

    Args:
        text: A person's number, or an inner reference.
        key: Secret of 1 to 64 bytes. Another key gives another reference, so those of two keys cannot be joined.

    Raises:
        ValueError: The key is empty or too long: without a key, numbers could be found by trying them all.
    """
    if not key:
        raise ValueError("the key of person references is empty")
    return blake2b(text.encode(), digest_size=_REF_BYTES, key=key).hexdigest()


def inner_ref(psn_no: str, key: bytes) -> str:
    """Return the reference used inside; its marks let `Outgoing` find it wherever evidence has put it.

    Raises:
        ValueError: As `person_ref`.
    """
    return f"{_MARK}{person_ref(psn_no, key)}{_MARK}"


class Outgoing:
    """Puts outer references in the place of inner ones.

    Args:
        key: The person key, 1 to 64 bytes.

    Raises:
        ValueError: As `person_ref`.
    """

    def __init__(self, key: bytes) -> None:
        person_ref("", key)
        self._key = key

    def __call__(self, body: bytes) -> bytes:
        """Return an encoded result as it may leave."""
        return _INNER.sub(lambda found: person_ref(found[0].decode(), self._key).encode(), body)
