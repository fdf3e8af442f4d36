"""Where settings come from: files of secrets, a TOML file, and variables Kubernetes puts beside ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from streams.settings import Secret, Settings, load
from tests.unit.settings.reporting import KEY, problems, write

if TYPE_CHECKING:
    from pathlib import Path


class TestSecretFiles:
    """A secret may be in a file, as Kubernetes and Docker mount them."""

    def test_the_file_is_read_without_its_last_newline(self, tmp_path: Path) -> None:
        """Editors and `echo` put a newline there that is no part of the secret."""
        name = write(tmp_path / "key", f"{KEY}\n")
        assert Secret(KEY) == load({"PREWARN_PERSON_KEY_FILE": name}, required=["person_key"]).person_key

    def test_only_secrets_have_one(self) -> None:
        """A file for another setting is an unknown name."""
        assert problems({"PREWARN_PARTITIONS_FILE": "x"}) == [
            "PREWARN_PARTITIONS_FILE: no such setting (did you mean PREWARN_PARTITIONS?)"
        ]

    def test_text_and_file_together_are_a_mistake(self, tmp_path: Path) -> None:
        """It would be a guess which of the two is meant."""
        name = write(tmp_path / "key", KEY)
        assert problems({"PREWARN_PERSON_KEY": KEY, "PREWARN_PERSON_KEY_FILE": name}) == [
            "PREWARN_PERSON_KEY_FILE: person_key is given as text and as a file; give one of them"
        ]

    def test_an_unreadable_file_is_reported_once(self, tmp_path: Path) -> None:
        """The missing secret is not reported on top of the missing file."""
        missing = tmp_path / "none"
        assert [f"PREWARN_PERSON_KEY_FILE: cannot read {missing}: No such file or directory"] == problems(
            {"PREWARN_PERSON_KEY_FILE": str(missing)}, "person_key"
        )

    def test_a_binary_file_is_refused(self, tmp_path: Path) -> None:
        """Bytes that are no text would be another key in every program that reads them."""
        (tmp_path / "key").write_bytes(b"\xff" * 32)
        assert [f"PREWARN_PERSON_KEY_FILE: {tmp_path / 'key'} is not text (UTF-8)"] == problems(
            {"PREWARN_PERSON_KEY_FILE": str(tmp_path / "key")}
        )


class TestConfigFile:
    """A TOML file holds the same settings; the environment wins."""

    def test_values_have_their_toml_types(self, tmp_path: Path) -> None:
        """Numbers, booleans and tables need no quotes."""
        config = write(
            tmp_path / "p.toml", 'partitions = 24\nrekey = true\nstop_timeout = 3\n[topic_names]\n"risk.alerts" = "a"\n'
        )
        settings = load({"PREWARN_CONFIG": config, "PREWARN_PARTITIONS": "6"})
        assert (
            settings.partitions,
            settings.rekey,
            settings.stop_timeout,
            settings.topic_names,
        ) == (6, True, 3.0, {"risk.alerts": "a"})

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("\n# c\npartitions = 'x'\n", "3: partitions: must be a whole number from 1 to 1024, not 'x'"),
            ("partitions = true\n", "1: partitions: must be a whole number from 1 to 1024, not True"),
            ("rekey = 1\n", "1: rekey: must be true or false, not 1"),
            ("stop_timeout = true\n", "1: stop_timeout: must be a number from 1 to 600 seconds, not True"),
            ("group_id = 3\n", "1: group_id: must be letters, digits, '.', '_' and '-'"),
            ("person_key = 3\n", "1: person_key: must be text"),
            ("person_key_file = 3\n", "1: person_key_file: must be the name of a file"),
            ("\npartition = 3\n", "2: partition: no such setting (did you mean partitions?)"),
            ("\n[kafka]\nx = 1\n", "2: kafka: no such setting"),
            ("a = \n", "1: not TOML: Invalid value"),
            ("sasl_username = 'u'\n", "1: is of no use, because security_protocol is PLAINTEXT; SASL_SSL uses it"),
        ],
    )
    def test_a_mistake_is_named_with_file_and_line(self, tmp_path: Path, text: str, expected: str) -> None:
        """Each message leads to the line."""
        config = write(tmp_path / "p.toml", text)
        assert [f"{config}:{expected}"] == problems({"PREWARN_CONFIG": config})

    def test_what_the_environment_overrides_must_still_be_right(self, tmp_path: Path) -> None:
        """Or the mistake would wait for the day the variable is gone."""
        config = write(tmp_path / "p.toml", "partitions = 0\n")
        assert len(problems({"PREWARN_CONFIG": config, "PREWARN_PARTITIONS": "6"})) == 1

    def test_a_missing_file_is_a_mistake(self, tmp_path: Path) -> None:
        """A process never runs on defaults because a file was misspelt."""
        config = str(tmp_path / "none.toml")
        assert [f"{config}: cannot read it: No such file or directory"] == problems({"PREWARN_CONFIG": config})

    def test_a_file_that_is_no_text_is_a_mistake(self, tmp_path: Path) -> None:
        """It is refused as a whole."""
        (tmp_path / "p.toml").write_bytes(b"\xff")
        assert [f"{tmp_path / 'p.toml'}: is not text (UTF-8)"] == problems({"PREWARN_CONFIG": str(tmp_path / "p.toml")})


class TestKubernetes:
    """A Service called prewarn puts variables with our prefix into every pod of its namespace."""

    @pytest.mark.parametrize(
        ("variable", "text"),
        [
            ("PREWARN_SERVICE_HOST", "10.0.0.1"),
            ("PREWARN_SERVICE_PORT_HTTP", "9464"),
            ("PREWARN_PORT", "tcp://10.0.0.1:9464"),
            ("PREWARN_PORT_9464_TCP_ADDR", "10.0.0.1"),
            ("PREWARN_METRICS_PORT", "tcp://10.0.0.1:9464"),  # of a Service called prewarn-metrics
        ],
    )
    def test_service_links_are_passed_over(self, variable: str, text: str) -> None:
        """They are neither unknown settings nor values of ours."""
        assert Settings() == load({variable: text})

    def test_our_own_port_is_still_read(self) -> None:
        """A setting whose name looks like a service link works."""
        assert load({"PREWARN_METRICS_PORT": "1234"}).metrics_port == 1234
