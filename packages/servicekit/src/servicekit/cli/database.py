"""The commands `migrate` and `seed`, which run as the owner of a service's database."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from servicekit.core.errors import NotReady
from servicekit.settings.database import DatabaseSettings
from servicekit.settings.loading import load

if TYPE_CHECKING:
    from servicekit.storage.postgres.login.address import DatabaseAddress

# Modules that only `migrate` and `seed` need are imported there: they would delay each server start by half a second.

Result = TypeVar("Result")
Advance = Callable[[int], object]
"""Takes the number of records loaded since the last call."""


def add_database_commands(
    program: typer.Typer, settings_type: type[DatabaseSettings], *, package: str, noun: str
) -> "Callable[[], DatabaseAddress]":
    """Add the commands `migrate` and `seed` to a service's command line.

    Args:
        program: the service's command line.
        settings_type: the service's settings.
        package: the service's package, such as ``orders_mcp``. It has `migrations`, in Alembic's layout, and
            `sample_data` (`plan.Plan`, `load.load_plan`).
        noun: the main kind of sample records, such as ``orders``.

    Returns:
        A function that returns the owner's address, or exits with an error if it is not set.
    """
    variable = f"{settings_type.model_config.get('env_prefix', '')}OWNER_URL"

    def owner() -> "DatabaseAddress":
        from servicekit.storage.postgres.login.role_addresses import address_of

        settings = load(settings_type)
        if not settings.uses_database:
            _fail("This server's settings name no database, so there is nothing to migrate, load or own.")
        if settings.owner_url is None:
            _fail(
                f"{variable} is required. Set it to the postgresql:// URL of the role that owns the tables.", status=2
            )
        return address_of(settings, "owner")

    async def migrated() -> tuple[str | None, str | None]:
        from servicekit.storage.migrations import migrate

        return await migrate(owner(), package)

    @program.command("migrate")
    def migrate_command() -> None:
        """Migrate the database to the latest revision. Safe to repeat, and to run concurrently."""
        _require("alembic", "migrate", package)
        before, after = run_as_owner(migrated(), variable)
        _say(
            f"The database is at revision {after}; nothing to do."
            if before == after
            else f"Migrated to revision {after}."
        )

    @program.command()
    def seed(
        size: Annotated[
            int, typer.Option(min=1, max=50_000_000, help=f"The number of {noun}, for both tenants together.")
        ] = 5000,
        seed: Annotated[int, typer.Option(help="The same seed generates the same records.")] = 1,
        until: Annotated[
            datetime | None,
            typer.Option(formats=["%Y-%m-%d"], help=f"First day without {noun} (UTC); today by default."),
        ] = None,
        replace: Annotated[bool, typer.Option("--replace", help="Delete existing data first.")] = False,
    ) -> None:
        """Load sample data into an empty database: tenants acme (four records in five) and globex."""
        _require("servicekit.sample_data", "seed", package)
        plan = import_module(f"{package}.sample_data.plan").Plan(size, seed, (until or datetime.now(UTC)).date())
        load_plan = import_module(f"{package}.sample_data.load").load_plan

        async def loaded(advance: Advance) -> bool:
            return bool(await load_plan(owner(), plan, replace=replace, advance=advance))

        if _with_progress(noun, size, lambda advance: run_as_owner(loaded(advance), variable)):
            _say(f"Loaded {size} {noun}, up to {plan.until - timedelta(days=1)}.")
        else:
            _say("The database already has data, so nothing was loaded. Use --replace to delete it first.")

    return owner


def _require(module: str, command: str, package: str) -> None:
    """Exit where this installation is that of an image which only serves."""
    if find_spec(module) is None:
        _fail(
            f"`{command}` is not part of this image: run it from the image with the same tag and -owner, such as "
            f"mcp-{package.removesuffix('_mcp')}:1.2.0-owner."
        )


def _with_progress(noun: str, size: int, work: Callable[[Advance], Result]) -> Result:
    hidden = not sys.stderr.isatty()
    with typer.progressbar(length=size, label=noun, file=sys.stderr, show_pos=True, hidden=hidden) as progress:
        return work(progress.update)


def run_as_owner(work: Coroutine[Any, Any, Result], variable: str) -> Result:
    """Run a command's work on the database, or exit with what is wrong with the address in `variable`."""
    import asyncpg

    from servicekit.storage.postgres.login.failures import CannotConnect

    expected: tuple[type[Exception], ...] = (OSError, asyncpg.PostgresError, *_errors_of_migrations())
    try:
        return asyncio.run(work)
    except NotReady as problem:
        _fail(str(problem))
    except CannotConnect as problem:
        _fail(f"The database at {variable} cannot be used: {problem}")
    except expected as problem:
        # The type only: messages of drivers may quote addresses and statements.
        _fail(f"The database at {variable} cannot be used ({type(problem).__name__}). Check the URL, and that it runs.")


def _errors_of_migrations() -> tuple[type[Exception], ...]:
    """Errors of SQLAlchemy, which only `migrate` uses; the image that serves has none."""
    if find_spec("sqlalchemy") is None:
        return ()
    from sqlalchemy.exc import SQLAlchemyError

    return (SQLAlchemyError,)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _fail(text: str, status: int = 1) -> NoReturn:
    sys.stderr.write(f"{text}\n")
    raise SystemExit(status)
