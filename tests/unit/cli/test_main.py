"""The command line as a whole."""

from __future__ import annotations

import os
import subprocess
import sys
from types import ModuleType

import click
import pytest

from streams import cli
from streams.observability import logs

PERSON = "310101199001011234"


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a user does."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREWARN_")}
    return subprocess.run(
        [sys.executable, "-m", "streams.cli", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**own, **environ},
        timeout=60,
    )


def fail_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let the command `demo` fail in a way nobody foresaw."""

    @click.command()
    def demo() -> None:
        raise error

    module = ModuleType("streams.cli.demo")
    module.demo = demo  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "streams.cli.demo", module)


def code_of(*arguments: str) -> int:
    """Return the exit code of a command line run in this process."""
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert isinstance(caught.value.code, int)
    return caught.value.code


def test_help_lists_every_command() -> None:
    """In the order a newcomer meets them."""
    shown = run("--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    listed = [line.split()[0] for line in shown.stdout.partition("Commands:\n")[2].splitlines()]
    assert listed == ["demo", "worker", "screen", "simulate", "rules", "models", "topics", "status", "doctor"]


def test_help_imports_no_command_and_no_client() -> None:
    """It is there at once."""
    script = (
        "import sys; sys.argv = ['prewarn', '--help']\n"
        "from streams.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in sys.modules if m.startswith(('streams.cli.', 'faust', 'confluent', 'msgspec', 'logging'))])"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.endswith("\n[]\n")


def test_version_is_shown() -> None:
    """With the program's name."""
    shown = run("--version")
    assert (shown.returncode, shown.stdout.split()[0]) == (0, "prewarn")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope"], "No such command 'nope'"),
        (["--nope"], "No such option"),
        (["topics", "nope"], "No such command 'nope'"),
        (["topics", "create", "nope"], "unexpected extra argument"),
    ],
)
def test_unusable_arguments_exit_with_2(arguments: list[str], message: str) -> None:
    """And say what is wrong with them."""
    shown = run(*arguments)
    assert (shown.returncode, message in shown.stderr) == (2, True)


def test_unusable_settings_exit_with_2_and_all_their_problems() -> None:
    """One line each."""
    shown = run("topics", "check", PREWARN_PARTITIONS="x", PREWARN_NOPE="1")
    assert shown.returncode == 2
    assert shown.stderr.splitlines() == [
        "prewarn: the settings cannot be used:",
        "PREWARN_NOPE: no such setting",
        "PREWARN_PARTITIONS: must be a whole number from 1 to 1024, not 'x'",
    ]


class TestUnexpectedErrors:
    """What nobody foresaw is one line, not a traceback."""

    def test_the_line_names_type_and_place_and_quotes_no_value(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The message of such an error may hold anything, a person's number too."""
        monkeypatch.delenv("PREWARN_DEBUG", raising=False)
        fail_with(monkeypatch, KeyError(PERSON))
        assert code_of("demo") == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("prewarn: unexpected error: KeyError at ")
        assert "test_main.py" in line
        assert PERSON not in line

    def test_the_whole_way_to_it_is_in_the_log(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Where a command has set one up."""
        monkeypatch.delenv("PREWARN_DEBUG", raising=False)
        fail_with(monkeypatch, KeyError(PERSON))
        code_of("demo")
        (record,) = caplog.records
        assert "test_main.py" in logs.TextLines().format(record)
        assert PERSON not in logs.TextLines().format(record)

    def test_debugging_shows_the_traceback(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Python's own."""
        monkeypatch.setenv("PREWARN_DEBUG", "1")
        fail_with(monkeypatch, KeyError("x"))
        with pytest.raises(KeyError):
            cli.main(["demo"])
