"""The file of Zendesk accounts: one for each tenant (TICKETING_ZENDESK_FILE)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from servicekit.schema import EMAIL_PATTERN
from servicekit.settings import InvalidContent, Source, is_loopback, parse_yaml
from servicekit.settings.bounded_yaml import Pace

FILE: Final = "Zendesk"
"""The file's name in messages."""
_SUBDOMAIN: Final = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"


class ZendeskAccount(BaseModel):
    """A Zendesk account, and the agent that this server acts as.

    Attributes:
        subdomain: ``acme`` for https://acme.zendesk.com.
        development_url: instead of the subdomain, ``http://127.0.0.1:8220`` for a simulator on this machine.
        email: the agent's address.
        token_file: the file with an API token of the account; a relative path starts at the folder of this file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    subdomain: Annotated[str, Field(pattern=_SUBDOMAIN)] | None = None
    development_url: Annotated[str, Field(max_length=100)] | None = None
    email: Annotated[str, Field(pattern=EMAIL_PATTERN, max_length=254)]
    token_file: Annotated[str, Field(min_length=1, max_length=1000)]

    @model_validator(mode="after")
    def _check_place(self) -> "ZendeskAccount":
        if (self.subdomain is None) == (self.development_url is None):
            raise ValueError("give subdomain, such as acme for https://acme.zendesk.com")
        if self.development_url is not None:
            parts = urlsplit(self.development_url)
            if (
                parts.scheme != "http"
                or not is_loopback(parts.hostname)
                or parts.path
                or parts.query
                or "@" in parts.netloc
            ):
                raise ValueError("development_url must be http://127.0.0.1:PORT; name a real account by its subdomain")
        return self

    @property
    def url(self) -> str:
        """The address of the account, without a path."""
        return self.development_url or f"https://{self.subdomain}.zendesk.com"


class ZendeskFile(BaseModel):
    """The whole file: accounts by tenant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tenants: Mapping[Annotated[str, Field(min_length=1, max_length=200)], ZendeskAccount]


def parse_accounts(sources: Sequence[Source], pace: Pace | None = None) -> dict[str, ZendeskAccount]:
    """The accounts by tenant, with absolute paths of their token files.

    Raises:
        InvalidContent: the file is invalid, two files name a tenant, or a token file cannot be read.
    """
    accounts: dict[str, ZendeskAccount] = {}
    for source in sources:
        content = parse_yaml(source.text, ZendeskFile, f"The {FILE} file", pace)
        folder = Path(source.path).parent
        for tenant, account in content.tenants.items():
            if tenant in accounts:
                raise InvalidContent(f"The {FILE} file names the tenant {tenant} twice.")
            path = folder / account.token_file
            read_token(tenant, path)
            accounts[tenant] = account.model_copy(update={"token_file": str(path)})
    return accounts


def read_token(tenant: str, path: Path) -> str:
    """The API token in a file.

    Raises:
        InvalidContent: the file cannot be read, is empty, or is not one line of ASCII.
    """
    try:
        token = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        raise InvalidContent(f"The {FILE} file: token_file of the tenant {tenant} cannot be read.") from None
    if not token or not token.isascii() or not token.isprintable() or len(token) > 1000:
        raise InvalidContent(f"The {FILE} file: token_file of the tenant {tenant} must contain one API token.")
    return token
