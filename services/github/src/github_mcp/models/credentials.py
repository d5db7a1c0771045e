"""Credentials of a GitHub App."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AppKey:
    """A GitHub App's id or client id, its private key (PEM), and the id of one of its installations."""

    app_id: str
    private_key: str = field(repr=False)
    installation_id: int
