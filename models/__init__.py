"""The online models that rank what no rule knows.

Only the port through which the engine asks a model is here so far: :mod:`models.port`. Without a model a result
says ``"model": null``.
"""

from __future__ import annotations
