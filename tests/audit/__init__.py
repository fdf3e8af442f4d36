"""What the project is made of, and what is known to be wrong with it: `make audit`."""

from __future__ import annotations
