"""The analyst's example, taken from the README as an analyst would: what is written there must work as it stands."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from streams.settings.places import shipped

README = Path(__file__).parents[1] / "README.md"
EXAMPLE = json.loads(Path("tests/contract/examples/valid-events.jsonl").read_text("utf-8").splitlines()[1])


def pack_with_example(folder: Path) -> Path:
    """Copy the shipped pack into a folder and add the README's file to it."""
    pack = shutil.copytree(shipped("rules"), folder, dirs_exist_ok=True)
    found = re.search(r"```yaml\n# my-pack/(local.yaml)\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    assert found is not None, "the README has no example of a rule"
    (pack / found[1]).write_text(found[2], "utf-8")
    return pack


def purchases(first: int, count: int) -> list[bytes]:
    """Return pharmacy settlements of one person, of 1,560 yuan each, minutes apart."""
    events: list[dict[str, Any]] = []
    for number in range(first, first + count):
        line = EXAMPLE["feedetail"][0] | {"drug_trac_info": []}
        times = dict.fromkeys(("inf_time", "setl_time"), f"2026-11-20T10:{number:02}:00+08:00")
        names = {"setl_id": f"A{number}", "event_id": f"A{number}", "mdtrt_id": f"A{number}"}
        events.append(EXAMPLE | times | names | {"feedetail": [line | {"fee_ocur_time": times["setl_time"]}]})
    return [json.dumps(event).encode() for event in events]
