"""What this server can be at GitHub besides the holder of a token."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AppKey:
    """What a GitHub App is recognised by: its id (or client id), its private key (PEM), and an installation of it."""

    app_id: str
    private_key: str = field(repr=False)
    installation_id: int
