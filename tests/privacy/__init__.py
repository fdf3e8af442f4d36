"""Nothing that leaves carries a person's number, name or certificate: `make privacy`."""

from __future__ import annotations
