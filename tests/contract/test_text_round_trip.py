"""Text goes round: what a tool shows, given to a tool that writes, stores the original, on every server."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings

from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import PostgresServer
from devkit.workspace.composition import compose_to_describe
from servicekit.schema.marks import restore
from tests.fixtures.databases import copy_of
from tests.fixtures.hostile_text import CLOSING, HOSTILE_TEXT, PIECES

from .conftest import DESCRIPTIONS
from .declared import DECLARED
from .text_trips import Stores, TextFields, text_arguments

EXAMPLES = int(os.environ.get("ROUND_TRIP_EXAMPLES", "1"))
"""Texts that each server is tried with, besides one of every piece."""
WITH_TEXT = [name for name, module in DECLARED.items() if hasattr(module, "text_fields")]
BEGINNING = "Eleven char"
"""So that no text is blank, or shorter than an address."""


@pytest.fixture(params=WITH_TEXT)
def name(request: pytest.FixtureRequest) -> str:
    """Each server in turn that stores text."""
    server: str = request.param
    return server


@pytest.fixture
def stores(
    name: str, postgres: PostgresServer, template_of: Callable[[str], DatabaseUrls], valkey_url: str, tmp_path: Path
) -> Iterator[Stores]:
    """Stores of its own."""
    with ExitStack() as stack:
        urls = DatabaseUrls("", "", "")
        if DESCRIPTIONS[name].database:
            urls = stack.enter_context(copy_of(template_of(name), postgres))
        yield Stores(urls, valkey_url, tmp_path)


@pytest.fixture
async def fields(name: str, stores: Stores) -> AsyncIterator[TextFields]:
    """Its fields and arguments, on these stores."""
    async with DECLARED[name].text_fields(stores) as found:
        yield found


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
async def test_text_goes_round(fields: TextFields, text: str) -> None:
    await goes_round(fields, text)


def stored_texts(name: str) -> set[str]:
    """The arguments whose text a server stores."""
    tools = compose_to_describe(name).registry.tools.values()
    needed = {argument for tool in tools if tool.writes for argument in text_arguments(tool)}
    return needed - getattr(DECLARED[name], "NOT_STORED", set())


async def test_every_text_argument_goes_round(name: str, fields: TextFields) -> None:
    tried, needed = {argument.name for argument in fields.written}, stored_texts(name)
    assert not needed - tried, (
        f"Add a `Written` for each to text_fields of tests/services/{name}, or make the argument an `Identifier`."
    )
    assert not tried - needed, f"These arguments do not exist: take them out of text_fields of tests/services/{name}."


@pytest.mark.parametrize("name", sorted(DECLARED.keys() - WITH_TEXT))
def test_other_servers_store_no_text(name: str) -> None:
    assert not stored_texts(name), (
        f"Add text_fields to tests/services/{name}/contract.py, as tests/services/orders has, or make these arguments "
        "an `Identifier`, or name them in NOT_STORED if the text is only looked up."
    )
