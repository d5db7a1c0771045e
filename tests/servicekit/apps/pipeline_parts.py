"""The pipeline's parts, for tests that call it without any transport."""

from servicekit.access.limits import RateLimits
from servicekit.access.policy import Policy
from servicekit.access.rate_limit import RateLimiter
from servicekit.core.deadline import Deadlines
from servicekit.pipeline.call_log import CallLog
from servicekit.pipeline.dependencies import PipelineDependencies
from servicekit.pipeline.elicitation import Elicitations
from servicekit.schema.pagination import Cursors

from .general_app import STATE_KEY

PLENTY = RateLimits(server=1_000_000, caller=1_000_000, tool=1_000_000)
"""Limits that no test meets by accident."""


def boundary(*keys: str) -> PipelineDependencies:
    """What `Service` would prepare, with these state keys."""
    secrets = [key.encode() for key in keys or (STATE_KEY,)]
    return PipelineDependencies(
        Policy(PLENTY),
        RateLimiter("books", None),
        Cursors(secrets),
        CallLog("books"),
        Deadlines(5.0),
        Elicitations(secrets),
    )
