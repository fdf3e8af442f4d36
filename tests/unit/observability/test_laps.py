"""The stages of an event."""

from __future__ import annotations

from streams.observability.laps import Laps
from streams.observability.metrics import Metrics


def test_each_stage_gets_its_own_time() -> None:
    """Every stage begins where the one before it ended; acknowledging goes on while other events are handled."""
    now = 10.0

    def clock() -> float:
        return now

    metrics = Metrics()
    laps = Laps(metrics, clock)
    laps.taken(0.5)
    now = 11.0
    laps.decoded()
    now = 13.0
    laps.screened()
    begun = laps.now()
    now = 17.0
    laps.written()
    laps.taken(-1)
    now = 21.0
    laps.acknowledged(begun)
    spent = {stage: histogram.total for stage, histogram in metrics.stage_duration.items()}
    assert spent == {"queue": 0.5, "decode": 1.0, "engine": 2.0, "write": 4.0, "acknowledge": 8.0, "commit": 0}
