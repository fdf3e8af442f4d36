"""From an analyst's text to Python's syntax tree, within bounds that keep every later step small."""

from __future__ import annotations

import ast
import warnings

MAX_LENGTH = 4_000
"""Characters of one expression; the longest sensible rule has a few hundred."""
MAX_DEPTH = 64
"""Nesting of one expression: the recursion of checker, generator and Python's compiler stays far from its end."""
MAX_NODES = 2_000
"""Parts of one expression, named exemptions written out."""


class ExpressionError(Exception):
    """The text is not an expression."""

    def __init__(self, offset: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message
        self.hint = hint


def parse(text: str) -> ast.expr:
    """Parse one expression; line breaks count as spaces.

    Raises:
        ExpressionError: The text is empty, too long, too deep, or no expression; ``offset`` is in characters.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(0, f"the expression has {len(text)} characters, more than {MAX_LENGTH}")
    start = len(text) - len(text.lstrip())
    body = text.strip()
    if not body:
        raise ExpressionError(0, "the expression is empty")
    _refuse_marks(text)
    flat = body.replace("\r", " ").replace("\n", " ")
    try:
        with warnings.catch_warnings():
            # Python warns where it guesses what was meant ("1or 2"); here that is a mistake.
            warnings.simplefilter("error")
            tree = ast.parse(flat, mode="eval").body
    except SyntaxError as error:
        message, hint = _explain(error, flat)
        # Where the end is what Python did not expect, it gives no place.
        offset = error.offset - 1 if error.offset else len(body)
        raise ExpressionError(min(start + offset, len(text)), message, hint) from None
    except (MemoryError, RecursionError):
        raise ExpressionError(start, f"the expression is nested too deeply (at most {MAX_DEPTH})") from None
    except ValueError as error:
        raise ExpressionError(start, f"the expression cannot be read: {error}") from None
    _check_size(tree, start)
    return tree


def offset_of(node: ast.expr, text: str) -> int:
    """Give a node's offset in the text it was parsed from, in characters (Python counts UTF-8 bytes)."""
    start = len(text) - len(text.lstrip())
    if text.isascii():
        return start + node.col_offset
    return start + len(text.strip().encode()[: node.col_offset].decode(errors="ignore"))


def outside_quotes(text: str) -> list[bool]:
    """Tell for each character whether it stands outside text literals (their quotes count as inside)."""
    marks: list[bool] = []
    quote = ""
    for char in text:
        if quote:
            marks.append(False)
            if char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
            marks.append(False)
        else:
            marks.append(True)
    return marks


def _refuse_marks(text: str) -> None:
    """Refuse what Python would read as something else than an analyst means."""
    marks = outside_quotes(text)
    for offset, char in enumerate(text):
        if char == "\\":
            raise ExpressionError(offset, "a backslash is not part of the language")
        if not marks[offset]:
            continue
        if char == "#":
            raise ExpressionError(offset, "an expression holds no comment", "put it on a line of its own, or into doc")
        if char in FULL_WIDTH:
            raise ExpressionError(offset, f"full-width {char!r} in an expression", f"write {FULL_WIDTH[char]!r}")


FULL_WIDTH = dict(zip("，（）：；＝＞＜！“”‘’＋－＊／［］", ",():;=><!\"\"''+-*/[]", strict=True))
"""What an input method leaves behind, and what was meant."""


def _explain(error: SyntaxError, text: str) -> tuple[str, str]:
    message = error.msg or "not an expression"
    at = (error.offset or 0) - 1
    near = text[at] if 0 <= at < len(text) else ""
    if near == "=" or "Maybe you meant '=='" in message:
        return "= is not a comparison", "write =="
    if near and near in "&|":
        return f"{near!r} is not an operator here", "write and, or"
    if near == "!":
        return "'!' is not an operator here", "write not, or !="
    return f"not an expression: {message.split('.')[0]}", ""


def _check_size(tree: ast.expr, start: int) -> None:
    stack: list[tuple[ast.AST, int]] = [(tree, 1)]
    nodes = 0
    while stack:
        node, depth = stack.pop()
        if isinstance(node, ast.expr | ast.comprehension):
            nodes += 1
            if depth > MAX_DEPTH:
                raise ExpressionError(start, f"the expression is nested too deeply (at most {MAX_DEPTH})")
        if nodes > MAX_NODES:
            raise ExpressionError(start, f"the expression has more than {MAX_NODES} parts")
        stack.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
