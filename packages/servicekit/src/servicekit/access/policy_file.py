"""The policy file: what each client may do, at most, whatever its credential says. YAML, checked by a schema."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from servicekit.settings.reloaded_file import parse_yaml

PerMinute = Annotated[int, Field(ge=1, le=1_000_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class LimitPolicy(_Strict):
    """Calls per minute."""

    caller: Annotated[PerMinute | None, Field(description="All calls of one caller.")] = None
    tool: Annotated[PerMinute | None, Field(description="Calls of one tool by one caller, by their cost.")] = None


class ClientPolicy(_Strict):
    """What one client may do, at most."""

    tools: Annotated[list[str], Field(description="Names of tools, where * stands for any run of characters.")] = ["*"]
    write: Annotated[bool, Field(description="Whether tools that write may be used.")] = True
    max_records: Annotated[int | None, Field(ge=1, le=1000, description="The most records one call may return.")] = None
    limits: LimitPolicy = LimitPolicy()
    grants: Annotated[
        dict[str, list[str]],
        Field(description="Resources the client may touch, by kind: repositories, queues, regions."),
    ] = {}

    def allows(self, tool: str) -> bool:
        """Whether a tool's name is among those allowed."""
        return _matches(tuple(self.tools), tool)


class PolicyDocument(_Strict):
    """The whole file. A client that is not named gets `default`."""

    version: Literal[1]
    default: ClientPolicy = ClientPolicy()
    clients: Annotated[dict[str, ClientPolicy], Field(description="By client id, as in the token or key.")] = {}

    def for_client(self, client_id: str) -> ClientPolicy:
        """The policy of one client."""
        return self.clients.get(client_id, self.default)


@lru_cache(maxsize=4096)
def _matches(patterns: Sequence[str], tool: str) -> bool:
    return any(fnmatchcase(tool, pattern) for pattern in patterns)


def parse_policy(text: str) -> PolicyDocument:
    """The policy that `text` writes down.

    Raises:
        InvalidContent: not YAML, or not this schema; every problem is named by its place.
    """
    return parse_yaml(text, PolicyDocument, "policy")


def policy_schema() -> dict[str, Any]:
    """The JSON Schema of the file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **PolicyDocument.model_json_schema()}
