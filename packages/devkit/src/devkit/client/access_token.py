"""Access tokens for developers, signed with the development issuer's key."""

import re

from devkit.errors import DevkitError
from devkit.issuer.keys import LIFETIME, LONGEST_LIFETIME, KeyPair, mint
from devkit.settings import DevkitSettings
from devkit.stack.service_environment import ServiceEnvironment
from devkit.workspace.services import ServiceDescription
from devkit.workspace.state_directory import StateDirectory

NAME = re.compile(r"[^\s\x00-\x1f]{1,100}")


def access_token(
    settings: DevkitSettings,
    service: ServiceDescription,
    *,
    scopes: str | None = None,
    subject: str = "dev",
    tenant: str = "acme",
    lifetime: int = LIFETIME,
) -> str:
    """A token for `service`. `scopes` is a space-separated list; by default all scopes of the service.

    `lifetime` is in seconds. Raises `DevkitError` for an unknown scope, an invalid name or lifetime.
    """
    for name, value in (("SUBJECT", subject), ("TENANT", tenant)):
        if not NAME.fullmatch(value):
            raise DevkitError(f"{name} must have 1 to 100 characters and no spaces, such as acme.")
    if not 1 <= lifetime <= LONGEST_LIFETIME:
        raise DevkitError(f"The lifetime must be 1 to {LONGEST_LIFETIME} seconds (30 days), such as 3600.")
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
    """The scopes of the list without duplicates. Raises `DevkitError` that lists the service's scopes."""
    if scopes is None:
        return service.scopes
    chosen = tuple(dict.fromkeys(scopes.split()))
    known = f"Use scopes of {service.name}, separated by spaces: {' '.join(service.scopes)}"
    if not chosen:
        raise DevkitError(f"SCOPES is empty. {known}.")
    for scope in chosen:
        if scope not in service.scopes:
            raise DevkitError(f"Scope '{scope}' in SCOPES does not exist. {known}.")
    return chosen
