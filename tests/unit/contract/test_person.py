"""The reference to a person."""

from __future__ import annotations

from hashlib import blake2b

import pytest

from streams.contract.person import person_ref

KEY = b"a key of sixteen"


def test_a_reference_is_a_keyed_hash() -> None:
    """The reference is BLAKE2b of the number under the key, 16 bytes in hex, and never holds the number."""
    number = "31000000000000000000001"
    assert person_ref(number, KEY) == blake2b(number.encode(), key=KEY, digest_size=16).hexdigest()
    assert len(person_ref("1", KEY)) == 32
    assert person_ref("张三", KEY) == person_ref("张三", KEY)


def test_persons_and_keys_tell_references_apart() -> None:
    """Another person, or another key, gives another reference."""
    assert len({person_ref("1", KEY), person_ref("2", KEY), person_ref("1", KEY[::-1])}) == 3


@pytest.mark.parametrize("key", [b"", b"k" * 65])
def test_a_key_that_protects_nothing_is_refused(key: bytes) -> None:
    """An empty key would let anyone try all numbers; one over 64 bytes is no BLAKE2b key."""
    with pytest.raises(ValueError, match=r"empty|64"):
        person_ref("1", key)
