"""What a caller may do: the intersection of the credential, the policy file and the server's own settings."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from servicekit.access.policy_file import ClientPolicy, PolicyDocument
from servicekit.access.rate_limit import RateLimits
from servicekit.core.caller import Caller
from servicekit.registry.operation import Operation
from servicekit.schema.content import WithAttachments
from servicekit.schema.pagination import Page

_NO_FILE = PolicyDocument(version=1)


@dataclass(frozen=True, slots=True)
class Denial:
    """Why an operation is not the caller's to use.

    Attributes:
        reason: a sentence for the caller.
        missing_scopes: what a new credential would have to carry; empty where no credential would help.
        needed_scopes: every scope of the operation, the challenge of an HTTP 403.
    """

    reason: str
    missing_scopes: frozenset[str]
    needed_scopes: frozenset[str]


class Policy:
    """Decides, from prepared facts and without waiting, what a caller may use.

    Args:
        limits: calls per minute, where the file says nothing else.
        writes_allowed: False turns every operation that writes off, for everybody.
        toolsets: the only toolsets that are offered to anybody; None for all.
        document: gives the policy file's present content, so that an edit takes effect without a restart.
    """

    def __init__(
        self,
        limits: RateLimits,
        *,
        writes_allowed: bool = True,
        toolsets: Collection[str] | None = None,
        document: Callable[[], PolicyDocument] | None = None,
    ) -> None:
        self._limits = limits
        self._writes_allowed = writes_allowed
        self._toolsets = toolsets
        self._document = document or (lambda: _NO_FILE)

    def for_caller(self, caller: Caller) -> ClientPolicy:
        """What the file says about the caller's client."""
        return self._document().for_client(caller.client_id)

    def narrowed(self, caller: Caller) -> Caller:
        """The caller with the resources that credential and policy both grant; a kind neither names is open."""
        granted = self.for_caller(caller).grants
        if not granted:
            return caller
        own = caller.grants
        both = {kind: _in_both(names, own[kind]) if kind in own else names for kind, names in granted.items()}
        return replace(caller, grants={**own, **both})

    def denial(self, caller: Caller, operation: Operation) -> Denial | None:
        """None where `caller` may use `operation`, else why not."""
        unwanted = self._unwanted(caller, operation)
        if unwanted is not None:
            return Denial(unwanted, frozenset(), operation.scopes)
        if operation.writes and not self._writes_allowed:
            return Denial("This server is set to read-only by its operator.", frozenset(), operation.scopes)
        policy = self.for_caller(caller)
        if operation.scopes and operation.writes and not policy.write:
            reason = "The operator's policy lets your client read only. Ask them if you need to write."
            return Denial(reason, frozenset(), operation.scopes)
        if operation.scopes and operation.kind == "tool" and not policy.allows(operation.name):
            reason = "The operator's policy does not give this tool to your client. Ask them if you need it."
            return Denial(reason, frozenset(), operation.scopes)
        missing = operation.scopes - caller.scopes
        if missing:
            names = " ".join(sorted(missing))
            reason = f"This needs the scope {names}, which your credential does not carry. Sign in again and allow it."
            return Denial(reason, missing, operation.scopes)
        return None

    def _unwanted(self, caller: Caller, operation: Operation) -> str | None:
        """Why an operation is switched off, by the operator's choice or the client's own; None where it is on."""
        toolset_filter, toolset = caller.toolset_filter, operation.toolset
        if toolset is not None and self._toolsets is not None and toolset not in self._toolsets:
            return f"The operator of this server does not offer the toolset {toolset}."
        if toolset is not None and toolset_filter.toolsets is not None and toolset not in toolset_filter.toolsets:
            return f"Your client's X-MCP-Toolsets header leaves the toolset {toolset} out."
        if operation.writes and toolset_filter.read_only:
            return "Your client's X-MCP-Readonly header leaves out every tool that writes."
        return None

    def visible(self, caller: Caller, operations: Iterable[Operation]) -> list[Operation]:
        """The operations that `caller` may use: what is not usable is not listed."""
        return [operation for operation in operations if self.denial(caller, operation) is None]

    def limits(self, caller: Caller) -> RateLimits:
        """How much the caller may call."""
        own = self.for_caller(caller).limits
        return RateLimits(self._limits.server, own.caller or self._limits.caller, own.tool or self._limits.tool)

    def clamp(self, caller: Caller, arguments: dict[str, Any]) -> list[str]:
        """Lower `limit` to what the policy allows, and say so."""
        most = self.for_caller(caller).max_records
        wanted = arguments.get("limit")
        if most is None or not isinstance(wanted, int) or wanted <= most:
            return []
        arguments["limit"] = most
        return [_most_records(most)]

    def shorten(self, caller: Caller, value: object) -> list[str]:
        """The same for a page of a tool that takes no `limit`."""
        most = self.for_caller(caller).max_records
        if isinstance(value, WithAttachments):
            value = value.value
        if most is None or not isinstance(value, Page) or not value.shorten(most):
            return []
        return [_most_records(most)]


def _in_both(some: Sequence[str], others: Sequence[str]) -> list[str]:
    """The names, or patterns of names, of each list that the other one covers too."""
    kept = [name for name in some if _covers(others, name)]
    return kept + [name for name in others if name not in kept and _covers(some, name)]


def _covers(patterns: Sequence[str], name: str) -> bool:
    return name in patterns or any(fnmatchcase(name, pattern) for pattern in patterns)


def _most_records(most: int) -> str:
    return f"The operator's policy gives your client at most {most} records a call."
