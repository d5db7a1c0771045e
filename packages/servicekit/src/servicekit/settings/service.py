"""Settings: from the environment, checked at start-up, every problem at once, secrets never shown.

A service subclasses `ServiceSettings` with its own prefix. Any setting may come from a file, as mounted secrets do:
``ORDERS_STATE_KEYS_FILE`` names one that holds what ``ORDERS_STATE_KEYS`` would.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from servicekit.settings.errors import UnreadableFile, describe_errors
from servicekit.telemetry.logs import LogFormat

Words = Annotated[tuple[str, ...], NoDecode]
"""A list written as words with spaces or commas between them."""

_SHORTEST_KEY = 32  # characters; a key of AES-256 strength


class ServiceSettings(BaseSettings):
    """What every server of the fleet can be told."""

    model_config = SettingsConfigDict(env_file=None, frozen=True, hide_input_in_errors=True, extra="ignore")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    public_url: str = Field(
        description="URL of the MCP endpoint as clients write it, ending in /mcp; the audience that tokens must carry."
    )
    allowed_hosts: Words = Field(
        (), description="Further Host headers to accept, exactly, with port. The public URL's is always accepted."
    )
    allowed_origins: Words = Field((), description="Origins of web pages that may call, exactly. None by default.")

    issuer: str | None = Field(None, description="OAuth issuer whose access tokens are accepted, exactly as in `iss`.")
    jwks_url: str | None = Field(None, description="Where the issuer's keys are; found from its metadata where absent.")
    token_types: Words = Field(
        ("at+jwt",),
        description="Accepted `typ` headers of tokens (RFC 9068). Add JWT for an issuer that sends no other.",
    )
    token_algorithms: Words = Field(("RS256", "ES256", "EdDSA"), description="Accepted signature algorithms.")
    token_leeway: int = Field(5, ge=0, le=60, description="Seconds of clock difference allowed in tokens.")
    tenant_claim: str = Field("tenant", description="Claim that names the caller's organisation.")
    grants_claim: str = Field(
        "grants", description="Claim that limits a token to certain resources: an object of lists of names, by kind."
    )

    state_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (),
        description="Secrets that seal cursors and confirmations, 32 characters or more each. Replicas share them; the "
        "first seals, all open, so rotate by adding in front.",
    )
    redis_url: SecretStr | None = Field(
        None, description="redis:// URL of the store that replicas share. None: limits are counted per process."
    )
    store_outage: Literal["fail_open", "fail_closed"] = Field(
        "fail_closed", description="Writes while that store is away: counted per process, or refused. Reads go on."
    )
    limit_server: int = Field(6000, ge=1, description="Calls per minute of all callers together.")
    limit_caller: int = Field(300, ge=1, description="Calls per minute of one caller.")
    limit_tool: int = Field(120, ge=1, description="Calls per minute of one tool by one caller, by their cost.")
    limit_address: int = Field(
        300, ge=1, description="Requests per minute of one address to open routes, and bad credentials of one address."
    )
    policy_file: str | None = Field(
        None,
        description="YAML file of what each client may do, at most (shared/policy.schema.json). Read when it changes.",
    )
    api_keys_file: str | None = Field(
        None, description="YAML file of API keys, as hashes (`devkit key new`). Read again when it changes."
    )
    certificates_file: str | None = Field(
        None, description="YAML file of who holds which client certificate (mutual TLS). Read again when it changes."
    )
    certificate_header: str | None = Field(
        None, description="Header in which a proxy passes on the name of the client certificate that it verified."
    )
    proxy_addresses: Words = Field((), description="Addresses of those proxies, exactly; nobody else is believed.")
    tls_certificate: str | None = Field(None, description="PEM file of this server's certificate chain; serves TLS.")
    tls_key: str | None = Field(None, description="PEM file of the key to that certificate.")
    tls_client_ca: str | None = Field(
        None, description="PEM file of the authorities whose client certificates are required to connect."
    )
    read_only: bool = Field(False, description="Refuse every tool that writes, whatever the token allows.")

    max_body_bytes: int = Field(1024 * 1024, ge=1024, description="Largest request body, in bytes.")
    body_timeout: float = Field(10.0, gt=0, description="Seconds within which a request's body must have arrived.")
    header_timeout: float = Field(10.0, gt=0, description="Seconds within which a request's headers must have arrived.")
    max_header_bytes: int = Field(32 * 1024, ge=1024, description="Largest total of request headers, in bytes.")
    call_timeout: float = Field(30.0, gt=0, description="Seconds after which a call is stopped.")
    max_calls: int = Field(100, ge=1, description="Calls that run at once in one process.")
    max_waiting: int = Field(200, ge=1, description="Calls that wait for one of those to end; more are answered 503.")
    wait_timeout: float = Field(2.0, gt=0, description="Seconds that a call waits at most before it is answered 503.")
    caller_share: float = Field(0.5, gt=0, le=1, description="Part of both numbers that one caller may have.")
    write_timeout: float = Field(20.0, gt=0, description="Seconds after which a client that does not read is cut off.")
    subscriptions_server: int = Field(1000, ge=1, description="Subscription streams that one process keeps open.")
    subscriptions_caller: int = Field(
        20, ge=1, description="Subscription streams that one caller keeps open in a process."
    )

    stdio_subject: str = Field("local", description="Over stdio: who the caller is.")
    stdio_tenant: str | None = Field(None, description="Over stdio: the caller's organisation.")
    stdio_scopes: Words = Field((), description="Over stdio: the caller's scopes; none by default.")

    log_format: LogFormat | Literal["auto"] = Field(
        "auto", description="json, console, or auto: console on a terminal and JSON elsewhere."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe level to log.")
    otlp_endpoint: str | None = Field(
        None,
        description="OTLP/HTTP collector for traces and metrics, such as http://collector:4318. None: no export.",
    )
    trace_sample_ratio: float = Field(1.0, ge=0, le=1, description="Share of the calls whose trace is recorded.")
    trace_follow_callers: bool = Field(
        False,
        description="Record a trace that a caller began as its `sampled` flag says, whatever the share. Only where "
        "callers are trusted: they decide then how much is recorded.",
    )
    metrics_host: str = Field("127.0.0.1", description="Address on which Prometheus finds /metrics.")
    metrics_port: int | None = Field(
        None, ge=1, le=65535, description="Port on which Prometheus finds /metrics, not the public one. None: no page."
    )

    @field_validator(
        "allowed_hosts",
        "proxy_addresses",
        "allowed_origins",
        "token_types",
        "token_algorithms",
        "stdio_scopes",
        "state_keys",
        mode="before",
    )
    @classmethod
    def _split_words(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("state_keys")
    @classmethod
    def _long_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value()) < _SHORTEST_KEY for key in value):
            raise ValueError(
                f"each key needs {_SHORTEST_KEY} characters or more, such as `openssl rand -base64 32` prints"
            )
        return value

    @field_validator("token_algorithms")
    @classmethod
    def _asymmetric(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not set(value) <= {"RS256", "ES256", "EdDSA"}:
            raise ValueError("choose from RS256, ES256, EdDSA")
        return value

    @field_validator("public_url")
    @classmethod
    def _mcp_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if (
            parts.scheme not in ("http", "https")
            or not parts.netloc
            or "@" in parts.netloc
            or parts.path != "/mcp"
            or parts.query
            or parts.fragment
        ):
            raise ValueError("write it as https://host/mcp")
        return value

    @field_validator("otlp_endpoint")
    @classmethod
    def _base_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise ValueError("write it as http://host:port")
        return value.rstrip("/")

    @field_validator("issuer", "jwks_url")
    @classmethod
    def _trustworthy_url(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
                raise ValueError("keys are only fetched over https (or http from this machine)")
        return value

    @model_validator(mode="after")
    def _own_host_is_allowed(self) -> "ServiceSettings":
        if self.metrics_port == self.port:
            raise ValueError("METRICS_PORT needs a port of its own: whoever may call is not whoever may read metrics")
        if self.host not in ("127.0.0.1", "localhost", "::1") and not self.state_keys:
            raise ValueError(
                "STATE_KEYS is required when the server subscriptions beyond this machine: replicas share it"
            )
        return self

    @model_validator(mode="after")
    def _tls_is_whole(self) -> "ServiceSettings":
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("TLS_CERTIFICATE and TLS_KEY go together")
        if self.tls_client_ca is not None and (self.tls_certificate is None or self.certificates_file is None):
            raise ValueError(
                "TLS_CLIENT_CA needs TLS_CERTIFICATE, TLS_KEY, and CERTIFICATES_FILE to know the holders by"
            )
        if (self.certificate_header is None) != (not self.proxy_addresses):
            raise ValueError(
                "CERTIFICATE_HEADER and PROXY_ADDRESSES go together: a header is believed from nobody else"
            )
        return self

    @property
    def hosts(self) -> frozenset[str]:
        """Every Host header that is accepted."""
        own = urlsplit(self.public_url).netloc
        local = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost")} if is_loopback(self.host) else set[str]()
        return frozenset({own, *local, *self.allowed_hosts})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # the signature is pydantic-settings'
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then files named by the environment."""
        return init_settings, env_settings, _FilesSource(settings_cls)


class _FilesSource(PydanticBaseSettingsSource):
    """``PREFIX_NAME_FILE`` names a file that holds the value of ``PREFIX_NAME``."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The content of the file that the environment names for one setting, or None where it names none."""
        variable = f"{self.config.get('env_prefix', '')}{field_name}_FILE".upper()
        path = os.environ.get(variable)
        if path is None:
            return None, field_name, self.field_is_complex(field)
        try:
            return Path(path).read_text(encoding="utf-8").strip(), field_name, False
        except UnicodeDecodeError:
            return UnreadableFile(variable, "not UTF-8 text"), field_name, False
        except OSError as error:
            return UnreadableFile(variable, error.strerror or type(error).__name__), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Every setting that a file was named for."""
        found = {name: self.get_field_value(info, name)[0] for name, info in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


Settings = TypeVar("Settings", bound=ServiceSettings)


def load(settings_type: type[Settings]) -> Settings:
    """The settings of this process; on any problem, every problem is printed and the process ends with status 2."""
    try:
        return settings_type()
    except ValidationError as error:
        _fail(describe_errors(error, settings_type))


def _fail(problems: list[str]) -> NoReturn:
    lines = "\n".join(f"  {problem}" for problem in problems)
    sys.stderr.write(f"The settings do not allow a start:\n{lines}\n")
    raise SystemExit(2)


def is_loopback(host: str | None) -> bool:
    """Whether a host name means this machine."""
    return host in ("localhost", "127.0.0.1", "::1", "[::1]")
