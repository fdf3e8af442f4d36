"""The AsyncAPI document, the topics in the code and the schemas agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
import yaml

from streams.contract.rejected import Reason
from streams.contract.topics import DEAD_LETTER_HEADERS, DEAD_LETTERS, EVENTS, TOPICS
from tests.contract.samples import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = SCHEMAS.parent / "asyncapi.yaml"
DOCUMENT = yaml.safe_load(FILE.read_text("utf-8"))
CHANNELS = {channel["address"]: channel for channel in DOCUMENT["channels"].values()}


def references(node: object) -> Iterator[str]:
    """Yield every `$ref` below a node."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolve(reference: str) -> Any:
    """Return what a `$ref` of the document points to; a dangling one is an error."""
    file, _, fragment = reference.partition("#")
    node = json.loads((FILE.parent / file).read_text("utf-8")) if file else DOCUMENT
    for step in fragment.split("/")[1:]:
        node = node[step]
    return node


def message_of(channel: Any) -> Any:
    """Return the one message of a channel."""
    (reference,) = channel["messages"].values()
    return resolve(reference["$ref"])


@pytest.mark.parametrize("reference", sorted(set(references(DOCUMENT))))
def test_every_reference_resolves(reference: str) -> None:
    """No `$ref` points to nowhere."""
    assert resolve(reference)


def test_the_document_is_asyncapi_3() -> None:
    """The document says what it is, where the brokers are, and who may talk to them."""
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(DOCUMENT["info"])
    assert all(server["protocol"] == "kafka-secure" or name == "local" for name, server in DOCUMENT["servers"].items())
    assert all(server.get("security") or name == "local" for name, server in DOCUMENT["servers"].items())


def test_channels_are_the_topics() -> None:
    """Every topic of the code is documented, and no other."""
    assert set(CHANNELS) == set(TOPICS)


@pytest.mark.parametrize("name", TOPICS)
def test_keys_and_cleanup_are_documented(name: str) -> None:
    """Key, cleanup policy and record of each topic are those of the code."""
    topic, channel = TOPICS[name], CHANNELS[name]
    message = message_of(channel)
    assert message["bindings"]["kafka"]["key"].get("title") == topic.key
    assert ",".join(channel["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"]) == topic.cleanup
    if topic.record is not None:
        assert message["name"] == topic.record
        assert set(resolve(message["payload"]["$ref"])["properties"]) >= {topic.key}


@pytest.mark.parametrize("name", TOPICS)
def test_each_topic_is_used_as_it_is_meant(name: str) -> None:
    """Prewarn receives what comes in, sends what goes out, and does both with what is internal."""
    identifier = next(key for key, channel in DOCUMENT["channels"].items() if channel["address"] == name)
    reference = f"#/channels/{identifier}"
    actions = {o["action"] for o in DOCUMENT["operations"].values() if o["channel"]["$ref"] == reference}
    assert actions == {"in": {"receive"}, "out": {"send"}, "internal": {"send", "receive"}}[TOPICS[name].who]


def test_internal_topics_say_so() -> None:
    """Internal topics carry the prefix that marks them, say so, and are partitioned like the events."""
    internal = {name for name, topic in TOPICS.items() if topic.who == "internal"}
    assert internal == {name for name in TOPICS if name.startswith("prewarn.")}
    assert all("(internal)" in CHANNELS[name]["title"] for name in internal)
    assert {TOPICS[name].partitions_of for name in internal} == {EVENTS}


def test_dead_letters_carry_their_headers() -> None:
    """The headers of a dead letter, and its reasons, are those of the code."""
    headers = message_of(CHANNELS[DEAD_LETTERS])["headers"]
    assert tuple(headers["required"]) == tuple(headers["properties"]) == DEAD_LETTER_HEADERS
    assert set(headers["properties"]["reason"]["enum"]) == set(get_args(Reason))


def test_the_schemas_are_beside_the_document() -> None:
    """Whoever gets the folder gets the schemas with it."""
    files = {reference.partition("#")[0] for reference in references(DOCUMENT)} - {""}
    assert files == {f"./schemas/{path.name}" for path in Path(SCHEMAS).glob("*.json")}
