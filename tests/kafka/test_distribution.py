"""Kafka is fetched once, whoever asks at the same time, and its absence is told with the reason."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.kafka.distribution import UnavailableError, java, libraries, required, version

if TYPE_CHECKING:
    from pathlib import Path

FETCH = """
for argument in "$@"; do case "$argument" in -DoutputDirectory=*) target="${argument#*=}";; esac; done
echo once >> "$0.calls"
/bin/sleep 0.2
/bin/mkdir -p "$target"
echo jar > "$target/kafka.jar"
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it, and an empty cache."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("TESTS_CACHE", str(tmp_path / "cache"))
    return folder


def program(path: Path, script: str) -> None:
    """Write a shell script that can be run."""
    path.write_text(f"#!/bin/sh\n{script}\n", "ascii")
    path.chmod(0o755)


def test_fetched_once(programs: Path) -> None:
    """The second time the folder is there and Maven is not asked."""
    program(programs / "mvn", FETCH)
    first = libraries()
    assert first.name == f"kafka-{version()}"
    assert [jar.name for jar in first.iterdir()] == ["kafka.jar"]
    assert libraries() == first
    assert (programs / "mvn.calls").read_text("ascii") == "once\n"


def test_two_at_once(programs: Path, tmp_path: Path) -> None:
    """Of two that fetch at the same time one wins, both get a whole folder, and nothing is left over."""
    program(programs / "mvn", FETCH)
    with ThreadPoolExecutor() as pool:
        one, two = pool.map(lambda _: libraries(), range(2))
    assert one == two
    assert (programs / "mvn.calls").read_text("ascii") == "once\nonce\n"
    assert list((tmp_path / "cache").iterdir()) == [one]


@pytest.mark.parametrize(
    ("maven", "reason"),
    [
        pytest.param(None, "no mvn on the PATH", id="not installed"),
        pytest.param("echo no route to host; exit 1", "(?s)cannot fetch .*no route to host", id="fails"),
    ],
)
def test_no_maven(programs: Path, tmp_path: Path, maven: str | None, reason: str) -> None:
    """Without Maven, or when it fails, the reason is told and no half folder stays."""
    if maven:
        program(programs / "mvn", maven)
    with pytest.raises(UnavailableError, match=reason):
        libraries()
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param(None, "no java on the PATH", id="not installed"),
        pytest.param("""echo 'openjdk version "11.0.2" 2019-01-15' >&2""", "needs Java 17, found", id="too old"),
        pytest.param("exit 1", "needs Java 17, found", id="broken"),
    ],
)
def test_no_java(programs: Path, script: str | None, reason: str) -> None:
    """Without a Java that is new enough, the reason is told."""
    if script:
        program(programs / "java", script)
    with pytest.raises(UnavailableError, match=reason):
        java()


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", False), ("kafka", True), ("all", True), ("demo,kafka", True), ("demo, kafka", True), ("kafkaesque", False)],
)
def test_required(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:  # noqa: FBT001 - a table's column
    """TESTS_REQUIRE names what may not be missing."""
    monkeypatch.setenv("TESTS_REQUIRE", value)
    assert required("kafka") is expected
