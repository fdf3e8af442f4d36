"""A row in each partition of the windows' changelog that tells under which state key its rows are kept.

With another key every person would be new, every window empty, and nothing would say so. So a worker that finds another
fingerprint than its own refuses the state.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.topology.sink import Sink

KEY_ROW: Final = b"#state-key"
"""Key of the row; those of windows begin with a letter."""
_BYTES: Final = 8


class StateKey:
    """What rows say about their key, and what they should say.

    Args:
        key: The state key.
    """

    def __init__(self, key: bytes) -> None:
        self._fingerprint = blake2b(b"prewarn state key", key=key, digest_size=_BYTES).digest()
        self._marked: set[int] = set()

    @property
    def shown(self) -> str:
        """What tells this key from others, and does not tell the key."""
        return self._fingerprint.hex()

    def fits(self, partition: int, fingerprint: bytes | None) -> bool:
        """Take a row of this kind from the changelog; tell whether its rows are kept under our key."""
        self._marked.add(partition)
        return fingerprint == self._fingerprint

    def mark(self, sink: Sink, topic: str, partitions: Iterable[int]) -> None:
        """Write the row into partitions that had none."""
        for partition in set(partitions) - self._marked:
            sink.send(topic, self._fingerprint, key=KEY_ROW, partition=partition)
            self._marked.add(partition)
