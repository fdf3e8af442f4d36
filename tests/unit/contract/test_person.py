"""The references to a person."""

from __future__ import annotations

from hashlib import blake2b

import pytest

from streams.contract.person import Outgoing, inner_ref, person_ref

KEY = b"a key of sixteen"
OTHER = b"another key of s"
NUMBER = "31000000000000000000001"


def test_a_reference_is_a_keyed_hash() -> None:
    """The reference is BLAKE2b of the number under the key, 16 bytes in hex, and never holds the number."""
    assert person_ref(NUMBER, KEY) == blake2b(NUMBER.encode(), key=KEY, digest_size=16).hexdigest()
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
    with pytest.raises(ValueError, match=r"empty|64"):
        Outgoing(key)


def test_inner_references_do_not_leave() -> None:
    """Wherever evidence put one, the outer one stands in its place, the same for the same person; all else stays."""
    one, two = inner_ref("1", KEY), inner_ref("2", KEY)
    body = f'{{"result_id":"{"0f" * 16}","psn_ref":"{one}","list":["{two}","{one}"],"said":"~5 参保人{two}"}}'
    sent = Outgoing(OTHER)(body.encode()).decode()
    outer = [person_ref(ref, OTHER) for ref in (one, two)]
    assert sent == body.replace(one, outer[0]).replace(two, outer[1])
    assert one[1:-1] not in sent


def test_a_new_person_key_changes_what_leaves_and_nothing_else() -> None:
    """The inner reference, which rows are kept under, comes from the state key alone."""
    inner = inner_ref(NUMBER, KEY)
    assert inner == inner_ref(NUMBER, KEY)
    assert Outgoing(KEY)(inner.encode()) != Outgoing(OTHER)(inner.encode())
