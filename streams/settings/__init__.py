"""Settings: what can be set, where it is read from, what is wrong with it. Every other room takes `Settings`."""

from __future__ import annotations

from streams.settings.describe import Row, describe, env_example
from streams.settings.fields import env_name
from streams.settings.kinds import Secret
from streams.settings.load import load
from streams.settings.model import Settings
from streams.settings.problems import Problem, SettingsError

__all__ = ["Problem", "Row", "Secret", "Settings", "SettingsError", "describe", "env_example", "env_name", "load"]
