"""Graceful shutdown: its phases and their durations, which uvicorn, charts and compose take from here.

After SIGTERM, `/ready` fails and responses have `Connection: close` while requests are still served, so that proxies
move to other replicas. Then the server accepts no new connections, subscription streams end, and running calls finish
or are stopped with an error. Then components stop and telemetry is flushed. SIGINT, usually from a terminal, skips the
first phase. A second signal ends the process at once.
"""

from typing import Final

from servicekit.settings.service import ServiceSettings
from servicekit.telemetry.setup import FLUSH_SECONDS

UNREADY_SECONDS: Final = 2.0
"""Seconds from SIGTERM until the listening socket closes."""
ACCEPT_SECONDS: Final = 1.0
"""Seconds, at most, to accept connections that were made before it closes."""
CALLS_SECONDS: Final[int] = ServiceSettings.model_fields["drain_seconds"].default
"""Seconds for running calls and open streams to end. The setting `drain_seconds` can lower it."""
ANSWER_SECONDS: Final = 1.0
"""Seconds before the end of that phase at which running calls are stopped, so that their response is still sent."""
COMPONENTS_SECONDS: Final = 1.5
"""Seconds for all components to stop; the journal writes its queued entries."""
COMPONENT_SECONDS: Final = 0.05
"""Seconds of these that each component has, however long others take: to close its connections."""
EXIT_SECONDS: Final = 15
"""Seconds from SIGTERM to the end of the process, at most, with reserve."""
TOTAL_SECONDS: Final = UNREADY_SECONDS + ACCEPT_SECONDS + CALLS_SECONDS + COMPONENTS_SECONDS + FLUSH_SECONDS

PRE_STOP_SECONDS: Final = 5
"""Seconds that an orchestrator waits before SIGTERM (`preStop`), while its proxies remove the endpoint."""
GRACE_SECONDS: Final = 25
"""Seconds until an orchestrator kills the process (`terminationGracePeriodSeconds`, `stop_grace_period`)."""
