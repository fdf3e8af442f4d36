"""Planting identifiers in traffic, and finding them again in whatever bytes."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MARK: Final = "龘"
"""First character of every planted name: it is in no text of ours, so finding it before another finds any of them."""
_NAME: Final = re.compile(MARK.encode() + rb"[\xe4-\xe5][\x80-\xbf]{2}")
"""The first two characters: three bytes alone come about by chance in fifty million that are packed."""
_HANZI: Final = "".join(map(chr, range(0x4E00, 0x4E00 + 2_000)))
_CERTIFICATE_DIGITS: Final = 18
BROKEN_EVERY: Final = 40
"""One event in so many is spoilt, with an identifier in the place of what belongs there."""


class Identifiers:
    """The identifiers of the persons in some traffic."""

    def __init__(self) -> None:
        self._random = random.Random(5)  # noqa: S311 - a seeded choice, no secret
        self._escaped = json.dumps(MARK)[1:-1].encode()
        self._numbers: set[bytes] = set()
        self._persons: dict[str, dict[str, str]] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def plant(self, raw: bytes, number: int) -> bytes:
        """Return an event with its person's name and certificate added; one in many is spoilt as senders spoil them."""
        event: dict[str, Any] = json.loads(raw)
        person = self._person(event["psn_no"])
        event |= person
        event["notes"] = f"{person['psn_name']} {person['certno']}"
        if number % BROKEN_EVERY == 0:
            return self._spoilt(event, person)
        return json.dumps(event, ensure_ascii=number % 2 == 0).encode()

    def plant_record(self, line: bytes) -> bytes:
        """Return a record of the persons' registry with the same added."""
        record = json.loads(line)
        return json.dumps(record | self._person(record["psn_no"]), ensure_ascii=False).encode()

    def found(self, data: bytes) -> set[bytes]:
        """Return which identifiers are somewhere in the data."""
        found = {MARK.encode()} if _NAME.search(data) else set()
        if self._escaped in data:
            found.add(self._escaped)
        lengths = sorted({len(number) for number in self._numbers})
        for run in re.finditer(rb"[0-9]{%d,}" % lengths[0], data):
            digits = run[0]
            for length in lengths:
                windows = (digits[at : at + length] for at in range(len(digits) - length + 1))
                found.update(window for window in windows if window in self._numbers)
        return found

    def _person(self, psn_no: str) -> dict[str, str]:
        person = self._persons.get(psn_no)
        if person is None:
            certificate = "".join(self._random.choices("0123456789", k=_CERTIFICATE_DIGITS))
            name = MARK + "".join(self._random.choices(_HANZI, k=3))
            person = self._persons[psn_no] = {"psn_name": name, "certno": certificate}
            self._numbers |= {psn_no.encode(), certificate.encode()}
        return person

    def _spoilt(self, event: dict[str, Any], person: dict[str, str]) -> bytes:
        number = event["psn_no"]
        spoil: list[Callable[[], bytes]] = [
            lambda: json.dumps(event | {"medfee_sumamt": number}).encode(),
            lambda: json.dumps(event | {"inf_time": person["psn_name"]}, ensure_ascii=False).encode(),
            lambda: json.dumps(event | {"gend": person["certno"], "brdy": number}).encode(),
            lambda: json.dumps(event | {"psn_no": number * 9}).encode(),
            lambda: json.dumps(event | {"diagnoses": [{number: number}]}).encode(),
            lambda: json.dumps(event | {"feedetail": number}).encode(),
            lambda: json.dumps(event, ensure_ascii=False).encode()[:-20],
            f"{number},{person['psn_name']}".encode,
            lambda: json.dumps(event | {"psn_no": [number]}).encode(),
            lambda: json.dumps(event | {"event_type": number}).encode(),
        ]
        return self._random.choice(spoil)()
