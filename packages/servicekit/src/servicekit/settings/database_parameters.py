"""The parameters of a database URL: which are honoured, and which are refused, with the reason.

https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
"""

import difflib
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final


class InvalidDatabaseUrl(ValueError):
    """A database URL cannot be used. The text gives the reason and quotes no value, which may be secret."""


SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
VERIFYING: Final = ("verify-ca", "verify-full")
TARGETS: Final = ("any", "read-write", "read-only", "primary", "standby", "prefer-standby")
SYSTEM: Final = "system"
"""`sslrootcert` of the authorities that the operating system trusts."""

_TLS_VERSIONS: Final = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_USUAL_LIMITS: Final = {"min": "TLSv1.2", "max": "TLSv1.3"}
_CHOICES: Final = {
    "sslmode": SSL_MODES,
    "sslnegotiation": ("postgres", "direct"),
    "target_session_attrs": TARGETS,
    "load_balance_hosts": ("disable", "random"),
    "ssl_min_protocol_version": _TLS_VERSIONS,
    "ssl_max_protocol_version": _TLS_VERSIONS,
    "keepalives": ("0", "1"),
    # What the driver does anyway; `_UNSUPPORTED` says why there is no more.
    "channel_binding": ("disable", "prefer"),
    "gssencmode": ("disable", "prefer"),
    "sslcompression": ("0",),
    "sslsni": ("1",),
    "client_encoding": ("utf8", "UTF8", "utf-8", "UTF-8", "auto"),
    "sslcertmode": ("allow",),
}
_FILES: Final = ("sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile")
_TEXTS: Final = ("application_name", "fallback_application_name", "options", "sslpassword")
_NUMBERS: Final = (
    "connect_timeout",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
)
_MAY_BE_EMPTY: Final = (*_FILES, *_TEXTS, "ssl_min_protocol_version", "ssl_max_protocol_version")
_UNSUPPORTED: Final = {
    "channel_binding": "the driver has no channel binding; sslmode=verify-full proves the server's identity",
    "gssencmode": "the driver has no GSSAPI encryption; use sslmode",
    "require_auth": "the driver cannot restrict the method of authentication; restrict it in pg_hba.conf",
    "service": "connection service files are not read; write the values into the URL",
    "servicefile": "connection service files are not read; write the values into the URL",
    "hostaddr": "name the server by `host`, which its certificate is checked against",
    "sslcrldir": "name one file with sslcrl",
    "krbsrvname": "Kerberos is not supported; use a password, a command for one, or a client certificate",
    "gsslib": "Kerberos is not supported; use a password, a command for one, or a client certificate",
    "gssdelegation": "Kerberos is not supported; use a password, a command for one, or a client certificate",
    "requirepeer": "the owner of a socket is not checked; protect its folder",
    "requiressl": "use sslmode=require",
    "replication": "the server runs no replication",
}
_VARIABLES: Final = {
    "PGPASSFILE": "passfile",
    "PGSSLMODE": "sslmode",
    "PGSSLROOTCERT": "sslrootcert",
    "PGSSLCERT": "sslcert",
    "PGSSLKEY": "sslkey",
    "PGSSLCRL": "sslcrl",
    "PGSSLNEGOTIATION": "sslnegotiation",
    "PGSSLMINPROTOCOLVERSION": "ssl_min_protocol_version",
    "PGSSLMAXPROTOCOLVERSION": "ssl_max_protocol_version",
    "PGTARGETSESSIONATTRS": "target_session_attrs",
    "PGLOADBALANCEHOSTS": "load_balance_hosts",
    "PGCONNECT_TIMEOUT": "connect_timeout",
    "PGAPPNAME": "application_name",
    "PGOPTIONS": "options",
    "PGCHANNELBINDING": "channel_binding",
    "PGREQUIREAUTH": "require_auth",
    "PGGSSENCMODE": "gssencmode",
}
_OWN: Final = frozenset(
    {
        "app.tenant",
        "default_transaction_read_only",
        "statement_timeout",
        "role",
        "session_authorization",
        "row_security",
    }
)
"""Settings of a session that the server sets itself, or that would change whose rows it sees."""
_WORD: Final = re.compile(r"(?:\\.|[^\\\s])+", re.DOTALL)


def check_parameters(given: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    """The parameters that hold, those of libpq's variables too. As in libpq, an empty text is left out, and an empty
    choice, such as ``sslmode=``, is refused.

    Raises:
        InvalidDatabaseUrl: one is unknown, not supported, or has a wrong value.
    """
    found = {name: (value, name) for name, value in given.items()}
    for variable, name in _VARIABLES.items():
        if variables.get(variable) and not given.get(name):
            found[name] = (variables[variable], variable)
    if given.get("ssl") == "true":  # as JDBC writes it; libpq reads it, too
        del found["ssl"]
        if given.get("sslmode", "require") not in ("require", *VERIFYING):
            raise InvalidDatabaseUrl("ssl=true and sslmode contradict each other: remove one")
        found["sslmode"] = (given.get("sslmode", "require"), "ssl")
    checked = {
        name: _value(name, value, label) for name, (value, label) in found.items() if value or name not in _MAY_BE_EMPTY
    }
    if checked.get("sslrootcert") == SYSTEM and checked.setdefault("sslmode", "verify-full") != "verify-full":
        raise InvalidDatabaseUrl("sslrootcert=system needs sslmode=verify-full")
    _check_tls(checked)
    return checked


def server_settings_of(parameters: Mapping[str, str]) -> dict[str, str]:
    """The settings of the session in ``application_name`` and ``options``."""
    found = _options(parameters.get("options", ""))
    name = parameters.get("application_name") or parameters.get("fallback_application_name")
    return {**found, "application_name": name} if name else found


def default_authority() -> str | None:
    """libpq's usual file of authorities, where it exists."""
    with suppress(RuntimeError):  # no home
        default = Path("~/.postgresql/root.crt").expanduser()
        return str(default) if default.exists() else None
    return None


def _value(name: str, value: str, label: str) -> str:
    if name in _CHOICES:
        if value in _CHOICES[name]:
            return value
        reason = f" ({_UNSUPPORTED[name]})" if name in _UNSUPPORTED else ""
        raise InvalidDatabaseUrl(f"{label} must be {' or '.join(_CHOICES[name])}{reason}")
    if name in _UNSUPPORTED:
        raise InvalidDatabaseUrl(f"{label} is not supported: {_UNSUPPORTED[name]}")
    if name in _NUMBERS:
        if not re.fullmatch(r"-?\d{1,9}", value):
            raise InvalidDatabaseUrl(f"{label} must be a whole number")
        return value
    if name in _FILES:
        return _file(name, value, label)
    if name in _TEXTS:
        return value
    known = [*_CHOICES, *_UNSUPPORTED, *_NUMBERS, *_FILES, *_TEXTS, "host", "port", "user", "password", "dbname"]
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else "write settings of the session as options=-c%20name%3Dvalue"
    # Its name is quoted where it resembles a known one; else it may be the rest of a password.
    raise InvalidDatabaseUrl(f"{f'the parameter `{name}`' if near else 'a parameter after the `?`'} is unknown: {hint}")


def _file(name: str, value: str, label: str) -> str:
    if name == "sslrootcert" and value == SYSTEM:
        return value
    try:
        path = Path(value).expanduser()
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise InvalidDatabaseUrl(f"the file of {label} cannot be read ({error.strerror})") from None
    except RuntimeError:
        raise InvalidDatabaseUrl(f"write the whole path of {label}: ~ names no home") from None
    return str(path)


def _check_tls(checked: Mapping[str, str]) -> None:
    """Refuse what libpq would ignore."""
    mode = checked.get("sslmode", "prefer")
    if mode in ("disable", "allow", "prefer"):
        for name in ("sslrootcert", "sslcrl"):
            if name in checked:
                raise InvalidDatabaseUrl(f"{name} has no effect with sslmode={mode}: add sslmode=verify-full")
        if checked.get("sslnegotiation") == "direct":
            raise InvalidDatabaseUrl("sslnegotiation=direct needs sslmode=require, verify-ca or verify-full")
    if mode == "disable" and ("sslcert" in checked or "sslkey" in checked):
        raise InvalidDatabaseUrl("sslcert and sslkey have no effect with sslmode=disable")
    if mode in VERIFYING and "sslrootcert" not in checked and default_authority() is None:
        raise InvalidDatabaseUrl(
            f"sslmode={mode} needs sslrootcert: the PEM file of the server's authority, or `system` for those that the "
            "operating system trusts"
        )
    limits = [checked.get(f"ssl_{limit}_protocol_version", usual) for limit, usual in _USUAL_LIMITS.items()]
    if _TLS_VERSIONS.index(limits[0]) > _TLS_VERSIONS.index(limits[1]):
        raise InvalidDatabaseUrl("ssl_min_protocol_version is later than ssl_max_protocol_version")
    if "sslkey" in checked and "sslcert" not in checked:
        raise InvalidDatabaseUrl("sslkey needs sslcert, the certificate of that key")


def _options(text: str) -> dict[str, str]:
    found = dict[str, str]()
    words = iter(_WORD.findall(text))
    for word in words:
        option = word + next(words, "") if word == "-c" else word
        name, equals, value = option[2:].partition("=")
        name = name.replace("-", "_").lower()
        if option[:2] not in ("-c", "--") or not equals or not name.replace(".", "_").isidentifier():
            raise InvalidDatabaseUrl("write options as -c name=value, percent-encoded: options=-c%20name%3Dvalue")
        if name in _OWN:
            raise InvalidDatabaseUrl(
                f"options must not set {name}, which the server sets itself (STATEMENT_TIMEOUT is a setting)"
            )
        found[name] = re.sub(r"\\(.)", r"\1", value, flags=re.DOTALL)
    return found
