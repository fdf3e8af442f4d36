"""What workers say to each other: which rows of other partitions an event needs, and what it puts into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from streams.state.rows import Contribution  # noqa: TC001 - read by msgspec

if TYPE_CHECKING:
    from streams.contract.events import Event
    from streams.engine.context import EvaluationContext
    from streams.features.plan import FeaturePlan
    from streams.features.scopes import RowKey
    from streams.state.store import Store


class Ask(msgspec.Struct, array_like=True):
    """An *observation*: what one event asks the owner of another partition for, and has folded there."""

    #: Partition and offset of the event.
    asker: int
    offset: int
    #: Rows that the event's rules may read; none = no answer is expected.
    keys: list[str]
    contributions: list[Contribution]
    #: Whether this is the second step (see `streams.engine.folding`).
    late: bool


class Answer(msgspec.Struct, array_like=True):
    """The rows that an event asked one owner for, as they were before what the event put into them."""

    asker: int
    offset: int
    #: Partition of the rows.
    owner: int
    #: MessagePack of the rows by key, encoded each; empty = the entity is new.
    rows: bytes


class Asks(NamedTuple):
    """What an event needs of other partitions."""

    #: What is known of its contributions before any row is, to rows of every partition.
    early: list[Contribution]
    by_owner: dict[int, Ask]


_encoder = msgspec.msgpack.Encoder()
_rows_decoder = msgspec.msgpack.Decoder(dict[str, bytes])


def encode_rows(rows: dict[str, bytes]) -> bytes:
    """MessagePack of encoded rows by key."""
    return _encoder.encode(rows)


def decode_rows(raw: bytes) -> dict[str, bytes]:
    """Inverse of `encode_rows`; raises `msgspec.DecodeError` on anything else."""
    return _rows_decoder.decode(raw)


class AskBuilder:
    """Puts together what one event asks and tells each owner."""

    def __init__(self, store: Store, asker: int, offset: int) -> None:
        self._store = store
        self._asker = asker
        self._offset = offset
        self.by_owner: dict[int, Ask] = {}

    def read(self, where: RowKey | None) -> None:
        """Ask for a row, unless it is the event's own partition's."""
        if where is None:
            return
        key, owner, _ = where
        ask = self._to(self._store.partition_of(key, owner))
        if ask is not None and key not in ask.keys:
            ask.keys.append(key)

    def put(self, contribution: Contribution) -> None:
        """Tell what is put into a row, unless it is the event's own partition's."""
        ask = self._to(self._store.partition_of(contribution.key, contribution.owner))
        if ask is not None:
            ask.contributions.append(contribution)

    def _to(self, number: int) -> Ask | None:
        if number == self._asker:
            return None
        ask = self.by_owner.get(number)
        if ask is None:
            ask = self.by_owner[number] = Ask(self._asker, self._offset, [], [], late=False)
        return ask


def read_all(builder: AskBuilder, plan: FeaturePlan, event: Event, context: EvaluationContext) -> None:
    """Ask for every row that the event's rules may read."""
    by_line = [scope for scope in plan.scopes if scope.level == "line" and not scope.part]
    by_code = [scope for scope in plan.scopes if scope.level == "code"]
    for scope in plan.scopes:
        if scope.level == "settlement":
            builder.read(scope.locate(event, None, None, context))
    for line in event.feedetail:
        for scope in by_line:
            builder.read(scope.locate(event, line, None, context))
        for code in line.drug_trac_info:
            for scope in by_code:
                builder.read(scope.locate(event, line, code, context))
