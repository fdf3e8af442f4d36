"""State: rows of windows and of screened settlements, by partition, with what is needed to survive a crash."""

from __future__ import annotations
