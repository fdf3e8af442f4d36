"""Rule packs: what analysts write in YAML and CSV, read with places, checked as a whole, compiled once."""

from __future__ import annotations
