"""The policy file (YAML): upper bounds of what each client may do, whatever its credential grants."""

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
    """Calls per minute through this client. A limit below the server's caps the client within the subject's budget; a
    limit above lets the subject spend more through this client."""

    caller: Annotated[PerMinute | None, Field(description="All calls of one subject.")] = None
    tool: Annotated[PerMinute | None, Field(description="Calls of one tool by one subject, by their cost.")] = None


class ClientPolicy(_Strict):
    """The upper bounds of one client."""

    tools: Annotated[list[str], Field(description="Names of tools, where * stands for any run of characters.")] = ["*"]
    write: Annotated[bool, Field(description="Whether tools that write may be used.")] = True
    max_records: Annotated[int | None, Field(ge=1, le=1000, description="The most records one call may return.")] = None
    limits: LimitPolicy = LimitPolicy()
    grants: Annotated[
        dict[str, list[str]],
        Field(description="Resources the client may touch, by kind: repositories, queues, regions."),
    ] = {}

    def allows(self, tool: str) -> bool:
        """Whether the policy allows the tool."""
        return _matches(tuple(self.tools), tool)


class PolicyDocument(_Strict):
    """The policy file. `default` applies to clients that are not listed."""

    version: Literal[1]
    default: ClientPolicy = ClientPolicy()
    clients: Annotated[dict[str, ClientPolicy], Field(description="By client id, as in the token or key.")] = {}

    def for_client(self, client_id: str) -> ClientPolicy:
        """The client's policy, or the default."""
        return self.clients.get(client_id, self.default)


@lru_cache(maxsize=4096)
def _matches(patterns: Sequence[str], tool: str) -> bool:
    return any(fnmatchcase(tool, pattern) for pattern in patterns)


def parse_policy(text: str) -> PolicyDocument:
    """Parse a policy file.

    Raises:
        InvalidContent: not YAML, or it does not match the schema; every problem is listed with its path.
    """
    return parse_yaml(text, PolicyDocument, "policy")


def policy_schema() -> dict[str, Any]:
    """The file's JSON Schema, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **PolicyDocument.model_json_schema()}
