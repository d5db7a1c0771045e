"""Questions in the middle of a call: asked of a client that can be, answered once each, and worth nothing elsewhere."""

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from mcp.client import Client
from mcp.shared.exceptions import MCPError
from mcp_types import ElicitResult
from pydantic import BaseModel, Field

from devkit.issuer.testing import RunningIssuer
from servicekit.audit.file import AuditFile
from servicekit.core.identity import ServerIdentity
from servicekit.journal.protocol import Journal
from servicekit.journal.redis import RedisJournal
from servicekit.pipeline import elicitation
from servicekit.pipeline.call import call
from servicekit.pipeline.elicitation import client_supports, elicit
from servicekit.pipeline.request import Reply, RequestInfo
from servicekit.registry.prompts import prompt
from servicekit.registry.resources import resource
from servicekit.registry.tools import read, write
from servicekit.server.service import Service
from servicekit.storage.redis.store import RedisStore
from servicekit.testing.service import caller, connect, serving
from tests.servicekit.apps.content_app import over_http
from tests.servicekit.apps.general_app import app_settings, journal_without_trail
from tests.servicekit.conftest import Era, at

ASK = "desk:ask"
ANN = caller(ASK)
FORMS = frozenset({"elicitation"})


class Person(BaseModel):
    name: str = Field(min_length=2)
    age: int


class Colour(BaseModel):
    colour: Literal["red", "blue"]


class Nested(BaseModel):
    person: Person


class Desk:
    """One method is one tool; how often each began is kept for the test."""

    def __init__(self) -> None:
        self.began = 0

    async def greet(self) -> str:
        """Ask who it is."""
        self.began += 1
        person = await elicit("person", "Who are you?", Person)
        return f"Hello, {person.name} ({person.age})." if person is not None else "Hello."

    async def paint(self, room: str) -> str:
        """Ask twice."""
        self.began += 1
        person = await elicit("person", "Who are you?", Person)
        colour = await elicit("colour", "Which colour?", Colour)
        assert person is not None
        assert colour is not None
        return f"{person.name} paints {room} {colour.colour}."

    async def guess(self, name: str = "stranger") -> str:
        """Ask only where that is possible."""
        if not client_supports():
            return f"Hello, {name}, whom I could not ask."
        return await self.greet()

    async def nest(self) -> str:
        """Ask for more than a form can hold."""
        return str(await elicit("nested", "Who?", Nested))

    async def keep(self) -> str:
        """Write, and ask, which cannot be."""
        return str(await elicit("person", "Who are you?", Person))

    async def page(self) -> str:
        """A page for the user who answers."""
        return await self.greet()

    async def letter(self) -> str:
        """A letter to the user who answers."""
        return await self.greet()


def desk_service(desk: Desk, journal: Journal | None = None, **settings: Any) -> Service:
    return Service(
        settings=app_settings(**settings),
        identity=ServerIdentity(name="desk", title="Desk", version="1", instructions="Asks."),
        journal=journal or journal_without_trail(),
        tools=[
            *[read(method, scope=ASK) for method in (desk.greet, desk.paint, desk.guess, desk.nest)],
            write(desk.keep, scope=ASK),
        ],
        resources=[resource("desk://page", desk.page, scope=ASK)],
        prompts=[prompt(desk.letter, scope=ASK)],
    )


class Answers:
    """A user who answers each question with the next of these."""

    def __init__(self, *answers: dict[str, Any] | str) -> None:
        self.left = [*answers]
        self.asked: list[Any] = []

    async def __call__(self, _: Any, params: Any) -> ElicitResult:
        self.asked.append(params)
        answer = self.left.pop(0)
        if isinstance(answer, str):
            return ElicitResult(action=answer)  # type: ignore[arg-type]  # decline or cancel
        return ElicitResult(action="accept", content=answer)


@pytest.fixture(scope="module")
def desk_at(issuer: RunningIssuer) -> Iterator[tuple[str, dict[str, str]]]:
    with serving(lambda port: desk_service(Desk(), **at(port, issuer.url))) as base_url:
        endpoint = f"{base_url}/mcp"
        yield endpoint, {"Authorization": f"Bearer {issuer.mint(endpoint, scopes=[ASK])}"}


@pytest.fixture
def user() -> Answers:
    return Answers({"name": "Ida", "age": 7}, {"colour": "blue"})


@pytest.fixture(params=["http", "memory"])
async def client(
    request: pytest.FixtureRequest, user: Answers, desk_at: tuple[str, dict[str, str]]
) -> AsyncIterator[Client]:
    if request.param == "http":
        async with over_http(desk_at, "auto", elicitation_callback=user) as connected:
            yield connected
    else:
        service = desk_service(Desk())
        async with service.running(), connect(service, ANN, elicitation_callback=user) as connected:
            yield connected


def text_of(result: Any) -> str:
    text: str = result.content[0].text
    return text


async def test_a_tool_continues_with_the_answer(client: Client, user: Answers) -> None:
    assert text_of(await client.call_tool("greet", {})) == "Hello, Ida (7)."
    (asked,) = user.asked
    assert asked.message == "Who are you?"
    assert asked.requested_schema == {
        "type": "object",
        "properties": {"name": {"type": "string", "minLength": 2}, "age": {"type": "integer"}},
        "required": ["name", "age"],
    }


async def test_two_questions_are_asked_in_turn_and_each_once(client: Client, user: Answers) -> None:
    assert text_of(await client.call_tool("paint", {"room": "the hall"})) == "Ida paints the hall blue."
    assert [asked.message for asked in user.asked] == ["Who are you?", "Which colour?"]


async def test_resources_and_prompts_may_ask(client: Client, user: Answers) -> None:
    user.left = [{"name": "Ida", "age": 7}] * 2
    (content,) = (await client.read_resource("desk://page")).contents
    assert content.text == "Hello, Ida (7)."  # type: ignore[union-attr]
    (message,) = (await client.get_prompt("letter")).messages
    assert message.content.text == "Hello, Ida (7)."  # type: ignore[union-attr]


@pytest.mark.parametrize("answer", ["decline", "cancel"])
async def test_a_declined_question_is_no_answer(client: Client, user: Answers, answer: str) -> None:
    user.left = [answer]
    assert text_of(await client.call_tool("greet", {})) == "Hello."


@pytest.mark.parametrize(
    "wrong", [{}, {"name": "Ida"}, {"name": "I", "age": 7}, {"name": "Ida", "age": "7"}, {"name": "Ida", "age": 7.5}]
)
async def test_an_invalid_response_is_requested_again(client: Client, user: Answers, wrong: dict[str, Any]) -> None:
    user.left = [wrong, {"name": "Ida", "age": 7}]
    assert text_of(await client.call_tool("greet", {})) == "Hello, Ida (7)."
    assert len(user.asked) == 2


async def test_a_client_without_elicitation_gets_its_eras_error(era: Era) -> None:
    desk = Desk()
    service = desk_service(desk)
    async with service.running(), connect(service, ANN, mode=era) as client:
        assert text_of(await client.call_tool("guess", {})) == "Hello, stranger, whom I could not ask."
        if era == "legacy":
            result = await client.call_tool("greet", {})
            assert (result.is_error, "does not declare elicitation" in text_of(result)) == (True, True)
        else:
            with pytest.raises(MCPError, match="does not declare elicitation") as caught:
                await client.call_tool("greet", {})
            assert caught.value.error.code == -32021
            assert caught.value.error.data == {"requiredCapabilities": {"elicitation": {}}}


async def test_a_write_cannot_ask(valkey_url: str, tmp_path: Path) -> None:
    store = RedisStore(valkey_url)
    service = desk_service(Desk(), journal=RedisJournal("desk", store, AuditFile(tmp_path / "audit")))
    await store.start()
    reply = await call(service.pipeline, service.registry.tools["keep"], {}, ANN, asked_with())
    await store.stop()
    assert (reply.outcome, reply.input_requests) == ("crash", {})


async def test_a_form_is_flat() -> None:
    service = desk_service(Desk())
    reply = await call(service.pipeline, service.registry.tools["nest"], {}, ANN, asked_with())
    assert reply.outcome == "crash"


def asked_with(state: str | None = None, **answers: Any) -> RequestInfo:
    accepted = {name: {"action": "accept", "content": content} for name, content in answers.items()}
    return RequestInfo("r", input_capabilities=FORMS, state=state, input_responses=accepted)


async def paint(service: Service, request: RequestInfo, room: str = "hall", who: Any = ANN) -> Reply:
    return await call(service.pipeline, service.registry.tools["paint"], {"room": room}, who, request)


async def test_the_request_state_is_valid_for_one_call() -> None:
    service = desk_service(Desk())
    first = await paint(service, asked_with())
    assert (first.outcome, [*first.input_requests]) == ("input_required", ["person"])
    second = await paint(service, asked_with(first.state, person={"name": "Ida", "age": 7}))
    assert (second.outcome, [*second.input_requests]) == ("input_required", ["colour"])
    assert second.state != first.state
    blue = asked_with(second.state, colour={"colour": "blue"})
    assert (await paint(service, blue)).text == "Ida paints hall blue."
    assert (await paint(service, blue, room="attic")).outcome == "invalid_request_state"
    assert (await paint(service, blue, who=caller(ASK, subject="bob"))).outcome == "invalid_request_state"
    assert (await paint(service, blue, who=caller(ASK, tenant="globex"))).outcome == "invalid_request_state"
    greet = await call(service.pipeline, service.registry.tools["greet"], {}, ANN, blue)
    assert greet.outcome == "invalid_request_state"
    assert (await paint(service, asked_with(f"{second.state}A"))).outcome == "invalid_request_state"
    replica = await paint(desk_service(Desk()), blue)
    assert replica.text == "Ida paints hall blue."


async def test_the_state_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    service = desk_service(Desk())
    first = await paint(service, asked_with())
    later = time.time() + elicitation.LIFETIME + 1
    monkeypatch.setattr(elicitation.time, "time", lambda: later)
    assert (await paint(service, asked_with(first.state))).outcome == "invalid_request_state"


async def test_a_stale_state_is_an_error_of_the_protocol(client: Client) -> None:
    with pytest.raises(MCPError, match="requestState is not valid here") as caught:
        await client.call_tool("greet", {}, request_state="made-up")
    assert caught.value.error.code == -32602


async def test_the_method_runs_again_from_its_beginning() -> None:
    desk = Desk()
    service = desk_service(desk)
    await call(service.pipeline, service.registry.tools["greet"], {}, ANN, asked_with())
    await call(service.pipeline, service.registry.tools["greet"], {}, ANN, asked_with(person={"name": "Ida", "age": 7}))
    assert desk.began == 2
