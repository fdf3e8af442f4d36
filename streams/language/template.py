"""Sentences with ``{expression}`` or ``{expression:format}`` in them; ``{{`` and ``}}`` stand for braces."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.language.builders import call, constant, load
from streams.language.generate import Generator
from streams.language.problems import did_you_mean
from streams.language.texts import FORMATS, shown
from streams.language.types import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streams.language.check import Report
    from streams.language.compile import FunctionSet
    from streams.language.tree import Node

MAX_TEMPLATE = 4_000
"""Characters of a sentence with its placeholders; the platform takes 500 characters of the result."""


FULL_WIDTH = "\u3000-\u303f\uff00-\uffef"
FOLDED = re.compile(rf"(?<=[{FULL_WIDTH}])\s+|\s+(?=[{FULL_WIDTH}])")
"""Blanks beside full-width punctuation: YAML puts one where the author only broke the line."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A part of a sentence that is computed."""

    text: str
    """The expression."""
    at: int
    """Its offset in the sentence."""
    format: str
    format_at: int


def split(text: str, report: Report) -> Iterator[str | Placeholder]:
    """Take a sentence apart; what is malformed is reported and left out."""
    if len(text) > MAX_TEMPLATE:
        report(0, f"the sentence has {len(text)} characters, more than {MAX_TEMPLATE}", "")
        return
    plain: list[str] = []
    index = 0
    while index < len(text):
        char = text[index]
        if char in "{}" and text[index : index + 2] == char * 2:
            plain.append(char)
            index += 2
        elif char == "}":
            report(index, "a single } in a sentence", "write }} for a brace")
            index += 1
        elif char == "{":
            found = _placeholder(text, index)
            if found is None:
                report(index, "a { without its }", "write {{ for a brace")
                return
            yield "".join(plain)
            plain.clear()
            yield found
            index = found.format_at + len(found.format) + 1
        else:
            plain.append(char)
            index += 1
    yield "".join(plain)


def _placeholder(text: str, start: int) -> Placeholder | None:
    """Find where a placeholder ends: text literals in it may hold colons and braces."""
    quote = ""
    colon = 0
    for index in range(start + 1, len(text)):
        char = text[index]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == ":" and not colon:
            colon = index
        elif char == "}":
            end = colon or index
            return Placeholder(
                text[start + 1 : end], start + 1, text[end + 1 : index] if colon else "", end + bool(colon)
            )
    return None


def formatter(node: Node, format_name: str) -> tuple[Callable[..., str] | None, str, str]:
    """Find how a value is written.

    Returns:
        The function, or None with a message and a hint.
    """
    formats = FORMATS.get(node.type.kind)
    if formats is None:
        return None, f"{node.type} cannot stand in a sentence", "take one of its attributes"
    if format_name not in formats:
        names = [name for name in formats if name]
        return None, f"{node.type} has no format {format_name!r}", did_you_mean(format_name, names)
    return formats[format_name], "", ""


def sentence_code(functions: FunctionSet, prefix: str, parts: list[str | tuple[Node, Callable[..., str]]]) -> ast.expr:
    """Write the expression that makes the sentence.

    Args:
        functions: Takes the formatters as constants.
        prefix: Begins the names of those constants.
        parts: Plain texts, and checked placeholders with the functions that write them.
    """
    generator = Generator()
    values: list[ast.expr] = []
    functions.constant("_shown", shown)
    for index, part in enumerate(parts):
        if isinstance(part, str):
            if part:
                values.append(constant(FOLDED.sub("", part)))
            continue
        node, write = part
        code = generator.value(node)
        if node.type.nullable or node.type.kind is not Kind.TEXT:
            functions.constant(f"{prefix}_{index}", write)
            writer = load(f"{prefix}_{index}")
            code = call("_shown", code, writer) if node.type.nullable else ast.Call(writer, [code], [])
        values.append(ast.FormattedValue(code, -1, None))
    return ast.JoinedStr(values)
