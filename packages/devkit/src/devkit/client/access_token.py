"""Access tokens for developers, minted straight from the development issuer's key."""

import re

from devkit.errors import DevkitError
from devkit.issuer.keys import LIFETIME, KeyPair, mint
from devkit.settings import DevkitSettings
from devkit.stack.service_environment import ServiceEnvironment
from devkit.workspace.services import ServiceDescription
from devkit.workspace.state_directory import StateDirectory

NAME = re.compile(r"[^\s\x00-\x1f]{1,100}")
LONGEST = 30 * 24 * 3600
"""Seconds; a token in a client's configuration should not outlive the month."""


def access_token(
    settings: DevkitSettings,
    service: ServiceDescription,
    *,
    scopes: str | None = None,
    subject: str = "dev",
    tenant: str = "acme",
    lifetime: int = LIFETIME,
) -> str:
    """A token for `service`. `scopes` is a space-separated list, all of the service's when left out.

    `lifetime` is in seconds. Raises `DevkitError` for a scope the service does not have, and malformed names.
    """
    for name, value in (("SUBJECT", subject), ("TENANT", tenant)):
        if not NAME.fullmatch(value):
            raise DevkitError(f"{name} must be 1 to 100 characters without spaces.")
    if not 1 <= lifetime <= LONGEST:
        raise DevkitError(f"The lifetime must be between 1 and {LONGEST} seconds (30 days).")
    state = StateDirectory(settings.state_directory)
    state.ensure()
    return mint(
        KeyPair.load_or_create(state.signing_key),
        issuer=ServiceEnvironment(settings, state).issuer_url,
        audience=service.resource,
        scopes=chosen_scopes(service, scopes),
        subject=subject,
        tenant=tenant,
        lifetime=lifetime,
    )


def chosen_scopes(service: ServiceDescription, scopes: str | None) -> tuple[str, ...]:
    """The scopes of the list, each once. Raises `DevkitError` naming what is wrong and what there is."""
    if scopes is None:
        return service.scopes
    chosen = tuple(dict.fromkeys(scopes.split()))
    known = f"{service.name} has {' '.join(service.scopes)}; separate several with spaces"
    if not chosen:
        raise DevkitError(f"No scope is named in SCOPES. {known}.")
    for scope in chosen:
        if scope not in service.scopes:
            raise DevkitError(f"'{scope}' is not a scope of {service.name}. {known}.")
    return chosen
