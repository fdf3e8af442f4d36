"""What the worker is compared with: an empty Faust agent, and a bare confluent-kafka loop, each in its own process.

`python -m tests.bench.subjects faust|bare BOOTSTRAP EVENTS_TOPIC OUTPUT_TOPIC` runs until it is killed. `bare` parses
each event and writes it to the output topic; `faust` parses it and tells on standard output, for each hundred
settlements, when it had them (epoch seconds) and how old each was (ms since the event's timestamp).
"""

from __future__ import annotations

import sys
import time
from typing import Any

import orjson


class Told:
    """Prints progress without costing much."""

    def __init__(self) -> None:
        self._ages: list[int] = []

    def __call__(self, timestamp_ms: int) -> None:
        now = time.time()
        self._ages.append(int(now * 1000) - timestamp_ms)
        if len(self._ages) == 100:
            sys.stdout.write(f"{now:.6f} {' '.join(map(str, self._ages))}\n")
            sys.stdout.flush()
            self._ages.clear()


def bare(bootstrap: str, events: str, output: str) -> None:
    """Consume, parse, produce; nothing else."""
    from confluent_kafka import Consumer, Producer  # noqa: PLC0415

    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "bare", "auto.offset.reset": "earliest"})
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 5, "compression.type": "lz4"})
    consumer.subscribe([events])
    while True:
        message = consumer.poll(0.1)
        producer.poll(0)
        if message is None or message.error():
            continue
        event = orjson.loads(message.value())
        if event["event_type"] == "settlement":
            producer.produce(output, orjson.dumps(event), key=event["setl_id"])


def empty_faust(bootstrap: str, events: str, _output: str) -> None:
    """An agent that parses and does nothing."""
    import faust  # noqa: PLC0415

    app = faust.App(
        "empty-agent", broker=f"kafka://{bootstrap}", web_enabled=False, topic_allow_declare=False,
        topic_disable_leader=True, broker_max_poll_records=500, stream_recovery_delay=0.0,
    )  # fmt: skip
    topic = app.topic(events, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
    told = Told()

    @app.agent(topic)  # type: ignore[untyped-decorator]
    async def agent(stream: Any) -> None:
        async for event in stream.events():
            if orjson.loads(event.message.value)["event_type"] == "settlement":
                told(round(event.message.timestamp * 1000))

    worker = faust.Worker(app, quiet=True, redirect_stdouts=False, loglevel="error")
    worker.spinner = None  # it would draw into what is told
    worker.execute_from_commandline()


if __name__ == "__main__":
    {"bare": bare, "faust": empty_faust}[sys.argv[1]](*sys.argv[2:5])
