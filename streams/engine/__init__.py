"""The engine: event in, answer out. It knows no Kafka, no clock and no files."""

from __future__ import annotations
