"""A row that cannot be served is refused when the service is built, with words that name it."""

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel

from servicekit.core.identity import ServerIdentity
from servicekit.registry.prompts import prompt
from servicekit.registry.resources import resource
from servicekit.registry.tools import read, write
from servicekit.server.run import http_server
from servicekit.server.service import Service
from tests.servicekit.apps.general_app import app_settings


class Thing(BaseModel):
    name: str


async def look(name: str = "a") -> Thing:
    """Look."""
    return Thing(name=name)


async def words(name: str) -> str:
    """Say."""
    return name


async def silent() -> Thing:
    return Thing(name="a")


def build(**rows: Any) -> Service:
    return Service(
        settings=app_settings(),
        identity=ServerIdentity(name="x", title="X", version="1", instructions=""),
        **{"tools": [], **rows},
    )


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"tools": [read(look, scope="a")] * 2}, "two registrations share a name: look"),
        ({"tools": [write(look, scope="a")]}, "a service with a tool that writes needs a journal"),
        ({"resources": [resource("a://{name}", words, scope="a")] * 2}, "two registrations share a name: a://{name}"),
        ({"prompts": [prompt(words, scope="a")] * 2}, "two registrations share a name: words"),
        ({"resources": [resource("a://{id}", words, scope="a")]}, "its variables are not the parameters"),
        ({"tools": [read(look, scope="a", link="a://{id}")]}, "its link a://{id} has variables"),
    ],
)
def test_a_table_that_cannot_be_served(rows: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("{", "[{]")):
        build(**rows)


def test_the_name_whoami_is_taken() -> None:
    async def x_whoami() -> Thing:
        """Look."""
        return Thing(name="a")

    with pytest.raises(ValueError, match="two registrations share a name: x_whoami"):
        build(tools=[read(x_whoami, scope="a")])


@pytest.mark.parametrize("scope", ["", [], [""], ["a", ""]])
@pytest.mark.parametrize("row", [read, write])
def test_a_row_without_a_scope_is_refused(row: Any, scope: Any) -> None:
    with pytest.raises(ValueError, match="needs a scope"):
        row(look, scope=scope)


def test_a_row_cannot_even_be_written_without_a_scope() -> None:
    with pytest.raises(TypeError, match="scope"):
        read(look)  # type: ignore[call-arg]


def test_a_method_without_a_docstring_is_refused() -> None:
    with pytest.raises(ValueError, match="silent needs a docstring"):
        read(silent, scope="a")


def test_a_prompt_returns_text() -> None:
    with pytest.raises(TypeError, match="look: a prompt returns str"):
        prompt(look, scope="a")


def test_a_server_on_http_needs_a_way_in() -> None:
    service = Service(
        settings=app_settings(issuer=None),
        identity=ServerIdentity(name="x", title="X", version="1", instructions=""),
        tools=[],
    )
    with pytest.raises(ValueError, match="no auth method is enabled"):
        http_server(service)


async def test_components_stop_in_reverse_even_when_one_fails() -> None:
    events: list[str] = []

    class Part:
        def __init__(self, name: str, *, fails: bool = False) -> None:
            self.name = name
            self._fails = fails

        async def start(self) -> None:
            if self._fails:
                raise OSError(self.name)
            events.append(f"start {self.name}")

        async def stop(self) -> None:
            events.append(f"stop {self.name}")

        async def check(self) -> None: ...

    async with build(components=[Part("a"), Part("b")]).running():
        events.append("run")
    assert events == ["start a", "start b", "run", "stop b", "stop a"]
    events.clear()
    with pytest.raises(OSError, match="c"):
        async with build(components=[Part("a"), Part("c", fails=True)]).running():
            raise AssertionError
    assert events == ["start a", "stop a"]


async def test_a_component_that_hangs_leaves_the_others_time_to_close() -> None:
    closed: list[str] = []

    class Part:
        def __init__(self, name: str, *, hangs: bool = False) -> None:
            self.name = name
            self._hangs = hangs

        async def start(self) -> None: ...

        async def stop(self) -> None:
            await (asyncio.Event().wait() if self._hangs else asyncio.sleep(0))
            closed.append(self.name)

        async def check(self) -> None: ...

    async with build(components=[Part("store"), Part("feed"), Part("journal", hangs=True)]).running():
        pass
    assert closed == ["feed", "store"]
