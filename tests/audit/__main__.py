"""Dependency audit and bill of materials: `python -m tests.audit TOOLS OUTPUT`.

Four things, of which the last needs more than a package index:

1. Every dependency is locked: one version, with hashes, so that what is installed is what was looked at.
2. What is installed here is what is locked, and nothing contradicts itself.
3. A bill of materials (CycloneDX) of all of it is written, validated, and complete.
4. Every locked version is looked up among the known vulnerabilities. The lookup needs the index's per-version records;
   an index that does not serve them leaves dependencies unaudited, which pip-audit reports with exit status 0. Here it
   is said, with the number; with AUDIT_REQUIRE=advisories it is a failure.

Exit status: 0 = nothing found, 1 = something is wrong.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, Final

Locked = dict[str, set[str]]
"""Versions by name; a marker can choose between several."""

LOCK: Final = Path("requirements.lock")
_PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)((?:[^\n]*\\\n)*[^\n]*)", re.MULTILINE)
_LINE: Final = re.compile(r"^(?![ #\n])(?P<name>[^ =]+)", re.MULTILINE)
_OPTIONAL: Final = re.compile(r";.*?\\$", re.MULTILINE)


def main(tools: str, output: str) -> int:
    """Run all four; returns the exit status."""
    text = LOCK.read_text("utf-8")
    locked: Locked = {}
    for name, version, _ in _PINNED.findall(text):
        locked.setdefault(_plain(name), set()).add(version)
    problems = [
        *_unlocked(text),
        *_installed(locked, text),
        *_bill(Path(tools), Path(output), locked),
        *_vulnerable(Path(tools), locked),
    ]
    for problem in problems:
        sys.stdout.write(f"audit: {problem}\n")
    sys.stdout.write(f"audit: {len(locked)} dependencies, {len(problems)} problems\n")
    return 1 if problems else 0


def _or(versions: set[str]) -> str:
    return " or ".join(sorted(versions))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _unlocked(text: str) -> list[str]:
    hashed = {name for name, _, rest in _PINNED.findall(text) if "--hash=sha256:" in rest}
    return [
        f"{name} is not locked to a version with hashes"
        for name in _LINE.findall(text)
        if name.split("[")[0] not in hashed
    ]


def _installed(locked: Locked, text: str) -> list[str]:
    """Compare with this environment; dependencies that a marker may leave out on this machine may be absent."""
    here = {_plain(found.name): found.version for found in metadata.distributions()}
    optional = {_plain(name) for name, _, rest in _PINNED.findall(text) if _OPTIONAL.search(rest)}
    wrong = [
        f"{name} is locked to {_or(versions)} and installed as {here.get(name, 'nothing')}"
        for name, versions in locked.items()
        if here.get(name) not in versions and not (name in optional and name not in here)
    ]
    check = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    return wrong + (check.stdout.splitlines() if check.returncode else [])


def _bill(tools: Path, output: Path, locked: Locked) -> list[str]:
    output.parent.mkdir(parents=True, exist_ok=True)
    command = [
        "requirements",
        "--pyproject",
        "pyproject.toml",
        "--output-reproducible",
        "--validate",
        "-o",
        output,
        LOCK,
    ]
    made = subprocess.run([tools / "cyclonedx-py", *command], capture_output=True, text=True, check=False)
    if made.returncode:
        return [f"no bill of materials: {made.stderr.strip()}"]
    parts = json.loads(output.read_text("utf-8"))["components"]
    found = {(_plain(part["name"]), part["version"]) for part in parts}
    sys.stdout.write(f"audit: {output} names {len(found)} components\n")
    wanted = {(name, version) for name, versions in locked.items() for version in versions}
    return [f"{name} {version} is not in {output}" for name, version in sorted(wanted - found)]


def _vulnerable(tools: Path, locked: Locked) -> list[str]:
    command = ["-r", LOCK, "--require-hashes", "--disable-pip", "--progress-spinner", "off", "-f", "json"]
    asked = subprocess.run([tools / "pip-audit", *command], capture_output=True, text=True, check=False)
    try:
        answers: list[dict[str, Any]] = json.loads(asked.stdout)["dependencies"]
    except ValueError:
        return _unaudited(len(locked), asked.stderr.strip().splitlines()[-1:])
    looked_up = [answer for answer in answers if "skip_reason" not in answer]
    sys.stdout.write(f"audit: {len(looked_up)} of {len(answers)} looked up among the known vulnerabilities\n")
    found = [
        f"{answer['name']} {answer['version']} has {flaw['id']}; fixed in {_or(set(flaw['fix_versions'])) or 'none'}"
        for answer in looked_up
        for flaw in answer["vulns"]
    ]
    missed = len(answers) - len(looked_up)
    return found + (_unaudited(missed, ["the index does not serve their records"]) if missed else [])


def _unaudited(count: int, reason: list[str]) -> list[str]:
    text = f"{count} dependencies could not be looked up among the known vulnerabilities: {' '.join(reason)}"
    if os.environ.get("AUDIT_REQUIRE") == "advisories":
        return [text]
    sys.stdout.write(f"audit: NOT AUDITED: {text}\n")
    return []


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
