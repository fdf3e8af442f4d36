"""`/metrics`, `/livez`, `/readyz` and `/startupz` on a thread and port of their own.

A blocked event loop must not take them away: that is when they are needed.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, Self

from prometheus_client.exposition import choose_encoder

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import CollectorRegistry

    from streams.observability.health import Health

logger = logging.getLogger(__name__)

PLAIN: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"
CLIENT_TIMEOUT_S: Final = 10.0
"""A client that sends nothing for so long is cut off, or its thread would stay."""
STOP_S: Final = 0.1
"""How soon a close is noticed."""


class ProbeServerError(Exception):
    """The address for metrics and probes cannot be used."""


class ProbeServer:
    """Serves one worker's health and metrics until it is closed."""

    def __init__(self, host: str, port: int, health: Health, registry: CollectorRegistry) -> None:
        """Listen at once.

        Args:
            host: Address to listen at.
            port: Port; 0 takes any free one, which `port` then tells.
            health: What the probes are answered from.
            registry: What `/metrics` shows.

        Raises:
            ProbeServerError: The port is in use, or the address is none of this machine's.
        """
        try:
            self._server = _Server(host, port, _handler(health, registry))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ProbeServerError(
                f"cannot serve metrics and probes at {host}:{port}: {reason}; "
                "PREWARN_METRICS_HOST and PREWARN_METRICS_PORT choose another place"
            ) from None
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(STOP_S,), name="probes", daemon=True)

    def start(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop answering and free the port."""
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is none of our errors."""
        logger.debug("a request from %s was not finished: %s", client_address, request)


def _handler(health: Health, registry: CollectorRegistry) -> type[BaseHTTPRequestHandler]:
    probes: dict[str, Callable[[], list[str]]] = {
        "/livez": health.not_alive,
        "/readyz": health.not_ready,
        "/startupz": health.not_started,
    }

    class Handler(BaseHTTPRequestHandler):
        timeout = CLIENT_TIMEOUT_S
        server_version = "prewarn"
        sys_version = ""

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                encode, content_type = choose_encoder(self.headers.get("Accept", ""))
                self._answer(HTTPStatus.OK, content_type, encode(registry))
            elif path in probes:
                failing = probes[path]()
                status = HTTPStatus.SERVICE_UNAVAILABLE if failing else HTTPStatus.OK
                self._answer(status, JSON, _verdict(failing))
            else:
                self._answer(HTTPStatus.NOT_FOUND, PLAIN, b"/metrics /livez /readyz /startupz\n")

        def do_HEAD(self) -> None:
            self.do_GET()

        def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: probes come every few seconds."""

    return Handler


def _verdict(failing: list[str]) -> bytes:
    return json.dumps({"status": "failing" if failing else "ok", "failing": failing}).encode() + b"\n"
