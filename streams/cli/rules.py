"""`prewarn rules`: checks and prints rule packs."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams.language.problems import PackError
from streams.rules.pack import load_pack
from streams.rules.printing import pack_table, rule_sheet
from streams.settings import load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from streams.language.problems import Problem
    from streams.rules.specs import Pack

Folder = click.Path(exists=True, file_okay=False, path_type=Path)

folder_argument = click.argument("folder", metavar="[DIR]", required=False, type=Folder)
folder_option = click.option("--rules", "folder", type=Folder, help="The rule pack. Default: the configured one.")
knowledge_option = click.option("--knowledge", type=Folder, help="The rules' tables. Default: the configured ones.")


@click.group()
def rules() -> None:
    """Check and print rule packs.

    A pack is a folder of *.yaml files with a folder of knowledge tables. Without options, the configured pack is meant
    (PREWARN_RULES_DIR, PREWARN_KNOWLEDGE_DIR), which is the shipped one unless it was changed.
    """


@rules.command()
@folder_argument
@knowledge_option
@click.option("--json", "as_json", is_flag=True, help="Print problems as a JSON list.")
def lint(folder: Path | None, knowledge: Path | None, *, as_json: bool) -> None:
    """Check the pack in DIR and say everything that is wrong with it.

    Each problem is one line: file:line:column, what it belongs to, what is wrong, and what to write instead. Exits
    with 1 when there is an error; warnings alone pass.
    """
    pack: Pack | None = None
    try:
        pack = _load(folder, knowledge)
        problems: Iterable[Problem] = pack.warnings
    except PackError as error:
        problems = error.problems
    if as_json:
        click.echo(json.dumps([asdict(problem) for problem in problems], ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            click.echo(str(problem))
    if pack is None:
        sys.exit(1)
    if not as_json:
        click.echo(f"pack {pack.version}: {len(pack.rules)} rules, {len(pack.features)} features, no errors")


@rules.command(name="list")
@folder_option
@knowledge_option
def list_(folder: Path | None, knowledge: Path | None) -> None:
    """Print a line for each rule: id, name, mode, severity, what it looks at, table."""
    for line in pack_table(_load_or_exit(folder, knowledge)):
        click.echo(line)


@rules.command()
@click.argument("rule_id", metavar="ID")
@folder_option
@knowledge_option
def show(rule_id: str, folder: Path | None, knowledge: Path | None) -> None:
    """Print everything about the rule ID: condition, parameters by area, features and what they cost, texts."""
    pack = _load_or_exit(folder, knowledge)
    rule = next((rule for rule in pack.rules if rule.rule_id == rule_id.upper()), None)
    if rule is None:
        known = ", ".join(rule.rule_id for rule in pack.rules)
        raise click.BadParameter(f"the pack has no rule {rule_id}; it has {known}", param_hint="ID")
    for line in rule_sheet(rule, pack):
        click.echo(line)


def _load(folder: Path | None, knowledge: Path | None) -> Pack:
    settings = load(required=())
    return load_pack(folder or settings.rules_dir, knowledge or settings.knowledge_dir)


def _load_or_exit(folder: Path | None, knowledge: Path | None) -> Pack:
    try:
        return _load(folder, knowledge)
    except PackError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
