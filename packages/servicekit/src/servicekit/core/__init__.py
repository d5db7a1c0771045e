"""What every layer shares: errors, the current caller, deadlines, progress, health, strict JSON."""

from servicekit.core.caller import current_caller, current_tenant, granted
from servicekit.core.errors import NothingChanged, OutcomeUnknown, Refused, Unavailable
from servicekit.core.identity import ServerIdentity
from servicekit.core.off_loop import off_loop
from servicekit.core.progress import ReportProgress, report_progress
from servicekit.core.strict_json import NotStrictJson

__all__ = [
    "NotStrictJson",
    "NothingChanged",
    "OutcomeUnknown",
    "Refused",
    "ReportProgress",
    "ServerIdentity",
    "Unavailable",
    "current_caller",
    "current_tenant",
    "granted",
    "off_loop",
    "report_progress",
]
