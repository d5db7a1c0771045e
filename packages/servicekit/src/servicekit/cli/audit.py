"""The commands `audit verify`, `tail`, `find`, `export`, `prune` and `key`, for operators and auditors."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from servicekit.audit.anchor_keys import AnchorKeys, InvalidPublicKey, VerifyKeys, anchor_keys_of
from servicekit.cli.ending import fail
from servicekit.cli.months import export_range
from servicekit.core.errors import Unavailable
from servicekit.journal.protocol import Journal
from servicekit.settings.loading import load
from servicekit.settings.service import ServiceSettings

if TYPE_CHECKING:
    from servicekit.audit.export import Selection
    from servicekit.cli.audit_search import Wanted

# Modules that only these commands need are imported there: they would delay each server start.

OpenJournal = Callable[[], AbstractAsyncContextManager[Journal]]
Prune = Callable[[datetime | None, AnchorKeys | None], Coroutine[Any, Any, list[str]]]
"""Removes entries from before a time, or those that the settings do not keep, and returns a line for each chain."""

_DATE = "%Y-%m-%d"
Chains = Annotated[
    list[str] | None, typer.Option("--chain", help="Only chains whose names begin so, such as acme/. Repeatable.")
]
PublicKeys = Annotated[
    list[str] | None,
    typer.Option("--public-key", help="Key that `audit key` prints, instead of AUDIT_ANCHOR_KEYS. Repeatable."),
]


def add_audit_commands(
    program: typer.Typer,
    service: str,
    settings_type: type[ServiceSettings],
    open_journal: OpenJournal,
    prune: Prune | None = None,
) -> None:
    """Add the commands to a service's command line.

    Args:
        program: the service's command line.
        service: the service's name, as in its anchors.
        open_journal: opens the journal with the right to read every chain.
        prune: removes what retention does not keep.
    """
    commands = typer.Typer(
        name="audit",
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Check, read, export and shorten the audit trail.",
    )
    variable = f"{settings_type.model_config.get('env_prefix', '')}AUDIT_ANCHOR_KEYS"

    _add_verify(commands, service, settings_type, open_journal)

    @commands.command()
    def tail(
        count: Annotated[int, typer.Option(min=1, max=10_000, help="The number of entries.")] = 20,
    ) -> None:
        """Print the latest entries as JSON, one per line."""
        _run(_tail(open_journal, count))

    @commands.command("find")
    def find_command(
        client: Annotated[str | None, typer.Option(help="Client id of the credential.")] = None,
        subject: Annotated[str | None, typer.Option(help="User of the credential.")] = None,
        since: Annotated[datetime | None, typer.Option(formats=[_DATE], help="First day (UTC).")] = None,
        until: Annotated[datetime | None, typer.Option(formats=[_DATE], help="First day that is left out.")] = None,
    ) -> None:
        """Print the calls of a client or user as JSON, one per line, the earliest first."""
        from servicekit.cli.audit_search import Wanted

        if client is None and subject is None:
            raise typer.BadParameter("Give --client, --subject or both, such as --client nightly-reports")
        first, end = (day.replace(tzinfo=UTC) if day is not None else None for day in (since, until))
        _run(_find(open_journal, Wanted(client, subject, first, end)))

    @commands.command("export")
    def export_command(
        to: Annotated[str, typer.Option(help="File, directory, or s3://bucket/prefix. A name in .gz compresses.")],
        month: Annotated[str | None, typer.Option(help="The month, such as 2026-10, or `last`.")] = None,
        since: Annotated[datetime | None, typer.Option(formats=[_DATE], help="First day (UTC).")] = None,
        until: Annotated[datetime | None, typer.Option(formats=[_DATE], help="First day that is left out.")] = None,
        chain: Chains = None,
    ) -> None:
        """Export entries with their proof as JSON lines, which `audit verify --export` checks without the database."""
        from servicekit.audit.export import Selection

        try:
            first, end, label = export_range(month, since, until, datetime.now(UTC))
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        selection = Selection(first, end, tuple(chain or ()))
        keys = anchor_keys_of(load(settings_type))
        _run(_export(open_journal, service, keys, selection, to, f"{service}-audit-{label}.jsonl.gz"))

    @commands.command()
    def key() -> None:
        """Print the public keys, of which the first belongs to new signatures. Auditors need nothing secret."""
        keys = anchor_keys_of(load(settings_type))
        if keys is None:
            fail(f"{variable} is not set, so nothing is signed.")
        sys.stdout.write("".join(f"{text}\n" for text in keys.public_keys))

    if prune is not None:
        _add_prune(commands, settings_type, prune)
    program.add_typer(commands)


def _add_verify(
    commands: typer.Typer, service: str, settings_type: type[ServiceSettings], open_journal: OpenJournal
) -> None:
    @commands.command("verify")
    def verify_command(
        anchors: Annotated[
            list[Path] | None,
            typer.Option(help="Log with anchors, in any format; may end in .gz; - for standard input."),
        ] = None,
        export: Annotated[list[Path] | None, typer.Option(help="Export to verify instead of the trail.")] = None,
        public_key: PublicKeys = None,
        chain: Chains = None,
        heads: Annotated[bool, typer.Option("--heads", help="Print the last hash of each chain.")] = False,
        more: Annotated[list[Path] | None, typer.Argument(help="Further files of --anchors or --export.")] = None,
    ) -> None:
        """Verify every hash chain, and print each entry that was changed or removed. Exit status 1 if there is one.

        Entries deleted from the end and whole deleted chains are found with --anchors.
        """
        from servicekit.cli.audit_verification import Verifying, verify_export, verify_trail

        if more and bool(anchors) == bool(export):
            raise typer.BadParameter(
                f"{more[0]} stands without an option. Repeat --anchors or --export before each file, such as "
                "--export a.gz --export b.gz --anchors a.log; with only one of the two, its name once is enough"
            )
        logs = [*(anchors or []), *(more or [])] if anchors else []
        exports = [*(export or []), *(more or [])] if export and not anchors else export or []
        keys = _keys(public_key, settings_type, required=not exports)
        if logs and keys is None:
            fail("Anchors are verified with AUDIT_ANCHOR_KEYS, or with --public-key. Neither is set.")
        verifying = Verifying(service, keys, tuple(logs), tuple(chain or ()), heads)
        if exports:
            _run(verify_export(tuple(exports), verifying))
        _run(verify_trail(open_journal, verifying))


def _add_prune(commands: typer.Typer, settings_type: type[ServiceSettings], prune: Prune) -> None:
    @commands.command("prune")
    def prune_command(
        before: Annotated[
            datetime | None, typer.Option(formats=[_DATE], help="Day; by default, the settings say what is kept.")
        ] = None,
    ) -> None:
        """Remove old entries and record, signed, what was removed. Export them first."""
        if before is not None and before.replace(tzinfo=UTC) > datetime.now(UTC):
            raise typer.BadParameter(f"--before {before:%Y-%m-%d} is in the future. Give a day that has begun")
        _run(_prune(prune, before.replace(tzinfo=UTC) if before is not None else None, settings_type))


async def _tail(open_journal: OpenJournal, count: int) -> int:
    async with open_journal() as journal:
        async for stored in journal.latest(count):
            members = {"chain": stored.chain, "number": stored.number, **json.loads(stored.text)}
            sys.stdout.write(json.dumps(members, ensure_ascii=False) + "\n")
    return 0


async def _find(open_journal: OpenJournal, wanted: "Wanted") -> int:
    from servicekit.cli.audit_search import print_calls

    async with open_journal() as journal:
        damaged = await print_calls(journal, wanted)
    if damaged:
        sys.stderr.write(f"{damaged} entries cannot be read. `audit verify` names them.\n")
    return 1 if damaged else 0


async def _export(
    open_journal: OpenJournal, service: str, keys: AnchorKeys | None, selection: "Selection", target: str, name: str
) -> int:
    from servicekit.audit.export import Export
    from servicekit.storage.export_target import write_export

    async with open_journal() as journal:
        export = Export(journal, service, keys, selection, datetime.now(UTC))
        place = await write_export(export.chunks(), target, name)
    verdict = export.verification
    for problem in verdict.problems:
        sys.stdout.write(f"BROKEN {problem}\n")
    if keys is None:
        sys.stdout.write("WARNING the export is not signed: AUDIT_ANCHOR_KEYS is not set\n")
    sys.stdout.write(f"Exported {verdict.entries} entries in {len(verdict.heads)} chains to {place}.\n")
    return 1 if verdict.problems else 0


async def _prune(prune: Prune, before: datetime | None, settings_type: type[ServiceSettings]) -> int:
    lines = await prune(before, anchor_keys_of(load(settings_type)))
    sys.stdout.write("".join(f"{line}\n" for line in lines) or "Nothing to remove.\n")
    return 0


def _keys(public_keys: list[str] | None, settings_type: type[ServiceSettings], *, required: bool) -> VerifyKeys | None:
    """The keys to verify with. An export can be verified where the service's settings are not known."""
    if public_keys:
        try:
            return VerifyKeys(public_keys)
        except InvalidPublicKey as error:
            raise typer.BadParameter(str(error)) from None
    if required:
        return anchor_keys_of(load(settings_type))
    try:
        return anchor_keys_of(settings_type())
    except ValueError:
        return None


def _run(work: Coroutine[Any, Any, int]) -> None:
    """Run a command and exit with its status."""
    from servicekit.storage.export_target import TargetUnusable

    try:
        status = asyncio.run(work)
    except Unavailable as error:
        fail(error.for_operator or str(error))
    except TargetUnusable as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or 'A file'} cannot be used: {error.strerror}.")
    raise SystemExit(status)
