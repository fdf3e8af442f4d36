"""The reference to a person that may leave the system, in place of the person's number."""

from __future__ import annotations

from hashlib import blake2b

_REF_BYTES = 16


def person_ref(psn_no: str, key: bytes) -> str:
    """Hash a person's number with a key: 32 hex digits that nobody can turn back without the key.

    Args:
        psn_no: The person's number.
        key: Secret of 1 to 64 bytes. Another key gives another reference, so results of two keys cannot be joined.

    Raises:
        ValueError: The key is empty or too long: without a key, numbers could be found by trying them all.
    """
    if not key:
        raise ValueError("the key of person references is empty")
    return blake2b(psn_no.encode(), digest_size=_REF_BYTES, key=key).hexdigest()
