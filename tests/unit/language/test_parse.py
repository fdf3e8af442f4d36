"""Text in, syntax tree out; nothing else gets through, and nothing breaks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.language.parse import MAX_LENGTH, ExpressionError, parse
from tests.unit.language.bench import check


@pytest.mark.parametrize(
    ("text", "offset", "message", "hint"),
    [
        ("", 0, "the expression is empty", ""),
        ("  \n ", 0, "the expression is empty", ""),
        ("event.gend = '1'", 11, "= is not a comparison", "=="),
        ("event.gend == '1' && true", 19, "'&' is not an operator here", "and, or"),
        ("a ! b", 2, "'!' is not an operator here", "not"),
        ("event.gend == '1", 14, "not an expression", ""),
        ("event.gend == '1' and", 21, "not an expression", ""),
        ("import os", 0, "not an expression", ""),
        ("a; b", 1, "not an expression", ""),
        ("event.gend == '1' # male", 18, "an expression holds no comment", ""),
        ("event.gend == '\\d'", 15, "a backslash is not part of the language", ""),
        ("event.gend ＝＝ '1'", 11, "full-width '＝' in an expression", "write '='"),
        ("starts_with(event.med_type， '1')", 26, "full-width '，' in an expression", "write ','"),
        ("event.gend == “1”", 14, "full-width '“' in an expression", ""),
        ("1or 2", 0, "not an expression", ""),
        ("'\ud800' == a", 0, "the expression cannot be read", ""),
        ("(" * 300 + "a" + ")" * 300, 200, "not an expression", ""),
        ("-" * 3_000 + "1", 0, "nested too deeply", ""),
        ("not " * 900 + "a", 0, "nested too deeply", ""),
        ("a" + " + a" * 80, 0, "nested too deeply", ""),
        (" or ".join(["a"] * 1_500), 0, "more than 4000", ""),
    ],
)
def test_faults_of_syntax(text: str, offset: int, message: str, hint: str) -> None:
    """What cannot be parsed is refused with its place, within every bound."""
    with pytest.raises(ExpressionError) as caught:
        parse(text)

    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.offset == offset


@pytest.mark.parametrize("text", ["[" + "1," * 1_900 + "1]", "9" * 3_999, "event.gend " * 300, "a\0b"])
def test_large_or_odd_texts_are_refused(text: str) -> None:
    """What Python's parser would take, or trip over, is refused as well."""
    assert check(text)[0] is None


def test_lines_are_folded() -> None:
    """An expression may be broken anywhere, as a block of YAML keeps its line breaks."""
    assert check("event.gend == '1'\n  and\r\n line.cnt > 3\n")[1] == []


def test_length_is_bounded() -> None:
    """An expression of 4,000 characters is read, a longer one is not."""
    text = "event.gend == '" + "1" * (MAX_LENGTH - 16) + "'"

    parse(text)
    with pytest.raises(ExpressionError, match="4001 characters"):
        parse(text + " ")


WORDS = """
event line code fact param sales visits . , ( ) [ ] { } ' " == != < > + - * / and or not in if else for is
any all sum count min max distinct known default prorate days day listed row gend cnt amount feedetail x 1 2.5
lambda := : ; @ ** // % ~ ^ | & $ ? ` \\ 。 男 １ e9 0x 1_0 None True true null await yield
"""
TOKENS = st.sampled_from(WORDS.split())


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60) | st.lists(TOKENS, max_size=25).map(" ".join) | st.lists(TOKENS, max_size=25).map("".join))
def test_no_text_raises_anything_but_faults(text: str) -> None:
    """Whatever the text, there is either a checked expression or at least one fault at a place within it."""
    node, faults = check(text)

    assert (node is None) == bool(faults)
    assert all(0 <= offset <= len(text) for offset, _, _ in faults)
