"""What Faust's own consumer and producer (aiokafka) are told: the same cluster, TLS and SASL as librdkafka's clients.

The values that are no settings were measured or are reasoned beside them; Faust's defaults suit a laptop.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, Final

import faust

from streams.topology.clients import IDLE_MS, Unreachable

if TYPE_CHECKING:
    from streams.settings import Settings

JOIN_S: Final = 30.0
"""How long the members of a group may take to join again in a rebalance."""
LONGEST_RECOVERY_S: Final = 3_600.0
"""A worker that rebuilds state fetches no events meanwhile, and is no less alive for it."""


def faust_arguments(settings: Settings) -> dict[str, Any]:
    """Return the arguments of `faust.App` that describe broker, consumer and producer.

    Raises:
        Unreachable: Certificate or key cannot be used.
    """
    return {
        "broker": ";".join(f"kafka://{address}" for address in settings.brokers),
        "broker_credentials": credentials(settings),
        "broker_client_id": settings.client_id,
        "broker_commit_interval": settings.commit_interval,
        "broker_commit_every": 10_000,  # counted commits run inside the fetch loop: only a backstop
        "broker_max_poll_records": settings.max_poll_records,
        "broker_session_timeout": settings.session_timeout,
        "broker_heartbeat_interval": settings.session_timeout / 10,
        "broker_request_timeout": 30.0 + settings.session_timeout,  # Faust wants it above the session's
        "broker_rebalance_timeout": JOIN_S,
        "broker_max_poll_interval": LONGEST_RECOVERY_S,
        "consumer_auto_offset_reset": "earliest",
        "consumer_max_fetch_size": settings.fetch_max_bytes,
        "consumer_group_instance_id": settings.instance_id,
        "consumer_connections_max_idle_ms": IDLE_MS,
        "producer_connections_max_idle_ms": IDLE_MS,
        "producer_acks": -1,
        "producer_linger": settings.producer_linger_ms / 1000,
        "producer_request_timeout": 30.0,  # Faust's default of 1,200 s would hold up every stop
        # Also its assignor's: with 0 Faust takes another one, which moves every partition in every rebalance.
        "table_standby_replicas": max(1, settings.standby_replicas),
        "topic_partitions": settings.partitions,
        "topic_replication_factor": settings.replication_factor,
        "topic_allow_declare": False,  # topics are made by `prewarn topics create`
    }


def credentials(settings: Settings) -> faust.types.CredentialsT | None:
    """Return what Faust proves itself with; nothing for PLAINTEXT."""
    protocol = settings.security_protocol
    context = tls_context(settings) if protocol.endswith("SSL") else None
    if protocol.startswith("SASL_"):
        password = settings.sasl_password
        return faust.SASLCredentials(
            username=settings.sasl_username,
            password=password and password.reveal(),
            mechanism=settings.sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None


def tls_context(settings: Settings) -> ssl.SSLContext:
    """Return a context that checks the brokers' certificates and names, as librdkafka does.

    Raises:
        Unreachable: A file is no certificate or key, or its password is wrong.
    """
    password = settings.ssl_key_password
    try:
        context = ssl.create_default_context(cafile=settings.ssl_ca_location)
        if settings.ssl_certificate_location:
            context.load_cert_chain(
                settings.ssl_certificate_location,
                settings.ssl_key_location,
                password.reveal() if password else "",  # without one, OpenSSL would ask at the terminal
            )
    except (ssl.SSLError, OSError) as error:
        raise Unreachable(f"TLS certificate or key cannot be used: {error}") from None
    return context
