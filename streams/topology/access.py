"""What a worker may do in Kafka: the rights it needs, all of them and no more, and which of them it lacks.

A worker that lacks one would otherwise fail late and obscurely: a client that may not read a topic waits for it
without a word, and one that may not write is told so with the first settlement. So they are asked for at the start, and
all that are missing are named at once.

The list is proved both ways against a real Kafka (tests/stream/test_access.py): what the broker's authorizer
is asked by a worker through a whole life is exactly this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection

from streams.contract.topics import TOPICS
from streams.topology.clients import Unreachable
from streams.topology.topics import ABSENT, REQUEST_S, miscounted, needed

if TYPE_CHECKING:
    from concurrent.futures import Future
    from typing import Any

    from confluent_kafka.admin import AdminClient

    from streams.settings import Settings

Kind = Literal["topic", "group"]
Operation = Literal["Read", "Write"]

_OPERATIONS: Final[dict[str, tuple[Operation, ...]]] = {
    "in": ("Read",),
    "out": ("Write",),
    "internal": ("Read", "Write"),
}
_REFUSED: Final = (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED)
_UNKNOWN: Final = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC)  # noqa: SLF001 - librdkafka's own code


class Right(NamedTuple):
    """Leave to do one thing. Reading and writing include describing."""

    kind: Kind
    name: str
    operation: Operation

    def __str__(self) -> str:
        return f"{self.operation} on {self.kind} {self.name}"


class NoAccess(Unreachable):
    """Kafka answers and does not let us do what a worker does; the message names each right and topic missing."""


def rights(settings: Settings) -> list[Right]:
    """Return the rights a worker needs: to read what comes in, write what goes out, do both with what is internal."""
    names = needed(settings)
    found = [Right("topic", settings.topic(name), op) for name in names for op in _OPERATIONS[TOPICS[name].who]]
    return [*found, Right("group", settings.group_id, "Read")]


def lacking(settings: Settings, client: AdminClient) -> list[str]:
    """Return a line for each right or topic that a worker with these settings would miss; empty when it may start.

    What is not told gets the benefit of the doubt: by brokers that know no access control, or of a group that does not
    exist yet or whose coordinator is being chosen. Who may not see it is always told so.
    """
    wanted = rights(settings)
    lines = []
    for (kind, name), future in _asked(wanted, client).items():
        operations = [right for right in wanted if (right.kind, right.name) == (kind, name)]
        granted, reason = _granted(future)
        if reason is not None:
            lines.append(f"{kind} {name}: {reason}")
        elif granted is not None:
            lines += [_line(settings, right) for right in operations if right.operation.upper() not in granted]
    return lines


def absent(settings: Settings, client: AdminClient) -> list[str]:
    """Return the topics of a worker that do not exist, as far as this user may see that."""
    asked = _asked(rights(settings), client)
    return [name for (kind, name), future in asked.items() if kind == "topic" and _granted(future)[1] == ABSENT]


def surplus(settings: Settings, client: AdminClient) -> list[str]:
    """Return what this user may do to a worker's topics beyond a worker's work, one line for each topic or group."""
    wanted = rights(settings)
    lines = []
    for (kind, name), future in _asked(wanted, client).items():
        needs = {right.operation.upper() for right in wanted if (right.kind, right.name) == (kind, name)}
        more = sorted((_granted(future)[0] or set()) - needs - {"DESCRIBE"})
        if more:
            lines.append(f"{kind} {name}: {', '.join(more)}")
    return lines


def require(settings: Settings, client: AdminClient) -> None:
    """Make sure that a worker may do what it does, on as many partitions as it is told.

    Raises:
        NoAccess: It may not.
    """
    lines = lacking(settings, client) or [f"{finding} (PREWARN_PARTITIONS)" for finding in miscounted(settings, client)]
    if lines:
        raise NoAccess("Kafka does not let this worker do its work:\n" + "\n".join(f"  {line}" for line in lines))


def principal(settings: Settings) -> str:
    """Return who Kafka takes us for, as far as the settings tell."""
    if settings.security_protocol.startswith("SASL_"):
        return f"User:{settings.sasl_username}"
    return "the certificate's user" if settings.ssl_certificate_location else "User:ANONYMOUS"


def _line(settings: Settings, right: Right) -> str:
    who = principal(settings)
    grant = f"kafka-acls.sh --add --allow-principal {who} --operation {right.operation} --{right.kind} {right.name}"
    return f"{right} is not granted to {who}; {grant} grants it"


def _asked(wanted: list[Right], client: AdminClient) -> dict[tuple[Kind, str], Future[Any]]:
    topics = sorted({right.name for right in wanted if right.kind == "topic"})
    groups = [right.name for right in wanted if right.kind == "group"]
    options = {"include_authorized_operations": True, "request_timeout": REQUEST_S}
    asked: dict[tuple[Kind, str], Future[Any]] = {}
    for name, future in client.describe_topics(TopicCollection(topics), **options).items():
        asked["topic", name] = future
    for name, future in client.describe_consumer_groups(groups, **options).items():
        asked["group", name] = future
    return asked


def _granted(future: Future[Any]) -> tuple[set[str] | None, str | None]:
    """Return the operations allowed, None where the broker does not tell; or why there is nothing to be allowed."""
    try:
        operations = future.result().authorized_operations
    except KafkaException as error:
        fault: KafkaError = error.args[0]
        if fault.code() in _REFUSED:
            return set(), None
        if fault.code() in _UNKNOWN:
            return None, ABSENT
        return None, None
    return None if operations is None else {operation.name for operation in operations}, None
