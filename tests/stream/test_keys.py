"""Changing the keys of person references."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.stream.process import KEY

if TYPE_CHECKING:
    from tests.stream.scene import Scene

pytestmark = pytest.mark.kafka

EXAMPLE = json.loads(Path("tests/contract/examples/valid-events.jsonl").read_text("utf-8").splitlines()[0])
NEW_KEY = "another key that is long enough"


def visits(*institutions: int) -> list[bytes]:
    """Return one person's purchases of a day, each at another institution: the third is one too many (V02)."""
    return [
        json.dumps(
            EXAMPLE
            | {"setl_id": f"S{n}", "event_id": f"E{n}", "mdtrt_id": f"M{n}", "fixmedins_code": f"H3101150012{n}"}
        ).encode()
        for n in institutions
    ]


def test_a_new_person_key_keeps_the_windows_and_a_new_state_key_is_refused(scene: Scene) -> None:
    """After the rotation references are others, in repeated answers too, and the person's history goes on.

    A worker that was not told the state key of before does not decide on empty windows: it says what to set, and ends.
    """
    worker = scene.started()
    scene.send(visits(0, 1))
    before = {record.key: json.loads(record.value or b"") for record in scene.results(2)}
    assert worker.stop() == 0

    careless = scene.worker(person_key=NEW_KEY)
    careless.start()
    assert careless.wait(120) == 70, careless.log
    assert "Set PREWARN_STATE_KEY to that key" in careless.log

    worker = scene.started(person_key=NEW_KEY, state_key=KEY)
    scene.send(visits(2, 0))
    records = scene.client.consume(scene.topic("screening.results"), until=4)
    assert worker.stop() == 0
    said = [(record.key, json.loads(record.value or b"")) for record in records]
    after = {key: one for key, one in said if one not in before.values()}
    assert (before.keys(), after.keys()) == ({b"S0", b"S1"}, {b"S0", b"S2"})
    old, new = ({one["psn_ref"] for one in told.values()} for told in (before, after))
    assert (len(old), len(new), len(old | new | {EXAMPLE["psn_no"]})) == (1, 1, 3)
    changed = {name: before[b"S0"][name] for name in ("psn_ref", "screened_at")}
    assert before[b"S0"] == after[b"S0"] | changed
    assert "V02" in [hit["rule_id"] for hit in after[b"S2"]["violations"]]
    assert b"~" not in b"".join(record.value or b"" for record in records)
