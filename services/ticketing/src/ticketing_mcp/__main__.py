"""`ticketing-mcp`: serve over HTTP or stdio, migrate the database, fill it with sample data."""

from servicekit.cli import Advance, SampleRequest, add_audit_commands, add_database_commands, command_line
from servicekit.journal.postgres import audit_trail
from ticketing_mcp.app import SCHEMA, build
from ticketing_mcp.settings import TicketingSettings


async def _migrate(owner_url: str) -> tuple[str | None, str | None]:
    from ticketing_mcp.migrations.run import migrate

    return await migrate(owner_url)


async def _load_sample(owner_url: str, request: SampleRequest, advance: Advance) -> bool:
    from ticketing_mcp.sample_data.load import load_plan
    from ticketing_mcp.sample_data.plan import Plan

    plan = Plan(request.size, request.seed, request.until)
    return await load_plan(owner_url, plan, replace=request.replace, advance=advance)


program = command_line("ticketing-mcp", TicketingSettings, build)
owner_url = add_database_commands(
    program, TicketingSettings, noun="tickets", migrate=_migrate, load_sample=_load_sample
)
add_audit_commands(program, lambda: audit_trail(owner_url(), SCHEMA))


def main() -> None:
    """Run the command line."""
    program()


if __name__ == "__main__":
    main()
