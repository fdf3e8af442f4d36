"""Images of a partition's changelogs: whenever and by whomever they were read, they say the same."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.state.disk import Disk
from streams.state.rows import WindowRow, encode_row
from streams.topology.diskimage import DiskImage
from streams.topology.replica import LOOK_AT, TOMBSTONES_S, RecoveryError, Replica
from streams.topology.statekey import KEY_ROW, StateKey
from tests.unit.topology.changelog import KEY, NAMES, PARTITION, STEPS, Changelog, contents

if TYPE_CHECKING:
    from streams.topology.image import Image

STORIES = st.lists(
    st.tuples(st.sampled_from([*STEPS, "clean", "read", "glance", "rewrite"]), st.integers(0, 9)),
    min_size=15,
    max_size=60,
)


def replica(image: Image | None = None) -> Replica:
    """Return an image of the partition."""
    return Replica(PARTITION, NAMES, StateKey(KEY), image, now=lambda: 0.0)


@settings(max_examples=150, deadline=None)
@given(STORIES)
def test_a_copy_that_was_kept_up_says_what_reading_all_of_it_says(story: list[tuple[str, int]]) -> None:
    """Byte for byte, however often it read on, and whatever was deleted, void, compacted or retired in between."""
    log, copy = Changelog(), replica()
    for step, number in story:
        if step == "read":
            log.read(copy)
        elif step == "glance":
            log.glance(copy, number)
        elif step == "clean":
            log.clean(copy.offsets)
        elif step == "rewrite":
            log.rewrite(replica())
        else:
            STEPS[step](log, number)
    whole = replica()
    log.read(copy)
    log.read(whole)
    assert contents(copy.rows) == contents(whole.rows)
    assert copy.offsets == whole.offsets


@settings(max_examples=50, deadline=None)
@given(STORIES)
def test_a_copy_on_disk_says_the_same(story: list[tuple[str, int]]) -> None:
    """Also when the process ends and another goes on from what was saved, wherever that was.

    Only trace codes' rows that the broker has deleted are still there: they leave a disk when their time has passed.
    """
    log = Changelog()
    with tempfile.TemporaryDirectory() as folder, closing(Disk(Path(folder), {}, 1 << 20)) as disk:
        copy = replica(image=DiskImage(disk, PARTITION))
        for step, number in story:
            if step == "read":
                log.read(copy)
                if number > 2:
                    copy.save()
                if number % 3 == 0:  # another process goes on
                    copy = replica(image=DiskImage(disk, PARTITION))
            elif step == "glance":
                log.glance(copy, number)
                copy.save()
            elif step == "clean":
                log.clean(replica(image=DiskImage(disk, PARTITION)).offsets)
            elif step == "rewrite":
                log.rewrite(replica())
            else:
                STEPS[step](log, number)
        whole = replica()
        log.read(copy)
        copy.save()
        log.read(whole)
        again = replica(image=DiskImage(disk, PARTITION))
        for image in (copy, again):
            found, right = contents(image.rows), contents(whole.rows)
            retired = {key for key in found["windows"] if key[0] == "t"} - right["windows"].keys()
            found["windows"] = {key: row for key, row in found["windows"].items() if key not in retired}
            assert found == right
            assert image.offsets == whole.offsets
            assert len(image.rows.settlements) == len(right["settlements"])
            assert len(image.rows.windows) == len(right["windows"]) + len(retired)


def test_stories_have_something_of_everything() -> None:
    """The story above would prove nothing if its rows were not read: one of each is there in the end."""
    log, image = Changelog(), replica()
    for step in ("window", "traces", "settlement", "effects", "answer", "reach", "claim", "window", "void"):
        STEPS[step](log, 1)
    log.read(image)
    found = contents(image.rows)
    assert set(found["windows"]) == {"p:1", "t:1", "t:2", "t:3"}
    assert [key for key, _ in found["settlements"]] == ["S1"]
    assert set(found["answers"]) == {(1, 0), (1, 2)}
    assert (image.rows.reached.epoch, image.void) == (2, 2)


def test_a_copy_is_not_read_on_where_the_log_does_not_continue_it() -> None:
    """A topic made anew, records gone from the windows' topic, deletions that may be gone: all is read again then."""
    log, now = Changelog(), 0.0
    copy = Replica(PARTITION, NAMES, StateKey(KEY), now=lambda: now)
    log.window(1)
    log.read(copy)
    end = log.ends[NAMES.windows]
    assert copy.follows(NAMES.windows, 0, end)
    assert copy.follows(NAMES.windows, 0, end + 5)
    assert not copy.follows(NAMES.windows, 0, end - 1)
    assert not copy.follows(NAMES.settlements, 0, -1)
    assert not copy.follows(NAMES.windows, end + 1, end + 5)
    now = TOMBSTONES_S
    assert copy.follows(NAMES.windows, 0, end)
    assert not copy.follows(NAMES.windows, 0, end + 1)
    anew = copy.anew()
    assert (contents(anew.rows), anew.begun) == (contents(replica().rows), False)


def test_rows_of_another_state_key_or_version_are_refused() -> None:
    """The place and the reason are named; nothing is decided on such rows."""
    other = Message(topic=NAMES.windows, partition=PARTITION, offset=7, key=KEY_ROW, value=b"another")
    with pytest.raises(RecoveryError, match="another state key"):
        replica().apply(other)
    broken = Message(topic=NAMES.traces, partition=PARTITION, offset=7, key=b"", value=b"\xc1")
    with pytest.raises(RecoveryError, match=r"traces\[3\]@7 holds no rows of this version"):
        replica().apply(broken)


def test_window_rows_that_cannot_be_read_are_refused_before_they_are_used() -> None:
    """Only the last version of a row is looked at: when it is saved or decided on, or after so many rows."""
    image = replica()
    image.apply(window(7, b"p:1", b"\xc1"))
    with pytest.raises(RecoveryError, match=r"windows\[3\]@7 holds no rows of this version"):
        image.adopt()
    image.apply(window(8, b"p:1", encode_row(WindowRow({}, 0, {}))))
    image.adopt()
    image.apply(window(9, b"p:1", b"\xc1"))
    for number in range(LOOK_AT - 2):
        image.apply(window(10 + number, b"p:%d" % (number + 2), encode_row(WindowRow({}, 0, {}))))
    with pytest.raises(RecoveryError, match=r"windows\[3\]@9 holds no rows"):
        image.apply(window(10 + LOOK_AT, b"p:0", encode_row(WindowRow({}, 0, {}))))


def window(offset: int, key: bytes, value: bytes) -> Message:
    """Return a record of a window row."""
    return Message(topic=NAMES.windows, partition=PARTITION, offset=offset, key=key, value=value)
