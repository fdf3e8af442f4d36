"""Arithmetic of contributions: a small algebra of what is put into window rows and taken out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from streams.state.rows import Contribution

if TYPE_CHECKING:
    from streams.state.rows import SettlementRow


def inverse(contributions: list[Contribution]) -> list[Contribution]:
    """What undoes contributions."""
    return [
        Contribution(c.key, c.owner, [replace(seen, sign=-seen.sign) for seen in c.observations]) for c in contributions
    ]


def merged(contributions: list[Contribution]) -> list[Contribution]:
    """The same with each row named once, so that one position stamps it once."""
    rows: dict[str, Contribution] = {}
    for c in contributions:
        rows.setdefault(c.key, Contribution(c.key, c.owner, [])).observations.extend(c.observations)
    return list(rows.values())


def without(contributions: list[Contribution], taken: list[Contribution]) -> list[Contribution]:
    """Contributions less others: an observation that is in both n and m times stays n - m times."""
    gone = {c.key: list(c.observations) for c in merged(taken)}
    rest = []
    for c in contributions:
        out = gone.get(c.key, [])
        kept = []
        for seen in c.observations:
            if seen in out:
                out.remove(seen)
            else:
                kept.append(seen)
        if kept:
            rest.append(Contribution(c.key, c.owner, kept))
    return rest


def left(row: SettlementRow) -> list[Contribution]:
    """What a settlement still holds in window rows."""
    return without(row.contributions, row.given_back) if row.given_back else row.contributions


def own_part(contributions: list[Contribution], setl_id: str) -> list[Contribution]:
    """The observations that belong to one settlement and were put in, not taken out."""
    parts = (
        Contribution(c.key, c.owner, [seen for seen in c.observations if seen.sign > 0 and seen.setl_id == setl_id])
        for c in contributions
    )
    return [part for part in parts if part.observations]
