"""The expression language of rule packs: small, typed, total, compiled once to plain Python functions.

``parse`` bounds and reads the text, ``check`` gives every part a type and a unit, ``generate`` writes Python's own
syntax tree (never pasted text). What an expression may mention is declared in ``schema`` and ``functions``.
"""

from __future__ import annotations
