"""`prewarn topics`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from streams.cli import topics as command
from streams.settings import Settings
from streams.topology.clients import Unreachable
from streams.topology.topics import Created, Finding, TopicsError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command against a cluster that answers as told: with a value, or by raising."""

    def start(name: str, answer: object, cluster: object = None) -> Result:
        def reply(*_: object) -> object:
            if isinstance(answer, Exception):
                raise answer
            return answer

        def connected(settings: Settings, timeout_s: float) -> object:
            assert (settings, timeout_s <= 10) == (Settings(), True)
            if isinstance(cluster, Exception):
                raise cluster
            return cluster

        monkeypatch.setattr(command.settings, "load", Settings)
        monkeypatch.setattr(command.logs, "configure", lambda *_: None)
        monkeypatch.setattr(command, "connect", connected)
        monkeypatch.setattr(command.declared, name, reply)
        return CliRunner().invoke(command.topics, [name])

    return start


def test_create_says_what_became_of_each_topic(invoke: Callable[..., Result]) -> None:
    """New or there before."""
    result = invoke("create", [Created("a", new=True), Created("b", new=False)])
    assert (result.exit_code, result.stdout, result.stderr) == (0, "a: created\nb: exists\n", "")


def test_create_that_is_refused_exits_with_1(invoke: Callable[..., Result]) -> None:
    """Each reason is a line on standard error."""
    result = invoke("create", TopicsError("a: denied\nb: denied too"))
    assert (result.exit_code, result.stderr) == (1, "prewarn topics: a: denied\nprewarn topics: b: denied too\n")


def test_check_without_findings_exits_with_0(invoke: Callable[..., Result]) -> None:
    """And says so."""
    result = invoke("check", [])
    assert (result.exit_code, result.stdout) == (0, "all topics are as the settings ask\n")


def test_check_with_findings_exits_with_1(invoke: Callable[..., Result]) -> None:
    """Each finding is a line."""
    result = invoke("check", [Finding("a", "does not exist"), Finding("b", "has 1 copies")])
    assert (result.exit_code, result.stdout) == (1, "a: does not exist\nb: has 1 copies\n")


@pytest.mark.parametrize("name", ["create", "check"])
def test_a_cluster_that_cannot_be_reached_exits_with_1(invoke: Callable[..., Result], name: str) -> None:
    """One line says where and why."""
    result = invoke(name, [], Unreachable("no answer from Kafka at a:1: refused"))
    assert (result.exit_code, result.stderr) == (1, "prewarn topics: no answer from Kafka at a:1: refused\n")


def test_a_cluster_that_hides_its_topics_exits_with_1(invoke: Callable[..., Result]) -> None:
    """It is not taken for one where all is well."""
    assert invoke("check", TopicsError("denied")).exit_code == 1
