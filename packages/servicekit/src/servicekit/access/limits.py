"""Limits per minute: of the server, of a subject and its tools, and of a client within them."""

from dataclasses import dataclass, replace
from typing import Literal

Level = Literal["server", "caller", "tool"]
"""Whose budget: a client's own budget counts as the caller's."""


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Limits per minute. A call costs 1, and its registration's cost in the budgets of its tool.

    Attributes:
        server: of all callers together.
        caller: of one subject of a tenant, whatever clients it uses.
        tool: of one subject's calls of one tool.
        client: of one subject through one client; None for no limit below the subject's.
        client_tool: of one subject's calls of one tool through one client; None for no limit below the subject's.
        tenant_share: share of `server` that one tenant is guaranteed, 0 to 1.
    """

    server: int
    caller: int
    tool: int
    client: int | None = None
    client_tool: int | None = None
    tenant_share: float = 0.0

    @property
    def reserve(self) -> int:
        """The guaranteed share as calls per minute. Tenants that spent more leave as much of the budget free."""
        return int(self.server * self.tenant_share)

    def for_client(self, caller: int | None, tool: int | None) -> "RateLimits":
        """These limits for a client with limits of its own in the policy file.

        A lower limit caps this client within the subject's budget. A higher one lets the subject spend more through
        this client; what it spends through others counts along.
        """
        return replace(
            self,
            caller=max(self.caller, caller or 0),
            tool=max(self.tool, tool or 0),
            client=caller if caller is not None and caller < self.caller else None,
            client_tool=tool if tool is not None and tool < self.tool else None,
        )
