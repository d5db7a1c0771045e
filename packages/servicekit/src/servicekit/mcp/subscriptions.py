"""Subscription streams: `subscriptions/listen` (MCP 2026-07-28), a request answered by a stream of changes.

The transport carries the stream. Decided here: who may subscribe to what, for how long, and how many streams are open.
A stream ends gracefully, with a result, so that its client opens another: when the credential expires or is removed,
when a right to read is lost, when the server stops. For a slow reader, changes of one URI are merged into one event.

Earlier revisions subscribe within a session, which this server does not keep: it offers no `resources/subscribe`.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
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
from servicekit.core.caller import AuthMethod, Caller, ToolsetFilter, acting_as
from servicekit.core.errors import Refused, Unavailable
from servicekit.registry.registry import MAX_SUBSCRIPTIONS, Registry
from servicekit.registry.resources import ResourceSpec
from servicekit.schema.pagination import record_limit_notice
from servicekit.storage.change_feed.feed import ChangeFeed
from servicekit.storage.postgres.latest_reads import reading_latest
from servicekit.telemetry.instruments import subscriptions_open

BUSY: Final = 503
_MAX_LIFETIME: Final = 3600.0  # seconds; then the client opens another stream, and its credential is checked again

Send = Callable[[types.ServerNotification], Awaitable[None]]
Resource = tuple[ResourceSpec, Mapping[str, Any]]
"""The registration that a URI matches, and the values of its variables."""
Read = Callable[[ResourceSpec, Mapping[str, Any]], Awaitable[None]]
"""Reads a resource as the caller; raises `MCPError` if it cannot be read."""


class _Stream:
    """One open stream, and its events that are not sent yet."""

    def __init__(self, caller: Caller, resources: dict[str, Resource], lists: tuple[ServerEvent, ...]) -> None:
        self.caller = caller
        self.resources = resources
        self.lists = lists
        self._pending: dict[ServerEvent, None] = {}
        self._wake = asyncio.Event()
        self._ended = False

    def resource_changed(self, uri: str | None, resource: Resource | None) -> None:
        """Add an event for a changed URI; with None, for every subscribed URI.

        Resources are compared too, since the client may spell a URI differently: ``%31`` is ``1``.
        """
        changed = [
            ResourceUpdated(subscribed)
            for subscribed, known in self.resources.items()
            if uri in (None, subscribed) or known == resource
        ]
        self._pending.update(dict.fromkeys(changed))
        self._wake.set()

    def lists_changed(self) -> None:
        """Add events for the subscribed lists."""
        self._pending.update(dict.fromkeys(self.lists))
        self._wake.set()

    def end(self) -> None:
        """End the stream after its pending events."""
        self._ended = True
        self._wake.set()

    async def next(self, until: float) -> list[ServerEvent]:
        """The pending events, once there are any; none when the stream ends.

        Args:
            until: the event loop's time at which the stream ends.
        """
        if asyncio.get_running_loop().time() >= until:
            return []
        while not self._pending and not self._ended:
            self._wake.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._wake.wait()
            except TimeoutError:
                return []
        events = list(self._pending)
        self._pending.clear()
        return events


@dataclass(frozen=True, slots=True)
class SubscriptionLimits:
    """The most open streams, in this process and of one caller."""

    server: int
    caller: int


class Subscriptions:
    """The open streams of one process.

    Args:
        change_feed: announces changed resources.
        limits: the most open streams.
    """

    def __init__(self, change_feed: ChangeFeed, registry: Registry, policy: Policy, limits: SubscriptionLimits) -> None:
        self._change_feed = change_feed
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
        """Serve one stream, from its acknowledgement to its end.

        Raises:
            MCPError: a resource cannot be read, or there are too many streams or URIs.
        """
        key = caller.key
        self._admit(key)
        self._open += 1
        self._open_by[key] += 1
        subscriptions_open.add(1)
        try:
            await self._serve(request_id, wanted, caller, send, read)
        finally:
            self._open -= 1
            self._open_by[key] -= 1
            if not self._open_by[key]:
                del self._open_by[key]
            subscriptions_open.add(-1)
        return types.SubscriptionsListenResult(_meta={SUBSCRIPTION_ID_META_KEY: request_id})

    def policy_changed(self) -> None:
        """Announce changed lists; end the streams that the policy no longer allows."""
        for stream in self._streams:
            if self._is_allowed(stream):
                stream.lists_changed()
            else:
                stream.end()

    def callers_changed(self, auth_method: AuthMethod, is_known: Callable[[Caller], bool]) -> None:
        """End the streams of an auth method's callers whose credential was removed or has other rights now."""
        for stream in self._streams:
            caller = replace(stream.caller, toolset_filter=ToolsetFilter())
            if caller.auth_method == auth_method and not is_known(caller):
                stream.end()

    def close(self) -> None:
        """End every stream gracefully, and refuse new ones."""
        self._closing = True
        for stream in self._streams:
            stream.end()

    def _resource_changed(self, stream: _Stream, uri: str | None) -> None:
        stream.resource_changed(uri, None if uri is None else self._registry.find_resource(uri))

    def _admit(self, key: str) -> None:
        if self._closing:
            raise MCPError(BUSY, "This server is stopping. Open the subscription again in a moment.")
        if self._open >= self._limits.server:
            raise MCPError(BUSY, "Too many subscriptions are open on this server. Try again later.")
        if self._open_by[key] >= self._limits.caller:
            words = f"You have {self._limits.caller} open subscriptions, the most allowed. Close one first."
            raise MCPError(BUSY, words)

    async def _serve(
        self, request_id: types.RequestId, wanted: types.SubscriptionFilter, caller: Caller, send: Send, read: Read
    ) -> None:
        stream = _Stream(caller, self._subscribable(wanted, caller), self._lists(wanted))
        until = asyncio.get_running_loop().time() + _lifetime(caller)
        for uri, (resource, variables) in list(stream.resources.items()):
            await read(resource, variables)
            _, _, understood = resource.arguments.parse(variables)
            stream.resources[uri] = resource, understood  # changes are announced in the usual spelling
        # Subscribed before the acknowledgement: a client reads the resources after it, and misses no change.
        unsubscribe = await self._heard_by(stream)
        meta: dict[str, Any] = {SUBSCRIPTION_ID_META_KEY: request_id}
        self._streams.add(stream)
        try:
            if not self._is_allowed(stream):
                return  # the policy changed while the resources were read
            await send(_acknowledgement(stream, meta))
            while (events := await stream.next(until)) and self._is_allowed(stream):
                for event in events:
                    if isinstance(event, ResourceUpdated) and not await self._still_readable(stream, event.uri):
                        return
                    await send(event_to_notification(event, meta))
        finally:
            unsubscribe()
            self._streams.discard(stream)

    async def _heard_by(self, stream: _Stream) -> Callable[[], None]:
        """Announce changes to a stream from now on, until the returned function is called."""
        if not stream.resources:  # lists change in this process
            return lambda: None
        return await self._change_feed.subscribe(stream.caller.tenant or "", partial(self._resource_changed, stream))

    def _subscribable(self, wanted: types.SubscriptionFilter, caller: Caller) -> dict[str, Resource]:
        """The URIs that announce changes; the acknowledgement leaves the others out, as the protocol says."""
        uris = tuple(dict.fromkeys(wanted.resource_subscriptions or ()))
        if len(uris) > MAX_SUBSCRIPTIONS:
            raise MCPError(types.INVALID_PARAMS, f"Subscribe to at most {MAX_SUBSCRIPTIONS} resources in one request.")
        most = self._policy.max_records(caller)
        if most is not None and len(uris) > most:
            words = f"{record_limit_notice(most)} Subscribe to at most {most} resources in one request."
            raise MCPError(types.INVALID_PARAMS, words)
        resources: dict[str, Resource] = {}
        for uri in uris:
            found = self._registry.find_resource(uri)
            if found is None:
                words = "There is no such resource. resources/templates/list shows the URI templates."
                raise MCPError(types.INVALID_PARAMS, words)
            if found[0].subscribable:
                resources[uri] = found
        return resources

    def _lists(self, wanted: types.SubscriptionFilter) -> tuple[ServerEvent, ...]:
        """The subscribed lists. An edit of the policy file changes what a caller may use."""
        registry, lists = self._registry, list[ServerEvent]()
        if wanted.tools_list_changed:
            lists.append(ToolsListChanged())
        if wanted.prompts_list_changed and registry.prompts:
            lists.append(PromptsListChanged())
        if wanted.resources_list_changed and registry.resources:
            lists.append(ResourcesListChanged())
        return tuple(lists)

    async def _still_readable(self, stream: _Stream, uri: str) -> bool:
        """Whether the caller may read it now: the record may have moved, and a grant may be gone.

        The caller did not request this read, so it is neither counted nor audited. It sees the
        announced change, and so do the caller's own reads from then on, on a replica too.
        """
        resource, variables = stream.resources[uri]
        try:
            with acting_as(self._policy.restrict(stream.caller)), reading_latest():
                arguments, _, _ = resource.arguments.parse(variables)
                await resource.method(**arguments)
        except Refused:
            return False
        except Unavailable:
            return True  # the client's own read will report it
        return True

    def _is_allowed(self, stream: _Stream) -> bool:
        most = self._policy.max_records(stream.caller)
        if most is not None and len(stream.resources) > most:
            return False
        return all(self._policy.denial(stream.caller, resource) is None for resource, _ in stream.resources.values())


def _lifetime(caller: Caller) -> float:
    """Seconds that a stream may stay open: at most until the credential expires or may have been revoked."""
    ends = [end - time.time() for end in (caller.expires_at, caller.recheck_at) if end is not None]
    return min([_MAX_LIFETIME, *ends])


def _acknowledgement(stream: _Stream, meta: dict[str, Any]) -> types.SubscriptionsAcknowledgedNotification:
    honoured = types.SubscriptionFilter(
        tools_list_changed=ToolsListChanged() in stream.lists or None,
        prompts_list_changed=PromptsListChanged() in stream.lists or None,
        resources_list_changed=ResourcesListChanged() in stream.lists or None,
        resource_subscriptions=list(stream.resources) or None,
    )
    parameters = types.SubscriptionsAcknowledgedNotificationParams(notifications=honoured, _meta=meta)
    return types.SubscriptionsAcknowledgedNotification(params=parameters)
