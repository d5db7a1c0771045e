"""The authenticated caller of the call in progress: identity, scopes, tenant, resource grants."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal

from servicekit.core.allowances import NO_ALLOWANCES, Allowances
from servicekit.core.errors import Refused
from servicekit.core.grants import Granted, GrantKind, lists_of

AuthMethod = Literal["oauth", "api_key", "mtls", "stdio"]


@dataclass(frozen=True, slots=True)
class ToolsetFilter:
    """What a client chose for its request, among what it may use.

    Attributes:
        toolsets: the toolsets to use; None for those that the server lists by default.
        read_only: remove tools that write.
    """

    toolsets: frozenset[str] | None = None
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller.

    Attributes:
        subject: the person or workload the call is for (`sub`).
        client_id: the software that makes the call.
        tenant: the organisation whose records the caller may see; None for a service without tenants.
        scopes: what the credential allows, before policy.
        expires_at: when the credential expires, in seconds since the epoch; None if it does not.
        recheck_at: when the issuer must be asked again whether the credential is revoked, likewise; None for never.
        grants: resource grants of the credential (repositories, queues), by kind.
        policy_grants: those of the policy, which count as well.
        allowances: what the policy lets the caller decide by itself.
        toolset_filter: the filter that the client sent with this request.
    """

    subject: str
    client_id: str
    tenant: str | None
    scopes: frozenset[str]
    auth_method: AuthMethod
    expires_at: float | None = None
    recheck_at: float | None = None
    grants: Mapping[str, Any] = field(default_factory=dict[str, Any])
    policy_grants: Mapping[GrantKind, Sequence[str]] = field(default_factory=dict[GrantKind, Sequence[str]])
    allowances: Allowances = NO_ALLOWANCES
    toolset_filter: ToolsetFilter = ToolsetFilter()
    key: str = field(init=False, repr=False, compare=False)
    """A hash of tenant, subject and client, for keys in stores."""

    def __post_init__(self) -> None:
        identity = "\x1f".join((self.tenant or "", self.subject, self.client_id))
        object.__setattr__(self, "key", blake2b(identity.encode(), digest_size=12).hexdigest())


_current: ContextVar[Caller] = ContextVar("caller")


def current_caller() -> Caller:
    """The caller of the call in progress.

    Raises:
        LookupError: outside a call.
    """
    return _current.get()


def current_tenant() -> str:
    """The tenant of the call in progress, from its credential.

    Raises:
        LookupError: outside a call.
        Refused: the credential names no tenant.
    """
    tenant = _current.get().tenant
    if tenant is None:
        raise Refused("Your credential names no tenant. Sign in with an account that belongs to an organisation.")
    return tenant


def granted(kind: str, *, ignore_case: bool = False) -> Granted | None:
    """The resources of a kind (queues, repositories) that the call in progress may touch; None for all.

    Raises:
        LookupError: outside a call.
    """
    caller = _current.get()
    lists = lists_of(kind, caller.grants, caller.policy_grants)
    return Granted(lists, ignore_case=ignore_case) if lists else None


class acting_as:  # noqa: N801  # used in `with`, like a function
    """Make `caller` the current caller inside the block. A class, because a generator costs twice as much."""

    __slots__ = ("_caller", "_token")

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def __enter__(self) -> None:
        self._token = _current.set(self._caller)

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)
