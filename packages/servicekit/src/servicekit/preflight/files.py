"""Checks the files that settings name: policy, API keys, client certificates, the audit trail."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from servicekit.access.policy_file import parse_policies
from servicekit.auth.api_keys import parse_keys
from servicekit.auth.mtls import parse_certificates
from servicekit.preflight.finding import Area
from servicekit.preflight.tls import check_tls
from servicekit.preflight.variables import variable
from servicekit.settings.audit_file import AuditFileSettings
from servicekit.settings.configuration_files import Source, read_files
from servicekit.settings.errors import InvalidContent
from servicekit.settings.service import ServiceSettings

_NEXT: Final = "Correct the file; a running server keeps the last good content, a new one does not start."


class FileChecks:
    """The files of one server's settings."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings

    async def check(self, area: Area) -> None:
        """Read and parse each file, in a thread."""
        await asyncio.to_thread(self._check, area)

    def _check(self, area: Area) -> None:
        settings = self._settings
        if settings.tls_certificate is not None and settings.tls_key is not None:
            check_tls(area, settings)
        if settings.policy_file:
            self._parsed(area, "policy", "policy", settings.policy_file, parse_policies)
        if settings.api_keys_file is not None:
            self._parsed(area, "api_keys", "API key", [settings.api_keys_file], lambda them: parse_keys(them[0].text))
        if settings.certificates_file is not None:
            places = [settings.certificates_file]
            self._parsed(area, "certificates", "certificate", places, lambda them: parse_certificates(them[0].text))
        for file in settings.own_files:
            self._parsed(area, "service", file.name, [file.place], file.parse)
        if isinstance(settings, AuditFileSettings) and not settings.uses_database:
            self._audit(area, settings)

    def _parsed(
        self, area: Area, check: str, name: str, places: Sequence[str], parse: Callable[[Sequence[Source]], object]
    ) -> None:
        try:
            parse(read_files(name, places))
        except InvalidContent as problem:
            area.fail(check, str(problem), _NEXT)
        else:
            area.ok(check, f"The {name} file can be used.")

    def _audit(self, area: Area, settings: AuditFileSettings) -> None:
        name = variable(settings, "audit_file")
        if settings.audit_file is None:
            area.warn("audit", f"{name} is not set, so the server only reads and keeps no trail.", "Set it to write.")
            return
        if settings.redis_url is None:
            store = variable(settings, "redis_url")
            area.warn("trail", f"{name} is set and {store} is not, so the server keeps no trail.", f"Set {store} too.")
        folder = settings.audit_file.parent
        try:
            with tempfile.NamedTemporaryFile(dir=folder):
                pass
            if settings.audit_file.exists() and not os.access(settings.audit_file, os.R_OK | os.W_OK):
                raise PermissionError(13, "the file exists and cannot be written")
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            remedy = f"Create the folder of {name} for the server's user, on a volume that is not read-only."
            area.fail("audit", f"Audit entries cannot be written to {folder}: {reason}.", remedy)
            return
        self._space(area, settings, folder)

    def _space(self, area: Area, settings: AuditFileSettings, folder: Path) -> None:
        free = shutil.disk_usage(folder).free
        used = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
        most = settings.audit_file_max_total
        wanted = max((most or 0) - used, 2 * settings.audit_file_max_bytes if most is None else 0)
        if free < wanted:
            area.warn(
                "audit",
                f"{folder} has {_mib(free)} free, and the audit files may grow by {_mib(wanted)}. A full disk stops "
                "all writes.",
                f"Enlarge the volume, or lower {variable(settings, 'audit_file_max_total')}.",
            )
        else:
            area.ok("audit", f"{folder} can be written and has {_mib(free)} free.")


def _mib(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"
