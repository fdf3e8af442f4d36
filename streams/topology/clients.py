"""What the librdkafka clients are told: one place, so that producer, reader and administrator agree.

The same address, TLS and SASL go to Faust's own consumer: see `faust_client`.
"""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from confluent_kafka import Consumer, TopicPartition

    from streams.settings import Settings

logger = logging.getLogger(__name__)

REPORT_EVERY_S: Final = 10.0
"""At most one line in this time says that Kafka cannot be reached."""
IDLE_MS: Final = 180_000
"""Idle connections are closed before load balancers cut them silently."""
_MOVING: Final = frozenset(
    {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.FENCED_LEADER_EPOCH}
)
ROW_FACTOR: Final = 16
"""How much larger than the largest event a row or a result of ours may be: an event of 1 MiB can carry 20,000 trace
codes, and the settlement row remembers 150 bytes for each."""
_PROBE_S: Final = 2.0
_RETRY_S: Final = 0.5
_DOWN: Final = "brokers are down"
_PASSING: Final = _MOVING | {
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError._TIMED_OUT,  # noqa: SLF001 - librdkafka's public constants
    KafkaError._TRANSPORT,  # noqa: SLF001
}
_TIMES: Final = re.compile(r" \(after \d+ms in state [^)]*\)")

_librdkafka = logging.getLogger("librdkafka")
# Connection failures reach the error callback as well, which says them once in a while and in plain words.
_librdkafka.addFilter(lambda record: not record.getMessage().startswith(("FAIL ", "ERROR ")))


class Unreachable(Exception):  # noqa: N818 - a state of the world, not a fault of the program
    """Kafka cannot be reached, or does not accept us; the message names the brokers and says why."""


class LastFault:
    """Error callback of a client that keeps the last fault, in plain words, and says nothing."""

    def __init__(self) -> None:
        self.reason: str | None = None

    def __call__(self, error: KafkaError) -> None:
        """Take a fault from librdkafka, on the thread that polls."""
        if not (self.reason and error.name() == "_ALL_BROKERS_DOWN"):  # it follows faults that say more
            self.reason = plain(error)


class FaultLog(LastFault):
    """Error callback of a client: one clear line, then at most one every ten seconds while faults come."""

    def __init__(self, who: str, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._who = who
        self._clock = clock
        self._silent_until = float("-inf")
        self._suppressed = 0

    def __call__(self, error: KafkaError) -> None:
        """Take a fault from librdkafka, on the thread that polls."""
        super().__call__(error)
        now = self._clock()
        if now < self._silent_until and not error.fatal():
            self._suppressed += 1
            return
        more = f" (and {self._suppressed} more since the last line)" if self._suppressed else ""
        self._silent_until, self._suppressed = now + REPORT_EVERY_S, 0
        logger.log(logging.ERROR if error.fatal() else logging.WARNING, "%s: %s%s", self._who, self.reason, more)


def plain(error: KafkaError) -> str:
    """Return what librdkafka says of a fault without its counters and internal names."""
    return _TIMES.sub("", error.str()).replace("/bootstrap:", ":")


def passing(fault: KafkaError) -> bool:
    """Tell whether a fault is one of brokers that are busy, or choosing who leads a partition or knows of a group."""
    return fault.retriable() or fault.code() in _PASSING


def largest_record(settings: Settings) -> int:
    """Return the bytes the input topic takes in a record: twice the limit.

    What is somewhat too large should arrive and become a dead letter that names the reason; only what is far too
    large is refused by the broker itself.
    """
    return 2 * settings.max_record_bytes


def largest_output(settings: Settings) -> int:
    """Return the bytes a record of our own may have."""
    return ROW_FACTOR * settings.max_record_bytes


def producer_config(settings: Settings, on_error: LastFault | None = None) -> dict[str, Any]:
    """Return the configuration of the producer of outputs, messages between owners, and changelog rows."""
    config = _common(settings, on_error or FaultLog("Kafka producer")) | {
        "acks": "all",
        "enable.idempotence": settings.producer_idempotence,
        "linger.ms": settings.producer_linger_ms,
        "compression.type": "lz4",
        "partitioner": "murmur2_random",  # what aiokafka and the Java clients use; librdkafka's own differs
        "delivery.timeout.ms": round(settings.delivery_timeout * 1000),
        "queue.buffering.max.messages": 200_000,
        "message.max.bytes": largest_output(settings),
    }
    if not settings.producer_idempotence:
        # Without sequence numbers a repeated write could overtake the next one, and an older row would win.
        config["max.in.flight.requests.per.connection"] = 1
    return config


def consumer_config(settings: Settings, on_error: LastFault | None = None) -> dict[str, Any]:
    """Return the configuration of a reader of whole topics: partitions are assigned by hand, nothing is committed.

    librdkafka wants a group's name all the same; it is the worker's, whose permission there is anyway.
    """
    return _common(settings, on_error or FaultLog("Kafka reader")) | {
        "group.id": settings.group_id,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": True,  # how a reader knows that it has seen everything there is
        "auto.offset.reset": "earliest",
        "max.partition.fetch.bytes": settings.fetch_max_bytes,
    }


def admin_config(settings: Settings, on_error: LastFault | None = None) -> dict[str, Any]:
    """Return the configuration of an administrator."""
    return _common(settings, on_error or FaultLog("Kafka administrator"))


def _common(settings: Settings, on_error: LastFault) -> dict[str, Any]:
    """Return what all clients share: address, name, TLS, SASL, where faults are reported."""
    password = settings.sasl_password
    key_password = settings.ssl_key_password
    optional = {
        "ssl.ca.location": settings.ssl_ca_location,
        "ssl.certificate.location": settings.ssl_certificate_location,
        "ssl.key.location": settings.ssl_key_location,
        "ssl.key.password": key_password and key_password.reveal(),
        "sasl.username": settings.sasl_username,
        "sasl.password": password and password.reveal(),
        "sasl.mechanism": settings.sasl_mechanism if settings.security_protocol.startswith("SASL_") else None,
    }
    return {
        "bootstrap.servers": settings.bootstrap_servers,
        "client.id": settings.client_id,
        "security.protocol": settings.security_protocol,
        "connections.max.idle.ms": IDLE_MS,
        "socket.keepalive.enable": True,
        "reconnect.backoff.max.ms": 5_000,
        "log.connection.close": False,
        "logger": _librdkafka,
        "error_cb": on_error,
        **{name: str(value) for name, value in optional.items() if value is not None},
    }


def connect(settings: Settings, timeout_s: float) -> AdminClient:
    """Return an administrator of a cluster that answers.

    Raises:
        Unreachable: It did not within `timeout_s`, or certificate or key cannot be used.
    """
    on_error = LastFault()
    client = _administrator(settings, on_error)
    deadline = time.monotonic() + timeout_s
    while True:
        left = deadline - time.monotonic()
        reason = _no_answer(client, on_error, min(_PROBE_S, max(left, _RETRY_S)))
        if reason is None:
            return client
        if left < _PROBE_S + _RETRY_S:
            raise Unreachable(f"no answer from Kafka at {settings.bootstrap_servers}: {reason}")
        time.sleep(_RETRY_S)


def wait_for_broker(settings: Settings, stop: threading.Event) -> bool:
    """Wait until the cluster answers; say why it does not, at once and then every ten seconds.

    Returns:
        Whether it answered: false when `stop` was set before.

    Raises:
        Unreachable: Certificate or key cannot be used, so that waiting is of no use.
    """
    on_error = LastFault()
    client = _administrator(settings, on_error)
    silent_until = float("-inf")
    while not stop.is_set():
        reason = _no_answer(client, on_error, _PROBE_S)
        if reason is None:
            return True
        if time.monotonic() >= silent_until:
            silent_until = time.monotonic() + REPORT_EVERY_S
            logger.warning("waiting for Kafka at %s: %s", settings.bootstrap_servers, reason)
        stop.wait(_RETRY_S)
    return False


def watermarks(consumer: Consumer, place: TopicPartition, timeout_s: float) -> tuple[int, int]:
    """Return the offset at which a partition begins, and the one at which it ends.

    While its leadership moves (a broker was restarted), whoever led it refuses to say; so it is asked again.

    Raises:
        KafkaException: There was no such answer within the time.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            low, high = consumer.get_watermark_offsets(place, timeout=timeout_s)
        except KafkaException as error:
            if error.args[0].code() not in _MOVING or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_S)
        else:
            return low, high


def _administrator(settings: Settings, on_error: LastFault) -> AdminClient:
    try:
        return AdminClient(admin_config(settings, on_error))
    except KafkaException as error:
        reason = plain(error.args[0]).removeprefix("Failed to create admin client: ")
        raise Unreachable(f"the Kafka client cannot start: {reason}") from None


def _no_answer(client: AdminClient, on_error: LastFault, timeout_s: float) -> str | None:
    """Ask for the brokers; return why there was no answer, or nothing when there was one."""
    try:
        client.list_topics(timeout=timeout_s)
    except KafkaException as error:
        client.poll(0)  # hands the faults behind it to the callback
        reason = on_error.reason or plain(error.args[0])
        if reason.endswith(_DOWN):  # a connection that is closed without a word
            return f"{reason}; do they want another PREWARN_SECURITY_PROTOCOL?"
        return reason
    return None
