"""The environment variables of a service in the development stack."""

from pathlib import Path
from urllib.parse import quote

from devkit.issuer.keys import LONGEST_LIFETIME
from devkit.loopback.ports import LOOPBACK
from devkit.settings import DevkitSettings, inherited_environment
from devkit.simulators.registry import wanted_simulators
from devkit.stores.databases import ROLES, DatabaseUrls
from devkit.workspace.services import ServiceDescription
from devkit.workspace.state_directory import StateDirectory

POLICY = Path("shared", "policy.development.yaml")
"""The policy of the development stack, under which large refunds need a second person."""


class ServiceEnvironment:
    """Environment variables for each command of a service; secrets come from the state directory.

    Args:
        backends: whether the setting BACKEND of this process's environment may replace a service's database.
    """

    def __init__(self, settings: DevkitSettings, state: StateDirectory, *, backends: bool = True) -> None:
        self._settings = settings
        self._state = state
        self._backends = backends

    @property
    def issuer_url(self) -> str:
        return f"http://{LOOPBACK}:{self._settings.issuer_port}"

    @property
    def portal_url(self) -> str:
        return f"http://{LOOPBACK}:{self._settings.portal_port}"

    def role_password(self, role: str) -> str:
        """The password of a database role."""
        return self._state.secret(f"database role {role}")

    def database_urls(self, service: ServiceDescription) -> DatabaseUrls:
        """Connection URLs of the service's three roles."""
        address = f"{LOOPBACK}:{self._settings.postgres_port}/{service.name}"
        names = {role: f"{service.name}_{role}" for role in ROLES}
        return DatabaseUrls(
            **{
                role: f"postgresql://{name}:{quote(self.role_password(name), safe='')}@{address}"
                for role, name in names.items()
            }
        )

    def serving(self, service: ServiceDescription) -> dict[str, str]:
        """For `serve`; without the owner's password."""
        service = self._configured(service)
        interval = f"{service.prefix}AUDIT_ANCHOR_INTERVAL"
        origins = f"{service.prefix}ALLOWED_ORIGINS"
        policy = inherited_environment().get(f"{service.prefix}POLICY_FILE")
        development = {
            "POLICY_FILE": policy or str(self._settings.workspace / POLICY),
            "LOG_FORMAT": "console",
            "OTLP_ENDPOINT": self.portal_url,
            # The portal of all servers calls each of them.
            "PORTAL": "calls",
            "ALLOWED_ORIGINS": " ".join(filter(None, (self.portal_url, inherited_environment().get(origins)))),
            # By default long, since each anchor is a long line on a developer's terminal.
            "AUDIT_ANCHOR_INTERVAL": inherited_environment().get(interval, "600"),
            "METRICS_PORT": str(service.metrics_port),
        }
        # Milliseconds, read by the OpenTelemetry SDK; its default of a minute is too slow for a developer.
        export_interval = {"OTEL_METRIC_EXPORT_INTERVAL": "5000"}
        own = self._common(service) | self._audit_file(service, "serve")
        return self._prefixed(service, own | development) | export_interval

    def stdio(self, service: ServiceDescription, *, subject: str, tenant: str) -> dict[str, str]:
        """For `stdio`: a local user with every scope of the service."""
        service = self._configured(service)
        user = {"STDIO_SUBJECT": subject, "STDIO_TENANT": tenant, "STDIO_SCOPES": " ".join(service.scopes)}
        return self._prefixed(service, self._common(service) | self._audit_file(service, "stdio") | user)

    def owning(self, service: ServiceDescription) -> dict[str, str]:
        """For `migrate`, `seed` and `audit`; a service without a database has no owner."""
        service = self._configured(service)
        owner = {"OWNER_URL": self.database_urls(service).owner} if service.database else {}
        return {**self.serving(service), **self._prefixed(service, owner)}

    def _configured(self, service: ServiceDescription) -> ServiceDescription:
        return service.configured(inherited_environment()) if self._backends else service

    def _common(self, service: ServiceDescription) -> dict[str, str]:
        values = {
            "HOST": LOOPBACK,
            "PORT": str(service.port),
            "PUBLIC_URL": service.resource,
            "ISSUER": self.issuer_url,
            "TOKEN_MAX_LIFETIME": str(LONGEST_LIFETIME),
            "STATE_KEYS": self._state.secret(f"state key {service.name}"),
            "AUDIT_ANCHOR_KEYS": self._state.secret(f"audit anchor key {service.name}"),
            "REDIS_URL": f"redis://{LOOPBACK}:{self._settings.valkey_port}/0",
        }
        if service.database:
            urls = self.database_urls(service)
            values |= {"WRITER_URL": urls.writer, "READER_URL": urls.reader}
        for simulator in wanted_simulators([service]):
            values |= simulator.environment(simulator.url(self._settings))
            values |= simulator.files(simulator.url(self._settings), self._state.simulator_files(simulator.name))
        return values

    def _audit_file(self, service: ServiceDescription, purpose: str) -> dict[str, str]:
        """The audit file of a service without a database; each process needs its own file."""
        return {} if service.database else {"AUDIT_FILE": str(self._state.audit_file(f"{service.name}-{purpose}"))}

    def _prefixed(self, service: ServiceDescription, values: dict[str, str]) -> dict[str, str]:
        return {f"{service.prefix}{name}": value for name, value in values.items()}
