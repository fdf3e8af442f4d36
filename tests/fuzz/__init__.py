"""Whatever bytes arrive, readers say what is wrong with them: `make fuzz`."""

from __future__ import annotations
