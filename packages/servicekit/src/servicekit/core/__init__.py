"""What every layer shares: errors, the current caller, deadlines, progress, health, strict JSON."""

from servicekit.core.allowances import Allowances, RefundAllowance
from servicekit.core.caller import current_caller, current_tenant, granted
from servicekit.core.deadline import remaining
from servicekit.core.errors import CallError, NothingChanged, OutcomeUnknown, Refused, Unavailable
from servicekit.core.grants import Granted
from servicekit.core.health import Component
from servicekit.core.identity import ServerIdentity
from servicekit.core.name_patterns import NamePatterns, is_pattern
from servicekit.core.off_loop import off_loop
from servicekit.core.progress import ReportProgress, report_progress
from servicekit.core.strict_json import NotStrictJson

__all__ = [
    "Allowances",
    "CallError",
    "Component",
    "Granted",
    "NamePatterns",
    "NotStrictJson",
    "NothingChanged",
    "OutcomeUnknown",
    "RefundAllowance",
    "Refused",
    "ReportProgress",
    "ServerIdentity",
    "Unavailable",
    "current_caller",
    "current_tenant",
    "granted",
    "is_pattern",
    "off_loop",
    "remaining",
    "report_progress",
]
