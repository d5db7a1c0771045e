"""Responses of injected faults in GitHub's format."""

import time

from devkit.simulators.faults import Answer, Fault


def fault_response(fault: Fault) -> Answer:
    """The response of a fault."""
    match fault.kind:
        case "rate_limit":
            reset = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-used": "5000"}
            reset |= {"x-ratelimit-reset": str(int(time.time() + fault.seconds)), "x-ratelimit-resource": "core"}
            return 429, reset, b'{"message":"API rate limit exceeded for user ID 1."}'
        case "secondary_limit":
            words = b'{"message":"You have exceeded a secondary rate limit. Please wait a few minutes."}'
            return 403, {"retry-after": str(int(fault.seconds))}, words
        case _:
            return fault.status, {}, b'{"message":"Server Error"}'
