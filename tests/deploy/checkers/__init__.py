"""Run in the checkers' environment."""

from __future__ import annotations
