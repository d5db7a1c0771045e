"""Our server under measurement, in a process of its own: what a service is in production, with everything on.

Each of `FEATURES` can be switched off by name, to measure what it costs.
"""

from typing import Any, Final

import yaml
from pydantic import BaseModel

from devkit.settings import WORKSPACE
from servicekit.core.errors import Refused
from servicekit.core.identity import ServerIdentity
from servicekit.journal.postgres import PostgresJournal
from servicekit.registry.tools import ToolSpec, read
from servicekit.server.run import serve_http
from servicekit.server.service import Service
from servicekit.settings.service import ServiceSettings
from servicekit.storage.postgres.database import Database

from .database import SCHEMA
from .options import read_options
from .profiler import profiled

SCOPE: Final = "bench:use"
FEATURES: Final = {
    "policy": "a policy file",
    "store": "limits in Valkey",
    "audit": "audit entries in Postgres",
    "traces": "traces over OTLP",
    "metrics": "metrics over OTLP and on a page",
    "logs": "JSON log lines at info",
}
"""Without the store, limits count per process; without logs, errors are logged."""
_PLENTY: Final = 1_000_000_000
_CONNECTIONS: Final = 10


def sample_ratio() -> float:
    """The share of traces that the charts record in production."""
    values = yaml.safe_load((WORKSPACE / "helm/values/production.yaml").read_text(encoding="utf-8"))
    return float(values["settings"]["trace_sample_ratio"])


class Sum(BaseModel):
    """What two numbers make."""

    sum: int


class Account(BaseModel):
    """One account."""

    id: str
    owner: str
    balance: int


class Accounts(BaseModel):
    """Several accounts."""

    accounts: list[Account]


class Tools:
    """The tools of the measurements."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, a: int, b: int) -> Sum:
        """Add two numbers."""
        return Sum(sum=a + b)

    async def get_account(self, account_id: str) -> Account:
        """Look up an account."""
        query = f"SELECT id, owner, balance FROM {SCHEMA}.accounts WHERE id = $1"
        row = await self._database.fetchrow(query, account_id)
        if row is None:
            raise Refused(f"No account {account_id}.")
        return Account(**row)

    async def get_accounts(self, count: int) -> Accounts:
        """Return so many made-up accounts."""
        some = [Account(id=f"a{number}", owner=f"Owner {number}", balance=number) for number in range(count)]
        return Accounts(accounts=some)


def settings_of(options: dict[str, Any]) -> ServiceSettings:
    """The settings with every feature on, except those that the option `off` names."""
    off, port = options.get("off", ()), options["port"]
    limits: dict[str, Any] = {f"limit_{kind}": _PLENTY for kind in ("server", "caller", "tool", "address")}
    return ServiceSettings(
        port=port,
        public_url=f"http://127.0.0.1:{port}/mcp",
        issuer=options["issuer"],
        api_keys_file=options.get("api_keys_file"),
        redis_url=None if "store" in off else options["redis"],
        policy_file=None if "policy" in off else options["policy_file"],
        otlp_endpoint=None if {"traces", "metrics"} <= set(off) else options["sink"],
        metrics_port=None if "metrics" in off else options["metrics_port"],
        trace_sample_ratio=0.0 if "traces" in off else options.get("sample_ratio", sample_ratio()),
        log_format="json",
        log_level="error" if "logs" in off else "info",
        **limits,
    )


def more_tools(count: int) -> list[ToolSpec]:
    """So many further tools that do the same under other names."""

    def made(number: int) -> ToolSpec:
        async def tool(a: int, b: int) -> Sum:
            """Add two numbers."""
            return Sum(sum=a + b)

        tool.__name__ = tool.__qualname__ = f"add_{number}"
        return read(tool, scope=SCOPE)

    return [made(number) for number in range(count)]


def service(options: dict[str, Any]) -> Service:
    """The service."""
    database = Database(options["writer"], connections=_CONNECTIONS)
    tools = Tools(database)
    return Service(
        settings=settings_of(options),
        identity=ServerIdentity(name="bench", title="Bench", version="1.0.0", instructions="Is measured."),
        components=[database],
        journal=None if "audit" in options.get("off", ()) else PostgresJournal(database, SCHEMA),
        tools=[
            *(
                read(method, scope=SCOPE, budget=1_000_000)
                for method in (tools.add, tools.get_account, tools.get_accounts)
            ),
            *more_tools(options.get("more_tools", 0)),
        ],
    )


if __name__ == "__main__":
    given = read_options()
    with profiled(given.get("profile")):
        serve_http(service(given))
