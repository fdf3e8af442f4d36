"""The directory of a rocksdb store: whose it is, who may use it, and what becomes of damage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka.admin import AdminClient

from streams.settings import Settings
from streams.state.disk import DAMAGED, DATABASE, IDENTITY, SETTLEMENT, WINDOW, Disk, StoreError
from streams.topology.kept import open_disk
from streams.topology.screening import Names
from streams.topology.statekey import StateKey

if TYPE_CHECKING:
    from pathlib import Path

WHOSE: dict[str, Any] = {"cluster": "c", "group": "g", "partitions": 4, "state_key": "ab", "topics": ["w", "t", "s"]}


def opened(directory: Path, **other: Any) -> Disk:
    """Return the directory's rows."""
    return Disk(directory, WHOSE | other, 1 << 20)


def with_a_row(directory: Path) -> None:
    """Leave a directory with a row in it."""
    disk = opened(directory)
    batch = disk.batch()
    batch.put(1, WINDOW, b"p:1", b"row")
    disk.write(batch)
    disk.close()


def test_what_is_opened_again_has_filters_and_its_cache(tmp_path: Path) -> None:
    """Which rocksdict gives to new databases only, unless the column family is named: RocksDB's own log tells."""
    for _ in range(2):
        with_a_row(tmp_path)
        said = [line.strip() for line in (tmp_path / DATABASE / "LOG").read_text("utf-8").splitlines()]
        capacities = [int(line.split(":")[1]) for line in said if line.startswith("capacity :")]
        assert capacities == [1 << 20]
        assert "filter_policy: bloomfilter" in said
        assert "partition_filters: 1" in said


def test_a_store_needs_a_directory() -> None:
    """A worker that is told to keep rows on disk, and not where, says what to set."""
    with pytest.raises(StoreError, match="needs PREWARN_STORE_DIR"):
        open_disk(Settings(store="rocksdb"), Names(*Names._fields), StateKey(b"a key"), AdminClient({}))


def test_rows_are_there_again(tmp_path: Path) -> None:
    """What was written together is read by the next process; partitions and kinds are kept apart, and wiped alone."""
    with_a_row(tmp_path / "new" / "store")
    disk = opened(tmp_path / "new" / "store")
    assert disk.rebuilt == ""
    found = [disk.get(number, kind, b"p:1") for number in (0, 1, 2) for kind in (WINDOW, SETTLEMENT)]
    assert found == [None, None, b"row", None, None, None]
    disk.wipe(0)
    assert disk.get(1, WINDOW, b"p:1") == b"row"
    disk.wipe(1)
    assert disk.get(1, WINDOW, b"p:1") is None
    disk.close()


def test_a_scan_goes_on_while_rows_come_and_go(tmp_path: Path) -> None:
    """In the order of keys, of one kind of one partition, however many; what was deleted is not met again."""
    disk = opened(tmp_path / "store")
    batch = disk.batch()
    for n in range(2_000):
        batch.put(1, WINDOW, f"{n:04}".encode(), b"x")
    batch.put(2, WINDOW, b"other", b"x")
    disk.write(batch)
    seen = []
    for key, _ in disk.scan(1, WINDOW, b"0100"):
        seen.append(int(key))
        if int(key) == 150:
            batch = disk.batch()
            batch.delete(1, WINDOW, b"1900")
            disk.write(batch)
    assert seen == [n for n in range(100, 2_000) if n != 1_900]
    disk.close()


@pytest.mark.parametrize(
    ("name", "other"),
    [("cluster", "d"), ("group", "h"), ("partitions", 5), ("state_key", "cd"), ("topics", ["x", "t", "s"])],
)
def test_the_rows_of_another_installation_are_refused(tmp_path: Path, name: str, other: Any) -> None:
    """What differs is named, and nothing is deleted."""
    with_a_row(tmp_path / "store")
    with pytest.raises(StoreError, match=f"another installation .{name} "):
        opened(tmp_path / "store", **{name: other})
    disk = opened(tmp_path / "store")
    assert disk.get(1, WINDOW, b"p:1") == b"row"
    disk.close()


def test_a_directory_with_other_files_is_refused(tmp_path: Path) -> None:
    """Nothing is written among what is not ours, and nothing of it deleted."""
    (tmp_path / "thesis.doc").write_text("years of work")
    with pytest.raises(StoreError, match=r"other files .thesis\.doc"):
        opened(tmp_path)
    assert (tmp_path / "thesis.doc").exists()
    assert not (tmp_path / DATABASE).exists()


def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    """Two workers with one directory: the second is told what to set."""
    first = opened(tmp_path)
    with pytest.raises(StoreError, match="in use by another process"):
        opened(tmp_path)
    first.close()
    opened(tmp_path).close()


def garbled_manifest(directory: Path) -> None:
    for file in (directory / DATABASE).glob("MANIFEST*"):
        file.write_bytes(b"garbage" * 50)


def marked(directory: Path) -> None:
    (directory / DAMAGED).write_text("a row could not be read")


def older_format(directory: Path) -> None:
    file = directory / IDENTITY
    file.write_text(file.read_text().replace('"format": 1', '"format": 0'))


def garbled_identity(directory: Path) -> None:
    (directory / IDENTITY).write_text("{")


@pytest.mark.parametrize("harm", [garbled_manifest, marked, older_format, garbled_identity])
def test_what_is_damaged_or_old_is_made_anew(tmp_path: Path, harm: Any) -> None:
    """Its rows are gone, and it says why; the next time all is well."""
    with_a_row(tmp_path)
    harm(tmp_path)
    disk = opened(tmp_path)
    assert disk.rebuilt
    assert disk.get(1, WINDOW, b"p:1") is None
    disk.close()
    disk = opened(tmp_path)
    assert disk.rebuilt == ""
    disk.close()


def test_a_damaged_row_ends_the_process_and_the_next_reads_anew(tmp_path: Path) -> None:
    """Nothing is decided without a row that is there and cannot be read."""
    disk = opened(tmp_path)
    batch = disk.batch()
    for n in range(20_000):
        batch.put(1, WINDOW, f"p:{n}".encode(), b"%d" % n * 40)
    disk.write(batch)
    disk._db.flush()
    disk.close()
    for file in (tmp_path / DATABASE).glob("*.sst"):
        body = bytearray(file.read_bytes())
        body[1_000:50_000:7] = b"\0" * len(body[1_000:50_000:7])
        file.write_bytes(body)
    disk = opened(tmp_path)
    with pytest.raises(StoreError, match="the next start reads the rows anew"):
        list(disk.scan(1, WINDOW))
    with pytest.raises(StoreError, match="the next start reads the rows anew"):
        list(map(disk.get, [1] * 20_000, [WINDOW] * 20_000, [f"p:{n}".encode() for n in range(20_000)]))
    disk.close()
    disk = opened(tmp_path)
    assert "could not be read" in disk.rebuilt
    disk.close()
