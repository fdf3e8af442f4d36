"""Runs a case: its events through decoder and engine, with the shipped rules and small tables of its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson
import yaml

from streams.contract.decode import decode_event
from streams.engine.engine import Engine
from streams.engine.references import References
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.state.rows import Position
from streams.state.store import Store
from tests.cases.notation import expand
from tests.packs import shipped_pack

CASES = Path(__file__).parent
KEY = b"a key of cases"
REGISTRIES = ("institutions", "practitioners", "persons")


@cache
def pack(knowledge: str) -> Any:
    """Load the shipped rules with the shipped tables, or with those of the cases."""
    return shipped_pack() if knowledge == "shipped" else load_pack(shipped("rules"), CASES / "knowledge")


def cases() -> list[Any]:
    """Read every case of every file: (rule id, case)."""
    return [
        (path.stem, _typed(case))
        for path in sorted(CASES.glob("*.yaml"))
        # Texts only, so that dates, codes and flags stay as they are written.
        for case in yaml.load(path.read_text("utf-8"), Loader=yaml.CBaseLoader)  # noqa: S506 - it makes no objects
    ]


def _typed(value: Any, key: str = "") -> Any:
    """Give numbers where numbers are meant: dates, codes and flags stay texts."""
    if isinstance(value, dict):
        return {name: _typed(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_typed(part, key) for part in value]
    numbers = {"cnt", "pric", "amount", "scope", "limit", "days", "fee", "fund", "acct", "times", "every", "severity"}
    if value != "null" and key in numbers | {"beds", "stake"}:
        return float(value) if "." in value else int(value)
    return {"true": True, "false": False, "null": None}.get(value, value)


def run(case: dict[str, Any]) -> list[dict[str, Any]]:
    """Screen a case's events; gives the results of its settlements in their order."""
    references = References()
    for registry in REGISTRIES:
        for record in case.get("reference", {}).get(registry, []):
            if "psn_no" in record:
                record = record | {"psn_no": "31" + record["psn_no"]}  # noqa: PLW2901 - as the notation writes persons
            references.take(registry, orjson.dumps(record))  # type: ignore[arg-type]
    store = Store()
    store.hold({0})
    engine = Engine(pack(case.get("knowledge", "cases")), store, KEY, references)
    results = []
    for offset, record in enumerate(expand(case["events"])):
        outcome = engine.screen(decode_event(record, arrived=None), Position(0, offset))
        assert outcome.failed == (), outcome.failed
        if outcome.answer is not None:
            results.append(orjson.loads(outcome.answer))
        if offset % 2:
            store.rest()
    return results
