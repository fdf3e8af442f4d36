"""The rule packs of a run: the shipped one with mirrors in it, and changes that must not change any result."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from streams.settings.places import shipped

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path


MIRRORS: Final = """
rules:
  Z01:
    {name: 镜, each: settlement, severity: 3, mode: shadow, when: event.medfee_sumamt != 0,
     message: "{person_visits.count} {institution_visitor.count} {institution_codes.sum} {institution_recent.count}"}
  Z02:
    {name: 镜, each: line, severity: 3, mode: shadow, when: line.cnt > 0 and hour(event.time) == 10,
     message: "{prescriber_day.count} {prescriber_places.count} {person_item_supply.count}"}
  Z03:
    {name: 镜, each: code, severity: 3, mode: shadow, when: line.cnt > 0 and hour(event.time) == 10,
     message: "{code_sales.count} {code_splits.count}"}
"""
"""Rules that say what they see, so that a wrong window shows even where no threshold is near; a part of
the day is enough for lines and trace codes. They are on trial, so that not every settlement is an alert too."""

_TURN: Final = """
rules:
  Z09:
    {{name: 新, each: settlement, severity: 2, effective_from: {day}, when: person_visits.count > 1,
     message: "{{person_visits.count}}"}}
"""
_BROKEN: Final = "rules:\n  Z10: {name: 错, each: settlement, severity: 2, when: event.no_such > 1, message: 错}\n"


class Deployed:
    """The folder that the workers' settings name, and what is deployed there.

    Two kinds of change are exact: one that changes nothing but version and digest, whenever a worker takes it; and
    one whose new rule takes effect by event time, provided that no event of that time is sent before every worker has
    the pack (`tests.chaos.conductor` holds the sender back). So the file run judges everything by the last pack.
    """

    def __init__(self, folder: Path, turn: date) -> None:
        """Deploy the first pack: `turn` is when the last pack's rule takes effect."""
        self.folder = folder
        self._turn = _TURN.format(day=turn.isoformat())
        shutil.copytree(shipped("rules"), folder)
        self._text = (folder / "pack.yaml").read_text("utf-8")
        self._put("zz-mirrors.yaml", MIRRORS)
        self.version = "1"
        self.say("1")

    def say(self, version: str) -> None:
        """Deploy the same rules under another version."""
        head, rest = self._text.split('version: "', 1)
        self.version = version
        self._put("pack.yaml", f'{head}version: "{version}{rest[rest.index(chr(34)) :]}')

    def turn(self, version: str) -> None:
        """Deploy the rule that takes effect later."""
        self._put("zz-turn.yaml", self._turn)
        self.say(version)

    def break_it(self) -> None:
        """Deploy a file with a mistake."""
        self._put("zz-broken.yaml", _BROKEN)

    def mend(self) -> None:
        """Remove the mistake."""
        (self.folder / "zz-broken.yaml").unlink(missing_ok=True)

    def _put(self, name: str, text: str) -> None:
        """Put a file in place at once, as a mounted ConfigMap does."""
        fresh = self.folder / f".{name}.new"
        fresh.write_text(text, "utf-8")
        fresh.rename(self.folder / name)
