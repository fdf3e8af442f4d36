"""An event as large as can be: refused by the usual limit, screened by a raised one, its result small either way."""

from __future__ import annotations

import orjson
import pytest

from streams.contract.decode import Limits, decode_event
from streams.contract.rejected import Rejected
from streams.engine.engine import Engine
from streams.engine.references import References
from streams.state.rows import Position
from streams.state.store import Store
from tests.cases.notation import expand
from tests.cases.world import KEY, pack


def large(lines: int, codes: int) -> bytes:
    """A purchase of so many lines with so many trace codes each: all of the lines break a price limit."""
    event = orjson.loads(expand([{"lines": [{"item": "X1", "cnt": codes, "pric": 20, "limit": 10, "scope": 20}]}])[0])
    line = event["feedetail"][0]
    event["feedetail"] = [
        line
        | {
            "feedetl_sn": f"L{number}",
            "drug_trac_info": [
                {"drug_trac_codg": f"8{number:06d}{code:06d}0000000", "trdn_flag": "0"} for code in range(codes)
            ],
        }
        for number in range(lines)
    ]
    return orjson.dumps(event)


def test_the_usual_limit_refuses_it() -> None:
    """More than a mebibyte is a dead letter, decided by the size before anything is read."""
    raw = large(5_000, 4)
    assert len(raw) > Limits().max_bytes
    with pytest.raises(Rejected) as caught:
        decode_event(raw, arrived=None)
    assert caught.value.reason == "too-large"


@pytest.mark.parametrize(("lines", "codes"), [(5_000, 4), (40, 500)], ids=["5,000 lines", "500 codes a line"])
def test_a_raised_limit_screens_it(lines: int, codes: int) -> None:
    """Every line and code is looked at, no rule fails, the amount is exact, and what is written stays small."""
    event = decode_event(large(lines, codes), arrived=None, limits=Limits(max_bytes=1 << 30))
    store = Store()
    store.hold({0})
    engine = Engine(pack("cases"), store, KEY, References())
    outcome = engine.screen(event, Position(0, 0))

    assert outcome.failed == ()
    assert outcome.answer is not None
    assert len(outcome.answer) < 1 << 20
    result = orjson.loads(outcome.answer)
    (violation,) = [found for found in result["violations"] if found["rule_id"] == "P15"]
    assert violation["vola_amt"] == lines * 10.0
    assert violation["vola_evid"].get("lines", lines) == lines
    assert sum(key.startswith("t:") for key in store.partitions[0].windows) == lines * codes
