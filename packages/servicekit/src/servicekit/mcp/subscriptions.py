"""`subscriptions/listen` (MCP 2026-07-28): a request whose answer is a stream of what changed.

The SDK carries the stream; here it is decided who may hear what, for how long, and how much may wait. A stream ends
gracefully, with a result, so that its client opens another: when the credential ends or is taken away, when the right
to hear goes, when the server is about to stop. What waits for a slow reader is one notice for each URI, however often
it changed.

Earlier revisions subscribe within a session, and this server keeps none: `resources/subscribe` is not offered there.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import mcp_types as types
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import (
    SUBSCRIPTION_ID_META_KEY,
    PromptsListChanged,
    ResourcesListChanged,
    ResourceUpdated,
    ServerEvent,
    ToolsListChanged,
    event_to_notification,
)

from servicekit.access.policy import Policy
from servicekit.core.caller import AuthMethod, Caller, ToolsetFilter, acting_as, caller_key
from servicekit.core.errors import Refused, Unavailable
from servicekit.registry.registry import MAX_SUBSCRIPTIONS, Registry
from servicekit.registry.resources import ResourceSpec
from servicekit.storage.change_feed import ChangeFeed
from servicekit.telemetry.instruments import subscriptions_open

BUSY: Final = 503
_LONGEST: Final = 3600.0  # seconds; then the client opens another, and its credential is looked at again

Send = Callable[[types.ServerNotification], Awaitable[None]]
Named = tuple[ResourceSpec, Mapping[str, Any]]
"""What a URI names: a row, and the values of its variables."""
Read = Callable[[ResourceSpec, Mapping[str, Any]], Awaitable[None]]
"""Reads a resource as the caller; raises `MCPError` where it cannot be read."""


class _Stream:
    """What one open stream has still to tell."""

    def __init__(self, caller: Caller, rows: Mapping[str, Named], lists: tuple[ServerEvent, ...]) -> None:
        self.caller = caller
        self.rows = rows
        self.lists = lists
        self._waiting: dict[ServerEvent, None] = {}
        self._wake = asyncio.Event()
        self._ended = False

    def changed(self, uri: str | None, named: Named | None) -> None:
        """What a URI names has changed; with None, anything may have. A client may spell it in another way than whoever
        announces it: ``%31`` is ``1``."""
        changed = [
            ResourceUpdated(subscribed)
            for subscribed, row in self.rows.items()
            if uri in (None, subscribed) or row == named
        ]
        self._waiting.update(dict.fromkeys(changed))
        self._wake.set()

    def lists_changed(self) -> None:
        """The caller may use other operations than before."""
        self._waiting.update(dict.fromkeys(self.lists))
        self._wake.set()

    def end(self) -> None:
        """Tell what waits, and then no more."""
        self._ended = True
        self._wake.set()

    async def next(self, until: float) -> list[ServerEvent]:
        """What happened since the last time, once there is something; nothing when the stream ends.

        Args:
            until: the event loop's time at which it ends anyhow.
        """
        if asyncio.get_running_loop().time() >= until:
            return []
        while not self._waiting and not self._ended:
            self._wake.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._wake.wait()
            except TimeoutError:
                return []
        happened = list(self._waiting)
        self._waiting.clear()
        return happened


@dataclass(frozen=True, slots=True)
class SubscriptionLimits:
    """How many streams may be open at once: in this process, and of one caller."""

    server: int
    caller: int


class Subscriptions:
    """The open streams of one process.

    Args:
        changes: where announcements come from.
        limits: the bounds.
    """

    def __init__(self, changes: ChangeFeed, registry: Registry, policy: Policy, limits: SubscriptionLimits) -> None:
        self._changes = changes
        self._registry = registry
        self._policy = policy
        self._limits = limits
        self._streams: set[_Stream] = set()
        self._open = 0
        self._open_by: Counter[str] = Counter()
        self._closing = False

    async def serve(
        self, request_id: types.RequestId, wanted: types.SubscriptionFilter, caller: Caller, send: Send, read: Read
    ) -> types.SubscriptionsListenResult:
        """One stream, from its acknowledgement to its end.

        Raises:
            MCPError: a resource may not be read, or there are too many streams or URIs.
        """
        who = caller_key(caller)
        self._admit(who)
        self._open += 1
        self._open_by[who] += 1
        subscriptions_open.add(1)
        try:
            await self._serve(request_id, wanted, caller, send, read)
        finally:
            self._open -= 1
            self._open_by[who] -= 1
            if not self._open_by[who]:
                del self._open_by[who]
            subscriptions_open.add(-1)
        return types.SubscriptionsListenResult(_meta={SUBSCRIPTION_ID_META_KEY: request_id})

    def policy_changed(self) -> None:
        """Lists may differ, and some rights may be gone."""
        for stream in self._streams:
            if self._may_hear(stream):
                stream.lists_changed()
            else:
                stream.end()

    def callers_changed(self, auth_method: AuthMethod, known: Collection[Caller]) -> None:
        """Who has one way in was edited: a stream of somebody who has it no more, or with other rights, ends."""
        for stream in self._streams:
            caller = replace(stream.caller, toolset_filter=ToolsetFilter())
            if caller.auth_method == auth_method and caller not in known:
                stream.end()

    def close(self) -> None:
        """End every stream gracefully, and those that come from now on at once."""
        self._closing = True
        for stream in self._streams:
            stream.end()

    def _changed(self, stream: _Stream, uri: str | None) -> None:
        stream.changed(uri, None if uri is None else self._registry.find_resource(uri))

    def _admit(self, who: str) -> None:
        if self._closing:
            raise MCPError(BUSY, "This server is about to stop. Listen again in a moment.")
        if self._open >= self._limits.server:
            raise MCPError(BUSY, "Too many subscriptions are open on this server. Try again later.")
        if self._open_by[who] >= self._limits.caller:
            words = f"You have {self._limits.caller} subscriptions open, which is the most. Close one first."
            raise MCPError(BUSY, words)

    async def _serve(
        self, request_id: types.RequestId, wanted: types.SubscriptionFilter, caller: Caller, send: Send, read: Read
    ) -> None:
        stream = _Stream(caller, self._subscribable(wanted), self._lists(wanted))
        until = asyncio.get_running_loop().time() + _lifetime(caller)
        await self._changes.wait_for_connection()
        for row, values in stream.rows.values():
            await read(row, values)
        # Before the acknowledgement: a client reads what it depends on after it, so nothing falls in between.
        forget = self._changes.subscribe(caller.tenant or "", partial(self._changed, stream))
        self._streams.add(stream)
        meta: dict[str, Any] = {SUBSCRIPTION_ID_META_KEY: request_id}
        try:
            await send(_acknowledgement(stream, meta))
            while (happened := await stream.next(until)) and self._may_hear(stream):
                for event in happened:
                    if isinstance(event, ResourceUpdated) and not await self._still_readable(stream, event.uri):
                        return
                    await send(event_to_notification(event, meta))
        finally:
            forget()
            self._streams.discard(stream)

    def _subscribable(self, wanted: types.SubscriptionFilter) -> dict[str, Named]:
        """The URIs that announce changes; others are left out of the acknowledgement, as the protocol has it."""
        uris = tuple(dict.fromkeys(wanted.resource_subscriptions or ()))
        if len(uris) > MAX_SUBSCRIPTIONS:
            raise MCPError(types.INVALID_PARAMS, f"Subscribe to {MAX_SUBSCRIPTIONS} resources at most in one request.")
        rows: dict[str, Named] = {}
        for uri in uris:
            found = self._registry.find_resource(uri)
            if found is None:
                words = "There is no such resource. resources/templates/list shows the forms."
                raise MCPError(types.INVALID_PARAMS, words)
            if found[0].subscribable:
                rows[uri] = found
        return rows

    def _lists(self, wanted: types.SubscriptionFilter) -> tuple[ServerEvent, ...]:
        """The lists whose changes are told: an edit of the policy file changes what a caller may use."""
        registry, lists = self._registry, list[ServerEvent]()
        if wanted.tools_list_changed:
            lists.append(ToolsListChanged())
        if wanted.prompts_list_changed and registry.prompts:
            lists.append(PromptsListChanged())
        if wanted.resources_list_changed and registry.resources:
            lists.append(ResourcesListChanged())
        return tuple(lists)

    async def _still_readable(self, stream: _Stream, uri: str) -> bool:
        """Whether the caller may read it now: it may be elsewhere since, and a grant may be gone.

        The caller did not ask for this reading, so it is neither counted nor recorded.
        """
        row, values = stream.rows[uri]
        try:
            with acting_as(self._policy.restrict(stream.caller)):
                await row.method(**row.arguments.parse(values))
        except Refused:
            return False
        except Unavailable:
            return True  # whoever reads it will be told
        return True

    def _may_hear(self, stream: _Stream) -> bool:
        return all(self._policy.denial(stream.caller, row) is None for row, _ in stream.rows.values())


def _lifetime(caller: Caller) -> float:
    """Seconds that a stream may stay open: never longer than the credential."""
    return _LONGEST if caller.expires_at is None else min(_LONGEST, caller.expires_at - time.time())


def _acknowledgement(stream: _Stream, meta: dict[str, Any]) -> types.SubscriptionsAcknowledgedNotification:
    honoured = types.SubscriptionFilter(
        tools_list_changed=ToolsListChanged() in stream.lists or None,
        prompts_list_changed=PromptsListChanged() in stream.lists or None,
        resources_list_changed=ResourcesListChanged() in stream.lists or None,
        resource_subscriptions=list(stream.rows) or None,
    )
    parameters = types.SubscriptionsAcknowledgedNotificationParams(notifications=honoured, _meta=meta)
    return types.SubscriptionsAcknowledgedNotification(params=parameters)
