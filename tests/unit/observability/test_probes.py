"""The server for metrics and probes."""

from __future__ import annotations

import json
import socket
import time
from http.client import HTTPConnection, HTTPResponse
from typing import TYPE_CHECKING

import pytest

from streams.observability.health import Health
from streams.observability.metrics import Metrics
from streams.observability.probes import ProbeServer, ProbeServerError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def health() -> Health:
    """Return the health of a worker that has not started."""
    return Health()


@pytest.fixture
def server(health: Health) -> Iterator[ProbeServer]:
    """Serve a worker at any free port."""
    with ProbeServer("127.0.0.1", 0, health, Metrics().registry) as started:
        yield started


def ask(server: ProbeServer, path: str, method: str = "GET", accept: str = "") -> tuple[HTTPResponse, bytes]:
    """Ask the server and return its answer."""
    connection = HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request(method, path, headers={"Accept": accept} if accept else {})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize(("path", "status"), [("/livez", 200), ("/readyz", 503), ("/startupz?verbose", 503)])
def test_probes_answer_by_status_and_say_why(server: ProbeServer, path: str, status: int) -> None:
    """Kubernetes reads the status, people the body."""
    response, body = ask(server, path)
    answer = json.loads(body)
    assert (response.status, response.headers["Content-Type"]) == (status, "application/json")
    assert answer["status"] == ("ok" if status == 200 else "failing")
    assert bool(answer["failing"]) is (status != 200)


def test_probes_follow_the_worker(server: ProbeServer, health: Health) -> None:
    """Every answer is as of now."""
    health.rules_loaded = True
    health.set_assigned(3, recovering=False)
    assert [ask(server, path)[0].status for path in ("/livez", "/readyz", "/startupz")] == [200, 200, 200]
    health.stopping = True
    assert json.loads(ask(server, "/readyz")[1])["failing"] == ["the worker is stopping"]


@pytest.mark.parametrize(
    ("accept", "content_type", "last"),
    [
        ("", "text/plain; version=0.0.4; charset=utf-8", None),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text; version=1.0.0", b"# EOF\n"),
    ],
)
def test_metrics_come_in_the_format_that_is_asked_for(
    server: ProbeServer, accept: str, content_type: str, last: bytes | None
) -> None:
    """Prometheus asks for OpenMetrics, which alone has exemplars."""
    response, body = ask(server, "/metrics", accept=accept)
    assert response.headers["Content-Type"].startswith(content_type)
    assert b'prewarn_results_total{action="pass",status="complete"} 0.0' in body
    assert last is None or body.endswith(last)


def test_other_paths_are_not_found(server: ProbeServer) -> None:
    """The answer names the paths there are."""
    response, body = ask(server, "/table/persons")
    assert (response.status, body) == (404, b"/metrics /livez /readyz /startupz\n")


def test_head_has_no_body(server: ProbeServer) -> None:
    """Its status is that of GET."""
    response, body = ask(server, "/livez", method="HEAD")
    assert (response.status, body) == (200, b"")


def test_a_silent_client_holds_nobody_up(server: ProbeServer) -> None:
    """Others are answered while it says nothing."""
    with socket.create_connection(("127.0.0.1", server.port)):
        started = time.monotonic()
        assert ask(server, "/livez")[0].status == 200
        assert time.monotonic() - started < 5


def test_a_port_in_use_is_named(server: ProbeServer) -> None:
    """The message says which port, and which settings choose another."""
    with pytest.raises(
        ProbeServerError, match=rf"127\.0\.0\.1:{server.port}: Address already in use; PREWARN_METRICS_HOST"
    ):
        ProbeServer("127.0.0.1", server.port, Health(), Metrics().registry)


@pytest.mark.parametrize("host", ["192.0.2.1", "no host"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    """Neither a foreign address nor a name that is none can be listened at."""
    with pytest.raises(ProbeServerError, match="cannot serve metrics and probes"):
        ProbeServer(host, 0, Health(), Metrics().registry)


def test_a_closed_server_frees_its_port(health: Health) -> None:
    """A restart in the same process can take it again, started or not."""
    first = ProbeServer("127.0.0.1", 0, health, Metrics().registry)
    first.close()
    with ProbeServer("127.0.0.1", first.port, health, Metrics().registry) as second:
        assert ask(second, "/livez")[0].status == 200
