"""Why no connection to Postgres came about, in words for the operator, with the next step.

The words name hosts, roles and parameters. They go to logs and to the standard error of commands, never to a caller.
"""

import socket
import ssl
from typing import Final

import asyncpg

# OpenSSL's X509_V_ERR_* (https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/).
_CERTIFICATE: Final = {
    9: ("is not valid yet", "Check the clocks of both machines."),
    10: ("has expired", "Renew the certificate of the server."),
    12: ("was checked against an expired revocation list", "Renew the file of sslcrl."),
    3: ("has no revocation list of its authority", "Put the lists of all its authorities into the file of sslcrl."),
    23: ("is revoked", "Give the server another certificate."),
    62: ("is for another host name", "Write the host in the URL as in the certificate."),
    64: ("is for another address", "Write the host in the URL as in the certificate."),
}
_UNKNOWN_AUTHORITY: Final = ("is signed by an unknown authority", "Set sslrootcert to the PEM file of its authority.")


class CannotConnect(ConnectionError):
    """No connection. Says the cause and the next step.

    Attributes:
        cause: without a full stop.
        next_step: one sentence.
    """

    def __init__(self, cause: str, next_step: str) -> None:
        super().__init__(f"{cause}. {next_step}")
        self.cause = cause
        self.next_step = next_step


class PasswordRefused(CannotConnect):
    """Postgres accepts none of the known passwords. Another one may come with the next look at its file."""


def in_words(error: Exception, host: str, database: str) -> Exception:
    """The failure of one attempt in words. Errors that Postgres itself names otherwise are returned as they are."""
    if isinstance(error, ssl.SSLCertVerificationError):
        fault, step = _CERTIFICATE.get(error.verify_code, _UNKNOWN_AUTHORITY)
        return CannotConnect(f"the certificate of {host} {fault}", step)
    if isinstance(error, ssl.SSLError):
        return CannotConnect(
            f"the TLS handshake with {host} failed ({error.reason or type(error).__name__})",
            "Check sslcert and sslkey, and which versions of TLS and which authorities the server accepts.",
        )
    if isinstance(error, ConnectionError) and "rejected SSL upgrade" in str(error):
        return CannotConnect(
            f"{host} offers no TLS, which sslmode demands", "Turn on ssl there, or change sslmode in the URL."
        )
    if isinstance(error, socket.gaierror):
        return CannotConnect(f"the host name {host} is unknown", "Check the host in the URL, and the name server.")
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return CannotConnect(f"{host} has no database {database}", "Create it, or correct the URL.")
    return error


def refuses_login(error: asyncpg.PostgresError) -> bool:
    """Whether another password may help. PgBouncer sends a protocol violation, such as `SASL authentication failed`."""
    return isinstance(error, asyncpg.InvalidAuthorizationSpecificationError) or (
        isinstance(error, asyncpg.ProtocolViolationError) and "auth" in str(error)
    )


def password_refused(error: Exception | None, host: str, role: str, *, tried: int) -> PasswordRefused:
    """The refusal of all passwords of a role."""
    no_entry = isinstance(error, asyncpg.InvalidAuthorizationSpecificationError) and "pg_hba.conf" in str(error)
    if no_entry:
        return PasswordRefused(
            f"{host} does not admit {role} from this address, or only with TLS", "Add an entry to its pg_hba.conf."
        )
    return PasswordRefused(
        f"{host} refuses the login of {role}{f' with each of {tried} passwords' if tried > 1 else ''}",
        "Correct the password in its file or setting, or set the role's password to it: ALTER ROLE … PASSWORD.",
    )


def no_server_fits(target: str, hosts: int) -> CannotConnect:
    """None of several servers has the wanted state."""
    return CannotConnect(
        f"none of {hosts} hosts is {target}",
        "Wait for the end of a failover, or change target_session_attrs in the URL.",
    )
