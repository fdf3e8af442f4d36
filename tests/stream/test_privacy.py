"""Nothing that leaves a worker carries a person's identifier."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from streams.contract.topics import SETTLEMENTS
from streams.state.rows import Position, SettlementRow, encode_settlement
from tests.privacy.run import leaks, plain
from tests.privacy.search import MARK, Identifiers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.stream.scene import Scene


@pytest.mark.kafka
def test_nothing_personal_leaves(scene: Scene, tmp_path: Path) -> None:
    """No number, name or certificate is in any output, changelog, message between workers, page, log line or command.

    Logs are those of DEBUG; one event in forty is spoilt, with identifiers in wrong places. Dead letters keep what was
    received, as their value alone. `make privacy` does the same with 100,000 settlements.
    """
    report = leaks(scene, tmp_path, events=1_000, log_level="DEBUG")
    assert report.found == {}
    assert report.dead_letters > 20
    places = {"commands", "pages", "logs", "screening.results", "risk.alerts", "screening.dead-letters"}
    assert {place for place in places if report.searched[place] > 500} == places
    assert {"prewarn.settlements", "prewarn.windows", "prewarn.canary"} < report.searched.keys()


@pytest.mark.parametrize("escaped", [True, False])
def test_the_search_finds_what_is_there(*, escaped: bool) -> None:
    """A number inside a longer run of digits, a certificate, and a name in either way of writing it are found."""
    identifiers = Identifiers()
    raw = identifiers.plant(b'{"psn_no": "31000000000000000000001"}', 1)
    sent = json.loads(raw)
    hidden = f"x99{sent['psn_no']}5 {json.dumps(sent['psn_name'], ensure_ascii=escaped)} 1{sent['certno']}"
    names = {json.dumps(MARK)[1:-1].encode() if escaped else MARK.encode()}
    assert identifiers.found(hidden.encode()) == names | {sent["psn_no"].encode(), sent["certno"].encode()}
    assert identifiers.found(b"3100000000000000000000 nothing 2026112009123456") == set()


def test_the_search_looks_into_packed_rows() -> None:
    """What a settlement row holds is searched as it was before it was packed."""
    row = SettlementRow(1, Position(0, 1), b"31000000000000000000001" * 9, [], [], 0, [], None, [])
    value = encode_settlement(row)
    assert row.answer not in value
    assert any(row.answer in part for part in plain(SETTLEMENTS, value))
