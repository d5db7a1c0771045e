"""The pipeline's parts, for tests that call it without any transport."""

from servicekit.cursors import Cursors
from servicekit.pipeline import Boundary
from servicekit.policy import Policy
from servicekit.telemetry.logs import CallLog

from .library import STATE_KEY


def boundary(*keys: str) -> Boundary:
    """What `Service` would prepare, with these state keys."""
    secrets = [key.encode() for key in keys or (STATE_KEY,)]
    return Boundary(Policy(), Cursors(secrets), CallLog("library"), 5.0)
