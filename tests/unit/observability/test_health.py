"""Whether a worker lives, is ready, has started."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from streams.observability.health import Health
from streams.observability.loop import watch_loop
from streams.observability.metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def screening(clock: Clock) -> Health:
    """Return the health of a worker that screens, with events waiting."""
    health = Health(clock)
    health.rules_loaded = True
    health.set_assigned(4, recovering=False)
    health.set_lag(7)
    return health


def stalled(health: Health, clock: Clock) -> None:
    """Let time pass in which the loop runs and nothing is finished."""
    clock.now += 180
    health.beat()


def test_a_new_process_lives_and_is_neither_started_nor_ready() -> None:
    """It is given the time to connect and to rebuild its state."""
    health = Health(Clock())
    assert not health.not_alive()
    assert health.not_ready() == ["the rules are not loaded", "no partition is assigned"]
    assert health.not_started() == ["state has not been complete yet"]


def test_a_worker_that_screens_is_well() -> None:
    """No condition fails."""
    health = screening(Clock())
    assert [] == health.not_alive() == health.not_ready() == health.not_started()


@pytest.mark.parametrize(("silence", "lives"), [(29.9, True), (30.0, False)])
def test_a_silent_event_loop_is_dead(silence: float, lives: bool) -> None:  # noqa: FBT001
    """Its heartbeat is allowed half a minute."""
    clock = Clock()
    health = screening(clock)
    clock.now += silence
    assert lives is not bool(health.not_alive())
    health.beat()
    assert not health.not_alive()


def test_a_worker_that_finishes_nothing_while_events_wait_is_dead() -> None:
    """Three minutes without a commit are allowed."""
    clock = Clock()
    health = screening(clock)
    stalled(health, clock)
    assert health.not_alive() == ["7 records wait and none was finished for 180 s"]
    health.progressed()
    assert not health.not_alive()


@pytest.mark.parametrize(
    "excuse",
    [
        pytest.param(lambda health: health.set_lag(0), id="nothing waits"),
        pytest.param(lambda health: health.set_assigned(4, recovering=True), id="state is rebuilt"),
        pytest.param(lambda health: health.set_assigned(0, recovering=False), id="nothing is assigned"),
        pytest.param(lambda health: health.set_broker(reachable=False), id="brokers are down"),
        pytest.param(lambda health: setattr(health, "stopping", True), id="it is stopping"),
    ],
)
def test_standing_still_with_a_reason_is_no_fault(excuse: Callable[[Health], None]) -> None:
    """Killing the worker would not help any of these."""
    clock = Clock()
    health = screening(clock)
    excuse(health)
    stalled(health, clock)
    assert not health.not_alive()


def test_the_time_to_make_progress_begins_when_brokers_are_back() -> None:
    """A worker is not killed for the time in which it could not work, but for the time after it."""
    clock = Clock()
    health = screening(clock)
    health.set_broker(reachable=False)
    stalled(health, clock)
    health.set_broker(reachable=True)
    assert not health.not_alive()
    stalled(health, clock)
    health.set_broker(reachable=True)
    assert health.not_alive()


def test_the_time_to_make_progress_begins_when_state_is_rebuilt() -> None:
    """A long recovery counts for nothing."""
    clock = Clock()
    health = screening(clock)
    health.set_assigned(4, recovering=True)
    stalled(health, clock)
    health.recovered()
    assert not health.not_alive()
    stalled(health, clock)
    assert health.not_alive()


def test_lag_that_appears_after_idleness_has_its_full_time() -> None:
    """An idle night counts for nothing."""
    clock = Clock()
    health = screening(clock)
    health.set_lag(0)
    clock.now += 10_000
    health.beat()
    health.set_lag(0)
    health.set_lag(5)
    assert not health.not_alive()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda health: setattr(health, "rules_loaded", False), "the rules are not loaded"),
        (lambda health: health.set_assigned(0, recovering=False), "no partition is assigned"),
        (lambda health: health.set_assigned(4, recovering=True), "state is being rebuilt"),
        (lambda health: health.set_broker(reachable=False), "brokers do not answer"),
        (lambda health: setattr(health, "stopping", True), "the worker is stopping"),
    ],
)
def test_readiness_names_what_is_missing(change: Callable[[Health], None], reason: str) -> None:
    """One condition at a time."""
    health = screening(Clock())
    change(health)
    assert health.not_ready() == [reason]


def test_started_stays_started() -> None:
    """A rebalance does not undo the first complete state."""
    health = Health(Clock())
    health.set_assigned(4, recovering=True)
    assert health.not_started()
    health.recovered()
    health.set_assigned(8, recovering=True)
    assert not health.not_started()


def test_watching_the_loop_beats_and_measures_its_delay() -> None:
    """Each wake-up is a heartbeat; work that blocked the loop shows as delay."""
    clock = Clock()
    health, metrics = Health(clock), Metrics()

    async def watch() -> None:
        await asyncio.wait_for(watch_loop(health, metrics, every_s=0.001), timeout=0.1)

    clock.now += 5
    with pytest.raises(TimeoutError):
        asyncio.run(watch())
    assert health.heartbeat == clock.now
    assert sum(metrics.event_loop_lag.counts) > 1
    assert metrics.event_loop_lag.total > 0
