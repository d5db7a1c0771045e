"""Near words, names and identifiers are suggested; the opposite of a word is not."""

from typing import Annotated

import pytest

from servicekit.schema.argument_types import Identifier
from servicekit.schema.arguments import Arguments, InvalidArguments
from servicekit.schema.suggestions import closest_names, closest_words, same_word, spelled


def test_words_that_two_members_share_are_not_guessed() -> None:
    assert spelled(["canceled", "cancelled", "paid"]) == {same_word("paid"): "paid"}
    assert closest_words("pad", ["paid", "draft"]) == ["paid"]
    assert closest_words("x" * 100, ["paid"]) == []


@pytest.mark.parametrize("sent", ["unpaid", "Not paid", "non-paid", "UNPAID"])
def test_the_opposite_is_not_suggested(sent: str) -> None:
    assert closest_words(sent, ["paid", "pending"]) == []
    assert closest_words("active", ["inactive"]) == []
    assert closest_words("solved", ["open", "unresolved"]) == []
    assert closest_words("unread", ["unread_by_all", "read"]) == ["unread_by_all"]


@pytest.mark.parametrize(
    ("sent", "names", "meant"),
    [
        ("qurey", ["query", "limit"], ["query"]),
        ("q", ["query", "limit"], ["query"]),
        ("id", ["order_id", "fields"], ["order_id"]),
        ("max_results", ["limit", "cursor"], ["limit"]),
        ("endDate", ["first_day", "last_day"], ["last_day"]),
        ("surprise", ["query", "limit"], []),
    ],
)
def test_near_and_synonymous_names_are_suggested(sent: str, names: list[str], meant: list[str]) -> None:
    assert closest_names(sent, names) == meant


def test_refusal_of_an_identifier_suggests_similar_ones() -> None:
    code = Identifier(
        "a code such as AB-1", "AB-1", pattern="AB-[12]", similar=lambda text: ["AB-2"] if "2" in text else []
    )

    async def look(code: Annotated[str, code]) -> None:
        """Look."""

    for sent, words in (("A2", "such as AB-1. Did you mean `AB-2`?"), ("A3", "such as AB-1."), (7, "such as AB-1.")):
        with pytest.raises(InvalidArguments) as refused:
            Arguments(look).parse({"code": sent})
        assert str(refused.value).endswith(words)
