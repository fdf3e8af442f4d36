"""`deploy/.env`: versions and ports of the trial installation, and every setting of the workers in it."""

from __future__ import annotations

from typing import Final

from streams.settings.describe import env_lines

HEAD: Final = """\
# What deploy/compose.yaml reads: versions and ports, and below them every setting of prewarn; a line begins to count
# when its "#" is taken away. Made by `python -m deploy.generator`; change it where you install, not here.

# ---- Images ----

# The broker's version is the one that the tests run against, Grafana's the one that the dashboards are checked with.
IMAGE=prewarn:0.1.0
KAFKA_IMAGE=apache/kafka:{kafka}
PROMETHEUS_IMAGE=prom/prometheus:v3.5.0
ALERTMANAGER_IMAGE=prom/alertmanager:v0.28.1
GRAFANA_IMAGE=grafana/grafana:{grafana}

# ---- This machine ----

# Where pages are served, on loopback only: Grafana, Prometheus, Alertmanager, and Kafka for programs outside.
GRAFANA_PORT=3000
PROMETHEUS_PORT=9090
ALERTMANAGER_PORT=9093
KAFKA_PORT=9092

# Password of Grafana's user admin; reading needs none.
GRAFANA_PASSWORD=change-me

# Events a second that the simulator sends.
SIMULATED_RATE=50

# Memory a worker may take; its state is in memory.
WORKER_MEMORY=1g
"""

VALUES: Final = {
    "PREWARN_BOOTSTRAP_SERVERS": "kafka:19092",
    "PREWARN_REPLICATION_FACTOR": "1",
    "PREWARN_RULES_DIR": "/etc/prewarn/rules",
    "PREWARN_KNOWLEDGE_DIR": "/etc/prewarn/knowledge",
    "PREWARN_PERSON_KEY_FILE": "/run/secrets/person-key",
    "PREWARN_STATE_KEY_FILE": "/run/secrets/state-key",
    "PREWARN_METRICS_HOST": "0.0.0.0",  # noqa: S104 - inside a container, and published to nobody
    "PREWARN_LOG_FORMAT": "json",
}
"""What differs from the defaults in the trial installation."""


def environment_file(kafka: str, grafana: str) -> str:
    """Return the text of `deploy/.env`."""
    return HEAD.format(kafka=kafka, grafana=grafana) + "".join(env_lines(VALUES))
