"""Declared features: aggregates over event-time windows of an institution, a person, a prescriber, a trace code.

A feature is declared in the rule pack; here is what a declaration becomes: which row it lives in
(:mod:`~streams.features.scopes`), how an observation is folded into that row and taken out of it again
(:mod:`~streams.features.aggregates`), and what an event as a whole contributes
(:mod:`~streams.features.plan`). Folding is exact under any order of observations and any retraction, within
the window and the limits that the declaration states.
"""

from __future__ import annotations
