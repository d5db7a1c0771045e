"""What the stages of the pipeline work with, prepared at start-up."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from servicekit.access.concurrency import ConcurrencyLimiter
from servicekit.access.policy import Policy
from servicekit.access.rate_limit import RateLimitDecision, RateLimiter
from servicekit.core.caller import Caller
from servicekit.core.deadline import Deadlines
from servicekit.pipeline.call_log import CallLog
from servicekit.pipeline.elicitation import Elicitations
from servicekit.pipeline.writes import Writes
from servicekit.registry.operation import Operation
from servicekit.schema.pagination import Cursors

_OTHER: Final = "(other)"  # lists and discovery share one count


@dataclass(frozen=True, slots=True)
class PipelineDependencies:
    """The parts that every call of one service shares.

    Attributes:
        writes: runs writes once, with confirmation and audit; None for a service without a journal.
        resource_of: the resource that serves a URI, so that a result links to no resource that its caller may not read.
    """

    policy: Policy
    limiter: RateLimiter
    cursors: Cursors
    log: CallLog
    deadlines: Deadlines
    elicitations: Elicitations
    writes: Writes | None = None
    concurrency: ConcurrencyLimiter = field(default_factory=ConcurrencyLimiter)
    resource_of: Callable[[str], Operation | None] = lambda _: None

    async def decide(self, caller: Caller, operation: Operation | None) -> RateLimitDecision:
        """Count one message of a caller against the rate limits; None for a message that is no call.

        Raises:
            Unavailable: the operation writes, and the store that writes need is unavailable.
        """
        name, cost, writes = (operation.name, operation.cost, operation.writes) if operation else (_OTHER, 1, False)
        return await self.limiter.decide(caller, name, cost, self.policy.limits(caller), writes=writes)
