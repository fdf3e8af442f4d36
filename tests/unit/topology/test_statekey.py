"""Rows that say under which key they are kept."""

from __future__ import annotations

from streams.topology.statekey import KEY_ROW, StateKey


class Written:
    """Takes what is written."""

    def __init__(self) -> None:
        self.rows: dict[int, bytes] = {}

    def send(self, _topic: str, value: bytes, *, key: bytes, partition: int) -> None:
        """Take a row."""
        assert key == KEY_ROW
        assert partition not in self.rows
        self.rows[partition] = value


def test_a_partition_is_marked_once_and_known_again() -> None:
    """The next worker with the same key finds it fitting; with another key it does not; the key is not in it."""
    written = Written()
    first = StateKey(b"one key")
    first.mark(written, "windows", {0, 1})  # type: ignore[arg-type]
    first.mark(written, "windows", {0, 1, 2})  # type: ignore[arg-type]
    assert written.rows.keys() == {0, 1, 2}
    assert StateKey(b"one key").fits(0, written.rows[0])
    assert not StateKey(b"another").fits(0, written.rows[0])
    assert all(b"one key" not in value for value in written.rows.values())


def test_a_mark_that_is_there_is_not_written_again() -> None:
    """What recovery has read counts."""
    written = Written()
    first, second = StateKey(b"one key"), StateKey(b"one key")
    first.mark(written, "windows", {0})  # type: ignore[arg-type]
    second.fits(0, written.rows[0])
    second.mark(written, "windows", {0})  # type: ignore[arg-type]
