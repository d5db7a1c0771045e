"""`<server>_whoami`: the caller as this server sees it: what it may use and touch, how much, and why not more.

Every answer comes from the functions that decide about calls (`Policy.denial`, `Policy.restrict`, `Policy.limits`).
"""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from servicekit.access.policy import Policy
from servicekit.core.caller import AuthMethod, Caller, current_caller
from servicekit.core.grants import GrantKind, lists_of
from servicekit.core.identity import ServerIdentity
from servicekit.registry.operation import Kind, Operation
from servicekit.registry.registry import Registry
from servicekit.registry.tools import ToolSpec
from servicekit.schema.record import Record
from servicekit.server.own_tools import own_tool


class HiddenTool(Record):
    """A tool that this caller may not use, and why."""

    name: str
    reason: str


class Excluded(Record):
    """A resource, prompt or completion that this caller may not use, and why."""

    kind: Kind
    name: str
    reason: str


class ToolsetOff(Record):
    """A group of tools that is off for this caller, and how to turn it on."""

    toolset: str
    tools: list[str]
    reason: str


class CallsPerMinute(Record):
    """Limits of this caller: of all calls, and of one tool by their cost."""

    calls: int
    calls_of_one_tool: int


class CallerIdentity(Record):
    """Who is calling, and what that allows."""

    subject: str
    client_id: str
    tenant: str | None
    auth_method: Annotated[AuthMethod, Field(description="How the caller was recognised.")]
    scopes: list[str]
    grants: Annotated[
        dict[str, list[list[str]]],
        Field(description="By kind, the only resources that may be touched: those that match an entry of each list."),
    ]
    expires_at: Annotated[datetime | None, Field(description="When the credential ends.")]
    may_write: Annotated[bool, Field(description="Whether a tool that writes is usable.")]
    max_records: Annotated[int | None, Field(description="The most records in a list of one answer.")]
    limits: CallsPerMinute
    usable_tools: list[str]
    hidden_tools: list[HiddenTool]
    toolsets_off: list[ToolsetOff]
    usable_resources: list[str]
    usable_prompts: list[str]
    excluded: list[Excluded]


def whoami_tool(
    identity: ServerIdentity, policy: Policy, registry: Callable[[], Registry], grants: Collection[GrantKind]
) -> ToolSpec:
    """The registration of `<server>_whoami`, for any authenticated caller.

    Args:
        registry: gives the registry, which is complete once this tool is in it.
        grants: the kinds of resources whose grants this server checks.
    """

    async def whoami() -> CallerIdentity:
        """What the user may do on the {server} server: account, rights (permissions, scopes, grants), and which tools
        or toolsets are off (missing, not allowed), and why."""
        caller, registered = current_caller(), registry()
        every = list(registered.tools.values())
        off = _toolsets_off(policy, caller, every)
        tools = [tool for tool in every if tool.toolset not in {one.toolset for one in off}]
        denials = {tool.name: policy.denial(caller, tool) for tool in tools}
        usable = [name for name, denial in denials.items() if denial is None]
        limits = policy.limits(caller)
        return CallerIdentity(
            subject=caller.subject,
            client_id=caller.client_id,
            tenant=caller.tenant,
            auth_method=caller.auth_method,
            scopes=sorted(caller.scopes),
            grants=_grants(caller, grants),
            expires_at=datetime.fromtimestamp(caller.expires_at, UTC) if caller.expires_at is not None else None,
            may_write=any(registered.tools[name].writes for name in usable),
            max_records=policy.max_records(caller),
            limits=CallsPerMinute(
                calls=limits.client or limits.caller, calls_of_one_tool=limits.client_tool or limits.tool
            ),
            usable_tools=usable,
            hidden_tools=[HiddenTool(name=name, reason=denial.reason) for name, denial in denials.items() if denial],
            toolsets_off=off,
            usable_resources=[found.name for found in policy.visible(caller, registered.resources.values())],
            usable_prompts=[found.name for found in policy.visible(caller, registered.prompts.values())],
            excluded=_excluded(policy, caller, registered),
        )

    return own_tool(whoami, identity, "My rights", open_to_all=True)


def _grants(caller: Caller, kinds: Collection[GrantKind]) -> dict[str, list[list[str]]]:
    """The lists of each kind that this server checks: the credential's, and the policy's."""
    found = {kind: lists_of(kind, caller.grants, caller.policy_grants) for kind in kinds}
    return {kind: [sorted(entries) for entries in lists] for kind, lists in found.items() if lists}


def _excluded(policy: Policy, caller: Caller, registry: Registry) -> list[Excluded]:
    """What the caller may not use, besides tools. The completions of a prompt or resource count with it."""
    found = list[Excluded]()
    for operation in (*registry.resources.values(), *registry.prompts.values()):
        if (denial := policy.denial(caller, operation)) is not None:
            found.append(Excluded(kind=operation.kind, name=operation.name, reason=denial.reason))
            continue
        for completion in registry.completions_of(operation):
            if (denial := policy.denial(caller, completion)) is not None:
                name = f"{completion.name} of {operation.name}"
                found.append(Excluded(kind="completion", name=name, reason=denial.reason))
    return found


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
