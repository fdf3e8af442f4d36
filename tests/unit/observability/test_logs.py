"""Log lines without personal data and without floods."""

from __future__ import annotations

import io
import json
import logging
import re
import warnings
from typing import TYPE_CHECKING

import pytest

from streams.observability import logs
from streams.observability.repeats import MAX_LINES, CollapseRepeats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PERSON = "310101199001011234"


@pytest.fixture
def configure() -> Iterator[Callable[..., io.StringIO]]:
    """Set up logging into a text and put everything back afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logs.QUIET}

    def start(level: str = "INFO", form: str = "text") -> io.StringIO:
        stream = io.StringIO()
        logs.configure(level, form, stream)
        return stream

    yield start
    logging.captureWarnings(capture=False)
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def test_text_lines_are_for_people(configure: Callable[..., io.StringIO]) -> None:
    """Time in Beijing, level, logger, message, and what is attached."""
    stream = configure()
    logging.getLogger("streams.x").info("committed %d rows", 3, extra={"topic": "t", "partition": 1})
    pattern = r"\d{4}-\d\d-\d\dT[\d:.]{12}\+08:00 INFO streams\.x: committed 3 rows topic=t partition=1\n"
    assert re.fullmatch(pattern, stream.getvalue())


def test_json_lines_are_for_machines(configure: Callable[..., io.StringIO]) -> None:
    """One object a line, Chinese readable, the same fields."""
    stream = configure(form="json")
    logging.getLogger("streams.x").warning("规则\n停用", extra={"rule_id": "V01"})
    line = json.loads(stream.getvalue())
    assert stream.getvalue().count("\n") == 1
    assert "规则" in stream.getvalue()
    assert line.pop("time").endswith("+08:00")
    assert line == {"level": "WARNING", "logger": "streams.x", "message": "规则\n停用", "rule_id": "V01"}


@pytest.mark.parametrize("form", ["text", "json"])
def test_only_harmless_keys_are_attached(configure: Callable[..., io.StringIO], form: str) -> None:
    """A record that was attached by mistake does not reach the log."""
    stream = configure(form=form)
    logging.getLogger("streams.x").error("failed", extra={"psn_no": PERSON, "record": {"psn_no": PERSON}, "offset": 5})
    assert PERSON not in stream.getvalue()
    assert "offset" in stream.getvalue()


@pytest.mark.parametrize("form", ["text", "json"])
def test_exceptions_are_logged_without_what_they_quote(configure: Callable[..., io.StringIO], form: str) -> None:
    """Type and place of each in the chain, neither values nor source lines."""
    stream = configure(form=form)
    try:
        try:
            int(PERSON + "x")
        except ValueError as error:
            raise KeyError(PERSON) from error
    except KeyError as error:
        logging.getLogger("faust").log(logging.ERROR, "Crashed reason=%r", error, exc_info=error)
    text = stream.getvalue()
    assert PERSON not in text
    assert "int(PERSON" not in text
    assert "Crashed reason='KeyError'" in text
    assert "caused by ValueError" in text
    assert "test_logs.py" in text


def test_messages_that_cannot_quote_records_are_kept() -> None:
    """The system's and our own say what an operator needs."""
    assert logs.describe(FileNotFoundError(2, "No such file or directory", "x")).startswith("FileNotFoundError: [Errno")
    assert logs.describe(ModuleNotFoundError("No module named 'x'")) == "ModuleNotFoundError: No module named 'x'"
    assert logs.describe(ValueError(PERSON)) == "ValueError"


def test_warnings_and_libraries_speak_when_it_matters(configure: Callable[..., io.StringIO]) -> None:
    """Their progress reports come only with DEBUG; Python's warnings become lines."""
    stream = configure()
    logging.getLogger("aiokafka.consumer").info("hello")
    logging.getLogger("aiokafka.consumer").warning("lost")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old", UserWarning, stacklevel=1)
    assert "hello" not in stream.getvalue()
    assert "aiokafka.consumer: lost" in stream.getvalue()
    assert "py.warnings: " in stream.getvalue()
    stream = configure(level="DEBUG")
    logging.getLogger("aiokafka.consumer").info("hello")
    assert "hello" in stream.getvalue()


def test_setting_up_twice_does_not_double_lines(configure: Callable[..., io.StringIO]) -> None:
    """The later set-up replaces the earlier one."""
    first, second = configure(), configure()
    logging.getLogger("streams.x").info("once")
    assert (first.getvalue(), second.getvalue().count("once")) == ("", 1)


class TestRepeats:
    """The same line of a library at most once every ten seconds."""

    def setup_method(self) -> None:
        """Start with an empty memory at time 0."""
        self.now = 0.0
        self.collapse = CollapseRepeats(clock=lambda: self.now)

    def write(self, message: str, name: str = "aiokafka", level: int = logging.ERROR) -> str | None:
        """Return what is written of a line, if anything."""
        record = logging.LogRecord(name, level, "f", 1, message, (), None)
        return record.getMessage() if self.collapse.filter(record) else None

    def test_repeats_are_counted_and_said_later(self) -> None:
        """Nothing is lost but the repetition."""
        assert self.write("down") == "down"
        self.now = 9.9
        assert [self.write("down") for _ in range(3)] == [None, None, None]
        self.now = 12.0
        assert self.write("down") == "down (and 3 times more in the last 12 s)"
        self.now = 23.0
        assert self.write("down") == "down"

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("failed (after 0ms in state X)", "failed (after 12ms in state X)"),
            ("refused, 1 identical error(s)", "refused, 30 identical error(s)"),
            ("retry in 0.5 seconds", "retry in 1.25 seconds"),
            ("<Conn at 0x7f00>", "<Conn at 0x7fff>"),
        ],
    )
    def test_lines_that_differ_in_a_duration_are_the_same(self, first: str, second: str) -> None:
        """Libraries put counters into otherwise equal complaints."""
        assert (self.write(first), self.write(second)) == (first, None)

    @pytest.mark.parametrize(
        ("name", "level", "message"),
        [
            ("aiokafka", logging.ERROR, "partition 4 lost"),
            ("aiokafka", logging.WARNING, "partition 3 lost"),
            ("aiokafka.x", logging.ERROR, "partition 3 lost"),
        ],
    )
    def test_other_lines_are_written(self, name: str, level: int, message: str) -> None:
        """Another partition, level or logger is another line."""
        self.write("partition 3 lost")
        assert self.write(message, name, level) == message

    def test_our_own_lines_are_never_left_out(self) -> None:
        """Only libraries flood."""
        assert [self.write("x", "streams.y"), self.write("x", "streams.y")] == ["x", "x"]

    def test_the_memory_is_bounded(self) -> None:
        """Lines that never repeat do not pile up."""
        for number in range(3 * MAX_LINES):
            self.write(f"partition {number} lost")
        assert len(self.collapse._lines) == MAX_LINES
