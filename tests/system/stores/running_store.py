"""A store that a test starts, pauses, stops, kills and starts again where it was."""

import os
import signal
from contextlib import ExitStack, suppress

from devkit.stores.running import Store, running


class RunningStore:
    """One store's process. `devkit.stores.running` starts it and waits until it answers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._running = ExitStack()
        self.process_id = 0
        self.start()

    def start(self) -> None:
        """Start it on its port and its data, and return when it answers."""
        self.process_id = self._running.enter_context(running(self._store))

    def stop(self) -> None:
        """Stop it in order, and return when it is gone. Stopping it twice does no harm."""
        with suppress(ProcessLookupError):
            self._running.close()

    def kill(self) -> None:
        """kill -9, and return when it is gone."""
        os.kill(self.process_id, signal.SIGKILL)
        self.stop()

    def pause(self) -> None:
        """Keep it from answering, with its connections open: a host that hangs."""
        os.kill(self.process_id, signal.SIGSTOP)

    def resume(self) -> None:
        """End the pause."""
        os.kill(self.process_id, signal.SIGCONT)

    def reload(self) -> None:
        """Make it read its files again (SIGHUP)."""
        os.kill(self.process_id, signal.SIGHUP)
