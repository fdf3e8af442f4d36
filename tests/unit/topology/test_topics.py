"""Topics as they are declared and as they are found."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    ClusterMetadata,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    PartitionMetadata,
    TopicMetadata,
)

from streams.contract.topics import REKEYED, TOPICS
from streams.settings import Settings
from streams.topology.clients import ROW_FACTOR, producer_config
from streams.topology.topics import DAY_MS, Found, TopicsError, check, compare, create, describe, topic_config

ONE = Settings(replication_factor=1)
NAMES = [name for name in TOPICS if name != REKEYED]  # without the hop


class Cluster:
    """The administrator of a cluster in memory; `refuse` makes it refuse to create a topic."""

    def __init__(self) -> None:
        self.topics: dict[str, NewTopic] = {}
        self.hidden: set[str] = set()
        self.refuse: dict[str, KafkaError] = {}
        self.silent = False

    def list_topics(self, timeout: float) -> ClusterMetadata:
        """Return the topics as Kafka's metadata; `hidden` ones are made by somebody else only a moment later."""
        assert timeout > 0
        if self.silent:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT, "timed out"))
        metadata = ClusterMetadata()
        metadata.topics = {
            name: self._metadata(topic) for name, topic in self.topics.items() if name not in self.hidden
        }
        return metadata

    @staticmethod
    def _metadata(topic: NewTopic) -> TopicMetadata:
        found = TopicMetadata()
        for number in range(topic.num_partitions):
            partition = PartitionMetadata()
            partition.replicas = list(range(topic.replication_factor))
            found.partitions[number] = partition
        return found

    def create_topics(self, topics: list[NewTopic], **_: float) -> dict[str, Future[None]]:
        """Create topics."""
        outcome: dict[str, Future[None]] = {}
        for topic in topics:
            future: Future[None] = Future()
            error = self.refuse.get(topic.topic)
            if topic.topic in self.topics:
                error = KafkaError(KafkaError.TOPIC_ALREADY_EXISTS, "exists")
            if error:
                future.set_exception(KafkaException(error))
            else:
                self.topics[topic.topic] = topic
                future.set_result(None)
            outcome[topic.topic] = future
        return outcome

    def describe_configs(self, resources: list[ConfigResource], **_: float) -> dict[ConfigResource, Future[Any]]:
        """Return the configuration of topics."""
        outcome: dict[ConfigResource, Future[Any]] = {}
        for resource in resources:
            future: Future[Any] = Future()
            if resource.name in self.refuse:
                future.set_exception(KafkaException(self.refuse[resource.name]))
            else:
                config = self.topics[resource.name].config
                future.set_result({key: ConfigEntry(key, value) for key, value in config.items()})
            outcome[resource] = future
        return outcome


def declared(settings: Settings) -> dict[str, Found]:
    """Return the topics as they are right after they were created."""
    return {
        settings.topic(name): Found(settings.partitions, settings.replication_factor, topic_config(settings, name))
        for name in TOPICS
    }


def changed(name: str, changes: dict[str, Any]) -> Found:
    """Return a topic that differs from what was declared in partitions, copies or configuration."""
    before = declared(Settings())[name]
    config = {key: value for key, value in changes.items() if "." in key}
    shape = {key: value for key, value in changes.items() if "." not in key}
    return before._replace(**shape, config={**before.config, **config})


class TestConfig:
    """The configuration a topic is created with."""

    def test_every_topic_has_the_contracts_cleanup_and_the_settings_safety(self) -> None:
        """Copies in sync are one less than all."""
        for name, topic in TOPICS.items():
            config = topic_config(Settings(), name)
            assert (config["cleanup.policy"], config["min.insync.replicas"]) == (topic.cleanup, "2")
            assert config["message.timestamp.type"] == "CreateTime"

    @pytest.mark.parametrize(
        ("name", "retention"),
        [
            ("settlement.events", 5 * DAY_MS),
            ("screening.dead-letters", 5 * DAY_MS),
            ("reference.persons", -1),
            ("prewarn.windows", -1),
            ("prewarn.settlements", 11 * DAY_MS),  # the horizon and a day
        ],
    )
    def test_records_stay_as_long_as_they_are_needed(self, name: str, retention: int) -> None:
        """Facts and windows for ever, first answers for their horizon, the rest for the set days."""
        config = topic_config(Settings(retention_days=5, result_horizon_days=10), name)
        assert config["retention.ms"] == str(retention)

    def test_window_rows_are_compacted_hard(self) -> None:
        """A worker that takes a partition over reads one record for each row, or little more."""
        assert {
            "min.cleanable.dirty.ratio": "0.1",
            "segment.ms": "600000",
            "max.compaction.lag.ms": "900000",
        }.items() <= topic_config(Settings(), "prewarn.windows").items()

    def test_what_comes_in_fits_where_it_goes(self) -> None:
        """An event somewhat over the limit arrives, and fits among the dead letters and into the producer."""
        settings = Settings(max_record_bytes=3_000_000)
        limits = {name: int(topic_config(settings, name).get("max.message.bytes", 0)) for name in TOPICS}
        assert limits["settlement.events"] == 6_000_000
        assert (
            limits["screening.dead-letters"] == ROW_FACTOR * 3_000_000 == producer_config(settings)["message.max.bytes"]
        )
        assert limits["screening.feedback"] == 0  # the brokers' own


class TestCreate:
    """Declaring the topics."""

    def test_all_are_created_as_the_settings_say(self) -> None:
        """With their names, partitions and copies."""
        cluster = Cluster()
        settings = Settings(topic_prefix="x.", topic_names={"risk.alerts": "a"}, partitions=5, replication_factor=2)
        assert all(made.new for made in create(settings, cluster))
        assert set(cluster.topics) == {"a" if name == "risk.alerts" else f"x.{name}" for name in NAMES}
        assert {(topic.num_partitions, topic.replication_factor) for topic in cluster.topics.values()} == {(5, 2)}
        assert check(settings, cluster) == []

    def test_the_topic_of_the_rekeying_hop_comes_with_the_hop(self) -> None:
        """It is neither created nor missed without it."""
        cluster = Cluster()
        create(ONE, cluster)
        assert REKEYED not in cluster.topics
        hop = Settings(replication_factor=1, rekey=True)
        assert [finding.topic for finding in check(hop, cluster)] == [REKEYED]
        assert [made.topic for made in create(hop, cluster) if made.new] == [REKEYED]
        assert cluster.topics[REKEYED].num_partitions == cluster.topics["settlement.events"].num_partitions

    def test_what_exists_stays_as_it_is(self) -> None:
        """Creating twice changes nothing, whatever the settings say by then."""
        cluster = Cluster()
        create(ONE, cluster)
        del cluster.topics["risk.alerts"]
        outcome = create(Settings(replication_factor=1, partitions=3), cluster)
        assert [made.topic for made in outcome if made.new] == ["risk.alerts"]
        assert cluster.topics["settlement.events"].num_partitions == ONE.partitions

    def test_somebody_elses_being_faster_is_no_failure(self) -> None:
        """Two workers may declare the topics at once."""
        cluster = Cluster()
        create(ONE, cluster)
        cluster.hidden = set(cluster.topics)
        assert len(create(ONE, cluster)) == len(NAMES)

    def test_refusals_are_gathered_by_reason(self) -> None:
        """One line for each reason, with the topics it concerns; the others are created."""
        cluster = Cluster()
        denied = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED, "denied")
        few = KafkaError(KafkaError.INVALID_REPLICATION_FACTOR, "only 1 broker")
        cluster.refuse = {"risk.alerts": denied, "screening.results": denied, "prewarn.windows": few}
        with pytest.raises(TopicsError) as caught:
            create(Settings(), cluster)
        assert str(caught.value).splitlines() == [
            "screening.results, risk.alerts: denied",
            "prewarn.windows: only 1 broker (PREWARN_REPLICATION_FACTOR: copies are kept on different brokers)",
        ]
        assert len(cluster.topics) == len(NAMES) - 3


class TestCheck:
    """Finding what differs."""

    def test_what_was_created_is_as_the_settings_ask(self) -> None:
        """No finding for a fresh cluster."""
        assert compare(Settings(), declared(Settings())) == []

    def test_missing_topics_are_found_in_the_contracts_order(self) -> None:
        """An empty cluster lacks them all."""
        findings = check(ONE, Cluster())
        assert [finding.topic for finding in findings] == NAMES
        assert {finding.reason for finding in findings} == {"does not exist; `prewarn topics create` makes it"}

    @pytest.mark.parametrize(
        ("name", "changes", "reason"),
        [
            (
                "prewarn.windows",
                {"partitions": 6},
                "has 6 partitions and settlement.events has 12; they must have the same",
            ),
            ("risk.alerts", {"copies": 2}, "has 2 copies, the settings ask for 3"),
            ("prewarn.windows", {"cleanup.policy": "delete"}, "has cleanup.policy=delete, it must be compact"),
            ("risk.alerts", {"min.insync.replicas": "1"}, "has min.insync.replicas=1, the settings ask for 2"),
            ("risk.alerts", {"min.insync.replicas": "4"}, "has min.insync.replicas=4 and only 3 copies"),
            ("settlement.events", {"max.message.bytes": "1000000"}, "has max.message.bytes=1000000, less than"),
            (
                "settlement.events",
                {"max.message.bytes": "9000000"},
                "has max.message.bytes=9000000; records above 2097152",
            ),
            (
                "screening.dead-letters",
                {"max.message.bytes": "9"},
                "has max.message.bytes=9; records up to 2097152 bytes",
            ),
            (
                "prewarn.settlements",
                {"retention.ms": "86400000"},
                "has retention.ms=86400000, less than result_horizon",
            ),
        ],
    )
    def test_a_difference_that_matters_is_found(self, name: str, changes: dict[str, Any], reason: str) -> None:
        """Each by itself, with what is there and what should be."""
        (finding,) = compare(Settings(), {**declared(Settings()), name: changed(name, changes)})
        assert str(finding).startswith(f"{name}: {reason}")

    def test_events_with_other_partitions_are_found_with_all_that_live_beside_them(self) -> None:
        """The settings, the events and the internal topics must agree."""
        found = declared(Settings())
        found["settlement.events"] = found["settlement.events"]._replace(partitions=6)
        assert [finding.topic for finding in compare(Settings(), found)] == [
            "settlement.events",
            *(name for name in NAMES if TOPICS[name].partitions_of == "settlement.events"),
        ]

    @pytest.mark.parametrize(
        ("name", "changes"),
        [
            ("risk.alerts", {"partitions": 3}),  # whoever reads it does not depend on the number
            ("risk.alerts", {"copies": 5}),
            ("prewarn.settlements", {"cleanup.policy": "delete,compact"}),
            ("prewarn.settlements", {"retention.ms": "-1"}),
            ("settlement.events", {"retention.ms": "1000"}),  # the input's owner decides
            ("settlement.events", {"max.message.bytes": ""}),  # a broker that does not tell
        ],
    )
    def test_what_does_not_matter_is_no_finding(self, name: str, changes: dict[str, Any]) -> None:
        """More copies or a longer memory are nobody's fault."""
        assert compare(Settings(), {**declared(Settings()), name: changed(name, changes)}) == []

    def test_a_cluster_that_hides_its_configuration_is_an_error(self) -> None:
        """Nothing is guessed from half a description."""
        cluster = Cluster()
        create(ONE, cluster)
        cluster.refuse = {"risk.alerts": KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED, "denied")}
        with pytest.raises(TopicsError, match=r"risk\.alerts: denied"):
            check(ONE, cluster)

    def test_a_cluster_that_does_not_answer_is_an_error(self) -> None:
        """It is not taken for an empty one."""
        cluster = Cluster()
        cluster.silent = True
        with pytest.raises(TopicsError, match="the topics cannot be listed: timed out"):
            describe(cluster, {"a"})
