"""YAML with the place of every value. Only plain data is read: no aliases, no tags, one document a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from yaml.composer import ComposerError

from streams.rules.places import Place, Problems

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FILE_BYTES = 4 << 20
"""Bytes of one rule file: a thousand rules take less than one MiB."""

PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "timestamp", "str"))


class _Loader(yaml.SafeLoader):
    """Refuses aliases: a few lines of them can stand for millions of values, and an analyst's reader misses them."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Compose a node that is no alias."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call] # types-PyYAML
            raise ComposerError(None, None, "aliases (*name) are not allowed; write the value out", mark)
        return super().compose_node(parent, index)


class Item:
    """A YAML value: scalar, list or mapping."""

    __slots__ = ("_file", "_node", "_text", "kind", "value")

    def __init__(self, node: yaml.Node, file: str, text: str) -> None:
        self._node = node
        self._file = file
        self._text = text
        self.kind = {yaml.ScalarNode: "text", yaml.SequenceNode: "list", yaml.MappingNode: "mapping"}[type(node)]
        self.value: str = node.value if isinstance(node, yaml.ScalarNode) else ""
        """A scalar's text."""

    @property
    def place(self) -> Place:
        """Where the value begins."""
        mark = self._node.start_mark
        return Place(self._file, mark.line + 1, mark.column + 1)

    @property
    def tag(self) -> str:
        """What YAML takes a scalar for: ``str``, ``int``, ``float``, ``bool``, ``timestamp``, ``null``."""
        return str(self._node.tag).rpartition(":")[2]

    @property
    def quoted(self) -> bool:
        """Whether a scalar is in quotes or a block."""
        return isinstance(self._node, yaml.ScalarNode) and self._node.style is not None

    def items(self) -> Iterator[tuple[Item, Item]]:
        """Give a mapping's keys and values."""
        if isinstance(self._node, yaml.MappingNode):
            for key, value in self._node.value:
                yield Item(key, self._file, self._text), Item(value, self._file, self._text)

    def elements(self) -> Iterator[Item]:
        """Give a list's elements."""
        if isinstance(self._node, yaml.SequenceNode):
            for value in self._node.value:
                yield Item(value, self._file, self._text)

    def locate(self, offset: int) -> Place:
        """Find the place in the file of a character of a scalar's text.

        YAML folds lines and drops indentation and quotes, but keeps the other characters in order: the value is laid
        along the file's text character by character, blanks aside. Where that fails (escapes in double quotes), the
        place is that of the scalar.
        """
        raw = self._text[self._node.start_mark.index : self._node.end_mark.index]
        at = 0
        if raw[:1] in {"|", ">"}:
            at = raw.find("\n") + 1
        elif raw[:1] in {"'", '"'}:
            at = 1
        wanted = len("".join(self.value[:offset].split()))
        solid = [char for char in self.value if not char.isspace()]
        position = _position(raw, at, solid, wanted)
        if position is None:
            return self.place
        before = self._text[: self._node.start_mark.index + position]
        line = before.count("\n") + 1
        return Place(self._file, line, len(before) - before.rfind("\n"))


def _position(raw: str, start: int, solid: list[str], wanted: int) -> int | None:
    """Find the ``wanted``-th of the solid characters in the raw text; None where the two differ."""
    index = start
    last = start
    for count, char in enumerate(solid):
        while index < len(raw) and raw[index].isspace():
            index += 1
        if index >= len(raw) or raw[index] != char:
            return None
        if count == wanted:
            return index
        # A quote inside single quotes is written twice.
        index += 2 if char == "'" and raw[0] == "'" else 1
        last = index
    return last


def read_yaml(file: str, data: bytes, problems: Problems) -> Item | None:
    """Read one file; None when it is empty or was reported.

    Args:
        file: Its name in reports.
        data: Its bytes.
        problems: Takes what is wrong.
    """
    if len(data) > MAX_FILE_BYTES:
        problems.refuse(Place(file), "", f"the file has {len(data)} bytes, more than {MAX_FILE_BYTES}", "split it")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problems.refuse(Place(file, line), "", "the file is not UTF-8", "save it as UTF-8")
        return None
    node = _compose(file, text, problems)
    if node is None:
        return None
    _check_nodes(node, file, problems)
    return Item(node, file, text)


def _compose(file: str, text: str, problems: Problems) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Place(file, mark.line + 1, mark.column + 1) if mark is not None else Place(file)
        problems.refuse(where, "", f"not YAML: {error.problem or error.context}", _yaml_hint(text, where))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"not YAML: the character U+{ord(text[error.position]):04X} is not allowed"
        problems.refuse(Place(file, line), "", message)
    except RecursionError:
        problems.refuse(Place(file), "", "the file is nested too deeply")
    else:
        return node
    return None


def _yaml_hint(text: str, where: Place) -> str:
    """Guess what was meant from the line."""
    lines = text.split("\n")
    line = lines[where.line - 1] if 0 < where.line <= len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "indent with spaces, not tabs"
    if ": " in line.partition(": ")[2] or "{" in line or "[" in line:
        return "put a text that has : { } [ ] # or quotes in it into quotes"
    return ""


def _check_nodes(root: yaml.Node, file: str, problems: Problems) -> None:
    """Report tags, and keys that occur twice."""
    stack = [root]
    while stack:
        node = stack.pop()
        place = Place(file, node.start_mark.line + 1, node.start_mark.column + 1)
        if isinstance(node, yaml.ScalarNode):
            if node.tag not in PLAIN_TAGS:
                problems.refuse(place, "", f"{node.value or node.tag!r} cannot stand here", "put it in quotes")
        elif isinstance(node, yaml.SequenceNode):
            stack.extend(node.value)
        elif isinstance(node, yaml.MappingNode):
            seen: dict[str, int] = {}
            for key, value in node.value:
                mark = key.start_mark
                if not isinstance(key, yaml.ScalarNode):
                    problems.refuse(Place(file, mark.line + 1, mark.column + 1), "", "a key is a text")
                elif key.value in seen:
                    message = f"{key.value!r} stands twice, first in line {seen[key.value]}"
                    problems.refuse(Place(file, mark.line + 1, mark.column + 1), "", message)
                else:
                    seen[key.value] = mark.line + 1
                stack.append(value)
