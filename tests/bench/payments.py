"""Turns the Fraud Detection Handbook's simulated card payments into settlement events and labels.

A customer becomes a person, a terminal an institution, a payment a settlement of one line. The times are taken as
Beijing time. Usage: ``python -m tests.bench.payments PAYMENTS.csv.gz EVENTS.jsonl LABELS.jsonl``.
"""

from __future__ import annotations

import csv
import gzip
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from streams.evaluation import Label

if TYPE_CHECKING:
    from collections.abc import Iterator

AREA = "510104"


def payments(path: str) -> Iterator[dict[str, str]]:
    """The payments of a file in the order of their time."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from sorted(csv.DictReader(file), key=lambda row: int(row["TX_TIME_SECONDS"]))


def event(row: dict[str, str]) -> dict[str, Any]:
    """One payment as a settlement event."""
    number, when, amount = row["TRANSACTION_ID"], row["TX_DATETIME"], round(float(row["TX_AMOUNT"]), 2)
    person = f"51{int(row['CUSTOMER_ID']):016}"  # customer → person
    institution = f"H51{int(row['TERMINAL_ID']):08}"  # terminal → institution
    line = {
        "feedetl_sn": "1",
        "fee_ocur_time": when,
        "list_type": "201",
        "med_list_codg": "001101000010000",
        "cnt": 1,
        "pric": amount,
        "det_item_fee_sumamt": amount,
        "inscp_scp_amt": amount,
    }
    return {
        "event_id": f"E{number}",
        "event_type": "settlement",
        "inf_time": when,
        "mdtrtarea_admvs": AREA,
        "insuplc_admdvs": AREA,
        "fixmedins_code": institution,
        "psn_no": person,
        "mdtrt_id": f"M{number}",
        "setl_id": f"S{number}",
        "setl_time": when,
        "med_type": "11",
        "medfee_sumamt": amount,
        "inscp_scp_amt": amount,
        "fund_pay_sumamt": amount,
        "feedetail": [line],
    }


def label_of(row: dict[str, str]) -> Label:
    """What is known of a payment."""
    fraud = int(row["TX_FRAUD"])
    return Label(f"S{row['TRANSACTION_ID']}", fraud, row["TX_FRAUD_SCENARIO"] if fraud else None)


def convert(source: str, events: Path, labels: Path) -> None:
    """Write both files."""
    with events.open("wb") as to_events, labels.open("wb") as to_labels:
        for row in payments(source):
            to_events.write(orjson.dumps(event(row)) + b"\n")
            label = label_of(row)
            told: dict[str, Any] = {"setl_id": label.setl_id, "label": label.label}
            if label.scenario is not None:
                told["scenario"] = label.scenario
            to_labels.write(orjson.dumps(told) + b"\n")


if __name__ == "__main__":
    convert(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
