"""`<server>_whoami`: the caller as this server sees it, the tools it may use, and why others are hidden."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from servicekit.access.policy import Policy
from servicekit.core.caller import AuthMethod, Caller, current_caller
from servicekit.core.identity import ServerIdentity
from servicekit.registry.operation import Operation
from servicekit.registry.tools import ToolSpec
from servicekit.schema.record import Record
from servicekit.server.own_tools import own_tool


class HiddenTool(Record):
    """A tool that this caller may not use, and why."""

    name: str
    reason: str


class ToolsetOff(Record):
    """A group of tools that is off for this caller, and how to turn it on."""

    toolset: str
    tools: list[str]
    reason: str


class CallerIdentity(Record):
    """Who is calling, and what that allows."""

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
    toolsets_off: list[ToolsetOff]


def whoami_tool(identity: ServerIdentity, policy: Policy, operations: Callable[[], Sequence[Operation]]) -> ToolSpec:
    """The registration of `<server>_whoami`, for any authenticated caller."""

    async def whoami() -> CallerIdentity:
        """What the user may do on the {server} server: account, rights (permissions, scopes, grants), and which tools
        or toolsets are off (missing, not allowed), and why."""
        caller = current_caller()
        every = [operation for operation in operations() if operation.kind == "tool"]
        off = _toolsets_off(policy, caller, every)
        tools = [tool for tool in every if tool.toolset not in {one.toolset for one in off}]
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
            toolsets_off=off,
        )

    return own_tool(whoami, identity, "My rights")


def _toolsets_off(policy: Policy, caller: Caller, tools: Sequence[Operation]) -> list[ToolsetOff]:
    members: dict[str, list[str]] = {}
    for tool in tools:
        if tool.toolset is not None:
            members.setdefault(tool.toolset, []).append(tool.name)
    reasons = {toolset: policy.why_off(caller, toolset) for toolset in members}
    return [
        ToolsetOff(toolset=toolset, tools=members[toolset], reason=reason)
        for toolset, reason in reasons.items()
        if reason is not None
    ]
