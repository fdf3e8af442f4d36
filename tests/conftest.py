"""Fixtures that every test may ask for."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests.kafka.cluster import KafkaCluster
from tests.kafka.distribution import UnavailableError, java, libraries, required

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# No test fails on a clock: these machines are shared and noisy. CI judges a change by the same examples each time;
# everybody else's runs look for new ones.
settings.register_profile(
    "prewarn",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    derandomize="CI" in os.environ,
)
settings.load_profile("prewarn")


@pytest.fixture(scope="session")
def _kafka_at_hand() -> None:
    """Skip, or fail when TESTS_REQUIRE asks for Kafka, where none can be had."""
    try:
        java()
        libraries()
    except UnavailableError as error:
        if required("kafka"):
            pytest.fail(f"TESTS_REQUIRE asks for Kafka: {error}")
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def kafka(_kafka_at_hand: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """One Kafka node without security, shared by all tests of the run: use topic and group names of your own."""
    with KafkaCluster(directory=tmp_path_factory.mktemp("kafka")) as cluster:
        yield cluster


@pytest.fixture
def start_kafka(
    _kafka_at_hand: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., KafkaCluster]]:
    """Start a cluster with the arguments of `KafkaCluster`; it ends with the test."""
    with ExitStack() as clusters:

        def start(brokers: int = 1, **options: Any) -> KafkaCluster:
            cluster = KafkaCluster(brokers, directory=tmp_path_factory.mktemp("kafka"), **options)
            return clusters.enter_context(cluster)

        yield start
