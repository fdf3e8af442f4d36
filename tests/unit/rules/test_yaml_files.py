"""YAML with places: every character of a value is found again in the file."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.rules.places import Problems
from streams.rules.yaml_files import MAX_FILE_BYTES, Item, read_yaml


def value_of(text: str) -> Item:
    """The value of the only key."""
    problems = Problems()
    root = read_yaml("a.yaml", text.encode(), problems)
    assert problems.problems == []
    assert root is not None
    return next(value for _, value in root.items())


STYLES = {
    "plain": "when: {0}\n  {1}\n\n  {2}\n",
    "folded": "when: >-\n    {0}\n    {1}\n    {2}\n",
    "literal": "when: |\n  {0}\n  {1}\n    {2}\nother: 1\n",
    "literal with comment": "when: |-  # why\n  {0}\n  {1}\n  {2}\n",
    "single quoted": "when: '{0}\n  {1}\n  {2}'\n",
    "double quoted": 'when: "{0}\n  {1}\n  {2}"\n',
    "windows": "when: >-\r\n    {0}\r\n    {1}\r\n    {2}\r\n",
}
WORDS = st.lists(
    st.text("abcxyz=<>()男女.1", min_size=1, max_size=8).filter(lambda word: word[0] not in "=<>"),
    min_size=3,
    max_size=3,
)


@settings(deadline=None)
@given(words=WORDS)
def test_characters_are_found_again(words: list[str]) -> None:
    """In every style of YAML, the place of a character in the value is its line and column in the file."""
    for style, template in STYLES.items():
        text = template.format(*words)
        value = value_of(text)
        lines = text.replace("\r\n", "\n").split("\n")

        for offset, char in enumerate(value.value):
            if not char.isspace():
                place = value.locate(offset)
                assert lines[place.line - 1][place.column - 1] == char, style


def test_doubled_quotes_count_once() -> None:
    """In single quotes a quote is written twice, and stands once in the value."""
    value = value_of("when: 'event.gend == ''1'' and x'\n")

    assert value.value == "event.gend == '1' and x"
    assert value.locate(value.value.index("x")).column == 32


def test_escapes_fall_back_to_the_scalar() -> None:
    """Where escapes make value and file differ, the place is that of the whole value."""
    value = value_of('when: "event.\\u0067end == x"\n')

    assert value.value == "event.gend == x"
    assert (value.locate(14).line, value.locate(14).column) == (1, 7)


def test_an_offset_behind_the_end_is_the_end() -> None:
    """What is missing at the end is reported there."""
    assert value_of("when: a and\n").locate(5).column == 12


def test_a_byte_order_mark_is_no_character() -> None:
    """Files saved by Windows editors have their first key in column one."""
    root = read_yaml("a.yaml", b"\xef\xbb\xbfkey: 1\n", Problems())

    assert root is not None
    assert [key.place.column for key, _ in root.items()] == [1]


def test_empty_files_say_nothing() -> None:
    """A file with comments alone declares nothing, and that is no mistake."""
    problems = Problems()

    assert read_yaml("a.yaml", b"# nothing yet\n", problems) is None
    assert problems.problems == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: " + b"x" * MAX_FILE_BYTES, "more than 4194304"),
        (b"[a", "not YAML"),
        (b"[" * 10_000 + b"]" * 10_000, "nested too deeply"),
        (b"a: &x [1]\nb: *x\n", "aliases"),
        (b"? [a, b]\n: 1\n", "a key is a text"),
        (b"a: !custom x\n", "cannot stand here"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_what_is_no_plain_data_is_refused(data: bytes, message: str) -> None:
    """Sizes, depth, aliases, tags and encodings have bounds, and each is reported."""
    problems = Problems()
    read_yaml("a.yaml", data, problems)

    assert any(message in problem.message for problem in problems.problems), problems.problems


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text("abc:-[]{}#&*!|>'\"%@`,? \n\t", max_size=80).map(str.encode))
def test_no_file_raises(data: bytes) -> None:
    """Whatever the bytes, there is a value or a problem, never an exception."""
    problems = Problems()
    root = read_yaml("a.yaml", data, problems)

    assert root is None or root.kind in {"text", "list", "mapping"}
