"""Topics and users as Strimzi takes them: what `prewarn topics create` would make, what a worker asks to be allowed."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from streams.contract.topics import DEAD_LETTERS, EVENTS
from streams.topology.access import Right, rights
from streams.topology.topics import needed, topic_config

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.settings import Settings

API: Final = "kafka.strimzi.io/v1"
CLUSTER: Final = {"strimzi.io/cluster": "kafka"}
"""Which Kafka of the namespace; an overlay may say another."""


def topics(settings: Settings) -> list[dict[str, Any]]:
    """Return a KafkaTopic for each topic that workers with these settings need."""
    return [
        {
            "apiVersion": API,
            "kind": "KafkaTopic",
            "metadata": {"name": settings.topic(name), "labels": dict(CLUSTER)},
            "spec": {
                "partitions": settings.partitions,
                "replicas": settings.replication_factor,
                "config": {key: _value(value) for key, value in topic_config(settings, name).items()},
            },
        }
        for name in needed(settings)
    ]


def users(settings: Settings) -> list[dict[str, Any]]:
    """Return the users: what a worker does, and what an operator does with the commands beside it."""
    return [_user("prewarn-worker", worker_acls(settings)), _user("prewarn-operator", operator_acls(settings))]


def worker_acls(settings: Settings) -> list[dict[str, Any]]:
    """Return the rights of a worker. Reading and writing include describing."""
    return _acls(rights(settings))


def operator_acls(settings: Settings) -> list[dict[str, Any]]:
    """Return what `topics check`, `status`, `doctor` and `topics replay-dead-letters` need beyond looking.

    Topics are made by Strimzi here, so nobody else may make or change them.
    """
    look = [
        _acl("topic", settings.topic(name), ["Describe", "DescribeConfigs"])
        for name in needed(settings)
        if name not in (DEAD_LETTERS, EVENTS)
    ]
    group = _acl("group", settings.group_id, ["Describe"])
    cursors = _acl("group", f"{settings.group_id}.replay.", ["Read"]) | {
        "resource": {"type": "group", "name": f"{settings.group_id}.replay.", "patternType": "prefix"}
    }
    letters = _acl("topic", settings.topic(DEAD_LETTERS), ["Read", "DescribeConfigs"])
    events = _acl("topic", settings.topic(EVENTS), ["Write", "DescribeConfigs"])
    return [events, *look, letters, group, cursors]


def _user(name: str, acls: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": API,
        "kind": "KafkaUser",
        "metadata": {"name": name, "labels": dict(CLUSTER)},
        "spec": {
            "authentication": {"type": "scram-sha-512"},
            "authorization": {"type": "simple", "acls": acls},
        },
    }


def _acls(wanted: Iterable[Right]) -> list[dict[str, Any]]:
    by_resource = groupby(wanted, key=lambda right: (right.kind, right.name))
    return [_acl(kind, name, [right.operation for right in group]) for (kind, name), group in by_resource]


def _acl(kind: str, name: str, operations: list[str]) -> dict[str, Any]:
    return {"resource": {"type": kind, "name": name, "patternType": "literal"}, "operations": operations}


def _value(text: str) -> int | float | str:
    """A number as a number: Strimzi compares configurations by value, and people read them."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
