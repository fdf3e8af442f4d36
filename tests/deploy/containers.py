"""Services of compose.yaml, run here by the programs that their images hold: same files, same flags.

What a container runtime would do is done by words: files are copied to where they would be mounted, below a folder of
the service's own; that folder is put before every path in flags and configuration; and the names and ports of services
become ports of this machine.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any, Final

import yaml

from tests.deploy.tools import DEPLOY
from tests.stream.process import free_port

if TYPE_CHECKING:
    from pathlib import Path

COMPOSE: Final[dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


class Container:
    """One service.

    Args:
        name: What compose calls it.
        folder: Becomes the container's file system.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.service: dict[str, Any] = COMPOSE["services"][name]
        self.root = folder / name
        #: What it is reached by inside, and the port that it listens on there.
        self.inside = f"{name}:{self.service['ports'][0].rpartition(':')[2]}"
        self.address = f"127.0.0.1:{free_port()}"

    def mounts(self) -> dict[str, Path | None]:
        """By the path in the container, what is mounted there; None: an empty volume."""
        found: dict[str, Path | None] = {}
        for volume in self.service["volumes"]:
            source, target, *_ = volume.split(":")
            found[target] = DEPLOY / source if source.startswith(".") else None
        return found

    def lay_out(self, *others: Container) -> None:
        """Put the files where they are mounted, with the addresses of this machine in them."""
        for target, source in self.mounts().items():
            place = self.root / target[1:]
            if source is None:
                place.mkdir(parents=True)
            elif source.is_dir():
                shutil.copytree(source, place)
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(self._translated(source.read_text("utf-8"), *others), "utf-8")

    def _translated(self, text: str, *others: Container) -> str:
        mounted = "|".join(map(re.escape, self.mounts()))
        text = re.sub(rf"(?<![\w./-])(?:{mounted})\b", lambda found: f"{self.root}{found[0]}", text)
        for container in (self, *others):
            text = text.replace(container.inside, container.address)
        return text.replace(f"localhost:{self.inside.rpartition(':')[2]}", self.address)

    def flags(self) -> list[str]:
        """Return compose's flags, with the paths of this machine in them."""
        split = [flag.partition("=") for flag in self.service["command"]]
        return [f"{name}{sign}{self.root}{value}" if value[:1] == "/" else name + sign + value
                for name, sign, value in split]  # fmt: skip

    def ready(self) -> str:
        """The page that compose's health check asks for."""
        return self._translated(self.service["healthcheck"]["test"][-1])
