"""A declared feature, ready to be folded and read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from streams.features.aggregates import Aggregate
    from streams.features.reading import Reader
    from streams.features.scopes import Scope
    from streams.rules.feature_specs import FeatureSpec


class Feature(NamedTuple):
    """A declared feature with its arithmetic and its scope."""

    spec: FeatureSpec
    #: Of a past: the arithmetic of the feature whose past it is.
    aggregate: Aggregate
    scope: Scope
    #: Under which name rows keep the state that it reads.
    fid: str
    #: Whether it compares another feature with its past, and keeps nothing itself.
    past: bool
    read: Reader


def state_key(fid: str, part: str) -> str:
    """Under which name a row keeps a feature's state, for the row as a whole or for a part of it."""
    return f"{fid}:{part}" if part else fid
