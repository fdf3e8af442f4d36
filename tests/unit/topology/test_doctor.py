"""What the doctor says of brokers that do not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confluent_kafka.admin import AdminClient

from streams.settings import load
from streams.topology import access, doctor, standing, topics
from tests.stream.process import environment, free_port

if TYPE_CHECKING:
    import pytest


def test_silence_is_a_problem_and_not_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or `prewarn doctor` would end with "no problems" where it has seen nothing."""
    for module in (access, doctor, standing, topics):
        monkeypatch.setattr(module, "REQUEST_S", 0.1)
    monkeypatch.setattr(standing, "_PATIENCE_S", 0.2)
    address = f"127.0.0.1:{free_port()}"
    for name, value in environment(address).items():
        monkeypatch.setenv(name, value)
    client = AdminClient({"bootstrap.servers": address, "log_level": 0})
    found = list(doctor.examine(load(), client))
    unseen = {finding.area for finding in found if "could not be looked at" in finding.text}
    assert unseen == {"brokers", "partitions", "group", "state", "clock"}
    assert {finding.level for finding in found if finding.area in unseen} == {"problem"}
