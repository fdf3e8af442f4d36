"""The registries of a simulated province, as the engine knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import orjson

from streams.engine.references import References, Registry

if TYPE_CHECKING:
    from streams.simulate import Simulation


def registries(simulation: Simulation) -> References:
    """Return what a worker has read of the registries before the first event."""
    facts, references = simulation.reference(), References()
    for registry in get_args(Registry):
        for record in getattr(facts, registry):
            references.take(registry, orjson.dumps(record))
    return references
