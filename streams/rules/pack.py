"""Loads a rule pack: reads all files, checks everything, reports every problem at once, compiles once."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from streams.language.compile import RULE_ARGUMENTS, FunctionSet, Part
from streams.language.generate_values import table_name
from streams.language.names import Names, TableInfo, Uses
from streams.language.problems import PackError
from streams.rules.declarations import VERSION, Declarations
from streams.rules.expressions import Desk
from streams.rules.features import FeatureBuilder
from streams.rules.files import FileError, names_in, read_bytes
from streams.rules.knowledge import Table
from streams.rules.knowledge_files import MAX_TABLE_BYTES, load_knowledge
from streams.rules.notes import NoteBuilder
from streams.rules.places import Place, Problems
from streams.rules.policy import read_policy
from streams.rules.rules import DeclaredRule, RuleBuilder
from streams.rules.section import Section
from streams.rules.specs import Exemption, Pack
from streams.rules.tables import TABLES, fact_record
from streams.rules.yaml_files import MAX_FILE_BYTES, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from streams.language.tree import Node
    from streams.rules.feature_drafts import DeclaredFeature
    from streams.rules.knowledge import Knowledge
    from streams.rules.notes import DeclaredNote
    from streams.rules.specs import PolicySpec, RuleSpec, Sieve, When


def load_pack(rules_dir: Path, knowledge_dir: Path | None = None, *, max_table_bytes: int = MAX_TABLE_BYTES) -> Pack:
    """Load a pack.

    Args:
        rules_dir: Folder of the rule files (``*.yaml`` at its top; it may be a mounted ConfigMap).
        knowledge_dir: Folder of the knowledge tables; None, or a table that is absent, means no facts of that kind.
        max_table_bytes: Larger tables are refused.

    Raises:
        PackError: Something is wrong; ``problems`` has all of it, warnings too.
    """
    return _Loader(rules_dir, knowledge_dir, max_table_bytes).load()


class _Loader:
    """Loads one pack; each step reports into one list and goes on with what it has."""

    def __init__(self, rules_dir: Path, knowledge_dir: Path | None, max_table_bytes: int) -> None:
        self._rules_dir = rules_dir
        self._knowledge_dir = knowledge_dir
        self._max_table_bytes = max_table_bytes
        self._problems = Problems()
        self._digests: dict[str, bytes] = {}
        self._functions = FunctionSet()
        self._fused: dict[tuple[tuple[int, When], ...], Sieve] = {}
        self._fused_early: dict[tuple[When, ...], Sieve] = {}

    def load(self) -> Pack:
        """Load it."""
        declared = self._read_files()
        problems = self._problems
        knowledge = load_knowledge(self._knowledge_dir, problems, self._digests, self._max_table_bytes)
        version = self._version(declared)
        policy = self._policy(declared)
        exemptions = self._exemptions(declared)
        names = _names(declared, exemptions)
        features = self._features(declared, names, knowledge)
        names = replace(
            names,
            features={name: feature.info for name, feature in features.items()},
            broken=names.broken | (declared.features.keys() - features.keys()),
            withheld={},
        )
        for table_id, spec in TABLES.items():
            self._functions.constant(f"_table_{table_id}", knowledge.tables.get(table_id) or Table(spec, ()))
        rules = self._rules(declared, names, knowledge)
        notes = NoteBuilder(self._functions, names, problems).declare_all(declared.notes)
        self._columns(knowledge, features, rules)
        self._warn_unused(declared, features, rules, notes)
        self._warn_absent(knowledge, features, rules)
        if problems.errors or policy is None:
            raise PackError(problems.problems)
        self._functions.build()
        specs = {name: feature.spec() for name, feature in features.items()}
        return Pack(
            version=version,
            sha256=self._sha256(),
            features=tuple(specs.values()),
            rules=tuple(rule.spec(specs) for rule in rules.values()),
            policy=policy,
            exemptions={name: self._exemption(declared, name, *found) for name, found in exemptions.items()},
            knowledge=knowledge,
            notes=tuple(note.spec() for note in notes),
            fuse=self._fuse,
            fuse_early=self._fuse_early,
            warnings=tuple(problems.warnings),
        )

    def _fuse(self, rules: tuple[tuple[int, RuleSpec], ...]) -> Sieve:
        key = tuple((place, rule.when) for place, rule in rules)
        if key not in self._fused:
            self._fused[key] = self._functions.fuse("sieve", [_part(place, rule) for place, rule in rules])
        return self._fused[key]

    def _fuse_early(self, conditions: tuple[When, ...]) -> Sieve:
        if conditions not in self._fused_early:
            parts = [Part(place, *self._functions.written(when)) for place, when in enumerate(conditions)]
            self._fused_early[conditions] = self._functions.fuse("early", parts)
        return self._fused_early[conditions]

    def _columns(
        self, knowledge: Knowledge, features: Mapping[str, DeclaredFeature], rules: Mapping[str, DeclaredRule]
    ) -> None:
        """Give expressions the tables that they look up by another column than their code."""
        used = Uses()
        for uses in [owner.uses for owner in features.values()] + [owner.uses for owner in rules.values()]:
            used.add(uses)
        for table_id, column in sorted(used.columns):
            known = table_id in knowledge.tables
            table = knowledge.table(table_id, column) if known else Table(TABLES[table_id], ())
            self._functions.constant(table_name(table_id, column), table)

    def _read_files(self) -> Declarations:
        declared = Declarations()
        names = names_in(self._rules_dir, ".yaml", self._problems)
        if not names and not self._problems.errors:
            self._problems.refuse(Place(str(self._rules_dir)), "", "the folder has no rule files", "*.yaml")
        for name in names:
            file = str(self._rules_dir / name)
            try:
                data = read_bytes(self._rules_dir / name, MAX_FILE_BYTES)
            except FileError as error:
                self._problems.refuse(Place(file), "", str(error))
                continue
            self._digests[f"rules/{name}"] = hashlib.sha256(data).digest()
            root = read_yaml(file, data, self._problems)
            if root is not None:
                declared.take(root, self._problems)
        declared.check_names(self._problems)
        return declared

    def _sha256(self) -> str:
        """Hash names and contents of all files, in the order of names."""
        total = hashlib.sha256()
        for name, digest in sorted(self._digests.items()):
            total.update(name.encode() + b"\0" + digest)
        return total.hexdigest()

    def _missing(self, key: str) -> None:
        # A file that could not be read may well have held it.
        if not self._problems.errors:
            self._problems.refuse(Place(str(self._rules_dir)), "", f"no file says {key}:")

    def _version(self, declared: Declarations) -> str:
        item = declared.version
        if item is None:
            self._missing("version")
            return ""
        if item.kind != "text" or not VERSION.fullmatch(item.value):
            self._problems.refuse(item.place, "", "version is a short text of letters, digits and . _ + -")
        return item.value

    def _policy(self, declared: Declarations) -> PolicySpec | None:
        if declared.policy is None:
            self._missing("policy")
            return None
        return read_policy(declared.policy, self._problems)

    def _exemptions(self, declared: Declarations) -> dict[str, tuple[Node, Uses]]:
        """Check the exemptions, in the order of declaration."""
        found: dict[str, tuple[Node, Uses]] = {}
        for name, item in declared.exemptions.items():
            owner = f"exemption {name}"
            section = Section(item, owner, self._problems, frozenset({"when", "doc"}), ("when", "doc"))
            uses = Uses()
            withheld = dict.fromkeys(declared.exemptions, "an exemption stands for itself")
            withheld |= dict.fromkeys(declared.features, "an exemption looks at the event alone")
            names = Names(each="settlement", withheld=withheld)
            if "when" in section.values:
                node = Desk(owner, self._problems, uses).condition(section.values["when"], names, "when")
                if node is not None:
                    self._functions.condition(f"exemption_{name}", RULE_ARGUMENTS, node)
                    found[name] = (node, uses)
        return found

    def _exemption(self, declared: Declarations, name: str, _node: Node, uses: Uses) -> Exemption:
        section = Section(declared.exemptions[name], name, Problems(), frozenset({"when", "doc"}))
        when = self._functions.function(f"exemption_{name}")
        return Exemption(name=name, doc=section.text("doc"), when=when, references=frozenset(uses.references))

    def _features(self, declared: Declarations, names: Names, knowledge: Knowledge) -> dict[str, DeclaredFeature]:
        meanings = {
            name: " ".join(value.value.split())
            for name, item in declared.exemptions.items()
            for key, value in item.items()
            if key.value == "when"
        }
        builder = FeatureBuilder(self._functions, names, meanings, knowledge, self._problems)
        return builder.declare_all(declared.features)

    def _rules(self, declared: Declarations, names: Names, knowledge: Knowledge) -> dict[str, DeclaredRule]:
        builder = RuleBuilder(self._functions, names, knowledge, self._problems)
        found = {rule_id: builder.declare(rule_id, item) for rule_id, item in declared.rules.items()}
        if not found:
            self._missing("rules")
        return {rule_id: rule for rule_id, rule in found.items() if rule is not None}

    def _warn_unused(
        self,
        declared: Declarations,
        features: Mapping[str, DeclaredFeature],
        rules: Mapping[str, DeclaredRule],
        notes: Sequence[DeclaredNote],
    ) -> None:
        """Warn of what costs state or attention and serves no rule; a broken rule may have used it."""
        if self._problems.errors:
            return
        used = Uses()
        for rule in rules.values():
            used.add(rule.uses)
        for uses in [owner.uses for owner in features.values()] + [owner.uses for owner in notes]:
            used.add(uses)
        for name in features:
            if name not in used.features:
                self._unused(declared, f"feature {name}")
        for name in declared.exemptions:
            if name not in used.exemptions:
                self._unused(declared, f"exemption {name}")

    def _warn_absent(
        self, knowledge: Knowledge, features: Mapping[str, DeclaredFeature], rules: Mapping[str, DeclaredRule]
    ) -> None:
        """Warn of tables that listed(...) or row(...) asks in vain."""
        owned = [(f"feature {name}", feature.uses) for name, feature in features.items()]
        owned += [(f"rule {rule_id}", rule.uses) for rule_id, rule in rules.items()]
        for owner, uses in owned:
            for table_id in sorted(uses.tables - knowledge.tables.keys()):
                where = Place(str(self._knowledge_dir or self._rules_dir))
                self._problems.warn(where, owner, f"the knowledge folder has no {table_id}.csv", "nothing is listed")

    def _unused(self, declared: Declarations, owner: str) -> None:
        self._problems.warn(declared.places[owner], owner, "nothing uses it")


def _part(place: int, rule: RuleSpec) -> Part:
    condition = rule.condition
    if rule.when is not condition.when:
        # Somebody put another condition in place of the generated one: it is asked by itself, whenever it may hold.
        return Part(place, ast.Constant(value=True), 0, rule.facts)
    return Part(place, condition.code, condition.memory, rule.facts, condition.guard)


def _names(declared: Declarations, exemptions: Mapping[str, tuple[Node, Uses]]) -> Names:
    """Give the names that features may mention; rules see more."""
    reason = "a feature is folded before any is read: of others it can look at logs only, without own entries"
    tables = {
        table_id: TableInfo(fact=fact_record(table_id), many=bool(spec.many), by=spec.by)
        for table_id, spec in TABLES.items()
    }
    return Names(
        each="settlement",
        withheld=dict.fromkeys(declared.features, reason),
        broken=frozenset(declared.exemptions.keys() - exemptions.keys()),
        exemptions=exemptions,
        tables=tables,
    )
