"""The composition root: a service from its registrations, its settings and what it runs on."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from mcp.server.lowlevel import Server

from servicekit.access.concurrency import ConcurrencyLimiter, ConcurrencyLimits
from servicekit.access.limits import RateLimits
from servicekit.access.policy import Policy
from servicekit.access.policy_file import PolicyDocument, parse_policies
from servicekit.access.rate_limit import RateLimiter
from servicekit.access.toolsets import Toolsets
from servicekit.audit.anchor_keys import anchor_keys_of
from servicekit.audit.anchors import Anchors
from servicekit.core.caller import AuthMethod, Caller
from servicekit.core.deadline import Deadlines
from servicekit.core.grants import GrantKind
from servicekit.core.health import EVERY_CALL, Component, Health
from servicekit.core.identity import ServerIdentity
from servicekit.http.shutdown import ANSWER_SECONDS, COMPONENT_SECONDS, COMPONENTS_SECONDS
from servicekit.journal.protocol import Journal
from servicekit.mcp.methods import Methods
from servicekit.mcp.server import sdk_server
from servicekit.mcp.subscriptions import SubscriptionLimits, Subscriptions
from servicekit.pipeline.call_log import CallLog
from servicekit.pipeline.confirmation import SealedConfirmations, StoredConfirmations
from servicekit.pipeline.dependencies import PipelineDependencies
from servicekit.pipeline.elicitation import Elicitations
from servicekit.pipeline.writes import Writes
from servicekit.registry.listing import fingerprint
from servicekit.registry.prompts import CompletionSpec, PromptSpec
from servicekit.registry.registry import Registry
from servicekit.registry.resources import ResourceSpec
from servicekit.registry.tools import ToolSpec
from servicekit.schema.pagination import Cursors
from servicekit.server.action_tools import confirm_action_tool, list_my_actions_tool
from servicekit.server.whoami import whoami_tool
from servicekit.settings.reloaded_file import ReloadedFile
from servicekit.settings.secret_values import secret_values
from servicekit.settings.service import ServiceSettings
from servicekit.storage.change_feed.feed import ChangeFeed
from servicekit.storage.redis.store import RedisStore, redis_store
from servicekit.telemetry.redaction import configure_secrets

_logger = logging.getLogger(__name__)


class Service:
    """One MCP server: its registrations, and what it runs on.

    Args:
        identity: name, title, version and instructions.
        settings: the operator's settings.
        tools, resources, prompts, completions: the registrations. The kit adds the tool `<server>_whoami`;
            with a journal, `<server>_list_my_actions`; with a tool that needs confirmation, `<server>_confirm_action`.
        store: the store that replicas share, where the service uses it too; made from the settings where absent.
        journal: keeps writes and the audit trail. A service with a tool that writes needs one.
        change_feed: announces changed resources. A service with a subscribable resource needs one.
        components: further dependencies, started and stopped with the server and shown on its health page.
        toolsets: the toolsets that clients get by default; None for all. Operators and clients choose others.
        grants: the kinds of resources whose grants the service checks (`granted`).

    Raises:
        ValueError: two registrations share a name, one cannot be served, a tool writes and there is no journal, or a
            resource is subscribable and there is no change feed, or a setting names an unknown toolset.
        InvalidContent: the policy file cannot be used.
    """

    def __init__(
        self,
        *,
        identity: ServerIdentity,
        settings: ServiceSettings,
        tools: Sequence[ToolSpec],
        resources: Sequence[ResourceSpec] = (),
        prompts: Sequence[PromptSpec] = (),
        completions: Sequence[CompletionSpec] = (),
        store: RedisStore | None = None,
        journal: Journal | None = None,
        change_feed: ChangeFeed | None = None,
        components: Sequence[Component] = (),
        toolsets: Collection[str] | None = None,
        grants: Collection[GrantKind] = (),
    ) -> None:
        if journal is None and any(tool.writes for tool in tools):
            raise ValueError("a service with a tool that writes needs a journal")
        if change_feed is None and any(resource.subscribable for resource in resources):
            raise ValueError("a service with a subscribable resource needs a change feed")
        self.identity: Final = identity
        self.settings: Final = settings
        self._grants = grants
        configure_secrets(secret_values(settings))
        keys = [key.get_secret_value().encode() for key in settings.state_keys] or [secrets.token_bytes(32)]
        self.state_keys: Final = keys
        stored = StoredConfirmations(journal, identity) if journal is not None else None
        store = store or redis_store(settings)
        self.store: Final = store
        policy_file = _policy_file(settings)
        registered = {row.toolset for row in (*tools, *resources, *prompts, *completions) if row.toolset is not None}
        setting = f"{settings.model_config.get('env_prefix', '')}TOOLSETS"
        self.toolsets: Final = Toolsets.of(registered, toolsets, settings.toolsets, setting)
        self.policy: Final = _policy(settings, self.toolsets, policy_file)
        self.registry: Final = Registry(
            [*tools, *self._own_tools(tools, journal, stored)], resources, prompts, completions
        )
        self.subscriptions: Final = _subscriptions(settings, change_feed, self.registry, self.policy)
        if policy_file is not None and self.subscriptions is not None:
            policy_file.on_change(self.subscriptions.policy_changed)
        # In start order, and stopped in reverse: the journal first, which still writes through the others what waits,
        # then the anchors, which name what it wrote.
        parts = (store, *components, policy_file, change_feed, _anchors(settings, identity, journal), journal)
        self.components: Final[tuple[Component, ...]] = tuple(part for part in parts if part is not None)
        writes = any(tool.writes for tool in tools) and not settings.read_only
        self.health: Final = Health(self.components, EVERY_CALL if writes else ("reads",), identity.versions)
        self.pipeline: Final = PipelineDependencies(
            policy=self.policy,
            limiter=RateLimiter(identity.name, store, writes_need_store=settings.store_outage == "fail_closed"),
            cursors=Cursors(keys),
            log=CallLog(identity.name, {tool.label: fingerprint(tool) for tool in self.registry.tools.values()}),
            deadlines=Deadlines(settings.call_timeout),
            elicitations=Elicitations(keys),
            concurrency=ConcurrencyLimiter(_concurrency_limits(settings)),
            resource_of=self.registry.resource_of,
            writes=Writes(journal, SealedConfirmations(keys), stored) if journal and stored else None,
        )

        self.methods: Final = Methods(
            self.registry, self.pipeline, self.subscriptions, output_schemas=settings.output_schemas
        )

    def stop_calls(self) -> None:
        """Begin the end: streams close now, and running calls end in time for their answers."""
        self.health.shutting_down = True
        if self.subscriptions is not None:
            self.subscriptions.close()
        self.pipeline.deadlines.stop_all(self.settings.drain_seconds - ANSWER_SECONDS)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Every component, started; stopped at the end of the block, within `COMPONENTS_SECONDS`."""
        started = list[Component]()
        try:
            for component in self.components:
                await component.start()
                started.append(component)
            yield
        finally:
            deadline = asyncio.get_running_loop().time() + COMPONENTS_SECONDS
            stops = [
                ("rate limits", self.pipeline.limiter.close),  # through the store
                *((component.name, component.stop) for component in reversed(started)),
            ]
            for waiting, (name, stop) in zip(reversed(range(len(stops))), stops, strict=True):
                await _stop(name, stop(), deadline - waiting * COMPONENT_SECONDS)

    def sdk_server(self, local_caller: Caller | None = None) -> Server[Any]:
        """The service behind the MCP SDK's server, for stdio and for clients in memory.

        Args:
            local_caller: the caller of a connection that carries no credential.
        """
        return sdk_server(self.identity, self.registry, self.methods, self.pipeline.log, local_caller)

    def callers_changed(self, auth_method: AuthMethod, is_known: Callable[[Caller], bool]) -> None:
        """End the streams of callers whose credential is gone. `is_known` says whether an auth method has a caller."""
        if self.subscriptions is not None:
            self.subscriptions.callers_changed(auth_method, is_known)

    def _own_tools(
        self, tools: Sequence[ToolSpec], journal: Journal | None, stored: StoredConfirmations | None
    ) -> list[ToolSpec]:
        """The kit's tools. They look into the registry when they are called, since they are part of it."""
        own = [whoami_tool(self.identity, self.policy, lambda: self.registry, self._grants)]
        if journal is not None:
            own.append(list_my_actions_tool(self.identity, journal))
        if stored is not None and any(tool.confirm is not None for tool in tools):
            own.append(confirm_action_tool(self.identity, stored, self._tool))
        return own

    def _tool(self, name: str) -> ToolSpec | None:
        return self.registry.tools.get(name)


def _policy_file(settings: ServiceSettings) -> ReloadedFile[PolicyDocument] | None:
    return ReloadedFile("policy", settings.policy_file, parse_policies) if settings.policy_file else None


def _anchors(settings: ServiceSettings, identity: ServerIdentity, journal: Journal | None) -> Anchors | None:
    keys = anchor_keys_of(settings)
    if journal is None or keys is None:
        return None
    return Anchors(journal.heads, keys, identity.name, settings.audit_anchor_interval)


def _policy(settings: ServiceSettings, toolsets: Toolsets, file: ReloadedFile[PolicyDocument] | None) -> Policy:
    limits = RateLimits(
        settings.limit_server, settings.limit_caller, settings.limit_tool, tenant_share=settings.limit_tenant_share
    )
    document = (lambda: file.content) if file is not None else None
    return Policy(limits, writes_allowed=not settings.read_only, toolsets=toolsets, document=document)


def _subscriptions(
    settings: ServiceSettings, change_feed: ChangeFeed | None, registry: Registry, policy: Policy
) -> Subscriptions | None:
    limits = SubscriptionLimits(settings.subscriptions_server, settings.subscriptions_caller)
    return Subscriptions(change_feed, registry, policy, limits) if change_feed is not None else None


def _concurrency_limits(settings: ServiceSettings) -> ConcurrencyLimits:
    return ConcurrencyLimits(settings.max_calls, settings.max_waiting, settings.wait_timeout, settings.caller_share)


async def _stop(name: str, stop: Awaitable[None], deadline: float) -> None:
    try:
        async with asyncio.timeout_at(deadline):
            await stop
    except Exception as error:  # the other components are stopped all the same
        extra = {"component": name, "reason": type(error).__name__}
        _logger.warning("component failed to stop", extra=extra)
