"""Alerts against real faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.deploy import faults
from tests.deploy.tools import program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.usefixtures("_kafka_at_hand")
def test_a_fault_raises_its_alerts_and_no_others(tmp_path: Path) -> None:
    """The short form of `make faults`; and every panel and rule reads what real workers show."""
    program("prometheus")
    assert faults.run(tmp_path, short=True) == []
