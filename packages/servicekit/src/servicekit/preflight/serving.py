"""The checks with the credentials that serve calls, in the order of the report."""

from collections.abc import Callable
from typing import TypeVar

from servicekit.preflight.configuration import ConfigurationChecks
from servicekit.preflight.databases import DatabaseChecks
from servicekit.preflight.endpoints import CollectorChecks, UpstreamChecks
from servicekit.preflight.files import FileChecks
from servicekit.preflight.finding import Finding
from servicekit.preflight.issuer import IssuerChecks
from servicekit.preflight.run import Part, run_checks
from servicekit.preflight.schema import schema_of
from servicekit.preflight.store import StoreChecks
from servicekit.server.service import Service
from servicekit.settings.database import DatabaseSettings
from servicekit.settings.service import ServiceSettings

Settings = TypeVar("Settings", bound=ServiceSettings)


async def check_serving(
    settings: Settings,
    build: Callable[[Settings], Service],
    pods: int | None,
    timeout: float,  # noqa: ASYNC109  # for each part
) -> list[Finding]:
    """The findings on everything that a server with these settings uses.

    Args:
        build: the service's composition root.
        pods: the number of replicas; None where it is not known.
        timeout: seconds that each part may take. All run at once.
    """
    configuration = ConfigurationChecks(settings, build, pods)
    databases = _databases(settings, pods)
    first = [Part("configuration", configuration.check), Part("files", FileChecks(settings).check)]
    findings = await run_checks(first, timeout)
    parts = list(databases.serving()) if databases is not None else []
    parts += [
        Part("store", StoreChecks(settings, configuration.service, pods).check),
        Part("issuer", IssuerChecks(settings).check),
        Part("upstream", UpstreamChecks(settings).check),
        Part("telemetry", CollectorChecks(settings).check),
    ]
    findings += await run_checks(parts, timeout)
    if databases is not None:
        findings += await run_checks([databases.capacity()], timeout)
    return findings


async def check_owner(settings: DatabaseSettings, timeout: float) -> list[Finding]:  # noqa: ASYNC109  # for each part
    """The findings on the database with the owner's credentials, which `migrate` uses."""
    databases = _databases(settings, None)
    return await run_checks(list(databases.owner()), timeout) if databases is not None else []


def _databases(settings: ServiceSettings, pods: int | None) -> DatabaseChecks | None:
    if not (isinstance(settings, DatabaseSettings) and settings.uses_database):
        return None
    schema = schema_of(settings)
    return DatabaseChecks(settings, schema, pods) if schema is not None else None
