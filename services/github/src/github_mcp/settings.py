"""Settings of the GitHub server, in addition to those of every server."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from github_mcp.models.credentials import AppKey
from github_mcp.models.toolsets import Toolset
from servicekit.settings import TOOLSETS, AuditFileSettings, Words
from servicekit.upstream import UpstreamUrl


class GithubSettings(AuditFileSettings):
    model_config = SettingsConfigDict(env_prefix="GITHUB_")

    port: int = Field(8103, ge=1, le=65535, description="Port to listen on.")
    api_url: UpstreamUrl = Field(
        "https://api.github.com", description="Base URL of the REST API; https://HOST/api/v3 for GitHub Enterprise."
    )
    token: SecretStr | None = Field(
        None,
        description="Personal access token (classic or fine-grained) of the account that the server acts as. Without a "
        "token or an App it is anonymous: public repositories only, 60 requests an hour.",
    )
    app_id: str | None = Field(None, description="Id or client id of a GitHub App to act as, instead of a token.")
    app_private_key: SecretStr | None = Field(
        None, description="The App's private key in PEM; preferably set as a file."
    )
    app_installation_id: int | None = Field(None, ge=1, description="Id of the App's installation.")
    toolsets: Annotated[tuple[Toolset | Literal["default", "all"], ...], NoDecode] = TOOLSETS
    log_hosts: Words = Field(
        ("*.blob.core.windows.net", "*.actions.githubusercontent.com"),
        description="Hosts to which GitHub may redirect for job logs. They get no credentials.",
    )
    upstream_timeout: float = Field(10.0, gt=0, le=60, description="Timeout of one request to GitHub, in seconds.")

    @property
    def credential(self) -> str | AppKey | None:
        """The credential for GitHub: a token, an App's key, or None for anonymous access."""
        if self.app_id is not None and self.app_private_key is not None and self.app_installation_id is not None:
            return AppKey(self.app_id, self.app_private_key.get_secret_value(), self.app_installation_id)
        return self.token.get_secret_value() if self.token is not None else None

    @field_validator("log_hosts", mode="before")
    @classmethod
    def _split_names(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_credential(self) -> "GithubSettings":
        parts = (self.app_id, self.app_private_key, self.app_installation_id)
        if any(part is not None for part in parts) and not all(part is not None for part in parts):
            raise ValueError("APP_ID, APP_PRIVATE_KEY and APP_INSTALLATION_ID go together; set all three or none")
        if self.token is not None and self.app_id is not None:
            raise ValueError("TOKEN and APP_ID exclude each other; unset one, because the server acts as one account")
        return self
