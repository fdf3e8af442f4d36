"""What operators see: metrics, probes, logs. None of it carries a person's identifier."""

from __future__ import annotations
