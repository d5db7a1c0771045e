"""Authorization: the intersection of the credential, the policy file and the server's settings."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from servicekit.access.limits import RateLimits
from servicekit.access.policy_file import ClientPolicy, Named, PolicyDocument
from servicekit.access.toolsets import Toolsets
from servicekit.core.allowances import NO_ALLOWANCES
from servicekit.core.caller import Caller
from servicekit.registry.operation import Kind, Operation
from servicekit.registry.prompts import MAX_COMPLETIONS, CompletionSpec
from servicekit.schema.pagination import record_limit_notice

_NO_FILE: Final = PolicyDocument(version=1)
_NAMED: Final[Mapping[Kind, Named]] = {"tool": "tools", "resource": "resources", "prompt": "prompts"}


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a caller may not use an operation.

    Attributes:
        reason: a sentence for the caller.
        missing_scopes: the scopes that a new credential needs; empty where no credential would help.
        needed_scopes: every scope of the operation, for the challenge of an HTTP 403.
    """

    reason: str
    missing_scopes: frozenset[str]
    needed_scopes: frozenset[str]


class Policy:
    """Decides what a caller may use, from data in memory.

    Args:
        limits: calls per minute, where the policy file has no others.
        writes_allowed: False disables every operation that writes, for all callers.
        toolsets: the toolsets that the server offers; None for all.
        document: returns the current policy file, so that an edit takes effect without a restart.
    """

    def __init__(
        self,
        limits: RateLimits,
        *,
        writes_allowed: bool = True,
        toolsets: Toolsets | None = None,
        document: Callable[[], PolicyDocument] | None = None,
    ) -> None:
        self._limits = limits
        self._client_limits: dict[tuple[int | None, int | None], RateLimits] = {}
        self._writes_allowed = writes_allowed
        self._toolsets = toolsets
        self._document = document

    def for_caller(self, caller: Caller) -> ClientPolicy:
        """The policy of the caller's client."""
        return _NO_FILE.default if self._document is None else self._document().for_client(caller.client_id)

    def restrict(self, caller: Caller) -> Caller:
        """The caller with what its client's policy says: resource grants, which count beside those of its credential,
        and what it may decide by itself."""
        policy = self.for_caller(caller)
        if not policy.grants and policy.allowances is NO_ALLOWANCES:
            return caller
        return replace(caller, policy_grants=policy.grants, allowances=policy.allowances)

    def denial(self, caller: Caller, operation: Operation) -> Denial | None:
        """Why `caller` may not use `operation`; None where it may."""
        disabled = self._disabled(caller, operation)
        if disabled is not None:
            return Denial(disabled, frozenset(), operation.scopes)
        if operation.writes and not self._writes_allowed:
            return Denial("This server is set to read-only by its operator.", frozenset(), operation.scopes)
        excluded = None if operation.open_to_all else self._excluded(self.for_caller(caller), operation)
        if excluded is not None:
            return Denial(excluded, frozenset(), operation.scopes)
        missing = operation.scopes - caller.scopes
        if missing:
            names = " ".join(sorted(missing))
            reason = f"This needs the scope {names}, which your credential does not carry. Sign in again and allow it."
            return Denial(reason, missing, operation.scopes)
        return None

    def _excluded(self, policy: ClientPolicy, operation: Operation) -> str | None:
        """Why the policy file excludes an operation; None where it allows it. A completion goes with what it
        completes."""
        if operation.writes and not policy.write:
            return "The operator's policy allows your client only to read. Ask the operator for write access."
        named = operation.completes if isinstance(operation, CompletionSpec) else operation
        if named is None or policy.allows(_NAMED[named.kind], named.name):
            return None
        return f"The operator's policy does not allow this {named.kind} for your client. Ask the operator for it."

    def _disabled(self, caller: Caller, operation: Operation) -> str | None:
        """Why an operation is disabled by the server's settings or the client's headers; None where it is enabled."""
        if operation.toolset is not None and (off := self.why_off(caller, operation.toolset)) is not None:
            return off
        if operation.writes and caller.toolset_filter.read_only:
            return "Your client's X-MCP-Readonly header excludes every tool that writes."
        return None

    def why_off(self, caller: Caller, toolset: str) -> str | None:
        """Why a toolset is off for the caller, and how to turn it on; None where it is on."""
        return None if self._toolsets is None else self._toolsets.why_off(toolset, caller.toolset_filter.toolsets)

    def visible(self, caller: Caller, operations: Iterable[Operation]) -> list[Operation]:
        """The operations that `caller` may use, for lists."""
        return [operation for operation in operations if self.denial(caller, operation) is None]

    def limits(self, caller: Caller) -> RateLimits:
        """The caller's rate limits; the same object for the same limits."""
        own = self.for_caller(caller).limits
        if own.caller is None and own.tool is None:
            return self._limits
        limits = self._client_limits.get((own.caller, own.tool))
        if limits is None:
            limits = self._client_limits[own.caller, own.tool] = self._limits.for_client(own.caller, own.tool)
        return limits

    def max_records(self, caller: Caller) -> int | None:
        """The most records in a list of one answer; None for no limit."""
        return self.for_caller(caller).max_records

    def max_values(self, caller: Caller) -> int:
        """The most values in one completion."""
        return min(MAX_COMPLETIONS, self.max_records(caller) or MAX_COMPLETIONS)

    def clamp(self, caller: Caller, arguments: dict[str, Any]) -> list[str]:
        """Lower the argument `limit` to the policy's maximum; returns a notice where it was lowered."""
        most = self.max_records(caller)
        wanted = arguments.get("limit")
        if most is None or not isinstance(wanted, int) or wanted <= most:
            return []
        arguments["limit"] = most
        return [record_limit_notice(most)]
