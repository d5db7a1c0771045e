"""Responses of injected faults in Zendesk's format."""

from devkit.simulators.faults import Answer, Fault


def fault_response(fault: Fault) -> Answer:
    """The response of a fault."""
    match fault.kind:
        case "rate_limit" | "secondary_limit":
            headers = {"content-type": "text/html; charset=utf-8", "retry-after": str(int(fault.seconds))}
            return 429, headers, b"Number of allowed API requests per minute exceeded"
        case _:
            return fault.status, {}, b'{"error":"InternalError","description":"Something went wrong"}'
