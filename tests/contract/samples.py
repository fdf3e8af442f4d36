"""The contract's examples and schemas, as tests need them."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parent / "examples"
SCHEMAS = Path(__file__).parents[2] / "deploy" / "schemas"


def lines_of(name: str) -> list[str]:
    """Return the lines of an example file."""
    return (EXAMPLES / name).read_text("utf-8").splitlines()


@cache
def _valid_events() -> str:
    return f"[{','.join(lines_of('valid-events.jsonl'))}]"


def valid_events() -> list[dict[str, Any]]:
    """Return fresh copies of the valid example events: read anew, which is quicker than copying them."""
    events: list[dict[str, Any]] = json.loads(_valid_events())
    return events


def event_of(event_type: str) -> dict[str, Any]:
    """Return a fresh copy of the first example of a type of event."""
    return next(event for event in valid_events() if event["event_type"] == event_type)


def with_value(event: dict[str, Any], path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """Set one value deep inside an event."""
    place: Any = event
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return event


def to_bytes(value: object) -> bytes:
    """Write JSON as a producer would."""
    return json.dumps(value, ensure_ascii=False).encode()


@cache
def schema(name: str) -> Any:
    """Return a published schema."""
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))


def _ecma_pattern(_validator: object, pattern: str, instance: object, _schema: object) -> Iterator[ValidationError]:
    """Match as ECMA 262 does: in Python's `re`, `$` also matches before a last line feed."""
    if isinstance(instance, str) and not re.search(pattern.replace("$", r"\Z"), instance):
        yield ValidationError("does not match")


_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _ecma_pattern}
)


@cache
def validator(reference: str) -> Any:
    """Return a validator of a published schema.

    Args:
        reference: Name of the schema, with a fragment if need be: ``reference#/$defs/person``.
    """
    resources = []
    for path in SCHEMAS.glob("*.schema.json"):
        # A schema that names its draft would bring that draft's own validator, and Python's patterns, with it.
        contents = {key: value for key, value in json.loads(path.read_text("utf-8")).items() if key != "$schema"}
        resources.append((path.name, Resource.from_contents(contents, default_specification=DRAFT202012)))
    name, _, fragment = reference.partition("#")
    return _Validator({"$ref": f"{name}.schema.json#{fragment}"}, registry=Registry().with_resources(resources))
