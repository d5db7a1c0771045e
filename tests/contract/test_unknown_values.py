"""An argument that names what does not exist is refused with the nearest name: an empty result always means none.

The arguments are found by their types. Each that takes an identifier is declared in `named_values`: it names something
that must exist, or something new.
"""

import secrets
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from mcp.client import Client

from devkit.loopback.serving import serving_in_thread
from devkit.settings import WORKSPACE
from devkit.simulators.registry import find_simulator
from devkit.stores.databases import DatabaseUrls
from devkit.stores.testing import PostgresServer
from devkit.workspace.composition import compose, compose_to_describe, has_audit_file
from devkit.workspace.services import ServiceDescription, discover
from servicekit.registry.operation import Operation
from servicekit.schema.kinds import Identified, Kind
from servicekit.schema.list_kinds import Items
from servicekit.schema.members import Members
from servicekit.testing.service import caller, connect
from tests.fixtures.calls import call, text_of
from tests.fixtures.databases import copy_of

from . import declared
from .conftest import SECRET, Running
from .domains import database_settings
from .named_values import DECLARED, EXAMPLE, OTHERS, Examples, Names
from .test_arguments import placed, sample

NAMED = {**DECLARED, **{name: module.NAMED for name, module in declared.DECLARED.items()}}


@dataclass(frozen=True)
class Case:
    """One argument of one tool that takes an identifier."""

    server: str
    tool: Operation
    path: tuple[str | int, ...]
    kind: Identified

    def __str__(self) -> str:
        return f"{self.server}-{self.tool.name}.{self.name}"

    @property
    def name(self) -> str:
        return ".".join(str(part) for part in self.path if part != 0)

    @property
    def _keys(self) -> list[str]:
        keys = (f"{self.tool.name}.{self.name}", self.name, str(self.path[-1]), self.name.rpartition(".")[2])
        return [key for key in keys if key in NAMED[self.server]]

    @property
    def is_declared(self) -> bool:
        return bool(self._keys)

    @property
    def declared(self) -> Names | None:
        """How it is declared, for this tool or for every tool of its server."""
        return NAMED[self.server][self._keys[0]]


def _inside(server: str, tool: Operation, kind: Kind, path: tuple[str | int, ...]) -> Iterator[Case]:
    if isinstance(kind, Members):
        for name, member in kind.members.items():
            yield from _inside(server, tool, member.kind, (*path, name))
    elif isinstance(kind, Items):
        yield from _inside(server, tool, kind.item, (*path, 0))
    elif isinstance(kind, Identified):
        yield Case(server, tool, path, kind)


CASES = [
    case
    for description in discover(WORKSPACE)
    for tool in compose_to_describe(description.name).registry.tools.values()
    if tool.scopes  # without those of the kit
    for case in _inside(description.name, tool, tool.arguments.kinds, ())
    if case.name not in ("idempotency_key", "cursor", "fields")  # of the kit
]


async def _orders(client: Client) -> Examples:
    order = (await call(client, "search_orders", status="paid", limit=1))["items"][0]
    sku = (await call(client, "get_order", order_id=order["id"]))["items"][0]["sku"]
    draft = (await call(client, "search_orders", status="draft", limit=1))["items"][0]
    sent = (await call(client, "search_orders", query=sku, status="delivered", limit=1))["items"][0]
    await call(client, "request_return", order_id=sent["id"], reason="other", lines=[sku])
    shelves = (await call(client, "get_inventory", skus=[sku]))["products"][0]["locations"]
    return {
        "order_id": order["number"], "refund_id": order["number"], "return_id": sent["number"],
        "update_draft_order.order_id": draft["number"],
        "customer_id": order["customer_email"], "sku": sku, "skus": sku,
        **dict.fromkeys(("location", "restock", "from_location"), shelves[0]["location"]),
        **dict.fromkeys(("shipment_id", "replaces"), "1Z999AA10123456784"),
        "to_location": shelves[1]["location"], "currency": order["total"]["currency"], "time_zone": "Europe/Berlin",
    }  # fmt: skip


async def _ticketing(client: Client) -> Examples:
    found = (await call(client, "search_tickets", status="open", limit=1))["items"][0]
    ticket = await call(client, "get_ticket", ticket_id=found["id"])
    queue = await call(client, "get_queue", queue_id=ticket["queue_id"])
    colleague = (await call(client, "search_users", query=queue["members"][0].partition(".")[0], kind="staff"))[
        "items"
    ][0]
    copied = {"add_tags": ["hardware_fault"], "add_cc": [colleague["email"]]}
    await call(client, "update_ticket", ticket_id=ticket["id"], **copied)
    return {
        **dict.fromkeys(("ticket_id", "ticket_ids", "other_id", "into_id"), ticket["id"]), "queue_id": queue["id"],
        "assignee_id": queue["members"][0], "macro_id": "reset-password", "limit": 5,
        "remove_tags": "hardware_fault", "tags": "hardware_fault", "requester": ticket["requester_email"],
        "merged_into": ticket["id"], "time_zone": "Europe/Berlin", "attachment_id": "1",
        "remove_cc": colleague["email"], "mentions": colleague["id"],
    }  # fmt: skip


async def _github(client: Client) -> Examples:
    site = {"owner": "acme", "repo": "website"}
    head = next(one for one in (await call(client, "list_branches", **site))["items"] if one["name"] == "main")
    return {
        **site, "to_owner": "acme", "ref": "main", "from_ref": "main", "target": "main", "branch": "main",
        "head": "main",
        "base": "main", "path": "README.md", "labels": "bug", "assignee": "mona", "assignees": "mona",
        "creator": "mona", "author": "mona", "issue_number": 1, "pull_number": 3, "run_id": 1, "job_id": 1,
        "expected_head": head["sha"], "head_sha": head["sha"], "tag": "v9.9.9", "type": "Bug",
        "milestone": "Version 1.1", "duplicate_of": 2, "sub_issue": 2, "after": 2, "before": 2, "alert_number": 1,
        "organization": "acme", "team": "platform", "renamed_from": "README.md", "thread_id": 1,
        "reviewers": "mona", "teams": "platform", "previous_tag": "v1.0.0",
        "workflow": "deploy.yml", "event": "push", "actor": "mona",
    }  # fmt: skip


async def _weather(client: Client) -> Examples:
    await call(client, "save_location", label="cabin", location="Oslo")
    return {"location": "Lisbon", "locations": "Lisbon", "label": "cabin", "hours_needed": 2}


EXAMPLES: dict[str, Callable[[Client], Awaitable[Examples]]] = {
    "orders": _orders,
    "ticketing": _ticketing,
    "github": _github,
    "weather": _weather,
    **{name: module.examples for name, module in declared.DECLARED.items()},
}


@pytest.fixture(scope="module", params=EXAMPLES)
def settings(
    request: pytest.FixtureRequest,
    postgres: PostgresServer,
    template_of: Callable[[str], DatabaseUrls],
    valkey_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[ServiceDescription, dict[str, Any]]]:
    """Settings of each server in turn, on its database or simulator."""
    description = next(one for one in discover(WORKSPACE) if one.name == request.param)
    settings: dict[str, Any] = {
        "public_url": "http://127.0.0.1:1/mcp", "issuer": "http://127.0.0.1:9/", "redis_url": valkey_url,
        "state_keys": SECRET, "toolsets": "all",
        **dict.fromkeys(("limit_server", "limit_caller", "limit_tool"), 1_000_000),
    }  # fmt: skip
    with ExitStack() as stack:
        if description.simulator is not None:
            simulator = find_simulator(description.simulator)
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            stack.enter_context(serving_in_thread(stack.enter_context(simulator.application()), listener))
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            settings |= {key.lower(): value for key, value in simulator.environment(url).items()}
        if description.database:
            settings |= database_settings(stack.enter_context(copy_of(template_of(description.name), postgres)))
        if has_audit_file(description.name):
            settings["audit_file"] = str(tmp_path_factory.mktemp(description.name) / "audit.jsonl")
        yield description, settings


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_identifier_is_declared(case: Case) -> None:
    words = f"declare {case.name} of {case.tool.name} in DECLARED: it names what must exist, or something NEW"
    assert case.is_declared, words


async def test_unknown_names_are_refused_with_the_nearest(
    settings: tuple[ServiceDescription, dict[str, Any]],
) -> None:
    description, values = settings
    service = compose(description.name, values)
    async with service.running(), connect(service, caller(*description.scopes)) as client:
        wrong = await _answered_wrongly(client, description.name, await EXAMPLES[description.name](client))
    assert not wrong, "\n".join(wrong)


async def _answered_wrongly(client: Client, server: str, examples: Examples) -> list[str]:
    wrong: list[str] = []
    for case in (one for one in CASES if one.server == server and one.is_declared):
        if (names := case.declared) is None:
            continue
        right = examples[str(next(part for part in reversed(case.path) if isinstance(part, str)))]
        given = names.misspelt(str(right))
        arguments = _call(case, examples, int(given) if case.kind.number is not None else given)
        result = await client.call_tool(case.tool.name, arguments)
        text = text_of(result)
        expected = str(right).partition("/")[2] or str(right)
        if not result.is_error or "Invalid arguments" in text or (names.is_near and expected not in text):
            wrong.append(f"{case}={given}: {text[:200]}")
        if names.is_near and "here is no " not in text:
            wrong.append(f"{case}={given}: {text[:200]}")
    return wrong


def _call(case: Case, examples: Examples, given: Any) -> dict[str, Any]:
    """A call that is right but for one argument."""
    kinds = case.tool.arguments.kinds
    whole = {
        name: _example(name, member.kind, examples) for name, member in kinds.members.items() if not member.optional
    }
    others = OTHERS.get(f"{case.tool.name}.{case.name}", OTHERS.get(case.tool.name, {}))
    whole |= {name: examples[name] if value is EXAMPLE else value for name, value in others.items()}
    whole |= {name: examples[own] for name in whole if (own := f"{case.tool.name}.{name}") in examples}
    if "idempotency_key" in whole:
        whole["idempotency_key"] = secrets.token_urlsafe(16)
    return {key: value for key, value in placed(whole, kinds, case.path, given).items() if value is not None}


def _example(name: str, kind: Kind, examples: Examples) -> Any:
    if isinstance(kind, Items) and name in examples:
        return [examples[name]] * 2
    if isinstance(kind, Items) and isinstance(kind.item, Members):
        members = {key: member for key, member in kind.item.members.items() if not member.optional}
        return [{key: _example(key, member.kind, examples) for key, member in members.items()}]
    return examples.get(name, sample(kind))


def test_the_fixture_serves_every_server(running: Running) -> None:
    assert running.description.name in EXAMPLES, "add the server's right values to EXAMPLES"
