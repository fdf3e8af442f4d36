"""Every setting: its type, default, bounds and meaning, once. Loader, docs and example file are made from this."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from streams.settings import kinds
from streams.settings.fields import CONSUMING, KAFKA, OPERATIONS, SCREENING, TOPICS, about, no_names, shipped_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from streams.settings.kinds import Secret

DAY_S: Final = 86_400
MIB: Final = 1_048_576
MIN_PERSON_KEY: Final = 16  # bytes: below 128 bits a key could be found by trying, and with it every person
MAX_PERSON_KEY: Final = 64  # bytes: what BLAKE2b takes


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of a prewarn process, checked. `streams.settings.load` makes one; its `repr` shows no secret."""

    bootstrap_servers: str = field(
        default="localhost:9092", metadata=about(kinds.brokers(), KAFKA, "Kafka brokers to ask first for all others.")
    )
    group_id: str = field(
        default="prewarn",
        metadata=about(
            kinds.name(),
            KAFKA,
            "Consumer group. Workers of one group share the partitions; another name starts over from the beginning.",
        ),
    )
    client_id: str = field(
        default="prewarn", metadata=about(kinds.name(), KAFKA, "Name shown in the brokers' logs, metrics and quotas.")
    )
    instance_id: str | None = field(
        default=None,
        metadata=about(
            kinds.name(),
            KAFKA,
            "Static group membership: a name that stays with this process, such as the pod's. A restart within the "
            "session timeout then moves no partition. Two living processes with one name fence each other.",
        ),
    )
    security_protocol: str = field(
        default="PLAINTEXT",
        metadata=about(
            kinds.choice("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"), KAFKA, "How brokers are spoken to."
        ),
    )
    ssl_ca_location: Path | None = field(
        default=None,
        metadata=about(
            kinds.file(), KAFKA, "CA certificates (PEM) the brokers' are checked against; empty: the system's."
        ),
    )
    ssl_certificate_location: Path | None = field(
        default=None, metadata=about(kinds.file(), KAFKA, "Client certificate (PEM) for mutual TLS.")
    )
    ssl_key_location: Path | None = field(
        default=None, metadata=about(kinds.file(), KAFKA, "Key (PEM) of the client certificate.")
    )
    ssl_key_password: Secret | None = field(
        default=None, metadata=about(kinds.secret(), KAFKA, "Password of that key.")
    )
    sasl_mechanism: str = field(
        default="SCRAM-SHA-512",
        metadata=about(
            kinds.choice("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
            KAFKA,
            "How name and password are proved; used with SASL_PLAINTEXT and SASL_SSL.",
        ),
    )
    sasl_username: str | None = field(default=None, metadata=about(kinds.text(), KAFKA, "User name for SASL."))
    sasl_password: Secret | None = field(default=None, metadata=about(kinds.secret(), KAFKA, "Password for SASL."))

    topic_prefix: str = field(
        default="",
        metadata=about(
            kinds.name(), TOPICS, "Put before every topic name, so that several installations share a cluster."
        ),
    )
    topic_names: Mapping[str, str] = field(
        default_factory=no_names,
        metadata=about(
            kinds.names(),
            TOPICS,
            "Other names for single topics, such as settlement.events=hospital.claims; the prefix is not put before "
            "these.",
            shown="",
        ),
    )
    partitions: int = field(
        default=12,
        metadata=about(
            kinds.integer(1, 1_024),
            TOPICS,
            "Partitions of the events topic and of every internal one: the most workers that can share the load. "
            "It cannot change later, because keys would move to other partitions.",
        ),
    )
    replication_factor: int = field(
        default=3, metadata=about(kinds.integer(1, 9), TOPICS, "Copies of each partition; 1 for one broker.")
    )
    min_insync_replicas: int | None = field(
        default=None,
        metadata=about(
            kinds.integer(1, 9),
            TOPICS,
            "Copies that must have a record before it counts as written; empty: one less than all, at least 1.",
        ),
    )
    retention_days: int = field(
        default=7,
        metadata=about(
            kinds.integer(1, 3_650, "days"),
            TOPICS,
            "How long events, feedback, results, alerts and dead letters stay in their topics.",
        ),
    )
    result_horizon_days: int = field(
        default=7,
        metadata=about(
            kinds.integer(1, 400, "days"),
            TOPICS,
            "How long the first answer to a settlement is kept, so that a repeat gets the same one.",
        ),
    )
    trace_code_days: int = field(
        default=1_095,
        metadata=about(
            kinds.integer(1, 4_000, "days"),
            TOPICS,
            "How long the sale of a trace code is kept: the life of a box on the shelf.",
        ),
    )
    rekey: bool = field(
        default=False,
        metadata=about(kinds.switch(), TOPICS, "Re-key events by treatment area first, for producers that cannot."),
    )

    rules_dir: Path = field(
        default_factory=shipped_in("rules"),
        metadata=about(kinds.directory(), SCREENING, "The rule pack.", shown="the shipped pack"),
    )
    knowledge_dir: Path = field(
        default_factory=shipped_in("knowledge"),
        metadata=about(kinds.directory(), SCREENING, "The rules' tables.", shown="the shipped tables"),
    )
    rules_poll_interval: float = field(
        default=10.0,
        metadata=about(
            kinds.number(0.1, 3_600, "seconds"),
            SCREENING,
            "How often rule pack and tables are looked at; a changed pack comes into force without a restart.",
        ),
    )
    person_key: Secret | None = field(
        default=None,
        metadata=about(
            kinds.secret(MIN_PERSON_KEY, MAX_PERSON_KEY),
            SCREENING,
            "Key of the hash that stands for a person in outputs, 16 to 64 bytes (`openssl rand -hex 32`). The "
            "worker does not start without it. Another key gives every person another reference. Before the first "
            "change, set PREWARN_STATE_KEY to the old one.",
        ),
    )
    state_key: Secret | None = field(
        default=None,
        metadata=about(
            kinds.secret(MIN_PERSON_KEY, MAX_PERSON_KEY),
            SCREENING,
            "Key of the hash under which windows know a person; empty: PREWARN_PERSON_KEY. It never leaves and never "
            "changes: a worker with another one refuses the state there is.",
        ),
    )
    model_mode: str = field(
        default="live",
        metadata=about(
            kinds.choice("live", "shadow", "off"),
            SCREENING,
            "The online model. live: what it finds remarkable is a violation (X01); shadow: that is on trial, and the "
            "score is in the result all the same; off: no model.",
        ),
    )
    model_share: float = field(
        default=0.005,
        metadata=about(
            kinds.number(0.0001, 0.1, "of all"),
            SCREENING,
            "The rarest share of a kind of visit, by oddness or by risk, that X01 names.",
        ),
    )
    model_snapshot_interval: float = field(
        default=600.0,
        metadata=about(
            kinds.number(0.5, 86_400, "seconds"),
            SCREENING,
            "How often what the model has learned is kept, if it has learned anything.",
        ),
    )
    result_deadline: float = field(
        default=2.0,
        metadata=about(
            kinds.number(0.05, 60, "seconds"),
            SCREENING,
            "How long after the event's broker timestamp a result is due. What other workers have not answered by "
            "then is named in `missing`, and a revision follows.",
        ),
    )
    future_tolerance: float = field(
        default=3600.0,
        metadata=about(
            kinds.number(0, 30 * DAY_S, "seconds"),
            SCREENING,
            "How far an event's time may lie ahead of the broker's timestamp before it is dead-lettered.",
        ),
    )
    max_record_bytes: int = field(
        default=MIB,
        metadata=about(kinds.integer(1_024, 64 * MIB, "bytes"), SCREENING, "Larger events are dead-lettered."),
    )

    rule_error_limit: int = field(
        default=100,
        metadata=about(
            kinds.integer(0, 1_000_000),
            SCREENING,
            "A rule that raised so often is asked no more until another pack comes into force, and is named as "
            "missing; 0: it is asked for ever.",
        ),
    )
    rule_hit_share: float = field(
        default=0.5,
        metadata=about(
            kinds.number(0.001, 1, "(a share)"),
            SCREENING,
            "A live rule that hits more of a thousand settlements of a worker than this acts no more until another "
            "pack comes into force: it goes on in shadow; 1: never.",
        ),
    )
    rule_surge: float = field(
        default=20.0,
        metadata=about(
            kinds.number(0, 1_000_000, "times"),
            SCREENING,
            "The same for a rule that hits so many times more often than it did before, and in a tenth of the "
            "settlements at least; it is known after ten thousand of them. 0: never.",
        ),
    )

    commit_interval: float = field(
        default=1.0,
        metadata=about(
            kinds.number(0.05, 60, "seconds"),
            CONSUMING,
            "How often changed state is written and offsets are committed: what is done again after a crash.",
        ),
    )
    max_poll_records: int = field(
        default=2_000, metadata=about(kinds.integer(1, 4_000), CONSUMING, "Events handed over at once, at most.")
    )
    fetch_max_bytes: int = field(
        default=MIB,
        metadata=about(kinds.integer(65_536, 64 * MIB, "bytes"), CONSUMING, "Bytes fetched at once for a partition."),
    )
    fetch_wait_ms: int = field(
        default=500,
        metadata=about(
            kinds.integer(1, 60_000, "milliseconds"),
            CONSUMING,
            "How long a broker may hold a fetch that finds nothing; one that finds something is answered at once.",
        ),
    )
    session_timeout: float = field(
        default=30.0,
        metadata=about(
            kinds.number(1, 300, "seconds"),
            CONSUMING,
            "A worker that is silent for so long has died, and its partitions move.",
        ),
    )
    store: str = field(
        default="memory",
        metadata=about(
            kinds.choice("memory", "rocksdb"),
            CONSUMING,
            "Where the rows of state are. rocksdb: in PREWARN_STORE_DIR, with those used last in memory; a restart on "
            "the same disk reads only what is missing. Needs prewarn[rocksdb].",
        ),
    )
    store_dir: Path | None = field(
        default=None,
        metadata=about(
            kinds.directory(),
            CONSUMING,
            "The directory of a rocksdb store, one for each worker; nothing else may be in it. It is refused when it "
            "belongs to another installation, and read anew from Kafka when it is damaged.",
        ),
    )
    store_cache_mib: int = field(
        default=256,
        metadata=about(
            kinds.integer(16, 1_048_576, "MiB"),
            CONSUMING,
            "Memory for rows of a rocksdb store that were used last: half of it for rows, half for blocks of the "
            "database.",
        ),
    )
    standby_replicas: int = field(
        default=0,
        metadata=about(
            kinds.integer(0, 8),
            CONSUMING,
            "Workers beside its holder that keep a copy of each partition's rows in their store. One of them takes "
            "the partition over when the holder is gone, and reads only the last records of its changelogs.",
        ),
    )
    producer_idempotence: bool = field(
        default=True,
        metadata=about(
            kinds.switch(),
            CONSUMING,
            "Each record is written once even when a write is repeated. false only for brokers that lack it, "
            "such as the demo's.",
        ),
    )
    producer_linger_ms: int = field(
        default=2,
        metadata=about(
            kinds.integer(0, 1_000, "milliseconds"), CONSUMING, "How long a record waits for others to travel with."
        ),
    )

    delivery_timeout: float = field(
        default=600.0,
        metadata=about(
            kinds.number(1, 3_600, "seconds"),
            CONSUMING,
            "How long a write is repeated while brokers do not answer. After that the process ends without committing "
            "and is to be started again; nothing is lost.",
        ),
    )

    metrics_host: str = field(
        default="127.0.0.1",
        metadata=about(
            kinds.text(),
            OPERATIONS,
            "Address of /metrics, /livez, /readyz and /startupz; they need no password, so the default is this machine "
            "only. 0.0.0.0 in a container.",
        ),
    )
    metrics_port: int = field(
        default=9464,
        metadata=about(kinds.integer(0, kinds.MAX_PORT), OPERATIONS, "Port of the same; 0 takes any free one."),
    )
    canary_interval: float = field(
        default=10.0,
        metadata=about(
            kinds.number(0, 600, "seconds"),
            OPERATIONS,
            "How often a heartbeat is sent through every partition, so that a quiet night and a dead pipeline look "
            "different; 0: never.",
        ),
    )
    trace_endpoint: str | None = field(
        default=None,
        metadata=about(
            kinds.text(),
            OPERATIONS,
            "Where spans of sampled settlements are sent (OTLP over HTTP, such as http://collector:4318/v1/traces); "
            "empty: nowhere. Needs prewarn[traces].",
        ),
    )
    trace_share: float = field(
        default=0.01,
        metadata=about(kinds.number(0, 1, "(a share)"), OPERATIONS, "Share of the settlements that are traced."),
    )
    log_level: str = field(
        default="INFO", metadata=about(kinds.choice("DEBUG", "INFO", "WARNING", "ERROR"), OPERATIONS, "What is logged.")
    )
    log_format: str = field(
        default="text",
        metadata=about(
            kinds.choice("text", "json"), OPERATIONS, "How: text for people, json (one object a line) for machines."
        ),
    )
    stop_timeout: float = field(
        default=30.0,
        metadata=about(
            kinds.number(1, 600, "seconds"),
            OPERATIONS,
            "How long an orderly stop may take before the process ends anyway; nothing is lost, some work is repeated.",
        ),
    )

    @property
    def insync_replicas(self) -> int:
        """Copies that must have a record, resolved: the setting, or one less than all, at least 1."""
        return self.min_insync_replicas or max(1, self.replication_factor - 1)

    def topic(self, name: str) -> str:
        """Return what a topic of the contract is called here."""
        return self.topic_names.get(name, self.topic_prefix + name)

    @property
    def brokers(self) -> tuple[str, ...]:
        """The bootstrap servers, one `host:port` each."""
        return tuple(self.bootstrap_servers.split(","))


SETTINGS: Final = dataclasses.fields(Settings)
