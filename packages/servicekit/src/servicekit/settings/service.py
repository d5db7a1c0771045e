"""Settings that every service has, read from the environment and validated at start-up.

A service subclasses `ServiceSettings` with its own prefix. Any setting can come from a file, such as a mounted secret:
``ORDERS_STATE_KEYS_FILE`` names a file with the value of ``ORDERS_STATE_KEYS``.
"""

from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource

from servicekit.settings.configuration_files import OwnFile, Places
from servicekit.settings.files_source import FilesSource
from servicekit.settings.networks import parse_networks
from servicekit.settings.redis_url import RedisUrl
from servicekit.settings.sign_in import SignInSettings
from servicekit.settings.urls import check_collector_url, check_https, is_loopback
from servicekit.settings.words import METRICS_TENANTS, TOOLSETS, Words, split_words
from servicekit.telemetry.logs import LogFormat

_SHORTEST_KEY = 32  # characters; the strength of AES-256


class ServiceSettings(SignInSettings):
    """Settings that every service has."""

    portal: Literal["connect", "tools", "calls"] = Field(
        "tools",
        description="What the page at / offers: how to connect; after signing in also one's own tools and calls; or "
        "trying these tools, too.",
    )
    portal_bundle_url: str | None = Field(
        None, description="URL of this server's bundle (`.mcpb`), which the page at / offers for desktop applications."
    )
    sse: bool = Field(
        False,
        description="Also serve the HTTP+SSE transport of revision 2024-11-05 at /sse and /messages, for clients that "
        "know no other.",
    )
    portal_client_id: str | None = Field(
        None,
        description="OAuth client of that page, registered by hand. Without it, the page registers itself where the "
        "issuer allows that.",
    )

    state_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        description="Secrets that encrypt cursors and confirmations, 32 characters or more each, the same on every "
        "replica. The first encrypts, all decrypt: to rotate, put a new one in front.",
    )
    audit_anchor_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        description="Secrets that sign the anchors of the audit trail, 32 characters or more each, the same on every "
        "replica. The first signs, all verify: to rotate, put a new one in front. Without them, no anchors.",
    )
    audit_anchor_interval: float = Field(
        60.0,
        gt=0,
        description="Seconds between anchors. Entries cut off the end of the trail are found if they are older.",
    )
    audit_retention_days: int | None = Field(
        None,
        ge=1,
        description="Days after which audit entries are removed: files by the server, months in Postgres by "
        "`audit prune`. Without it, they are kept.",
    )
    redis_url: RedisUrl | None = Field(
        None,
        description="URL of the Redis or Valkey that replicas share: redis://, rediss:// (TLS), unix://, "
        "redis+sentinel:// or redis+cluster://. Without it, each process counts rate limits alone.",
    )
    redis_username: SecretStr | None = Field(
        None, description="User (ACL) of that store, instead of the one in REDIS_URL."
    )
    redis_password: SecretStr | None = Field(
        None,
        description="Password of that user, instead of the one in REDIS_URL. REDIS_PASSWORD_FILE and REDIS_URL_FILE "
        "are read again when they change, so that passwords rotate without a restart.",
    )
    redis_ca: str | None = Field(
        None, description="PEM file of the authorities that rediss:// trusts. By default the system's."
    )
    redis_certificate: str | None = Field(None, description="PEM file of this client's certificate for that store.")
    redis_key: str | None = Field(None, description="PEM file of that certificate's private key.")
    redis_sentinel_username: SecretStr | None = Field(None, description="User (ACL) of the Sentinels.")
    redis_sentinel_password: SecretStr | None = Field(None, description="Password of the Sentinels.")
    store_outage: Literal["fail_open", "fail_closed"] = Field(
        "fail_closed",
        description="Writes while that store is unavailable: fail_open counts them per process, fail_closed refuses "
        "them. Reads continue.",
    )
    limit_server: int = Field(6000, ge=1, description="Calls per minute of all callers together.")
    limit_tenant_share: float = Field(
        0.1,
        ge=0,
        le=0.5,
        description="Share of LIMIT_SERVER that a tenant is guaranteed, 0 to 0.5. A tenant that has used its share "
        "leaves one share free for the others: at 0.1 no tenant can use more than 90 %.",
    )
    limit_caller: int = Field(300, ge=1, description="Calls per minute of one subject, whatever clients it uses.")
    limit_tool: int = Field(120, ge=1, description="Calls per minute of one tool by one subject, weighted by cost.")
    limit_address: int = Field(
        300,
        ge=1,
        description="Failed authentications per minute of one client address (IPv6: one /64), after which further ones "
        "get 429. Valid credentials from there are accepted.",
    )
    policy_file: Places = Field(
        (),
        description="YAML files with what each client may do (shared/policy.schema.json): files, folders or patterns "
        "such as `/etc/policy/*.yaml`, divided by commas. Reloaded when they change.",
    )
    api_keys_file: str | None = Field(
        None, description="YAML file of hashed API keys (`devkit key new`). Reloaded when it changes."
    )
    certificates_file: str | None = Field(
        None, description="YAML file that maps client certificates to callers (mutual TLS). Reloaded when it changes."
    )
    certificate_header: str | None = Field(
        None,
        description="Header in which the proxies of PROXY_ADDRESSES send the name in the client certificate that they "
        "verified.",
    )
    proxy_addresses: Words = Field(
        (),
        description="Addresses and CIDR networks of the proxies in front of the server. Their X-Forwarded-For or "
        "Forwarded says which address a request came from.",
    )
    tls_certificate: str | None = Field(
        None, description="PEM file of the server's certificate chain. If set, the server uses TLS."
    )
    tls_key: str | None = Field(None, description="PEM file of the certificate's private key.")
    tls_client_ca: str | None = Field(
        None, description="PEM file of the CAs for client certificates. If set, clients must present one."
    )
    read_only: bool = Field(False, description="Refuse every tool that writes, even if the token allows it.")
    toolsets: Words = TOOLSETS
    output_schemas: bool = Field(
        True,
        description="List the schemas of results with the tools. Set false for clients that pass them to the model.",
    )

    max_body_bytes: int = Field(1024 * 1024, ge=1024, description="Largest request body, in bytes.")
    body_timeout: float = Field(10.0, gt=0, description="Seconds to receive the body of a request.")
    header_timeout: float = Field(10.0, gt=0, description="Seconds to receive the headers of a request.")
    max_header_bytes: int = Field(32 * 1024, ge=1024, description="Largest size of all request headers, in bytes.")
    call_timeout: float = Field(30.0, gt=0, description="Seconds after which a call is stopped.")
    drain_seconds: int = Field(
        8, ge=2, le=8, description="Seconds that running calls have to end at a stop, which takes up to 6.5 s more."
    )
    max_calls: int = Field(100, ge=1, description="Maximum concurrent calls of one process.")
    max_waiting: int = Field(200, ge=1, description="Maximum calls waiting for a slot. Further calls get status 503.")
    wait_timeout: float = Field(2.0, gt=0, description="Seconds a call waits for a slot before it gets status 503.")
    caller_share: float = Field(0.5, gt=0, le=1, description="Share of both maximums that one caller may use, 0 to 1.")
    write_timeout: float = Field(
        20.0, gt=0, description="Seconds after which a client that stops reading is disconnected."
    )
    subscriptions_server: int = Field(1000, ge=1, description="Maximum open subscription streams of one process.")
    subscriptions_caller: int = Field(
        20, ge=1, description="Maximum open subscription streams of one caller in a process."
    )

    stdio_subject: str = Field("local", description="Over stdio: the caller's subject.")
    stdio_tenant: str | None = Field(None, description="Over stdio: the caller's organisation.")
    stdio_scopes: Words = Field((), description="Over stdio: the caller's scopes.")

    log_format: LogFormat | Literal["auto"] = Field(
        "auto", description="json, console, or auto: console on a terminal, otherwise JSON."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe level to log.")
    otlp_endpoint: str | None = Field(
        None,
        description="OTLP/HTTP collector for traces, metrics and audit anchors, such as http://collector:4318. Without "
        "it, no export.",
    )
    trace_sample_ratio: float = Field(1.0, ge=0, le=1, description="Share of calls whose trace is recorded, 0 to 1.")
    trace_follow_callers: bool = Field(
        False,
        description="Follow the `sampled` flag of a caller's trace instead of the ratio. Only for trusted callers, "
        "since they then decide how much is recorded.",
    )
    metrics_host: str = Field("127.0.0.1", description="Address that serves /metrics for Prometheus.")
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port that serves /metrics for Prometheus, different from PORT. Without it, no page.",
    )
    metrics_tenants: Words = METRICS_TENANTS

    @property
    def uses_database(self) -> bool:
        """Whether the service runs on Postgres."""
        return False

    @property
    def own_files(self) -> Sequence[OwnFile]:
        """The configuration files that only this service has, for `check`."""
        return ()

    @field_validator(
        "proxy_addresses",
        "stdio_scopes",
        "state_keys",
        "audit_anchor_keys",
        "toolsets",
        "metrics_tenants",
        mode="before",
    )
    @classmethod
    def _split_words(cls, value: object) -> object:
        return split_words(value)

    @field_validator("state_keys", "audit_anchor_keys")
    @classmethod
    def _check_key_length(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value()) < _SHORTEST_KEY for key in value):
            raise ValueError(
                f"each key needs {_SHORTEST_KEY} characters or more, for example from `openssl rand -base64 32`"
            )
        return value

    @field_validator("proxy_addresses")
    @classmethod
    def _check_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(str, parse_networks(value)))

    _check_otlp_endpoint = field_validator("otlp_endpoint")(check_collector_url)
    _check_bundle = field_validator("portal_bundle_url")(check_https)

    @model_validator(mode="after")
    def _check_ports_and_keys(self) -> "ServiceSettings":
        if self.metrics_port == self.port:
            raise ValueError("METRICS_PORT must differ from PORT, so that API clients cannot read metrics")
        if self.host not in ("127.0.0.1", "localhost", "::1") and not self.state_keys:
            raise ValueError("STATE_KEYS is required when HOST is not a loopback address, because replicas share it")
        return self

    @model_validator(mode="after")
    def _check_tls(self) -> "ServiceSettings":
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("set TLS_CERTIFICATE and TLS_KEY together")
        if (self.redis_certificate is None) != (self.redis_key is None):
            raise ValueError("set REDIS_CERTIFICATE and REDIS_KEY together")
        if self.tls_client_ca is not None and (self.tls_certificate is None or self.certificates_file is None):
            raise ValueError("TLS_CLIENT_CA also needs TLS_CERTIFICATE, TLS_KEY and CERTIFICATES_FILE")
        if self.certificate_header is not None and not (self.proxy_addresses and self.certificates_file):
            raise ValueError(
                "CERTIFICATE_HEADER also needs CERTIFICATES_FILE, and PROXY_ADDRESSES: it is trusted from those only"
            )
        return self

    @property
    def hosts(self) -> frozenset[str]:
        """Accepted Host headers."""
        local = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost")} if is_loopback(self.host) else set[str]()
        return frozenset({urlsplit(self.public_url).netloc, *local, *self.allowed_hosts})

    @property
    def origins(self) -> frozenset[str]:
        """Accepted origins of web pages: the allowed ones, and the own page's if it calls."""
        parts = urlsplit(self.public_url)
        own = {f"{parts.scheme}://{parts.netloc}"} if self.portal != "connect" else set[str]()
        return frozenset({*own, *self.allowed_origins})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # the signature is pydantic-settings'
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then environment variables, then the files that they name."""
        return init_settings, env_settings, FilesSource(settings_cls)
