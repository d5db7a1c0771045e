"""Text goes round: what a tool shows, given to a tool that writes, stores the original, on every server."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings

from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import PostgresServer
from devkit.workspace.composition import compose_to_describe
from servicekit.schema.marks import restore
from tests.fixtures.databases import copy_of
from tests.fixtures.hostile_text import CLOSING, HOSTILE_TEXT, PIECES

from . import github_text, orders_text, ticketing_text
from .conftest import DESCRIPTIONS
from .text_trips import TextFields, text_arguments

EXAMPLES = int(os.environ.get("ROUND_TRIP_EXAMPLES", "1"))
"""Texts that each server is tried with, besides one of every piece."""
NOT_TEXT = {"save_location.location", "attach_file.base64"}
"""Arguments with words that are looked up and not stored, or with the bytes of a file."""
BEGINNING = "Eleven char"
"""So that no text is blank, or shorter than an address."""


@pytest.fixture
def orders_urls(template_of: Callable[[str], DatabaseUrls], postgres: PostgresServer) -> Iterator[DatabaseUrls]:
    with copy_of(template_of("orders"), postgres) as urls:
        yield urls


@pytest.fixture
def ticketing_urls(template_of: Callable[[str], DatabaseUrls], postgres: PostgresServer) -> Iterator[DatabaseUrls]:
    with copy_of(template_of("ticketing"), postgres) as urls:
        yield urls


@pytest.fixture
async def orders(orders_urls: DatabaseUrls) -> AsyncIterator[TextFields]:
    async with orders_text.text_fields(orders_urls) as fields:
        yield fields


@pytest.fixture
async def ticketing(ticketing_urls: DatabaseUrls) -> AsyncIterator[TextFields]:
    async with ticketing_text.text_fields(ticketing_urls) as fields:
        yield fields


@pytest.fixture
async def github(valkey_url: str, tmp_path: Path) -> AsyncIterator[TextFields]:
    async with github_text.text_fields(valkey_url, tmp_path) as fields:
        yield fields


async def goes_round(fields: TextFields, text: str) -> None:
    """Show the text in every field, and give it to every tool that writes: as shown, without the fence, and plain."""
    text = BEGINNING + text
    shown = []
    for field in fields.shown:
        await field.plant(text)
        shown.append(await field.read())
        assert restore(shown[-1]) == text, field.name
    for place, argument in enumerate(fields.written):
        given = shown[place % len(shown)]
        assert await argument.write(given) == argument.stored(text), argument.name
        inside = given.partition(">")[2].rpartition(CLOSING)[0]
        assert await argument.write(f"\n{inside}\n") == argument.stored(f"\n{text}\n"), argument.name
        if restore(text) == text:
            assert await argument.write(f"{text}.") == argument.stored(f"{text}."), argument.name


TEXT = HOSTILE_TEXT.map(lambda text: text[:150])
"""Short enough for a title."""
SMALL = settings(
    max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@SMALL
@example("".join(PIECES[::2]))
@example("".join(PIECES[1::2]))
@given(TEXT)
async def test_orders_give_text_back(orders: TextFields, text: str) -> None:
    await goes_round(orders, text)


@SMALL
@example("".join(PIECES[::2]))
@example("".join(PIECES[1::2]))
@given(TEXT)
async def test_ticketing_gives_text_back(ticketing: TextFields, text: str) -> None:
    await goes_round(ticketing, text)


@SMALL
@example("".join(PIECES[::2]))
@example("".join(PIECES[1::2]))
@given(TEXT)
async def test_github_gives_text_back(github: TextFields, text: str) -> None:
    await goes_round(github, text)


async def test_every_text_argument_goes_round(orders: TextFields, ticketing: TextFields, github: TextFields) -> None:
    """A new argument with text is tried here, or is an `Identifier`."""
    tried = {argument.name for fields in (orders, ticketing, github) for argument in fields.written}
    needed: set[str] = set()
    for name in DESCRIPTIONS:
        for tool in compose_to_describe(name).registry.tools.values():
            if tool.writes:
                needed |= text_arguments(tool)
    untried = needed - NOT_TEXT - tried
    assert not untried, "Try these with a `Written` in <server>_text.py, or make them an `Identifier`."
    assert tried <= needed, "These arguments do not exist."
