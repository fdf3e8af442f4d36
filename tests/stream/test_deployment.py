"""A rule pack that changes under a running worker."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from streams.settings.places import shipped
from tests.analyst import pack_with_example, purchases

if TYPE_CHECKING:
    from tests.stream.process import WorkerProcess
    from tests.stream.scene import Scene

pytestmark = pytest.mark.kafka

EXAMPLE = json.loads(Path("tests/contract/examples/valid-events.jsonl").read_text("utf-8").splitlines()[0])


def mounted(root: Path, version: str, change: tuple[str, str] = ("", "")) -> Path:
    """Deploy a pack as the kubelet does: a new folder of data, and one rename of the link that all files go through."""
    data = root / f"..{version}"
    shutil.copytree(shipped("rules"), data)
    old, new = change
    for file in data.glob("*.yaml"):
        text = file.read_text("utf-8").replace('version: "2026', f'version: "{version}.2026')
        file.write_text(text.replace(old, new) if old else text, "utf-8")
    link = root / "..data_tmp"
    link.symlink_to(data.name)
    link.rename(root / "..data")
    for file in data.iterdir():
        name = root / file.name
        if not name.is_symlink():
            name.symlink_to(f"..data/{file.name}")
    return root


def version_of(scene: Scene, number: int) -> str:
    """Screen one settlement and tell which pack judged it."""
    event = EXAMPLE | {"setl_id": f"S{number}", "event_id": f"E{number}"}
    scene.send([json.dumps(event).encode()])
    results = scene.results(number + 1)
    body = next(record.value for record in results if record.key == f"S{number}".encode())
    return str(json.loads(body or b"")["ruleset"]["version"]).split(".", maxsplit=1)[0]


def wait_for(worker: WorkerProcess, result: str, count: int) -> None:
    """Wait until so many changed packs were accepted or rejected."""
    deadline = time.monotonic() + 30
    while worker.metric("prewarn_ruleset_reloads_total", result=result) < count:
        assert time.monotonic() < deadline, worker.log
        time.sleep(0.2)


def test_a_swapped_pack_comes_into_force_and_a_broken_one_does_not(scene: Scene, tmp_path: Path) -> None:
    """Between two events the new pack judges; a pack with a mistake is refused whole, with its place in the log."""
    root = tmp_path / "rules"
    root.mkdir()
    scene.settings["rules_dir"] = mounted(root, "a")
    worker = scene.started(rules_poll_interval=0.5)
    assert version_of(scene, 0) == "a"
    mounted(root, "b", ("institutions: 3", "institutions: 4"))
    wait_for(worker, "accepted", 1)
    assert version_of(scene, 1) == "b"
    mounted(root, "c", ("line.pric > line.pric_uplmt_amt", "line.pric > line.no_such_field"))
    wait_for(worker, "rejected", 1)
    assert version_of(scene, 2) == "b"
    assert "no_such_field" in worker.log
    mounted(root, "d")
    wait_for(worker, "accepted", 2)
    assert version_of(scene, 3) == "d"
    info = [line for line in worker.get("/metrics")[1].splitlines() if line.startswith("prewarn_ruleset_info")]
    assert len(info) == 1
    assert 'version="d.2026' in info[0]
    assert worker.stop() == 0
    assert "changed V02" in worker.log


def test_the_rule_of_the_readme_works_in_a_running_worker(scene: Scene, tmp_path: Path) -> None:
    """An analyst adds a rule over a new feature to the deployed folder: it hits without a restart."""
    folder = tmp_path / "rules"
    shutil.copytree(shipped("rules"), folder)
    scene.settings["rules_dir"] = folder
    worker = scene.started(rules_poll_interval=0.5)
    scene.send(purchases(0, 3))
    scene.results(3)
    pack_with_example(folder)
    wait_for(worker, "accepted", 1)
    scene.send(purchases(3, 3))
    results = {record.key: json.loads(record.value or b"") for record in scene.results(6)}
    hits = [[v["rule_id"] for v in results[f"A{number}".encode()]["violations"]] for number in range(6)]
    # Its windows begin with its deployment: the first purchase it sees is within the limit.
    assert [[hit for hit in found if hit == "L01"] for found in hits] == [[], [], [], [], ["L01"], ["L01"]]
    assert worker.stop() == 0
    assert "added L01; features that start without history person_week_pharmacy_spend" in worker.log
