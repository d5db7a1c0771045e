"""How a confirmation code is written and read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.core.errors import Refused
from servicekit.core.fleet import LETTERS, folded
from servicekit.core.identity import ServerIdentity
from servicekit.pipeline.confirmation_code import code_of, new_symbols, symbols_of

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SYMBOLS = st.text(ALPHABET, min_size=8, max_size=8)
NAMES = st.sampled_from([*LETTERS, "lamps", "information"])
LOOKALIKES = {"0": "0Oo", "1": "1IiLl"}


def server(name: str) -> ServerIdentity:
    return ServerIdentity(name=name, title=name.title(), version="1", instructions="")


ORDERS = server("orders")


def test_a_code_has_40_random_bits() -> None:
    codes = {new_symbols() for _ in range(2000)}
    assert len(codes) == 2000
    assert {len(code) for code in codes} == {8}
    assert set("".join(codes)) == set(ALPHABET)


@given(SYMBOLS, NAMES, st.data())
def test_a_code_is_read_however_it_is_written(symbols: str, name: str, data: st.DataObject) -> None:
    code = code_of(server(name), symbols)
    written = "".join(
        data.draw(st.sampled_from(LOOKALIKES.get(character, character + character.lower()))) for character in code
    )
    for between in data.draw(st.lists(st.sampled_from([" ", "-", "‑", "–", "`", "\n", ".", '"']), max_size=3)):
        position = data.draw(st.integers(0, len(written)))
        written = written[:position] + between + written[position:]
    assert symbols_of(written, server(name)) == symbols
    assert symbols_of(code.partition("-")[2], server(name)) == symbols


@given(SYMBOLS, SYMBOLS)
def test_two_codes_are_never_read_as_one(one: str, other: str) -> None:
    assert (symbols_of(code_of(ORDERS, one), ORDERS) == symbols_of(code_of(ORDERS, other), ORDERS)) == (one == other)


@given(SYMBOLS)
def test_the_code_of_another_server_names_it(symbols: str) -> None:
    for name in LETTERS:
        if name != "orders":
            with pytest.raises(
                Refused, match=rf"belongs to the {name} server .* Call {name}_confirm_action"
            ) as refused:
                symbols_of(code_of(server(name), symbols).lower(), ORDERS)
            assert symbols[:4] not in str(refused.value)


def test_the_code_of_an_unknown_server_is_recognised() -> None:
    with pytest.raises(Refused, match="not a code of the orders server, whose codes begin with O-"):
        symbols_of("X-7K3M-9QXB", ORDERS)


@pytest.mark.parametrize("text", ["", "yes", "O-7K3M", "O-7K3M-9QXU", "OO-7K3M-9QXB", "O-AAAA-9Q", "é" * 9, "A" * 700])
def test_what_is_no_code_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refused, match="looks like O-7K3M-9QXB") as refused:
        symbols_of(text, ORDERS)
    assert text not in str(refused.value) or len(text) < 8


def test_letters_are_distinct_however_they_are_read() -> None:
    assert len({folded(letter) for letter in LETTERS.values()}) == len(LETTERS)
