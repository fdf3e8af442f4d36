"""`make image`: builds deploy/Dockerfile without a registry, says how large it is, and lets a worker of it screen.

Debian's `buildah` builds, on a base that `mmdebstrap` makes of Debian's own Python; a release is built on the
Dockerfile's own base. Needs root, Debian's `buildah` and `mmdebstrap`, and for the worker what tests/kafka needs.
Certificates of this machine are mounted for the build only.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from streams.demo.process import ChildProcess
from tests.deploy.tools import DEPLOY, ROOT
from tests.kafka.cluster import KafkaCluster
from tests.stream.process import KEY, WorkerProcess

NAME: Final = "prewarn:0.1.0"
BASE: Final = "prewarn-base"
ENVIRONMENT: Final = {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
PACKAGES: Final = "python3,python3-venv,ca-certificates"
LEFT_OUT: Final = ("doc", "man", "locale", "info")
READY_SECONDS: Final = 90.0
EVENTS: Final = ROOT / "tests" / "contract" / "examples" / "valid-events.jsonl"


def buildah(*arguments: str | Path) -> str:
    """Run buildah; returns what it prints."""
    command = ["buildah", *map(str, arguments)]
    env = dict(os.environ) | ENVIRONMENT
    return subprocess.run(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def base(folder: Path) -> None:
    """Make the base image of Debian's packages."""
    archive = folder / "base.tar"
    left_out = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in LEFT_OUT]
    command = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}", *left_out, "bookworm", archive]
    subprocess.run(command, check=True)
    container = buildah("from", "scratch")
    buildah("add", "--quiet", container, archive, "/")
    buildah("commit", "--quiet", container, BASE)
    buildah("rm", container)


def megabytes(image: str) -> float:
    """Return the size of an image, not compressed."""
    container = buildah("from", "--pull-never", image)
    try:
        root = Path(buildah("mount", container))
        files = [path.lstat() for path in root.rglob("*") if not path.is_dir() or path.is_symlink()]
        return sum(file.st_size for file in files) / 1e6
    finally:
        buildah("rm", container)


class Contained(WorkerProcess):
    """`prewarn worker` in a container of the image, with the network of this machine."""

    def start(self) -> None:
        """Start it."""
        given = {name: value for name, value in self.env.items() if name.startswith("PREWARN_")}
        settings = [f"--env={name}={value}" for name, value in given.items()]
        self.container = buildah("from", "--pull-never", NAME)
        command = ["buildah", "run", *settings, self.container, "--", "prewarn", "worker"]
        self._child = ChildProcess(command, log=self.log_path, env=dict(os.environ) | ENVIRONMENT)

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._child.exit_code is None

    def end(self) -> None:
        """Stop the container's processes, which are of the session that began with it, and remove it."""
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGTERM)
        deadline = time.monotonic() + READY_SECONDS
        while self.running and time.monotonic() < deadline:
            time.sleep(0.1)
        with suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.kill()
        buildah("rm", self.container)


def screen(folder: Path) -> str:
    """Let a worker of the image screen the examples; returns who it runs as."""
    with KafkaCluster(directory=folder / "kafka") as kafka:
        address = f"--env=PREWARN_BOOTSTRAP_SERVERS={kafka.bootstrap}"
        settings = [address, "--env=PREWARN_REPLICATION_FACTOR=1", "--env=PREWARN_PARTITIONS=4"]
        container = buildah("from", "--pull-never", NAME)
        try:
            buildah("run", *settings, container, "--", "prewarn", "topics", "create")
            who = buildah("run", container, "--", "id")
        finally:
            buildah("rm", container)
        worker = Contained(kafka.bootstrap, folder, person_key=KEY, metrics_host="127.0.0.1")
        worker.start()
        try:
            worker.wait_ready(READY_SECONDS)
            raws = EVENTS.read_bytes().splitlines()
            kafka.client.produce("settlement.events", [(b"310101", raw) for raw in raws])
            kafka.client.consume("screening.results", until=1)
            check = json.loads(buildah("inspect", "--type", "image", NAME))["Docker"]["config"]["Healthcheck"]["Test"]
            probe = [each.replace(":9464", f":{worker.port}") for each in check[1:]]
            buildah("run", worker.container, "--", *probe)
        finally:
            worker.end()
    return who


def main() -> None:
    """Build, measure, run."""
    missing = [name for name in ("buildah", "mmdebstrap") if shutil.which(name) is None]
    if missing:
        sys.exit(f"make image needs {' and '.join(missing)}: apt-get install {' '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="prewarn-image-") as name:
        folder = Path(name)
        base(folder)
        certificates = "--volume=/etc/ssl/certs:/etc/ssl/certs:ro"
        build = ["bud", "--format=docker", certificates, f"--build-arg=BASE=localhost/{BASE}", f"--tag={NAME}"]
        buildah(*build, f"--file={DEPLOY / 'Dockerfile'}", ".")
        whole, below = megabytes(NAME), megabytes(BASE)
        who = screen(folder)
    sys.stdout.write(
        f"{NAME}: {whole:.0f} MB, of which {whole - below:.0f} MB are prewarn and its libraries, the rest is the base\n"
        f"a worker of it screened the examples as {who}\n"
    )


if __name__ == "__main__":
    main()
