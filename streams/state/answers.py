"""What the owner of a partition told those who asked about its rows, for as long as they may ask again.

A settlement's observation is folded into a remote row before the settlement is decided, and the answer shows the row as
it was before. Should the asker crash, whoever takes over asks again, and must be shown the same: the row itself
has moved on. So answers are kept until the asker has committed the settlement's offset, and are written to the
changelog before the rows that contain what was observed.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWERS_PREFIX = "a:"
"""How keys of saved answers begin, among the rows of a changelog."""

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[tuple[int, bytes]])


class _Saved(NamedTuple):
    """A changelog row with answers to one asker."""

    key: str
    last: int


class AnswerBook:
    """Answers given by one partition, by the asker's partition and offset."""

    __slots__ = ("_fresh", "_given", "_released", "_saved")

    def __init__(self) -> None:
        self._given: dict[int, dict[int, bytes]] = {}
        #: Offsets answered since the last `take_changed`.
        self._fresh: dict[int, list[int]] = {}
        self._saved: dict[int, deque[_Saved]] = {}
        #: Offset below which an asker asks no more.
        self._released: dict[int, int] = {}

    def __len__(self) -> int:
        return sum(map(len, self._given.values()))

    def given(self, asker: int, offset: int) -> bytes | None:
        """The answer that was given, or None."""
        answers = self._given.get(asker)
        return None if answers is None else answers.get(offset)

    def latest(self, asker: int) -> int:
        """The highest offset that an asker was answered; -1 when none is kept."""
        return max(self._given.get(asker, ()), default=-1)

    def keep(self, asker: int, offset: int, answer: bytes) -> None:
        """Remember an answer, unless it is one to an ask met again that nobody can ask anew."""
        if offset < self._released.get(asker, -1):
            return
        self._given.setdefault(asker, {})[offset] = answer
        self._fresh.setdefault(asker, []).append(offset)

    def release(self, asker: int, below: int) -> None:
        """Forget what an asker cannot ask again: it has committed its offsets below this one."""
        if below <= self._released.get(asker, -1):
            return
        self._released[asker] = below
        answers = self._given.get(asker)
        while answers:
            first = next(iter(answers))
            if first >= below:
                break
            del answers[first]

    def take_changed(self) -> Iterator[tuple[str, bytes | None]]:
        """Changelog rows to write, and to delete (None), since the last call."""
        fresh, self._fresh = self._fresh, {}
        for asker, offsets in fresh.items():
            answers = self._given.get(asker, {})
            left = [(offset, answers[offset]) for offset in sorted(offsets) if offset in answers]
            if left:
                saved = _Saved(f"{ANSWERS_PREFIX}{asker}:{left[0][0]}", left[-1][0])
                self._saved.setdefault(asker, deque()).append(saved)
                yield saved.key, _encoder.encode(left)
        for asker, rows in self._saved.items():
            while rows and rows[0].last < self._released.get(asker, -1):
                yield rows.popleft().key, None

    def again(self, key: str) -> bool:
        """Have the answers of a saved row saved once more; returns whether there is such a row."""
        _, asker, first = key.split(":")
        rows = self._saved.get(int(asker), deque())
        found = [row for row in rows if row.key == key]
        for row in found:
            rows.remove(row)
            answers = self._given.get(int(asker), {})
            self._fresh.setdefault(int(asker), []).extend(o for o in answers if int(first) <= o <= row.last)
        return bool(found)

    def restore(self, key: str, raw: bytes | None) -> None:
        """Take a row from the changelog.

        Raises:
            msgspec.DecodeError: The row holds no answers.
        """
        asker = int(key.split(":")[1])
        rows = self._saved.setdefault(asker, deque())
        if raw is None:
            self._saved[asker] = deque(row for row in rows if row.key != key)
            first = int(key.split(":")[2])
            gone = [row.last for row in rows if row.key == key]
            answers = self._given.get(asker, {})
            for offset in [o for o in answers if first <= o <= max(gone, default=first)]:
                del answers[offset]
            return
        answers = dict(_decoder.decode(raw))
        self._given.setdefault(asker, {}).update(answers)
        rows.append(_Saved(key, max(answers)))
