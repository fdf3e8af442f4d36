"""Settings from environment and file: the environment wins, everything is checked, all problems come at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streams.contract.topics import TOPICS
from streams.settings.fields import env_name, kind_of
from streams.settings.kinds import MAX_TOPIC_NAME
from streams.settings.model import SETTINGS, Settings
from streams.settings.problems import Problem, SettingsError, did_you_mean
from streams.settings.sources import CONFIG, Given, from_environment, from_toml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping


def load(environ: Mapping[str, str] | None = None, *, required: Collection[str] = ()) -> Settings:
    """Read and check all settings.

    Args:
        environ: The environment; the process's own when left out.
        required: Names of settings without default that this command cannot do without, such as `person_key`.

    Raises:
        SettingsError: With every problem found, in both sources.
    """
    environ = os.environ if environ is None else environ
    sources = [from_environment(environ)]
    if environ.get(CONFIG):
        sources.append(from_toml(Path(environ[CONFIG])))
    problems: list[Problem] = []
    failed: set[str] = set()
    given: dict[str, Given] = {}
    for source in reversed(sources):
        # Each source is checked by itself: what the environment overrides in the file must still be right.
        usable, unusable = _parse(source.given)
        problems[:0] = [*source.problems, *unusable]
        failed |= source.failed | (source.given.keys() - usable.keys())
        given |= source.given
    settings = Settings(**_parse(given)[0])
    problems += [Problem(env_name(name), "must be set") for name in required if name not in given.keys() | failed]
    for name, reason in _contradictions(settings, failed):
        problems.append(Problem(given[name].place if name in given else env_name(name), reason))
    if problems:
        raise SettingsError(problems)
    return settings


def _parse(given: Mapping[str, Given]) -> tuple[dict[str, Any], list[Problem]]:
    """Return the usable values and what is wrong with the others."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for field in SETTINGS:
        if field.name not in given:
            continue
        place, raw = given[field.name]
        try:
            values[field.name] = kind_of(field).read(raw)
        except ValueError as error:
            shown = "" if place == env_name(field.name) else f"{field.name}: "
            problems.append(Problem(place, f"{shown}{error}"))
    return values, problems


def _contradictions(settings: Settings, failed: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield (setting, reason) for settings that do not fit together; `failed` ones have been reported already."""
    if settings.insync_replicas > settings.replication_factor and "replication_factor" not in failed:
        copies = f"{settings.insync_replicas} copies are asked for where there are {settings.replication_factor}"
        yield "min_insync_replicas", f"{copies} (replication_factor)"
    if settings.ssl_certificate_location and not (settings.ssl_key_location or "ssl_key_location" in failed):
        yield "ssl_key_location", "must be set, because ssl_certificate_location is"
    if settings.ssl_key_location and not (settings.ssl_certificate_location or "ssl_certificate_location" in failed):
        yield "ssl_certificate_location", "must be set, because ssl_key_location is"
    if "security_protocol" not in failed:
        yield from _protocol_contradictions(settings, failed)
    yield from _topic_contradictions(settings)


def _protocol_contradictions(settings: Settings, failed: Collection[str]) -> Iterator[tuple[str, str]]:
    """A protocol without its credentials cannot work; credentials without their protocol would be ignored silently."""
    protocol = settings.security_protocol
    for name in ("sasl_username", "sasl_password"):
        if protocol.startswith("SASL_") and getattr(settings, name) is None and name not in failed:
            yield name, f"must be set, because security_protocol is {protocol}"
        elif not protocol.startswith("SASL_") and getattr(settings, name) is not None:
            yield name, f"is of no use, because security_protocol is {protocol}; SASL_SSL uses it"
    for name in ("ssl_ca_location", "ssl_certificate_location", "ssl_key_location", "ssl_key_password"):
        if not protocol.endswith("SSL") and getattr(settings, name) is not None:
            yield name, f"is of no use, because security_protocol is {protocol}; SSL and SASL_SSL use it"


def _topic_contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    for name in settings.topic_names.keys() - TOPICS.keys():
        yield "topic_names", f"no such topic: {name}{did_you_mean(name, TOPICS)}"
    called: dict[str, str] = {}
    for name in TOPICS:
        other = called.setdefault(settings.topic(name), name)
        if other != name:
            yield "topic_names", f"{other} and {name} are both called {settings.topic(name)}"
    if len(max(called, key=len)) > MAX_TOPIC_NAME:
        yield "topic_prefix", f"makes topic names longer than the {MAX_TOPIC_NAME} characters Kafka allows"
