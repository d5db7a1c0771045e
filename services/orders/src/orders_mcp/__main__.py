"""`orders-mcp`: serve over HTTP or stdio, migrate the database, fill it with sample data."""

import asyncio
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from orders_mcp.app import SCHEMA, build
from orders_mcp.settings import OrdersSettings
from servicekit.audit_commands import add_audit_commands
from servicekit.command_line import command_line
from servicekit.journal.postgres import audit_trail
from servicekit.settings import load

# What only `migrate` and `seed` need is imported there: half a second that no server should start with.

Result = TypeVar("Result")

program = command_line("orders-mcp", OrdersSettings, build)
add_audit_commands(program, lambda: audit_trail(_owner_url(), SCHEMA))


@program.command()
def migrate() -> None:
    """Bring the database up to the newest schema. Safe to repeat, and safe from several places at once."""
    from orders_mcp.migrations.run import migrate as migrate_database

    before, after = _run(migrate_database(_owner_url()))
    _say(
        f"The database is at revision {after}; nothing to do." if before == after else f"Migrated to revision {after}."
    )


@program.command()
def seed(
    orders: Annotated[
        int, typer.Option(min=1, max=50_000_000, help="How many orders, of both tenants together.")
    ] = 5000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same rows.")] = 1,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day without orders (UTC); today by default.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Remove whatever is there first.")] = False,
) -> None:
    """Fill an empty database with sample data: tenants acme (four orders in five) and globex."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from orders_mcp.sample_data.load import load_plan
    from orders_mcp.sample_data.plan import Plan

    last_day = until or datetime.now(UTC)
    plan = Plan(orders=orders, seed=seed, until=last_day.date())
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("orders", total=orders)
        loaded = _run(
            load_plan(_owner_url(), plan, replace=replace, advance=lambda count: progress.advance(task, count))
        )
    if loaded:
        _say(f"Loaded {orders} orders, up to {plan.until - timedelta(days=1)}.")
    else:
        _say("There is data already, so nothing was loaded. Use --replace to remove it first.")


def main() -> None:
    """Run the command line."""
    program()


def _owner_url() -> str:
    url = load(OrdersSettings).owner_url
    if url is None:
        _fail("ORDERS_OWNER_URL is required here: the postgresql:// URL of the role that owns the tables.", status=2)
    return url.get_secret_value()


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    import asyncpg
    from sqlalchemy.exc import SQLAlchemyError

    from orders_mcp.migrations.run import MigrationRefused
    from orders_mcp.sample_data.load import NotMigrated

    try:
        return asyncio.run(work)
    except (MigrationRefused, NotMigrated) as problem:
        _fail(str(problem))
    except (OSError, asyncpg.PostgresError, SQLAlchemyError) as problem:
        # The type alone: messages of drivers may quote addresses and statements.
        _fail(
            f"The database at ORDERS_OWNER_URL cannot be used ({type(problem).__name__}). Check the URL; does it run?"
        )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _fail(text: str, status: int = 1) -> NoReturn:
    sys.stderr.write(f"{text}\n")
    raise SystemExit(status)


if __name__ == "__main__":
    main()
