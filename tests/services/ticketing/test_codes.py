"""Codes in texts: one spelling for all ways to write them, and no code where there is none."""

import pytest

from ticketing_mcp.models.codes import codes_of, possible_codes


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(
            (text, "e4711")
            for text in ("E-4711", "e4711", "E_4711", "E 4711", "see (E‑4711).", "E–4711", "Ｅ－４７１１")
        ),
        *((text, "zd421t") for text in ("ZD-421-T", "zd421t", "the ZD 421 T, again")),
        ("AADSTS50011 at sign-in", "aadsts50011"),
        ("佐藤E-4711です", "e4711"),
        ("E-4711\nIt blinks", "e4711"),
        ("again\r\nE-4711\tin", "e4711"),
    ],
)
def test_code_has_one_spelling(text: str, code: str) -> None:
    assert codes_of(text) == possible_codes(text) == [code]


@pytest.mark.parametrize("text", ["2026-11-28", "24/7", "gate B", "well-known-2", "61.50", "20881", "a-b-c-d-e-f12"])
def test_other_words_are_no_codes(text: str) -> None:
    assert possible_codes(text) == []


def test_small_letters_with_a_space_may_be_a_code() -> None:
    assert codes_of("e 4711 on floor 12") == []
    assert possible_codes("e 4711 on floor 12") == ["e4711", "floor12"]
