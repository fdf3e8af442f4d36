"""Fetches Apache Kafka from Maven Central into a cache, once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

POM: Final = Path(__file__).parent / "pom.xml"
CACHE_ENV: Final = "TESTS_CACHE"
REQUIRE_ENV: Final = "TESTS_REQUIRE"
FETCH_SECONDS: Final = 600
OLDEST_JAVA: Final = 17


class UnavailableError(Exception):
    """No Kafka can be had on this machine; the message says why."""


def required(what: str) -> bool:
    """Whether TESTS_REQUIRE (names with commas between, or `all`) makes what is missing a failure, not a skip."""
    names = {name.strip() for name in os.environ.get(REQUIRE_ENV, "").split(",")}
    return bool(names & {what, "all"})


def version() -> str:
    """Return the version of Kafka that the POM names."""
    found = re.search(r"<kafka\.version>(.+)</kafka\.version>", POM.read_text("utf-8"))
    if found is None:
        raise ValueError(f"{POM} names no kafka.version")
    return found[1]


def java() -> str:
    """Return the path of a Java that can run the broker.

    Raises:
        UnavailableError: There is none, or it is too old.
    """
    program = shutil.which("java")
    if program is None:
        raise UnavailableError(f"no java on the PATH (Kafka {version()} needs Java {OLDEST_JAVA})")
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', said.stderr)
    if found is None or int(found[1]) < OLDEST_JAVA:
        raise UnavailableError(f"Kafka {version()} needs Java {OLDEST_JAVA}, found: {said.stderr.splitlines()[:1]}")
    return program


def libraries() -> Path:
    """Return the folder with the broker's jars, fetching them the first time.

    Two runs may fetch at once: each fills a folder of its own and the first rename wins.

    Raises:
        UnavailableError: Maven is missing or cannot fetch them.
    """
    cache = Path(os.environ.get(CACHE_ENV) or Path.home() / ".cache" / "prewarn")
    target = cache / f"kafka-{version()}"
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{target.name}-", dir=cache) as fresh:
        filled = Path(fresh) / "jars"
        _fetch(filled)
        try:
            filled.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    return target


def _fetch(target: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise UnavailableError(f"no mvn on the PATH to fetch Kafka {version()} with")
    command = [maven, "--batch-mode", "--quiet", "--file", str(POM), "dependency:copy-dependencies"]
    command += ["-DincludeScope=runtime", f"-DoutputDirectory={target}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise UnavailableError(f"Maven did not fetch Kafka {version()} in {FETCH_SECONDS} s") from None
    if done.returncode != 0 or not target.is_dir():
        raise UnavailableError(f"Maven cannot fetch Kafka {version()}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
