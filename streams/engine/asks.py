"""What workers say to each other: which rows of other partitions an event needs, and what it puts into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from streams.state.rows import Contribution  # noqa: TC001 - read by msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from streams.contract.events import Event
    from streams.features.scopes import Scope
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

    def encoded(self) -> bytes:
        """MessagePack."""
        return _encoder.encode(self)


class Answer(msgspec.Struct, array_like=True):
    """The rows that an event asked one owner for, as they were before what the event put into them."""

    asker: int
    offset: int
    #: Partition of the rows.
    owner: int
    #: MessagePack of the rows by key, encoded each; empty = the entity is new.
    rows: bytes

    def encoded(self) -> bytes:
        """MessagePack."""
        return _encoder.encode(self)


class Letter(msgspec.Struct, array_like=True):
    """What one worker tells the owner of a partition: asks, and how far it has come with the partitions it holds."""

    #: By partition of the sender: the offset below which its events are committed, so that nobody asks for them again,
    #: and the offset in its settlement rows below which all was asked, in this letter or before it.
    header: dict[int, tuple[int, int]]
    asks: list[Ask]
    #: The epochs in which it holds them (`streams.state.rows.ReachedRow`); earlier releases do not tell.
    epochs: dict[int, int] = {}


class Asks(NamedTuple):
    """What an event needs of other partitions."""

    #: What is known of its contributions before any row is, to rows of every partition.
    early: list[Contribution]
    by_owner: dict[int, Ask]


_encoder = msgspec.msgpack.Encoder()
_letter_decoder = msgspec.msgpack.Decoder(Letter)
_answers_decoder = msgspec.msgpack.Decoder(list[Answer])
_rows_decoder = msgspec.msgpack.Decoder(dict[str, bytes])


def encode_rows(rows: dict[str, bytes]) -> bytes:
    """MessagePack of encoded rows by key."""
    return _encoder.encode(rows)


def decode_rows(raw: bytes) -> dict[str, bytes]:
    """Inverse of `encode_rows`; raises `msgspec.DecodeError` on anything else."""
    return _rows_decoder.decode(raw)


def encode_letter(header: dict[int, tuple[int, int]], asks: list[bytes], epochs: dict[int, int]) -> bytes:
    """MessagePack of a `Letter` with asks that are encoded."""
    return _encoder.encode((header, [msgspec.Raw(ask) for ask in asks], epochs))


def decode_letter(raw: bytes) -> Letter:
    """Inverse of `encode_letter`; raises `msgspec.DecodeError` or `msgspec.ValidationError` on anything else."""
    return _letter_decoder.decode(raw)


def encode_answers(answers: list[bytes]) -> bytes:
    """MessagePack of answers that are encoded."""
    return _encoder.encode([msgspec.Raw(answer) for answer in answers])


def decode_answers(raw: bytes) -> list[Answer]:
    """Inverse of `encode_answers`; raises `msgspec.DecodeError` or `msgspec.ValidationError` on anything else."""
    return _answers_decoder.decode(raw)


class AskBuilder:
    """Puts together what one event asks and tells each owner.

    Args:
        store: Knows where rows live.
        asker: Partition of the event.
        offset: Its offset.
        here: Partitions that need not be asked.
    """

    def __init__(self, store: Store, asker: int, offset: int, here: Collection[int]) -> None:
        self._store = store
        self._asker = asker
        self._offset = offset
        self._here = here
        self.by_owner: dict[int, Ask] = {}

    def read(self, key: str, owner: str) -> None:
        """Ask for a row, unless it is here."""
        ask = self._to(self._store.partition_of(key, owner))
        if ask is not None and key not in ask.keys:
            ask.keys.append(key)

    def put(self, contribution: Contribution) -> None:
        """Tell what is put into a row, unless it is here."""
        ask = self._to(self._store.partition_of(contribution.key, contribution.owner))
        if ask is not None:
            ask.contributions.append(contribution)

    def _to(self, number: int) -> Ask | None:
        if number in self._here:
            return None
        ask = self.by_owner.get(number)
        if ask is None:
            ask = self.by_owner[number] = Ask(self._asker, self._offset, [], [], late=False)
        return ask


def rows_of(scopes: Iterable[Scope], event: Event, context: Any) -> Iterator[tuple[str, str]]:
    """Key and owner of every row of these scopes that an event concerns; some more than once."""
    of_line: list[Scope] = []
    of_code: list[Scope] = []
    for scope in scopes:
        if scope.level == "settlement":
            where = scope.locate(event, None, None, context)
            if where is not None:
                yield where[0], where[1]
        else:
            (of_line if scope.level == "line" else of_code).append(scope)
    for line in event.feedetail:
        for scope in of_line:
            where = scope.locate(event, line, None, context)
            if where is not None:
                yield where[0], where[1]
        for code in line.drug_trac_info:
            for scope in of_code:
                where = scope.locate(event, line, code, context)
                if where is not None:
                    yield where[0], where[1]
