"""`prewarn screen` as a user runs it, in this process."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from streams.cli import prewarn
from tests.analyst import pack_with_example, purchases
from tests.packs import keep_shipped_pack

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLES = Path("tests/contract/examples")
VALID = EXAMPLES / "valid-events.jsonl"


@pytest.fixture(autouse=True)
def _pack_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_shipped_pack(monkeypatch)


def run(*arguments: str, env: Mapping[str, str] | None = None, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(prewarn, ["screen", *arguments], env=env, input=stdin)


def results(text: str) -> list[dict[str, Any]]:
    """Results without the one field that may differ."""
    found = [json.loads(line) for line in text.splitlines()]
    for result in found:
        del result["screened_at"]
    return found


def test_valid_examples_are_screened(tmp_path: Path) -> None:
    """The contract's examples give three results, exit 0, and the suspended prescriber is found."""
    done = run(str(VALID), "--reference", str(EXAMPLES), "-o", str(tmp_path / "r.jsonl"))
    found = results((tmp_path / "r.jsonl").read_text("utf-8"))
    assert done.exit_code == 0, done.output
    assert [result["setl_id"] for result in found] == ["S2026112000001", "S2026112000777", "S2026112000107"]
    assert [result["action"] for result in found][::2] == ["hold", "pass"]
    assert "R03" in [violation["rule_id"] for violation in found[0]["violations"]]


def test_two_runs_give_the_same_results(tmp_path: Path) -> None:
    """The same events give the same bytes, `screened_at` aside: plain, compressed, and from standard input."""
    packed = tmp_path / "e.jsonl.gz"
    packed.write_bytes(gzip.compress(VALID.read_bytes()))
    texts = [run(str(VALID)).stdout, run(str(packed)).stdout, run("-", stdin=VALID.read_bytes()).stdout]
    assert results(texts[0]) == results(texts[1]) == results(texts[2])
    assert len(results(texts[0])) == 3


def test_bad_lines_are_reported_and_kept(tmp_path: Path) -> None:
    """Each invalid example is told with its line and reason, kept as it was, and its neighbours are screened."""
    invalid = [json.loads(line) for line in (EXAMPLES / "invalid-events.jsonl").read_text("utf-8").splitlines()]
    invalid = [example for example in invalid if example["expect_reason"] != "too-large"]
    good = VALID.read_text("utf-8").splitlines()[0]
    events, letters = tmp_path / "e.jsonl", tmp_path / "d.jsonl"
    events.write_text("".join(f"{example['value']}\n{good}\n" for example in invalid), "utf-8")
    done = run(str(events), "--dead-letters", str(letters))
    kept = [json.loads(line) for line in letters.read_text("utf-8").splitlines()]
    assert done.exit_code == 1
    assert [2 * n + 1 for n in range(len(invalid))] == [letter["line"] for letter in kept]
    assert [example["expect_reason"] for example in invalid] == [letter["reason"] for letter in kept]
    assert [example["value"] for example in invalid] == [letter["value"] for letter in kept]
    assert len(results(done.stdout)) == len(invalid)
    assert f"{events}:1: not-json" in done.stderr


def test_a_record_over_the_limit_is_too_large(tmp_path: Path) -> None:
    """With a smaller limit the contract's last example is too large; no more of it is kept than the limit."""
    events, letters = tmp_path / "e.jsonl", tmp_path / "d.jsonl"
    events.write_text('{"event_id":"' + "x" * 5_000 + '"}\n', "utf-8")
    done = run(str(events), "--dead-letters", str(letters), env={"PREWARN_MAX_RECORD_BYTES": "1024"})
    letter = json.loads(letters.read_text("utf-8"))
    assert done.exit_code == 1
    assert letter["reason"] == "too-large"
    assert len(letter["value"]) == 1024


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-file.jsonl"],
        [str(VALID), "--rules", "tests"],
        [str(VALID), "--reference", "no-such-folder"],
        [str(VALID), "--labels", str(VALID)],
        [str(VALID), "--feedback", str(VALID)],
        [],
    ],
)
def test_unusable_arguments_exit_with_2(arguments: list[str]) -> None:
    """What cannot be used is told before anything is screened, with exit code 2."""
    done = run(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "Traceback" not in done.output


def test_a_bad_registry_record_names_its_place(tmp_path: Path) -> None:
    """A registry file with a wrong line stops the run with file and line."""
    (tmp_path / "persons.jsonl").write_text('{"psn_no": "1", "status": "active"}\n{"psn_no": "2"}\n', "utf-8")
    done = run(str(VALID), "--reference", str(tmp_path))
    assert done.exit_code == 2
    assert f"{tmp_path / 'persons.jsonl'}:2: invalid: $.status" in done.stderr


def test_labels_give_recall_and_precision(tmp_path: Path) -> None:
    """With labels the run tells recall and precision of each rule."""
    labels = tmp_path / "l.jsonl"
    labels.write_text(
        '{"setl_id": "S2026112000001", "label": 1, "scenario": "R03"}\n'
        '{"setl_id": "S2026112000777", "label": 1, "scenario": "T01"}\n',
        "utf-8",
    )
    done = run(str(VALID), "--reference", str(EXAMPLES), "--labels", str(labels))
    rows = {line.split()[0]: line.split()[1:] for line in done.stderr.splitlines() if line[:3] in {"R03", "T01"}}
    assert rows["R03"][:5] == ["1", "1", "1.0000", "1", "1.0000"]
    assert rows["T01"][:5] == ["1", "0", "0.0000", "0", "-"]
    assert "recall over all 0.5000" in done.stderr


def test_the_rule_of_the_readme_works(tmp_path: Path) -> None:
    """A new rule over a new feature, written as the README says, lints and hits: no code is involved."""
    pack = pack_with_example(tmp_path / "my-pack")
    lint = CliRunner().invoke(prewarn, ["rules", "lint", str(pack)])
    assert lint.exit_code == 0, lint.output
    (tmp_path / "e.jsonl").write_bytes(b"\n".join(purchases(0, 3)))
    done = run(str(tmp_path / "e.jsonl"), "--rules", str(pack))
    hits = [[v for v in result["violations"] if v["rule_id"] == "L01"] for result in results(done.stdout)]
    assert [len(found) for found in hits] == [0, 1, 1]
    assert "结算3笔、合计4680.00元，超过提醒线3000元" in hits[2][0]["vola_cont"].replace("\n", "")
