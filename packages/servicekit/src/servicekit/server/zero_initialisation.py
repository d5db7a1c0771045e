"""Series that begin at zero: a rate over one that begins with its first event does not see that event."""

from collections.abc import Iterable

from servicekit.pipeline.operation_span import attributes_of, method_of
from servicekit.registry.operation import Operation
from servicekit.telemetry import instruments


def initialise_series(operations: Iterable[Operation]) -> None:
    """Let what can be counted from the start be seen from the start."""
    for plain in (
        instruments.calls_waiting,
        instruments.calls_shed,
        instruments.subscriptions_open,
        instruments.rate_limit_local_fallbacks,
        instruments.audit_lost,
    ):
        plain.add(0)
    for limit in ("server", "caller", "tool", "address", "flood"):
        instruments.rate_limit_refused.add(0, {"limit": limit})
    instruments.credentials_refused.add(0, {"reason": "absent"})
    for file in ("policy", "API key", "certificate"):
        instruments.configuration_reloads.add(0, {"file": file, "result": "invalid"})
    for operation in operations:
        method = method_of(operation)
        names = attributes_of(method, operation)
        instruments.scopes_refused.add(0, names)
        instruments.arguments_refused.add(0, names)
        if operation.writes:
            instruments.writes_replayed.add(0, names)
        if getattr(operation, "destructive", False):
            for result in ("requested", "confirmed", "declined"):
                instruments.confirmations.add(0, attributes_of(method, operation, result=result))
