"""What crosses the boundary of the system: the records, their units, and how bytes become records."""

from __future__ import annotations
