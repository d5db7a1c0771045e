"""tools/list, resources/list, resources/templates/list and prompts/list: what a caller may use, in one page."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import mcp_types as types
from mcp.shared.exceptions import MCPError

from servicekit.access.policy import Policy
from servicekit.access.policy_file import ClientPolicy
from servicekit.core.caller import Caller
from servicekit.mcp.replies import COMPLETE
from servicekit.registry.listing import brief_tool, listed_tool, prompt_entry, resource_entry
from servicekit.registry.operation import Operation
from servicekit.registry.registry import Registry

LIST_TTL: Final = 60_000
"""Milliseconds for which a client may keep a list: a policy edit shows within this time."""
_MAX_KEPT: Final = 1000  # lists; a list is small, and few callers differ in what they may use


class SharedResult(dict[str, Any]):
    """A result that many responses share. `encoded` keeps its JSON for each protocol revision."""

    __slots__ = ("encoded",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.encoded: dict[str, bytes] = {}


class Lists:
    """The lists of one server. Each is built once for every set of usable operations.

    Attributes:
        methods: the list methods with registrations.
    """

    def __init__(self, registry: Registry, policy: Policy, *, output_schemas: bool = True) -> None:
        self._policy = policy
        fixed = [found for found in registry.resources.values() if not found.is_template]
        templates = [found for found in registry.resources.values() if found.is_template]
        self.methods: dict[str, tuple[str, list[Any], Callable[[Any], dict[str, Any]]]] = {
            "tools/list": ("tools", list(registry.tools.values()), listed_tool if output_schemas else brief_tool)
        }
        if registry.resources:
            self.methods["resources/list"] = ("resources", fixed, resource_entry)
            self.methods["resources/templates/list"] = ("resourceTemplates", templates, resource_entry)
        if registry.prompts:
            self.methods["prompts/list"] = ("prompts", list(registry.prompts.values()), prompt_entry)
        self._results: dict[tuple[str, frozenset[str]], SharedResult] = {}
        # With the policy itself, so that its id stays its own.
        self._by_rights: dict[tuple[Any, ...], tuple[ClientPolicy, SharedResult]] = {}

    def result(self, method: str, caller: Caller, params: Mapping[str, Any]) -> SharedResult:
        """The list for one caller.

        Raises:
            MCPError: there is a cursor, and a list has one page.
        """
        if params.get("cursor") is not None:
            raise MCPError(
                types.INVALID_PARAMS, "The cursor is not valid: this list has one page. Leave the cursor out."
            )
        policy = self._policy.for_caller(caller)
        rights = (method, id(policy), caller.scopes, caller.toolset_filter)
        kept = self._by_rights.get(rights)
        if kept is None:
            if len(self._by_rights) >= _MAX_KEPT:
                self._by_rights.clear()
            kept = self._by_rights[rights] = policy, self._build(method, caller)
        return kept[1]

    def _build(self, method: str, caller: Caller) -> SharedResult:
        key, operations, entry = self.methods[method]
        visible: list[Operation] = self._policy.visible(caller, operations)
        names = method, frozenset(operation.name for operation in visible)
        if names not in self._results:
            entries = [entry(operation) for operation in visible]
            self._results[names] = SharedResult({**COMPLETE, key: entries, "ttlMs": LIST_TTL, "cacheScope": "private"})
        return self._results[names]
