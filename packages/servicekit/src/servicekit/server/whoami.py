"""`<server>_whoami`: the caller as this server sees it, the tools it may use, and why others are hidden."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from servicekit.access.policy import Policy
from servicekit.core.caller import AuthMethod, current_caller
from servicekit.core.identity import ServerIdentity
from servicekit.registry.operation import Operation
from servicekit.registry.tools import ToolSpec
from servicekit.server.own_tools import own_tool


class HiddenTool(BaseModel):
    """A tool that this caller may not use, and why."""

    model_config = ConfigDict(frozen=True)

    name: str
    reason: str


class CallerIdentity(BaseModel):
    """Who is calling, and what that allows."""

    model_config = ConfigDict(frozen=True)

    subject: str
    client_id: str
    tenant: str | None
    auth_method: Annotated[AuthMethod, Field(description="How the caller was recognised.")]
    scopes: list[str]
    grants: Annotated[
        dict[str, list[str]], Field(description="The only resources that may be touched, by kind; any, of other kinds.")
    ]
    expires_at: Annotated[datetime | None, Field(description="When the credential ends.")]
    usable_tools: list[str]
    hidden_tools: list[HiddenTool]


def whoami_tool(identity: ServerIdentity, policy: Policy, operations: Callable[[], Sequence[Operation]]) -> ToolSpec:
    """The registration of `<server>_whoami`, for any authenticated caller."""

    async def whoami() -> CallerIdentity:
        """What the user may do on the {server} server: account, rights (permissions, scopes, grants), and which tools
        are missing or not allowed, and why."""
        caller = current_caller()
        tools = [operation for operation in operations() if operation.kind == "tool"]
        denials = {tool.name: policy.denial(caller, tool) for tool in tools}
        return CallerIdentity(
            subject=caller.subject,
            client_id=caller.client_id,
            tenant=caller.tenant,
            auth_method=caller.auth_method,
            scopes=sorted(caller.scopes),
            grants={kind: sorted(names) for kind, names in caller.grants.items()},
            expires_at=datetime.fromtimestamp(caller.expires_at, UTC) if caller.expires_at is not None else None,
            usable_tools=[name for name, denial in denials.items() if denial is None],
            hidden_tools=[HiddenTool(name=name, reason=denial.reason) for name, denial in denials.items() if denial],
        )

    return own_tool(whoami, identity, "My rights")
