"""The programs that check, and what happens where one is missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.kafka.distribution import required

ROOT: Final = Path(__file__).parents[2]
DEPLOY: Final = ROOT / "deploy"
K8S: Final = ROOT / "k8s"
CHECKERS: Final = ROOT / ".cache" / "checkers" / "bin"
CHECKOV: Final = ROOT / ".cache" / "checkov" / "bin"
OVERLAYS: Final = sorted(path.name for path in (K8S / "overlays").iterdir())
RUN_SECONDS: Final = 120


def program(name: str) -> str:
    """Return the path of a checker; without it the test is skipped, or fails when TESTS_REQUIRE asks for `deploy`."""
    for place in (CHECKERS, CHECKOV):
        if (place / name).exists():
            return str(place / name)
    found = shutil.which(name)
    if found is None:
        reason = f"no {name}: `make deploy-check` prepares PyPI's checkers; {name} may be one of Debian's or npm's"
        if required("deploy"):
            pytest.fail(f"TESTS_REQUIRE asks for it: {reason}")
        pytest.skip(reason)
    return found


def run(name: str, *arguments: str | Path, directory: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a checker to its end; what it prints is told when an assertion over it fails."""
    command = [program(name), *map(str, arguments)]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)


def clean(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a checker printed; it must have found nothing."""
    said = f"{done.stdout}{done.stderr}"
    assert done.returncode == 0, f"{' '.join(map(str, done.args))}\n{said}"
    return said


def kustomized(folder: Path) -> str:
    """Return the manifests of a kustomization."""
    done = run("kubectl", "kustomize", folder)
    assert done.returncode == 0, done.stderr
    return done.stdout
