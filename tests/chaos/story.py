"""What goes in: a simulated province with everything that real senders do to a stream, the same for every seed.

The order of the file is the truth: `prewarn screen` reads it so. The stream keeps that order within a partition;
between partitions only where two events touch the same row, for there the order of arrival at the row's owner decides,
and nobody could say afterwards which it was. So each line comes with those of its rows that events of other partitions
touch too, and the sender (`tests.chaos.sending`) holds it back until those before it are settled.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from contextlib import closing
from datetime import date, timedelta
from sys import intern
from typing import TYPE_CHECKING, Final, NamedTuple
from zlib import crc32

import orjson

from streams.contract.decode import decode_event
from streams.contract.rejected import Rejected
from streams.contract.time import day_of, parse_date
from streams.files import LineWriter, read_lines
from streams.simulate import Simulation, SimulationConfig
from streams.simulate.randomness import stream
from tests.chaos.trouble import Trouble, troubled
from tests.spacing import touched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from streams.contract.events import Event
    from streams.engine.engine import Engine

EVENTS_A_DAY: Final = 25_000
"""Dense enough that most persons, prescribers and institutions come again within the windows of the rules."""
LAST_DAY: Final = date(2026, 11, 3)
"""The story ends in the past: a worker refuses what comes from the future."""
FRAUD_RATE: Final = 0.02
LARGEST: Final = 4 << 20
_SEVERAL: Final = -1
_Keys = tuple[int, ...]


class Line(NamedTuple):
    """One line of the story, as the sender needs it."""

    number: int
    area: str
    partition: int
    raw: bytes
    #: Settlement that is to have a result because of this line, or None.
    setl_id: str | None
    #: Whether the owners of all rows that it changes have changed them when its result comes: not those of a refund,
    #: who are told when it is decided.
    tells: bool
    #: Of the rows it touches those that events of other partitions touch too.
    shared: _Keys


class Story:
    """The input of a run: events and registry facts in files.

    Attributes:
        folder: Where the files are.
        kinds: How many lines there are of each kind.
        settlements: Different settlements.
        poisoned: Lines that become dead letters.
        turn: First line of the second half of the simulated days: where the last pack's new rule takes effect.
        turn_day: The day of that line.
        sharing: Lines that touch rows which other partitions' events touch too.
    """

    def __init__(self, folder: Path, settlements: int, seed: int, partition_of: Callable[[str], int]) -> None:
        """Prepare to tell a story of about so many settlements; nothing is written yet."""
        days = max(2, math.ceil(settlements / EVENTS_A_DAY))
        start = LAST_DAY - timedelta(days=days - 1)
        self._config = SimulationConfig(events=settlements, seed=seed, days=days, start=start, fraud_rate=FRAUD_RATE)
        self._partition_of = partition_of
        self.folder = folder
        self.kinds: Counter[str] = Counter()
        self.settlements = 0
        self.poisoned = 0
        self.turn = 0
        self.turn_day = start + timedelta(days=days // 2)
        self.sharing = 0
        self._areas: list[str] = []
        self._ids: list[str | None] = []
        self._refunds: set[int] = set()
        self._shared: dict[int, _Keys] = {}

    @property
    def events(self) -> Path:
        """The file that `prewarn screen` reads."""
        return self.folder / "events.jsonl.zst"

    def __len__(self) -> int:
        return len(self._areas)

    def __iter__(self) -> Iterator[Line]:
        """Yield the lines in their order."""
        for line in read_lines(self.events, LARGEST):
            number = line.number - 1
            area, shared = self._areas[number], self._shared.get(number, ())
            setl_id = self._ids[number]
            tells = setl_id is not None and number not in self._refunds
            yield Line(number, area, self._partition_of(area), line.data, setl_id, tells, shared)

    def write_registries(self) -> None:
        """Write the registry facts, as `prewarn screen --reference` reads them."""
        reference = Simulation(self._config).reference()
        for name in ("institutions", "practitioners", "persons"):
            with closing(LineWriter(self.folder / f"{name}.jsonl")) as file:
                for record in getattr(reference, name):
                    file.write(orjson.dumps(record))

    def write_events(self, engine: Engine) -> None:
        """Write the events, and note what the sender must know of each.

        Args:
            engine: Tells which rows an event may touch; it screens nothing.
        """
        rows = _Rows(engine)
        rows_touched: list[bytes] = []
        met: dict[int, int] = {}
        turn = parse_date(self.turn_day.isoformat())
        with closing(LineWriter(self.events)) as file:
            for kind, raw, area in troubled(Simulation(self._config), stream(self._config.seed, "trouble"), Trouble()):
                file.write(raw)
                self.kinds[kind] += 1
                self._areas.append(intern(area))
                event = _read(raw)
                packed = b"" if event is None else rows.of(event)
                rows_touched.append(packed)
                self._ids.append(None if event is None or event.event_type != "settlement" else event.setl_id)
                if event is not None and event.refd_setl_flag == "1":
                    self._refunds.add(len(self._ids) - 1)
                if event is None:
                    self.poisoned += 1
                elif not self.turn and day_of(event.time) >= turn:
                    self.turn = len(self._areas) - 1
                partition = self._partition_of(area)
                for key in array("I", packed):
                    if met.setdefault(key, partition) != partition:
                        met[key] = _SEVERAL
        self.settlements = len(set(filter(None, self._ids)))
        for number, packed in enumerate(rows_touched):
            shared = tuple(key for key in array("I", packed) if met[key] == _SEVERAL)
            if shared:
                self._shared[number] = shared
        self.sharing = len(self._shared)


class _Rows:
    """Tells which window rows an event reads or changes, as small numbers.

    Two rows may have the same number: the sender then waits without need.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._of_settlement: dict[str, bytes] = {}

    def of(self, event: Event) -> bytes:
        """Return the rows, packed; those of a reversal or refund are also those of its original."""
        # Settlements are remembered in the partition of their area: nobody else's order concerns them.
        found = {crc32(key.encode()) for key in touched(event, self._engine) if not key.startswith("s:")}
        names = [name for name in (event.init_setl_id, event.setl_id) if name]
        for name in names:
            found.update(array("I", self._of_settlement.get(name, b"")))
        packed = array("I", sorted(found)).tobytes()
        self._of_settlement |= dict.fromkeys(names, packed)
        return packed


def _read(raw: bytes) -> Event | None:
    try:
        return decode_event(raw, arrived=None)
    except Rejected:
        return None
