"""Asks the issuer whether a token is revoked (token introspection, RFC 7662), and remembers the answer briefly."""

import asyncio
import base64
import json
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final
from urllib.parse import quote_plus, urlsplit

import httpx2
from opentelemetry.trace import SpanKind

from servicekit.auth.errors import InvalidCredential, VerificationUnavailable
from servicekit.settings.file_secret import file_of
from servicekit.settings.secret_file import SecretFile
from servicekit.settings.sign_in import SignInSettings
from servicekit.settings.urls import is_loopback
from servicekit.telemetry.spans import child_span

_logger = logging.getLogger(__name__)

ANSWER_TIMEOUT: Final = 5.0
"""Seconds that the issuer has for an answer."""
RETRY_INTERVAL: Final = 1.0
"""Seconds after a failure in which calls are refused without asking, so that they do not wait."""
MOST_REMEMBERED: Final = 10_000
"""Answers that are remembered; the one that was not used for longest is forgotten first."""
MOST_QUESTIONS: Final = 100
"""Questions that may be open at once; further calls are refused as if the issuer were unreachable."""
_MAX_ANSWER_BYTES: Final = 64 * 1024
# A kept connection that the issuer has just closed. The question changes nothing there, so it is asked again, once.
_BROKEN: Final = (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError)


class Introspection:
    """Asks one issuer about its tokens.

    An answer is used for INTROSPECTION_CACHE_SECONDS from when the question was sent, and no longer: the issuer being
    unreachable does not extend it.

    Args:
        settings: the endpoint, the credentials there, and the seconds for which an answer is used.
    """

    def __init__(self, settings: SignInSettings) -> None:
        url, client_id, secret = (
            settings.introspection_url,
            settings.introspection_client_id,
            settings.introspection_client_secret,
        )
        if url is None or client_id is None or secret is None:
            raise ValueError("introspection needs a URL, a client id and a secret")
        self._url = url
        self._client_id = client_id
        path = file_of(secret)
        self._secret = SecretFile(path, secret.get_secret_value()).read if path else secret.get_secret_value
        self._keep = settings.introspection_cache_seconds
        self._http: httpx2.AsyncClient | None = None
        self._answers: OrderedDict[bytes, tuple[float, bool]] = OrderedDict()  # until when, and whether it is active
        self._open: dict[bytes, asyncio.Task[tuple[float, bool]]] = {}
        self._failed_at = float("-inf")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep connections to the issuer open inside the block."""
        local = is_loopback(urlsplit(self._url).hostname)  # a proxy cannot reach a loopback address
        async with AsyncExitStack() as stack:
            self._http = await stack.enter_async_context(
                httpx2.AsyncClient(timeout=ANSWER_TIMEOUT, follow_redirects=False, trust_env=not local)
            )
            try:
                yield
            finally:
                for task in list(self._open.values()):
                    task.cancel()

    async def check(self, token: str, digest: bytes) -> float:
        """Until when the token is known not to be revoked, in seconds since the epoch.

        Args:
            token: a verified token.
            digest: its SHA-256.

        Raises:
            InvalidCredential: the issuer says that the token is not active.
            VerificationUnavailable: the issuer gives no answer.
        """
        known = self._answers.get(digest)
        if known is None or known[0] <= time.monotonic():
            known = await asyncio.shield(self._question(token, digest))
        else:
            self._answers.move_to_end(digest)
        until, active = known
        if not active:
            raise InvalidCredential("revoked")
        return time.time() + until - time.monotonic()

    def _question(self, token: str, digest: bytes) -> asyncio.Task[tuple[float, bool]]:
        """The open question about a token, or a new one. Cancelling one waiter does not cancel it."""
        task = self._open.get(digest)
        if task is None:
            if time.monotonic() - self._failed_at < RETRY_INTERVAL or len(self._open) >= MOST_QUESTIONS:
                raise VerificationUnavailable
            task = self._open[digest] = asyncio.create_task(self._ask(token, digest), name="introspection")
            task.add_done_callback(lambda done: self._closed(digest, done))
        return task

    def _closed(self, digest: bytes, task: asyncio.Task[tuple[float, bool]]) -> None:
        self._open.pop(digest, None)
        if not task.cancelled():
            task.exception()  # asyncio would log one that no waiter is left to receive

    async def _ask(self, token: str, digest: bytes) -> tuple[float, bool]:
        asked = time.monotonic()
        try:
            with child_span(
                "POST introspection", {"server.address": urlsplit(self._url).hostname or ""}, SpanKind.CLIENT
            ):
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    try:
                        active = await self.is_active(token)
                    except _BROKEN:
                        active = await self.is_active(token)
        except (httpx2.HTTPError, OSError, TimeoutError, ValueError, RuntimeError) as error:
            self._failed_at = time.monotonic()
            reason = str(error) if type(error) is ValueError else type(error).__name__
            _logger.warning("token not introspected", extra={"reason": reason})
            raise VerificationUnavailable from None
        answer = asked + self._keep, active
        self._answers[digest] = answer
        self._answers.move_to_end(digest)
        if len(self._answers) > MOST_REMEMBERED:
            self._answers.popitem(last=False)
        return answer

    async def is_active(self, token: str) -> bool:
        """Ask the issuer whether a token is active (RFC 7662 §2.2), inside `running`.

        Raises:
            httpx2.HTTPError: there is no answer.
            ValueError: the answer is unusable.
        """
        if self._http is None:
            raise RuntimeError("introspection is not running")
        body = bytearray()
        headers = {"Accept": "application/json", "Authorization": self._authorization()}
        form = {"token": token, "token_type_hint": "access_token"}
        async with self._http.stream("POST", self._url, data=form, headers=headers) as response:
            if response.status_code != 200:
                raise ValueError(f"the endpoint answers {response.status_code}")
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _MAX_ANSWER_BYTES:
                    raise ValueError(f"the answer is larger than {_MAX_ANSWER_BYTES} bytes")
        try:
            answer = json.loads(bytes(body))
        except (ValueError, RecursionError):
            raise ValueError("the answer is not JSON") from None
        active = answer.get("active") if isinstance(answer, dict) else None
        if active not in (True, False):
            raise ValueError("the answer does not say whether the token is active")
        return active is True

    def _authorization(self) -> str:
        """Client id and secret, form-encoded in Basic credentials (RFC 6749 §2.3.1)."""
        pair = f"{quote_plus(self._client_id)}:{quote_plus(self._secret())}"
        return "Basic " + base64.b64encode(pair.encode()).decode()
