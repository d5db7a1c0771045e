"""The command `check`, for operators and init containers: can a server with these settings use what it depends on?"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from servicekit.cli.ending import fail
from servicekit.server.service import Service
from servicekit.settings.database import DatabaseSettings
from servicekit.settings.loading import load
from servicekit.settings.service import ServiceSettings

if TYPE_CHECKING:
    from servicekit.preflight import Finding

# Modules that only this command needs are imported there: they would delay each server start.

Settings = TypeVar("Settings", bound=ServiceSettings)


def add_check_command(
    program: typer.Typer, settings_type: type[Settings], build: Callable[[Settings], Service]
) -> None:
    """Add the command to a service's command line."""

    @program.command()
    def check(
        owner: Annotated[
            bool, typer.Option("--owner", help="Check the database as its owner, with OWNER_URL, and nothing else.")
        ] = False,
        pods: Annotated[
            int | None, typer.Option(min=1, max=10_000, help="Number of replicas, to be compared with max_connections.")
        ] = None,
        timeout: Annotated[float, typer.Option(min=0.1, max=600, help="Seconds for each part.")] = 10.0,
        as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list instead of lines.")] = False,
    ) -> None:
        """Check stores, rights, migrations, issuer and files with the real settings, and say what to do.

        Exit status 1 if a check failed, 2 if the settings are invalid. Warnings and unknown results do not count.
        """
        from servicekit.preflight import check_owner, check_serving

        settings = load(settings_type)
        if not owner:
            findings = asyncio.run(check_serving(settings, build, pods, timeout))
        elif isinstance(settings, DatabaseSettings) and settings.uses_database:
            _require_owner(settings)
            findings = asyncio.run(check_owner(settings, timeout))
        else:
            fail("This server has no database, so there is no owner to check.")
        _print(findings, as_json=as_json)
        raise SystemExit(any(finding.status == "fail" for finding in findings))


def _require_owner(settings: DatabaseSettings) -> None:
    if settings.owner_url is None:
        variable = f"{settings.model_config.get('env_prefix', '')}OWNER_URL"
        fail(f"{variable} is required. Set it to the postgresql:// URL of the role that owns the tables.")


def _print(findings: "list[Finding]", *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps([finding.members for finding in findings], indent=2, ensure_ascii=False) + "\n")
        return
    counts = Counter(finding.status for finding in findings)
    sys.stdout.write("".join(f"{finding.line}\n" for finding in findings))
    sys.stdout.write(
        f"{len(findings)} checks: {counts['ok']} ok, {counts['warn']} warned, {counts['unknown']} unknown, "
        f"{counts['fail']} failed.\n"
    )
