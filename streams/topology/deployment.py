"""Watches the deployed rule pack and brings a changed one into force, or says why not.

A Kubernetes ConfigMap is swapped by its `..data` symlink, at its own time for each pod, and a watch on its files
fires once and never again: so the folders are looked at every few seconds. A changed pack is read and checked as a
whole on a thread of its own; the worker takes it between two events. One that is wrong leaves the last good one in
force. Where all workers must change at the same event time, the pack's `effective_from` dates do that.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from streams.language.problems import PackError
from streams.rules.pack import load_pack

if TYPE_CHECKING:
    from pathlib import Path

    from streams.observability.metrics import Metrics
    from streams.rules.specs import Pack

logger = logging.getLogger(__name__)

ACCEPTED: Final = "accepted"
REJECTED: Final = "rejected"
_ENDING_S: Final = 10.0

Signature = tuple[tuple[str, int, int, int], ...]
"""Name, time of change, size and inode of every file."""


def signature(rules_dir: Path, knowledge_dir: Path) -> Signature:
    """What tells a deployed pack from the one before it; take it before the pack is read."""
    files = (path for folder in (rules_dir, knowledge_dir) if folder.is_dir() for path in folder.iterdir())
    found = []
    for path in files:
        try:
            stat = path.stat()
        except OSError:  # gone between two calls: the next look sees another signature
            continue
        found.append((str(path), stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(sorted(found))


class Deployment(threading.Thread):
    """Looks for changed packs until stopped.

    Args:
        rules_dir: Folder of the rule files.
        knowledge_dir: Folder of the knowledge tables.
        every_s: How often to look.
        metrics: Where reloads are counted.
        current: The pack in force.
        seen: The folders' signature when it was read: one deployed since is a changed one.
    """

    def __init__(
        self,
        rules_dir: Path,
        knowledge_dir: Path,
        every_s: float,
        metrics: Metrics,
        current: Pack,
        seen: Signature,
    ) -> None:
        super().__init__(name="deployment", daemon=True)
        self._folders = (rules_dir, knowledge_dir)
        self._every_s = every_s
        self._metrics = metrics
        self._sha256 = current.sha256
        self._seen = seen
        self._ended = threading.Event()
        self._waiting: Pack | None = None

    def stop(self) -> None:
        """Ask the thread to end, and wait for it."""
        self._ended.set()
        self.join(_ENDING_S)

    def take(self) -> Pack | None:
        """The pack that waits to come into force, once; called between two events."""
        pack, self._waiting = self._waiting, None
        return pack

    @property
    def waits(self) -> bool:
        """Whether a pack waits; cheap enough for every event."""
        return self._waiting is not None

    def run(self) -> None:
        """Look, again and again."""
        while not self._ended.wait(self._every_s):
            self.look()

    def look(self) -> None:
        """Look once."""
        before = signature(*self._folders)
        if before == self._seen:
            return
        try:
            pack = load_pack(*self._folders)
        except PackError as error:
            self._refuse(str(error))
        except Exception as error:
            # Whatever it is, the pack in force goes on, and the next change is looked at.
            logger.exception("the changed rule pack could not be read")
            self._refuse(type(error).__name__)
        else:
            if before != signature(*self._folders):
                return  # it was being changed meanwhile: the next look sees all of it
            if pack.sha256 != self._sha256:
                self._sha256 = pack.sha256
                self._waiting = pack
        self._seen = before

    def _refuse(self, reason: str) -> None:
        self._metrics.ruleset_reloads[REJECTED].value += 1
        logger.error("the changed rule pack is refused, the one in force stays:\n%s", reason)
