"""Comparison of names, and what a location in words may mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weather_mcp.models.abbreviations import is_region, region_of
from weather_mcp.models.countries import country_of, languages_of
from weather_mcp.models.names import fold, is_called, spellings
from weather_mcp.models.place_texts import Meaning, meanings, spellings_of_code


@given(st.text(max_size=60))
def test_folded_name_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert is_called(text, text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Île-de-France", "ile de france"),
        ("D.C.", "DC"),
        ("St. Louis", "Saint Louis"),
        ("St.Gallen", "Sankt Gallen".replace("Sankt", "Saint")),
        ("Tromsø", "TROMSO"),
        ("İstanbul", "istanbul"),
        ("L'Aquila", "L’Aquila"),
    ],
)
def test_same_names_are_equal(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_loose_names_go_one_way() -> None:
    assert is_called("München", "Muenchen")
    assert is_called("New York", "New York City")
    assert not is_called("Kansas City", "Kansas"), "a longer name is another place"
    assert not is_called("Aachen", "Achen")
    assert "aix-en-provence" in spellings("Aix en Provence")


@pytest.mark.parametrize(
    ("text", "code"),
    [("UK", "GB"), ("U.S.A.", "US"), ("The Netherlands", "NL"), ("Holland", "NL"), ("türkiye", "TR"), ("Turkey", "TR"),
     ("DEU", "DE"), ("Deutschland", "DE"), ("Česko", "CZ"), ("日本", "JP"), ("Atlantis", None), ("", None)],
)  # fmt: skip
def test_countries_by_name_and_code(text: str, code: str | None) -> None:
    assert country_of(text) == code


def test_regions_and_languages() -> None:
    assert region_of("US", "dc") == "district of columbia"
    assert is_region("NSW")
    assert not is_region("Bayern")
    assert languages_of("CH")[:1] == ("de",)
    assert languages_of("GB") == ()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Springfield,  ill ", Meaning(("Springfield",), ("ill",))),
        ("Paris, Texas, USA", Meaning(("Paris",), ("Texas", "USA"), country="US")),
        ("London, CA", Meaning(("London",), ("CA",))),
        ("D-10115 Berlin", Meaning(("Berlin",), (), "10115", "DE")),
        ("Beverly Hills, CA 90210", Meaning(("Beverly Hills",), ("CA",), "90210")),
        ("1012 JS Amsterdam", Meaning(("Amsterdam",), (), "1012 JS", "NL")),
        ("sw1a 1aa", Meaning((), (), "SW1A 1AA")),
        ("100 Mile House", Meaning(("100 Mile House",))),
    ],
)
def test_likeliest_meaning_comes_first(text: str, first: Meaning) -> None:
    assert meanings(text)[0] == first


def test_further_meanings_are_explicit() -> None:
    assert Meaning(("Paris",), ("France",), country="FR") in meanings("Paris France")
    assert Meaning(("Biel", "Bienne")) in meanings("Biel/Bienne")
    assert meanings("West Virginia") == [Meaning(("West Virginia",))], "a region is no town West in Virginia"
    assert spellings_of_code("SW1A1AA") == ["SW1A1AA", "SW1A 1AA", "SW1A"]
    assert spellings_of_code("11122") == ["11122", "111 22"]


@given(st.text(alphabet="aB1 2,-/()é.Z9", max_size=40))
def test_meanings_are_few_and_different(text: str) -> None:
    found = meanings(text)
    assert len(found) <= 7
    assert len(set(found)) == len(found)
    assert all(meaning.names or meaning.code for meaning in found)
