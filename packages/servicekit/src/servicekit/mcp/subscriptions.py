"""Subscriptions: `subscriptions/listen` (MCP 2026-07-28), a request answered with a stream of change notifications.

The SDK sends the stream. This module authorizes it, bounds its lifetime and queues its notifications. A stream ends
with a result, after which the client opens another one: when the credential expires or is revoked, when the
caller loses a right, and when the server stops. For a slow reader, changes of one URI are merged into one notification.

Earlier revisions subscribe within sessions, which this server does not keep: it does not offer `resources/subscribe`.
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
_MAX_LIFETIME: Final = 3600.0  # seconds; then the client opens another stream, and its credential is verified again

Send = Callable[[types.ServerNotification], Awaitable[None]]
ResourceMatch = tuple[ResourceSpec, Mapping[str, Any]]
"""The resource of a URI, and the values of its template variables."""
Read = Callable[[ResourceSpec, Mapping[str, Any]], Awaitable[None]]
"""Reads a resource as the caller; raises `MCPError` where it cannot be read."""


class _Stream:
    """One open stream, with its queued notifications."""

    def __init__(
        self, caller: Caller, resources: Mapping[str, ResourceMatch], list_events: tuple[ServerEvent, ...]
    ) -> None:
        self.caller = caller
        self.resources = resources
        self.list_events = list_events
        self._waiting: dict[ServerEvent, None] = {}
        self._wake = asyncio.Event()
        self._ended = False

    def resource_changed(self, uri: str | None, match: ResourceMatch | None) -> None:
        """Queue a notification for the subscribed URIs of a resource. With None, any resource may have changed.

        The client's URI may be encoded differently from the announced one: ``%31`` is ``1``.
        """
        changed = [
            ResourceUpdated(subscribed)
            for subscribed, resource in self.resources.items()
            if uri in (None, subscribed) or resource == match
        ]
        self._waiting.update(dict.fromkeys(changed))
        self._wake.set()

    def lists_changed(self) -> None:
        """Queue the list notifications: the caller's rights have changed."""
        self._waiting.update(dict.fromkeys(self.list_events))
        self._wake.set()

    def end(self) -> None:
        """End the stream after its queued notifications."""
        self._ended = True
        self._wake.set()

    async def next(self, until: float) -> list[ServerEvent]:
        """Wait for queued notifications; returns none when the stream ends.

        Args:
            until: the event loop's time at which the stream ends.
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
        events = list(self._waiting)
        self._waiting.clear()
        return events


@dataclass(frozen=True, slots=True)
class SubscriptionLimits:
    """The largest number of open streams, in this process and per caller."""

    server: int
    caller: int


class Subscriptions:
    """The open streams of one process.

    Args:
        changes: the change feed.
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
        self, request_id: types.RequestId, requested: types.SubscriptionFilter, caller: Caller, send: Send, read: Read
    ) -> types.SubscriptionsListenResult:
        """Serve one stream until it ends.

        Args:
            send: sends a notification to the client.
            read: reads a resource as the caller, to check that it may.

        Raises:
            MCPError: a resource cannot be read, or there are too many streams or URIs.
        """
        caller_id = caller_key(caller)
        self._check_limits(caller_id)
        self._open += 1
        self._open_by[caller_id] += 1
        subscriptions_open.add(1)
        try:
            await self._serve(request_id, requested, caller, send, read)
        finally:
            self._open -= 1
            self._open_by[caller_id] -= 1
            if not self._open_by[caller_id]:
                del self._open_by[caller_id]
            subscriptions_open.add(-1)
        return types.SubscriptionsListenResult(_meta={SUBSCRIPTION_ID_META_KEY: request_id})

    def policy_changed(self) -> None:
        """Announce changed lists, and end the streams of callers that lost a right."""
        for stream in self._streams:
            if self._is_authorized(stream):
                stream.lists_changed()
            else:
                stream.end()

    def callers_changed(self, auth_method: AuthMethod, known: Collection[Caller]) -> None:
        """End the streams of callers that an edited credential file no longer lists, or lists with other rights.

        Args:
            auth_method: the auth method of the file.
            known: the callers in the file.
        """
        for stream in self._streams:
            caller = replace(stream.caller, toolset_filter=ToolsetFilter())
            if caller.auth_method == auth_method and caller not in known:
                stream.end()

    def close(self) -> None:
        """End every stream with a result, and refuse new ones."""
        self._closing = True
        for stream in self._streams:
            stream.end()

    def _resource_changed(self, stream: _Stream, uri: str | None) -> None:
        stream.resource_changed(uri, None if uri is None else self._registry.find_resource(uri))

    def _check_limits(self, caller_id: str) -> None:
        if self._closing:
            raise MCPError(BUSY, "This server is shutting down. Subscribe again in a few seconds.")
        if self._open >= self._limits.server:
            raise MCPError(BUSY, "This server has too many open subscriptions. Try again later.")
        if self._open_by[caller_id] >= self._limits.caller:
            words = f"You have {self._limits.caller} open subscriptions, the largest number allowed. Close one first."
            raise MCPError(BUSY, words)

    async def _serve(
        self, request_id: types.RequestId, requested: types.SubscriptionFilter, caller: Caller, send: Send, read: Read
    ) -> None:
        stream = _Stream(caller, self._match_resources(requested), self._list_events(requested))
        until = asyncio.get_running_loop().time() + _lifetime(caller)
        await self._changes.wait_for_connection()
        for resource, values in stream.resources.values():
            await read(resource, values)
        # Before the acknowledgement, after which clients read the resources: so no change is missed in between.
        unsubscribe = self._changes.subscribe(caller.tenant or "", partial(self._resource_changed, stream))
        self._streams.add(stream)
        meta: dict[str, Any] = {SUBSCRIPTION_ID_META_KEY: request_id}
        try:
            await send(_acknowledgement(stream, meta))
            while (events := await stream.next(until)) and self._is_authorized(stream):
                for event in events:
                    if isinstance(event, ResourceUpdated) and not await self._is_readable(stream, event.uri):
                        return
                    await send(event_to_notification(event, meta))
        finally:
            unsubscribe()
            self._streams.discard(stream)

    def _match_resources(self, requested: types.SubscriptionFilter) -> dict[str, ResourceMatch]:
        """The requested resources that are subscribable. The acknowledgement omits others, as the protocol requires."""
        uris = tuple(dict.fromkeys(requested.resource_subscriptions or ()))
        if len(uris) > MAX_SUBSCRIPTIONS:
            words = f"A request can subscribe to at most {MAX_SUBSCRIPTIONS} resources. Use several requests."
            raise MCPError(types.INVALID_PARAMS, words)
        resources: dict[str, ResourceMatch] = {}
        for uri in uris:
            found = self._registry.find_resource(uri)
            if found is None:
                words = "There is no such resource. resources/templates/list shows the URI templates."
                raise MCPError(types.INVALID_PARAMS, words)
            if found[0].subscribable:
                resources[uri] = found
        return resources

    def _list_events(self, requested: types.SubscriptionFilter) -> tuple[ServerEvent, ...]:
        """The list notifications that were requested. Lists change when the policy file is edited."""
        registry, lists = self._registry, list[ServerEvent]()
        if requested.tools_list_changed:
            lists.append(ToolsListChanged())
        if requested.prompts_list_changed and registry.prompts:
            lists.append(PromptsListChanged())
        if requested.resources_list_changed and registry.resources:
            lists.append(ResourcesListChanged())
        return tuple(lists)

    async def _is_readable(self, stream: _Stream, uri: str) -> bool:
        """Whether the caller can still read a changed resource.

        The check is not a call of the caller, so it is not rate-limited or audited.
        """
        resource, values = stream.resources[uri]
        try:
            with acting_as(self._policy.restrict(stream.caller)):
                await resource.method(**resource.arguments.parse(values))
        except Refused:
            return False
        except Unavailable:
            return True  # the client gets the error when it reads the resource
        return True

    def _is_authorized(self, stream: _Stream) -> bool:
        return all(self._policy.denial(stream.caller, resource) is None for resource, _ in stream.resources.values())


def _lifetime(caller: Caller) -> float:
    """Seconds that a stream may stay open, at most until the credential expires."""
    return _MAX_LIFETIME if caller.expires_at is None else min(_MAX_LIFETIME, caller.expires_at - time.time())


def _acknowledgement(stream: _Stream, meta: dict[str, Any]) -> types.SubscriptionsAcknowledgedNotification:
    acknowledged = types.SubscriptionFilter(
        tools_list_changed=ToolsListChanged() in stream.list_events or None,
        prompts_list_changed=PromptsListChanged() in stream.list_events or None,
        resources_list_changed=ResourcesListChanged() in stream.list_events or None,
        resource_subscriptions=list(stream.resources) or None,
    )
    parameters = types.SubscriptionsAcknowledgedNotificationParams(notifications=acknowledged, _meta=meta)
    return types.SubscriptionsAcknowledgedNotification(params=parameters)
