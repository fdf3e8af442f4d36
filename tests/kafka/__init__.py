"""A real Apache Kafka for tests: fetched once, started on loopback ports, gone with the tests."""

from __future__ import annotations
