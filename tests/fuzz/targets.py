"""What is fuzzed: one function for each reader of foreign bytes. A target raises only when the reader is at fault."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from streams.contract.decode import Limits, decode_event
from streams.contract.feedback import decode_feedback
from streams.contract.reference import decode_institution, decode_person, decode_practitioner
from streams.contract.rejected import Reason, Rejected
from streams.language.problems import PackError
from streams.rules.knowledge_files import load_knowledge
from streams.rules.pack import load_pack
from streams.rules.places import Problems
from streams.rules.tables import TABLES
from streams.settings.places import shipped
from tests.unit.language.bench import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REASONS = frozenset(get_args(Reason)) - {"internal"}
ARRIVED = 1_795_000_000_000
EXAMPLES = Path(__file__).parents[1] / "contract" / "examples"
MAX_BYTES = 20_000


def decoder(data: bytes) -> None:
    """A settlement event, or the reason why not, which names a place and quotes nothing."""
    with suppress(_Told):
        try:
            event = decode_event(data, arrived=ARRIVED, limits=Limits(max_bytes=MAX_BYTES))
        except Rejected as rejected:
            _told(rejected, data)
        assert event.event_id is not None
        assert event.time <= ARRIVED + 3_600_000


def records(data: bytes) -> None:
    """A feedback or registry record, or the reason why not."""
    for read in (decode_feedback, decode_institution, decode_practitioner, decode_person):
        with suppress(_Told):
            try:
                read(data, max_bytes=MAX_BYTES)
            except Rejected as rejected:
                _told(rejected, data)


def expression(data: bytes) -> None:
    """An expression that was checked, or faults within its text."""
    text = data.decode(errors="replace")
    node, faults = check(text)
    assert (node is None) <= bool(faults)
    assert all(0 <= offset <= len(text) for offset, _, _ in faults)


def table(data: bytes) -> None:
    """A knowledge table, or problems with their lines. The first byte chooses the table."""
    names = sorted(TABLES)
    name = names[data[0] % len(names)] if data else names[0]
    with tempfile.TemporaryDirectory(dir=_MEMORY) as folder:
        file = Path(folder) / f"{name}.csv"
        file.write_bytes(data[1:])
        problems = Problems()
        load_knowledge(Path(folder), problems, {})
        assert all(str(file) in str(problem) for problem in problems.problems)


def pack(data: bytes) -> None:
    """A rule pack, or the problems it is refused for."""
    with tempfile.TemporaryDirectory(dir=_MEMORY) as folder:
        (Path(folder) / "pack.yaml").write_bytes(data)
        with suppress(PackError):
            load_pack(Path(folder))


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (decoder, records, expression, table, pack)
}


def seeds(name: str) -> list[bytes]:
    """Return what a target's inputs look like when nothing is wrong with them."""
    return list(_SEEDS[name]())


def _events() -> Iterator[bytes]:
    yield from (EXAMPLES / "valid-events.jsonl").read_bytes().splitlines()


def _records() -> Iterator[bytes]:
    for name in ("feedback", "institutions", "practitioners", "persons"):
        yield from (EXAMPLES / f"{name}.jsonl").read_bytes().splitlines()


def _expressions() -> Iterator[bytes]:
    yield from (
        b"event.gend == '1' and line.cnt > 3",
        b"visits.count + 1 >= param.times",
        b"any(s.person != event.psn_ref for s in sales) or units.sum > quantity(30)",
        b"amounts.same / amounts.total > param.share and not starts_with(event.med_type, ['21'])",
        b"1 + distinct(s.institution for s in sales if s.time > event.service_time - days(1))",
        b"yuan(param.times) < event.medfee_sumamt or fact.limit < line.cnt if fact.ok else false",
    )


def _tables() -> Iterator[bytes]:
    for number, name in enumerate(sorted(TABLES)):
        file = shipped("knowledge") / f"{name}.csv"
        if file.exists():
            yield bytes([number]) + b"\n".join(file.read_bytes().splitlines()[:6])


def _packs() -> Iterator[bytes]:
    folder = Path(__file__).parents[1] / "unit" / "rules" / "broken"
    for case in ("bands", "alias", "dates", "param_unused"):
        if (folder / case).exists():
            yield from (file.read_bytes() for file in sorted((folder / case / "rules").glob("*.yaml")))
    yield (shipped("rules") / "policy.yaml").read_bytes()


_SEEDS: dict[str, Callable[[], Iterator[bytes]]] = {
    "decoder": _events,
    "records": _records,
    "expression": _expressions,
    "table": _tables,
    "pack": _packs,
}
_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - folders of their own in it, for speed


class _Told(Exception):  # noqa: N818 - a way out
    """The reader said what is wrong."""


def _told(rejected: Rejected, data: bytes) -> None:
    assert rejected.reason in REASONS
    assert rejected.detail.startswith("$")
    assert len(rejected.detail) < 1_000
    for value in _texts(data):
        assert value not in rejected.detail, "a detail must not quote a record"
    raise _Told


def _texts(data: bytes) -> list[str]:
    """Return the identifiers in what was sent, as far as it can be read."""
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return []
    found = [record.get(name) for name in ("psn_no", "psn_name", "certno")] if isinstance(record, dict) else []
    return [value for value in found if isinstance(value, str) and len(value) > 8]
