"""Edits of long texts: they change what they name, keep every other byte, and say how to mend a wrong one."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.core.errors import Refused
from servicekit.schema.line_endings import endings_in, with_endings_of, with_lf
from servicekit.schema.text_edits import TextEdit, apply_edits

PIECES = st.sampled_from(
    ["a", "b", "ab", " ", "\n", "\r\n", "\r", "\x0c", "\u2028", "\u200b", "\ufeff", "é", "⟦", "</b>"]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join)


def edit(text: str, old: str, new: str, *, every: bool = False) -> str:
    return apply_edits(text, [TextEdit(old=old, new=new, all=every)], "the text")


@pytest.mark.parametrize(
    ("text", "old", "new", "after"),
    [
        ("@echo off\r\nrem one\r\nrem two\r\n", "one", "uno", "@echo off\r\nrem uno\r\nrem two\r\n"),
        ("@off\r\nrem one\r\nrem two\r\n", "off\nrem one\nrem", "off\nrem uno\nrem", "@off\r\nrem uno\r\nrem two\r\n"),
        ("a\r\nb\r\n", "a\r\n", "a\nx\n", "a\r\nx\r\nb\r\n"),
        ("a\nb\n", "a\r\n", "a\r\nx\r\n", "a\nx\nb\n"),
        ("a\nb\r\nc\n", "a\nb\nc", "a\nB\nc", "a\nB\r\nc\n"),
        ("a\nb\r\nc\n", "b\n", "b\nb2\n", "a\nb\r\nb2\nc\n"),
        ("a\r\nb\nc\r\n", "a\r\n", "a\n", "a\nb\nc\r\n"),  # nothing but an ending changes: that is the edit
        ("one line", "line", "line\r\nand another", "one line\r\nand another"),
        ("\ufeffa\r\nlast", "last", "last\n", "\ufeffa\r\nlast\r\n"),
        ("a\x0cb\u2028c", "b", "", "a\x0c\u2028c"),
        ("- [ ] x\r\n- [ ] y\r\n", "- [ ] y", "- [x] y", "- [ ] x\r\n- [x] y\r\n"),
    ],
)  # fmt: skip
def test_edit_keeps_the_line_endings(text: str, old: str, new: str, after: str) -> None:
    assert edit(text, old, new) == after


def test_edits_apply_in_order_to_the_result_of_the_last() -> None:
    edits = [TextEdit(old="a", new="b"), TextEdit(old="b c", new="d"), TextEdit(old="d", new="aa")]
    assert apply_edits("a c", edits, "the text") == "aa"


def test_every_occurrence_is_replaced_on_request() -> None:
    assert edit("aaa\r\na", "a", "b\n", every=True) == "b\r\nb\r\nb\r\n\r\nb\r\n"
    assert edit("aaaa", "aa", "b", every=True) == "bb"


@pytest.mark.parametrize("text", ["\n{}", "{}", "\r\n{}", "{}\r\n", "\r\n{}\n"])
def test_time_is_linear_in_the_occurrences(text: str) -> None:
    def seconds(length: int) -> float:
        started = time.process_time()
        assert edit(text.format("a" * length), "a", "b", every=True) == text.format("b" * length)
        return time.process_time() - started

    assert min(seconds(160_000) for _ in range(3)) < 5 * min(seconds(80_000) for _ in range(3)) + 0.05


def test_a_text_cannot_be_multiplied_without_end() -> None:
    with pytest.raises(Refused, match="would have 500000000 characters, more than 8388608"):
        edit("a" * 1000, "a", "b" * 500_000, every=True)
    doubling = [TextEdit(old="a", new="aa", all=True)] * 50
    with pytest.raises(Refused, match=r"Edit 24 of the text: .* Nothing was changed"):
        apply_edits("a", doubling, "the text")
    assert len(edit("b" * 5_000_000 + "a", "a", "cc")) == 5_000_002


@pytest.mark.parametrize(
    ("text", "old", "words"),
    [
        ("x\nfoo\nfoo\n", "foo", "occurs more than once, in lines 2, 3. Nothing"),
        ("aaa", "aa", "occurs more than once, in lines 1."),
        ("a\n" * 9, "a", "in lines 1, 2, 3, 4, 5 and others."),
        ("x\n  If  Foo:\n", "if foo:", "occurs in line 2 with other spaces or letter case"),
        ("x\nf(a):\n  return 1\n", "f(a):\n  return 2", "Its first 15 characters occur, and the text differs from"),
        ("x\n", "something else", "Read the text again"),
        ("", "y", "Read the text again"),
        ("x", "x", "`old` and `new` are the same"),
    ],
)  # fmt: skip
def test_wrong_edit_says_where_and_how_to_mend(text: str, old: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        edit(text, old, "x")
    assert words in str(refused.value)
    assert "Edit 1 of the text" in str(refused.value)


@given(TEXTS, TEXTS.filter(bool), TEXTS, TEXTS)
def test_edit_keeps_every_other_character(before: str, old: str, new: str, after: str) -> None:
    text = before + old + after
    try:
        changed = edit(text, old, new)
    except Refused:
        return
    if text.count(old) == 1:
        assert changed.startswith(before[:-1])  # the last character may be half of a line break
        assert changed.endswith(after[1:])
    if text.count(old) == 1 and "\r" not in with_lf(text) + with_lf(new):
        assert with_lf(changed) == with_lf(text).replace(with_lf(old), with_lf(new), 1)


@given(TEXTS, TEXTS)
def test_new_text_keeps_the_old_line_endings(before: str, after: str) -> None:
    plain = with_lf(after)
    written = with_endings_of(before, plain)
    assert with_lf(written) == with_lf(plain) or endings_in(before) == frozenset()
    if len(endings_in(before)) == len(endings_in(plain)) == 1 and with_lf(before) != with_lf(plain):
        assert endings_in(written) == endings_in(before)
    assert with_endings_of(before, before) == before


@pytest.mark.parametrize(
    ("before", "after", "written"),
    [
        ("a\r\nb\r\n", "a\nB\n", "a\r\nB\r\n"),
        ("a\nb\n", "a\r\nB\r\n", "a\nB\n"),
        ("a\r\nb\r\n", "a\nb\n", "a\nb\n"),  # nothing but the endings changes: that is the change
        ("a\r\nb\nc\r\n", "a\nB\nc\n", "a\r\nB\r\nc\r\n"),
        ("a\r\nb\nc\r\nd\n", "a\nc\nb\nd\n", "a\r\nc\r\nb\nd\n"),
        ("a\r\nb\nc", "a\nb\nx\nc", "a\r\nb\nx\r\nc"),
        ("a\r\nb\n", "a\nB\r\n", "a\nB\r\n"),
        ("", "a\r\n", "a\r\n"),
        ("a", "a\n", "a\n"),
        ("a\r\nb", "c", "c"),
    ],
)
def test_whole_text_takes_the_endings_of_the_one_it_replaces(before: str, after: str, written: str) -> None:
    assert with_endings_of(before, after) == written
