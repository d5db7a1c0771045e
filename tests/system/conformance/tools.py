"""The tools that the suite's scenarios name, with the results they expect."""

import asyncio
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from servicekit.core.errors import Refused
from servicekit.core.progress import report_progress
from servicekit.pipeline.elicitation import client_supports, elicit, form_request, request_input
from servicekit.pipeline.request import InputRequest
from servicekit.schema.content import Audio, EmbeddedResource, Image, WithAttachments

RED_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)
SILENCE = bytes.fromhex("524946462400000057415645666d74201000000001000100401f0000803e0000020010006461746100000000")


class Name(BaseModel):
    name: str


class Colour(BaseModel):
    color: str


class Confirmation(BaseModel):
    ok: bool


class Defaults(BaseModel):
    name: str = "John Doe"
    age: int = 30
    score: float = 95.5
    status: Literal["active", "inactive", "pending"] = "active"
    verified: bool = True


class Choice(BaseModel):
    untitled_single: Literal["option1", "option2", "option3"]


def sampling(text: str, tokens: int) -> InputRequest:
    """A text for the client's model to answer. No service asks for that: the protocol is letting go of it."""
    messages = [{"role": "user", "content": {"type": "text", "text": text}}]
    return InputRequest("sampling/createMessage", {"messages": messages, "maxTokens": tokens}, "sampling")


NAME = form_request("What is your name?", Name.model_json_schema())
CAPITAL = sampling("What is the capital of France?", 100)
GREETING = sampling("Generate a greeting", 50)
ROOTS = InputRequest("roots/list", {}, "roots")


class ContentTools:
    """Every kind of content, progress and failure."""

    async def test_simple_text(self) -> str:
        """Return text."""
        return "This is a simple text response for testing."

    async def test_image_content(self) -> WithAttachments[str]:
        """Return a picture."""
        return WithAttachments("", [Image(RED_PIXEL, "One red pixel.")])

    async def test_audio_content(self) -> WithAttachments[str]:
        """Return a sound."""
        return WithAttachments("", [Audio(SILENCE, "Silence.")])

    async def test_embedded_resource(self) -> WithAttachments[str]:
        """Return a resource."""
        return WithAttachments(
            "", [EmbeddedResource("test://embedded-resource", "This is an embedded resource content.")]
        )

    async def test_multiple_content_types(self) -> WithAttachments[str]:
        """Return text, a picture and a resource."""
        resource = EmbeddedResource("test://mixed-content-resource", '{"test":"data","value":123}', "application/json")
        return WithAttachments("Multiple content types test:", [Image(RED_PIXEL, ""), resource])

    async def test_error_handling(self) -> str:
        """Fail."""
        raise Refused("This tool intentionally returns an error for testing")

    async def test_tool_with_progress(self) -> str:
        """Report three steps."""
        for done in (0, 50, 100):
            await report_progress(done, 100)
            await asyncio.sleep(0.05)
        return "Done in three steps."

    async def test_logging_tool(self) -> str:
        """Send no log message, since no request asked for one."""
        return "Nothing was logged to the client."

    async def greet(self, name: str) -> str:
        """Answer at once. The tasks extension asks of every server that this stays a plain call."""
        return f"Hello, {name}!"

    async def slow_compute(self, seconds: float, label: str = "") -> str:
        """A job for the tasks extension. This server does not have it, and does not keep the suite waiting."""
        return f"Computed {label} as if for {seconds} s."

    async def json_schema_2020_12_tool(self, name: str | None = None) -> str:
        """Tool with JSON Schema 2020-12 features."""
        return f"Hello, {name}."

    async def test_custom_headers(
        self,
        region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
        priority: Annotated[int, Field(json_schema_extra={"x-mcp-header": "Priority"})],
        query: str,
        verbose: Annotated[bool | None, Field(json_schema_extra={"x-mcp-header": "Verbose"})] = None,
    ) -> str:
        """Take arguments that travel in headers too."""
        return f"{region} {priority} {query} {verbose}"


class ChangingTools:
    """What changes the lists while clients listen: an operator's edit of the policy file.

    Args:
        policy: the file.
    """

    def __init__(self, policy: Path) -> None:
        self._policy = policy
        self._edits = 0

    async def test_trigger_tool_change(self) -> str:
        """Edit the policy, after which every list is taken for changed."""
        self._edits += 1
        edited = self._policy.with_suffix(".edited")
        edited.write_text(f"version: 1\ndefault: {{max_records: {100 + self._edits}}}\n")
        edited.replace(self._policy)
        return "Edited."

    async def test_trigger_prompt_change(self) -> str:
        """The same."""
        return await self.test_trigger_tool_change()


class AskingTools:
    """Every way to ask a client for something in the middle of a call."""

    async def test_sampling(self, prompt: str) -> str:
        """Ask the client's model; of an older client that takes a session, which this server does not keep."""
        return str(await request_input({"answer": sampling(prompt, 100)}))

    async def test_elicitation(self, message: str) -> str:
        """Ask for a name; of an older client that takes a session."""
        return str(await elicit("answer", message, Name))

    async def test_elicitation_sep1034_defaults(self) -> str:
        """Ask with defaults; of an older client that takes a session."""
        return str(await elicit("answer", "Please fill in what differs", Defaults))

    async def test_elicitation_sep1330_enums(self) -> str:
        """Ask for a choice; of an older client that takes a session."""
        return str(await elicit("answer", "Please choose", Choice))

    async def test_input_required_result_elicitation(self) -> str:
        """Ask for a name."""
        answer = await elicit("user_name", "What is your name?", Name)
        return f"Hello, {answer.name}!" if answer is not None else "Hello, stranger!"

    async def test_streaming_elicitation(self) -> str:
        """Ask for a name, on the stream of the call."""
        return await self.test_input_required_result_elicitation()

    async def test_input_required_result_sampling(self) -> str:
        """Ask the client's model for a capital."""
        answers = await request_input({"capital_question": CAPITAL})
        return str(answers["capital_question"]["content"])

    async def test_missing_capability(self) -> str:
        """Need a model of the client's."""
        return await self.test_input_required_result_sampling()

    async def test_input_required_result_list_roots(self) -> str:
        """Ask for the client's roots."""
        answers = await request_input({"client_roots": ROOTS})
        return str(answers["client_roots"]["roots"])

    async def test_input_required_result_request_state(self) -> str:
        """Ask for a confirmation, and take it only with the state that went out."""
        answer = await elicit("confirm", "Please confirm", Confirmation)
        return "state-ok" if answer is not None and answer.ok else "declined"

    async def test_input_required_result_tampered_state(self) -> str:
        """The same, for a client that tampers with the state."""
        return await self.test_input_required_result_request_state()

    async def test_input_required_result_multiple_inputs(self) -> str:
        """Ask for three things at once."""
        answers = await request_input({"user_name": NAME, "greeting": GREETING, "client_roots": ROOTS})
        return ", ".join(sorted(answers))

    async def test_input_required_result_multi_round(self) -> str:
        """Ask for a name, then for a colour."""
        who = await elicit("step1", "Step 1: What is your name?", Name)
        colour = await elicit("step2", "Step 2: What is your favorite color?", Colour)
        return f"{who} likes {colour}."

    async def test_input_required_result_capabilities(self) -> str:
        """Request every kind of input that the client supports."""
        wanted = {"user_name": NAME, "capital_question": CAPITAL, "client_roots": ROOTS}
        answers = await request_input(
            {name: question for name, question in wanted.items() if client_supports(question.capability)}
        )
        return ", ".join(sorted(answers))
