"""Runs an operator's command that prints a password, such as a short-lived token of a cloud's identity service."""

import asyncio
import base64
import binascii
import json
import logging
import os
import re
import shlex
import signal
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

from servicekit.storage.postgres.login.failures import CannotConnect
from servicekit.telemetry.redaction import configure_rotating_secret, redact

_EARLY: Final = 60.0  # seconds before its expiry at which a token is replaced
_RETRY: Final = 5.0  # seconds between runs while the command fails, or Postgres refuses what it prints
_LONGEST: Final = 64 * 1024  # characters of a token
_REASON: Final = 200  # characters of a reason in the log
_AWS_DATE: Final = re.compile(r"X-Amz-Date=(\d{8}T\d{6}Z)")
_AWS_LIFETIME: Final = re.compile(r"X-Amz-Expires=(\d{1,6})")

_logger = logging.getLogger(__name__)


class PasswordCommand:
    """The last output of a command, replaced in the background before it expires.

    Args:
        name: the setting, for log lines and for masking.
        command: a program with arguments in a shell's notation. No shell runs it.
        timeout: seconds after which it is killed, with the processes that it started.
        interval: seconds between runs. An output that names its expiry (a JWT, a token of Amazon RDS) is replaced
            a minute before it, if that is earlier.
    """

    def __init__(self, name: str, command: str, *, timeout: float = 10.0, interval: float = 600.0) -> None:
        self._name = name
        self._arguments = shlex.split(command)
        self._timeout = timeout
        self._interval = interval
        self._password: str | None = None
        self._refresh_at = self._expires_at = self._earliest = 0.0
        self._running: asyncio.Task[str] | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def password(self) -> str:
        """The password. Waits for the command only if there is none that may still be valid.

        Raises:
            CannotConnect: the command failed, and no earlier output is valid.
        """
        now = time.monotonic()
        if self._password is not None and now < self._refresh_at:
            return self._password
        if self._password is not None and now < self._expires_at:
            self._refresh()
            return self._password
        return await asyncio.shield(self._refresh())

    def refused(self, password: str) -> None:
        """Postgres refused a password: run the command again, unless it has just run."""
        if password == self._password and time.monotonic() >= self._earliest:
            self._refresh_at = self._expires_at = 0.0

    def close(self) -> None:
        """Stop replacing the output."""
        if self._timer is not None:
            self._timer.cancel()

    def _refresh(self) -> "asyncio.Task[str]":
        """The run in progress, or a new one: all waiting calls share it."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run(), name=f"password-command-{self._name}")
            self._running.add_done_callback(_retrieve)
        return self._running

    async def _run(self) -> str:
        try:
            password = await asyncio.to_thread(_output, self._arguments, self._timeout)
        except _Failed as failure:
            self._again(_RETRY)
            _logger.warning("password command failed", extra={"setting": self._name, "reason": failure.reason})
            raise CannotConnect(
                f"the command of {self._name} failed ({failure.summary})", "Run it by hand as the server's user."
            ) from None
        configure_rotating_secret(self._name, password)
        self._password = password
        now = time.monotonic()
        lifetime = _lifetime(password)
        self._expires_at = now + lifetime if lifetime is not None else float("inf")
        early = max(lifetime - _EARLY, lifetime / 2) if lifetime is not None else self._interval
        self._refresh_at = now + min(self._interval, early)
        self._earliest = now + _RETRY
        self._again(self._refresh_at - now)
        return password

    def _again(self, seconds: float) -> None:
        self.close()
        self._timer = asyncio.get_running_loop().call_later(max(seconds, 0.1), self._refresh)


class _Failed(Exception):
    """The command gave no password. `reason` may be logged."""

    def __init__(self, summary: str, reason: str = "") -> None:
        self.summary = summary
        self.reason = reason or summary


def _retrieve(task: "asyncio.Task[str]") -> None:
    """Take the error of a run that no call waits for: it is logged already."""
    if not task.cancelled():
        task.exception()


def _output(arguments: list[str], timeout: float) -> str:
    """What the command prints. In a thread."""
    try:
        process = subprocess.Popen(  # noqa: S603  # the operator's own command
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise _Failed(f"it cannot be started: {error.strerror}") from None
    try:
        output, problem = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its children too, which may hold its output open
        process.communicate()
        raise _Failed(f"no output within {timeout:g} s") from None
    password = output.decode("utf-8", "replace").strip()
    if process.returncode:
        last = problem.decode("utf-8", "replace").strip().rpartition("\n")[2]
        said = redact(last.replace(password, "") if password else last)[:_REASON]
        raise _Failed(f"exit status {process.returncode}", f"exit status {process.returncode}: {said}")
    if not password or len(password) > _LONGEST or not password.isprintable():
        raise _Failed("it must print the password, as one line")
    return password


def _lifetime(token: str) -> float | None:
    """Seconds until a token expires; None if it does not say so."""
    date, lifetime = _AWS_DATE.search(token), _AWS_LIFETIME.search(token)
    if date is not None and lifetime is not None:
        with suppress(ValueError):
            made = datetime.strptime(date[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
            return max(made + int(lifetime[1]) - time.time(), 0.0)
    parts = token.split(".")
    if len(parts) == 3:
        with suppress(ValueError, binascii.Error, TypeError, AttributeError):
            claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
            return max(float(claims["exp"]) - time.time(), 0.0) if "exp" in claims else None
    return None
