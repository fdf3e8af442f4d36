"""Kafka: clients, topics, the Faust app, the worker. The engine's rooms never import this one."""

from __future__ import annotations
