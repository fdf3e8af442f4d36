"""A pack that is deployed while a worker starts."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from streams.observability.metrics import Metrics
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.topology.deployment import Deployment, signature

if TYPE_CHECKING:
    from pathlib import Path


def test_a_pack_deployed_after_the_first_was_read_is_taken(tmp_path: Path) -> None:
    """It takes seconds until a worker looks for changes: it waits for brokers, registries and rows."""
    folders = tmp_path / "rules", shipped("knowledge")
    shutil.copytree(shipped("rules"), folders[0])
    seen = signature(*folders)
    pack = load_pack(*folders)
    path = folders[0] / "pack.yaml"
    path.write_text(path.read_text("utf-8").replace(f'version: "{pack.version}"', 'version: "next"'), "utf-8")
    deployment = Deployment(*folders, 1.0, Metrics(), pack, seen)
    deployment.look()
    taken = deployment.take()
    assert taken is not None
    assert (taken.version, pack.version != "next") == ("next", True)
    deployment.look()
    assert not deployment.waits
