"""The configuration of a node that is broker and controller in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from tests.kafka.certificates import Authority

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

HOST: Final = "127.0.0.1"
ADMIN: Final = "admin"
"""Super user of a cluster with access control."""

# Kafka's defaults suit a data centre: these spare memory, files and seconds.
_SMALL: Final = {
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1_000,
    # A killed node is noticed, and let in again, only after this.
    "broker.session.timeout.ms": 3_000,
    "broker.heartbeat.interval.ms": 500,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.num.partitions": 4,
    "log.cleaner.dedupe.buffer.size": 16_777_216,
    "log.index.size.max.bytes": 1_048_576,
    "auto.create.topics.enable": "false",
}


@dataclass(frozen=True, slots=True)
class Node:
    """One broker and controller: its number (from 1), where its files are, and its three ports."""

    number: int
    directory: Path
    client_port: int
    broker_port: int
    controller_port: int


@dataclass(frozen=True)
class Security:
    """How clients are recognised: between the nodes themselves everything is plain text on loopback.

    Args:
        authority: Signs the certificates; None for no TLS.
        mutual: Clients need a certificate too.
        passwords: SCRAM-SHA-512 users; empty for no SASL.
        acl: Users may do only what an ACL allows, except `ADMIN`.
    """

    authority: Authority | None
    mutual: bool
    passwords: Mapping[str, str]
    acl: bool

    @classmethod
    def of(
        cls, directory: Path, tls: Literal["server", "mutual"] | None, sasl: Mapping[str, str] | None, *, acl: bool
    ) -> Security:
        """Make what the options of a cluster ask for.

        Raises:
            ValueError: Access control without a way to tell users apart.
        """
        if acl and not sasl and tls != "mutual":
            raise ValueError("acl needs sasl or tls='mutual': otherwise all users are the same")
        passwords = {ADMIN: "admin-secret", **sasl} if sasl else {}
        return cls(Authority(directory / "tls") if tls else None, tls == "mutual", passwords, acl)

    @property
    def protocol(self) -> str:
        """Kafka's name of it."""
        transport = "SSL" if self.authority else "PLAINTEXT"
        return f"SASL_{transport}" if self.passwords else transport

    def client(self, user: str) -> dict[str, Any]:
        """Return librdkafka's settings for a user."""
        settings: dict[str, Any] = {"security.protocol": self.protocol}
        if self.authority:
            settings["ssl.ca.location"] = str(self.authority.certificate)
        if self.authority and self.mutual:
            identity = self.authority.issue(user)
            settings["ssl.certificate.location"] = str(identity.certificate)
            settings["ssl.key.location"] = str(identity.key)
        if self.passwords:
            settings["sasl.mechanism"] = "SCRAM-SHA-512"
            settings["sasl.username"] = user
            settings["sasl.password"] = self.passwords[user]
        return settings

    def broker(self) -> dict[str, Any]:
        """Return the broker's settings."""
        settings: dict[str, Any] = {}
        if self.authority:
            settings |= {
                "ssl.keystore.type": "PEM",
                "ssl.keystore.location": self.authority.issue("broker").keystore,
                "ssl.truststore.type": "PEM",
                "ssl.truststore.location": self.authority.certificate,
                "ssl.client.auth": "required" if self.mutual else "none",
                "ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/",
            }
        if self.passwords:
            module = "org.apache.kafka.common.security.scram.ScramLoginModule"
            settings["sasl.enabled.mechanisms"] = "SCRAM-SHA-512"
            settings["listener.name.client.scram-sha-512.sasl.jaas.config"] = f"{module} required;"
        if self.acl:
            settings["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
            settings["super.users"] = f"User:{ADMIN};User:ANONYMOUS"  # who comes by the nodes' own listener
        return settings


def properties(node: Node, nodes: Sequence[Node], security: Security, more: Mapping[str, Any]) -> str:
    """Return the text of a node's `server.properties`."""
    copies = min(3, len(nodes))
    in_sync = max(1, copies - 1)
    client, broker, controller = node.client_port, node.broker_port, node.controller_port
    settings = {
        "process.roles": "broker,controller",
        "node.id": node.number,
        "controller.quorum.voters": ",".join(f"{each.number}@{HOST}:{each.controller_port}" for each in nodes),
        "listeners": f"CLIENT://{HOST}:{client},BROKER://{HOST}:{broker},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"CLIENT://{HOST}:{client},BROKER://{HOST}:{broker}",
        "listener.security.protocol.map": f"CLIENT:{security.protocol},BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": node.directory / "data",
        "default.replication.factor": copies,
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": in_sync,
        **_SMALL,
        **security.broker(),
        **more,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
