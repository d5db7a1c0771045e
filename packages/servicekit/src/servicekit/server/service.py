"""A service, assembled: the only place that says in which order the parts stand."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from servicekit.access.concurrency import ConcurrencyLimiter, ConcurrencyLimits
from servicekit.access.policy import Policy
from servicekit.access.policy_file import parse_policy
from servicekit.access.rate_limit import RateLimiter, RateLimits
from servicekit.core.caller import AuthMethod, Caller
from servicekit.core.deadline import Deadlines
from servicekit.core.health import Component, Health
from servicekit.http.shutdown import ANSWER_SECONDS, CALLS_SECONDS, COMPONENTS_SECONDS
from servicekit.journal.protocol import Journal
from servicekit.mcp.server import McpServer
from servicekit.mcp.subscriptions import SubscriptionLimits, Subscriptions
from servicekit.pipeline.call import PipelineDependencies
from servicekit.pipeline.call_log import CallLog
from servicekit.pipeline.confirmation import Confirmations
from servicekit.pipeline.elicitation import Elicitations
from servicekit.pipeline.writes import Writes
from servicekit.registry.listing import fingerprint
from servicekit.registry.operation import Operation
from servicekit.registry.prompts import CompletionSpec, PromptSpec
from servicekit.registry.registry import Registry
from servicekit.registry.resources import ResourceSpec
from servicekit.registry.tools import ToolSpec
from servicekit.schema.pagination import Cursors
from servicekit.server.action_tools import confirm_action_tool, list_my_actions_tool
from servicekit.server.whoami import whoami_tool
from servicekit.settings.reloaded_file import ReloadedFile
from servicekit.settings.service import ServiceSettings
from servicekit.storage.change_feed import ChangeFeed
from servicekit.storage.redis import RedisStore

_logger = logging.getLogger(__name__)


class Service:
    """One MCP server: its table, and what it runs on.

    Args:
        settings: what the operator said.
        name: short and lower-case, as clients list it.
        title: as people read it.
        version: the service's own.
        instructions: what a model should use this server for.
        components: what to start, stop and check with the server; started in this order, stopped in reverse.
        store: the shared store, where the service has a use of its own for it; made from the settings where absent.
        journal: where writes and the audit trail are kept. A service with a tool that writes needs one.
        toolsets: the only toolsets to offer; None for all that the rows name.
        changes: what tools and adapters announce to. A service with a subscribable resource needs one.
        tools, resources, prompts, completions: the rows of the table. The kit adds `whoami`; with a journal,
            `list_my_actions`; with a tool that asks for consent, `confirm_action`.

    Raises:
        ValueError: two rows share a name, a row cannot be served, a tool writes and there is no journal, or a resource
            is subscribable and there are no changes.
        BadContent: the policy file cannot be used.
    """

    def __init__(
        self,
        *,
        settings: ServiceSettings,
        name: str,
        title: str,
        version: str,
        instructions: str,
        tools: Sequence[ToolSpec],
        components: Sequence[Component] = (),
        store: RedisStore | None = None,
        journal: Journal | None = None,
        toolsets: Collection[str] | None = None,
        changes: ChangeFeed | None = None,
        resources: Sequence[ResourceSpec] = (),
        prompts: Sequence[PromptSpec] = (),
        completions: Sequence[CompletionSpec] = (),
    ) -> None:
        if journal is None and any(tool.writes for tool in tools):
            raise ValueError("a service with a tool that writes needs a journal")
        if changes is None and any(row.subscribable for row in resources):
            raise ValueError("a service with a subscribable resource needs changes")
        self.settings = settings
        self.identity = {"name": name, "title": title, "version": version, "instructions": instructions}
        self._components: list[Component] = [*components]
        keys = [key.get_secret_value().encode() for key in settings.state_keys] or [secrets.token_bytes(32)]
        consents = Confirmations(keys)
        self.policy = self._make_policy(toolsets)
        own = [whoami_tool(self.policy, self._operations)]
        if journal is not None:
            own.append(list_my_actions_tool(journal))
        if any(tool.confirm is not None for tool in tools):
            own.append(confirm_action_tool(consents, self._tool))
        self.registry = Registry([*tools, *own], resources, prompts, completions)
        store = store or self._make_store()
        if store is not None:
            self._components.insert(0, store)  # stopped last: others let go of what they hold in it
        self.subscriptions = self._make_listens(changes, store)
        # The journal stops first: it still writes down, with the components under it, what is waiting.
        if journal is not None:
            self._components.append(journal)
        self.health = Health(self._components)
        self.pipeline = PipelineDependencies(
            policy=self.policy,
            limiter=RateLimiter(name, store, writes_need_store=settings.store_outage == "fail_closed"),
            cursors=Cursors(keys),
            log=CallLog(name, {tool.label: fingerprint(tool) for tool in self.registry.tools.values()}),
            deadlines=Deadlines(settings.call_timeout),
            elicitations=Elicitations(keys),
            concurrency=ConcurrencyLimiter(_turn_limits(settings)),
            writes=Writes(journal, consents) if journal is not None else None,
        )

    def stop_calls(self) -> None:
        """Let nothing begin that lasts, and end what does: streams at once, calls in time for their answers."""
        self.health.shutting_down = True
        if self.subscriptions is not None:
            self.subscriptions.close()
        self.pipeline.deadlines.end_all(CALLS_SECONDS - ANSWER_SECONDS)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Every component, started; stopped in reverse order at the end of the block, within `COMPONENTS_SECONDS`."""
        started = list[Component]()
        try:
            for component in self._components:
                await component.start()
                started.append(component)
            yield
        finally:
            by = asyncio.get_running_loop().time() + COMPONENTS_SECONDS
            for component in reversed(started):
                await _stop(component, by)

    def protocol(self, local_caller: Caller | None = None) -> McpServer:
        """The service as MCP speaks to it, for a transport.

        Args:
            local_caller: who is at the other end of stdio or of an in-memory connection.
        """
        return McpServer(self.identity, self.registry, self.pipeline, local_caller, self.subscriptions)

    def _operations(self) -> Sequence[Operation]:
        return self.registry.operations

    def _tool(self, name: str) -> ToolSpec | None:
        found: ToolSpec | None = self.registry.tools.get(name)
        return found

    def _make_policy(self, toolsets: Collection[str] | None) -> Policy:
        settings = self.settings
        allowed: dict[str, Any] = {"writes_allowed": not settings.read_only, "toolsets": toolsets}
        limits = RateLimits(settings.limit_server, settings.limit_caller, settings.limit_tool)
        if settings.policy_file is None:
            return Policy(limits, **allowed)
        file = ReloadedFile("policy", Path(settings.policy_file), parse_policy, self._policy_changed)
        self._components.append(file)
        return Policy(limits, **allowed, document=lambda: file.content)

    def _policy_changed(self) -> None:
        if self.subscriptions is not None:
            self.subscriptions.policy_changed()

    def callers_changed(self, auth_method: AuthMethod, known: Collection[Caller]) -> None:
        """Let what lasts end for whoever has a way in no more; `known` are those who have it now."""
        if self.subscriptions is not None:
            self.subscriptions.callers_changed(auth_method, known)

    def _make_listens(self, changes: ChangeFeed | None, store: RedisStore | None) -> Subscriptions | None:
        if changes is None:
            return None
        changes.over(self.identity["name"], store)
        self._components.append(changes)
        limits = SubscriptionLimits(self.settings.subscriptions_server, self.settings.subscriptions_caller)
        return Subscriptions(changes, self.registry, self.policy, limits)

    def _make_store(self) -> RedisStore | None:
        url = self.settings.redis_url
        return RedisStore(url.get_secret_value()) if url is not None else None


async def _stop(component: Component, by: float) -> None:
    try:
        async with asyncio.timeout_at(by):
            await component.stop()
    except Exception as error:  # whatever is wrong with one, the others are to stop all the same
        extra = {"component": component.name, "reason": type(error).__name__}
        _logger.warning("a component did not stop as it should", extra=extra)


def _turn_limits(settings: ServiceSettings) -> ConcurrencyLimits:
    return ConcurrencyLimits(settings.max_calls, settings.max_waiting, settings.wait_timeout, settings.caller_share)
