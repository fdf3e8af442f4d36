"""`prewarn demo`: the whole system on simulated settlements, with a broker of its own."""

from __future__ import annotations
