"""What the stages of the pipeline work with, prepared at start-up."""

from dataclasses import dataclass, field

from servicekit.access.concurrency import ConcurrencyLimiter
from servicekit.access.policy import Denial, Policy
from servicekit.access.rate_limit import RateLimiter
from servicekit.core.caller import Caller
from servicekit.core.deadline import Deadlines
from servicekit.pipeline.audit import audit_entry
from servicekit.pipeline.call_log import CallLog
from servicekit.pipeline.elicitation import Elicitations
from servicekit.pipeline.request import RequestInfo
from servicekit.pipeline.writes import Writes
from servicekit.registry.operation import Operation
from servicekit.schema.pagination import Cursors


@dataclass(frozen=True, slots=True)
class PipelineDependencies:
    """The parts that every call of one service shares.

    Attributes:
        writes: runs writes once, with confirmation and audit; None for a service without a journal.
    """

    policy: Policy
    limiter: RateLimiter
    cursors: Cursors
    log: CallLog
    deadlines: Deadlines
    elicitations: Elicitations
    writes: Writes | None = None
    concurrency: ConcurrencyLimiter = field(default_factory=ConcurrencyLimiter)

    def note_denial(self, operation: Operation, caller: Caller, request: RequestInfo, denial: Denial) -> None:
        """Write the audit entry of a request that a transport denied before the pipeline."""
        if self.writes is not None:
            details = {"missing_scopes": sorted(denial.missing_scopes)}
            self.writes.journal.note(audit_entry(operation, {}, caller, request, "denied", details))
