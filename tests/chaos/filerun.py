"""What is right: the results and the state of `prewarn screen` over the whole story, without any interruption."""

from __future__ import annotations

import io
from contextlib import closing, redirect_stderr
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec
import orjson

from models.inputs import NAMES
from models.lessons import decode_example
from streams.cli.screen import FileRun, read_references
from streams.contract.decode import Limits
from streams.contract.person import Outgoing
from streams.engine.engine import Engine
from streams.engine.scoring import scoring_of
from streams.files import LineWriter, read_lines
from streams.rules.pack import load_pack
from streams.settings.model import Settings
from streams.settings.places import shipped
from streams.state.store import Store
from tests.chaos.story import LARGEST

if TYPE_CHECKING:
    from pathlib import Path

    from models.lessons import Example
    from streams.files import Line
    from streams.rules.specs import Pack
    from streams.state.rows import Contribution, Observation, SettlementRow, WindowRow
    from tests.chaos.story import Story

KEY: Final = b"a key of tests that is long enough"
_NOT_COMPARED: Final = ("result_id", "revision", "screened_at", "ruleset")
"""What differs rightly: a revision has another number, and each result names the pack in force when it was made."""

_encoder = msgspec.msgpack.Encoder(order="sorted")

Digest = bytes


def digest(thing: Any) -> Digest:
    """Return a short name of a value, the same for equal values: a million of them fit into memory."""
    return blake2b(_encoder.encode(thing), digest_size=12).digest()


def said(body: bytes) -> tuple[dict[str, Any], int]:
    """Return what a result says, without what rightly differs, and its revision."""
    result = orjson.loads(body)
    revision = result["revision"]
    for name in _NOT_COMPARED:
        result.pop(name, None)
    return result, revision


def window_state(row: WindowRow) -> dict[str, Any]:
    """Return the features of a row that hold anything: what a window knows, without how it came to know it."""
    return {name: state for name, state in row.features.items() if state}


def settlement_state(row: SettlementRow) -> dict[str, Any]:
    """Return what is remembered of a settlement, without the positions of inputs."""
    return {
        "time": row.time,
        "answer": said(row.answer)[0] if row.answer else None,
        "contributions": _told(row.contributions),
        "given_back": _told(row.given_back),
        "unrefunded": row.unrefunded,
        "refunds": sorted(row.refunds),
        "reversed": row.reversed_at is not None,
        "reversal": _told(row.reversal),
        "provisional": row.provisional,
        "example": row.example and _scored(decode_example(row.example)),
    }


def _scored(example: Example) -> dict[str, Any]:
    """Return a settlement as the model scored it, so that a wrong number tells which."""
    plain: dict[str, Any] = msgspec.structs.asdict(example)
    return plain | {"values": dict(zip(NAMES, example.values, strict=True))}


def _told(contributions: list[Contribution]) -> dict[str, list[Observation]]:
    """Return what was put into each row, in an order of its own: what owners elsewhere were told first comes first."""
    return {each.key: sorted(each.observations, key=_order) for each in contributions}


def _order(seen: Observation) -> tuple[Any, ...]:
    return seen.fid, seen.part, seen.time, seen.sign, seen.setl_id, repr(seen.value)


@dataclass
class Expected:
    """What a run must end with.

    Attributes:
        results: What each settlement is answered, as digests.
        dead_letters: Reason of each record that cannot be screened, by the digest of its bytes; how often it was sent.
        store: The final state, all of it in partition 0.
        output: The results in full.
    """

    pack: Pack
    store: Store
    results: dict[str, Digest] = field(default_factory=dict)
    dead_letters: dict[Digest, str] = field(default_factory=dict)


def screen(story: Story, rules: Path) -> Expected:
    """Run `prewarn screen` over the story; it runs in this process so that its final state can be seen."""
    limits = Limits()
    store = Store()
    store.hold({0})
    pack = load_pack(rules, shipped("knowledge"))
    expected = Expected(pack, store)
    output = story.folder / "results.jsonl.zst"
    letters = story.folder / "dead-letters.jsonl.zst"
    references = read_references(story.folder, limits.max_bytes)
    engine = Engine(pack, store, KEY, references, scoring_of(Settings(), store))
    with closing(LineWriter(output)) as results, closing(LineWriter(letters)) as dead:
        run = FileRun(engine, store, limits, Outgoing(KEY), results, dead)
        with redirect_stderr(io.StringIO()):  # it names each of the many lines that are meant to be wrong
            run.screen([str(story.events)])
    for line in read_lines(output, LARGEST):
        result, _ = said(line.data)
        expected.results.setdefault(result["setl_id"], digest(result))
    reasons = {letter["line"]: letter["reason"] for letter in map(_letter, read_lines(letters, 4 * LARGEST))}
    for each in story:
        reason = reasons.get(each.number + 1)
        if reason is not None:
            expected.dead_letters[digest(each.raw)] = reason
    return expected


def _letter(line: Line) -> dict[str, Any]:
    letter: dict[str, Any] = orjson.loads(line.data)
    return letter
