"""A server with what the official suite asks for by name, on the kit and through its whole pipeline."""

from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field

from servicekit.core.identity import ServerIdentity
from servicekit.pipeline.elicitation import elicit
from servicekit.registry.prompts import completion, prompt
from servicekit.registry.resources import resource
from servicekit.registry.tools import ToolSpec, read
from servicekit.schema.content import EmbeddedResource, Image, WithAttachments
from servicekit.server.service import Service
from servicekit.settings.service import ServiceSettings
from servicekit.storage.change_feed.feed import ChangeFeed

from .tools import RED_PIXEL, AskingTools, ChangingTools, ContentTools

SCOPE: Final = "conformance:use"

# A schema that no Python signature makes, in the words of the scenario json-schema-2020-12: it has to arrive as it is.
JSON_SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


class Record(BaseModel):
    """What the template gives."""

    id: str
    templateTest: bool = True  # noqa: N815 (the scenario's spelling)
    data: str


class Context(BaseModel):
    context: str


class Texts:
    """Resources, prompts and completions."""

    async def static_text(self) -> str:
        """A static text resource."""
        return "This is the content of the static text resource."

    async def static_binary(self) -> bytes:
        """A static picture."""
        return RED_PIXEL

    async def template(self, id: str) -> Record:  # noqa: A002 (the scenario's spelling)
        """A resource behind a template."""
        return Record(id=id, data=f"Data for ID: {id}")

    async def test_simple_prompt(self) -> str:
        """A prompt without arguments."""
        return "This is a simple prompt for testing."

    async def test_prompt_with_arguments(
        self,
        arg1: Annotated[str, Field(description="First test argument")],
        arg2: Annotated[str, Field(description="Second test argument")],
    ) -> str:
        """A prompt with arguments."""
        return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"

    async def test_prompt_with_embedded_resource(
        self,
        resourceUri: Annotated[str, Field(description="URI of the resource")],  # noqa: N803
    ) -> WithAttachments[str]:
        """A prompt with a resource."""
        embedded = EmbeddedResource(resourceUri, "EmbeddedResource resource content for testing.")
        return WithAttachments("Please process the embedded resource below.", [embedded])

    async def test_prompt_with_image(self) -> WithAttachments[str]:
        """A prompt with a picture."""
        return WithAttachments("Please analyze the image below.", [Image(RED_PIXEL, "")])

    async def test_input_required_result_prompt(self) -> str:
        """A prompt that asks."""
        answer = await elicit("user_context", "What context should the prompt use?", Context)
        return f"Use this context: {answer.context if answer is not None else 'none'}"

    async def complete_arg1(self, prefix: str) -> list[str]:
        """Words that begin so."""
        return [word for word in ("test", "testing", "paris", "park", "party") if word.startswith(prefix)]


def conformance_service(settings: ServiceSettings, policy: Path) -> Service:
    """The whole fixture; `policy` is the policy file that settings name."""
    texts = Texts()
    prompts = [
        texts.test_simple_prompt,
        texts.test_prompt_with_arguments,
        texts.test_prompt_with_embedded_resource,
        texts.test_prompt_with_image,
        texts.test_input_required_result_prompt,
    ]
    return Service(
        settings=settings,
        identity=ServerIdentity(
            name="conformance",
            title="Conformance fixture",
            version="1.0.0",
            instructions="Serves the official conformance suite.",
        ),
        tools=_tools(policy),
        change_feed=ChangeFeed("conformance", None),
        resources=[
            resource("test://static-text", texts.static_text, scope=SCOPE),
            resource("test://static-binary", texts.static_binary, scope=SCOPE, mime_type="image/png"),
            resource("test://template/{id}/data", texts.template, scope=SCOPE),
            resource("test://watched-resource", texts.static_text, scope=SCOPE, subscribable=True),
        ],
        prompts=[prompt(method, scope=SCOPE) for method in prompts],
        completions=[completion("arg1", texts.complete_arg1, scope=SCOPE)],
    )


def _tools(policy: Path) -> list[ToolSpec]:
    groups = (ContentTools(), AskingTools(), ChangingTools(policy))
    methods = [getattr(group, name) for group in groups for name in vars(type(group)) if name[0] != "_"]
    rows = [read(method, scope=SCOPE) for method in methods]
    for row in rows:
        if row.name == "json_schema_2020_12_tool":
            row.arguments.schema = JSON_SCHEMA
    return rows
