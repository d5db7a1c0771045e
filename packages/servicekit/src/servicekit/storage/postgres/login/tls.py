"""TLS to Postgres by libpq's parameters. Certificates and keys are read again when their files change."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from servicekit.settings.database_parameters import SYSTEM, VERIFYING, default_authority
from servicekit.storage.postgres.login.failures import CannotConnect
from servicekit.telemetry.certificates import certificates

_FILES: Final = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
_CERTIFICATES: Final = frozenset({"sslrootcert", "sslcert"})
_OPTIONAL: Final = ("allow", "prefer")


class PostgresTls:
    """The driver's options for TLS. Reads files, so it runs in a thread."""

    def __init__(self) -> None:
        self._key: object = None
        self._options: dict[str, Any] = {}

    def options(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Options of `asyncpg.connect`.

        Raises:
            CannotConnect: a file cannot be read, or holds no certificate or key.
        """
        try:
            key = (dict(parameters), [_stamp(parameters[name]) for name in _FILES if name in parameters])
            if key != self._key:
                self._options = _options(parameters)
                for name in _CERTIFICATES & parameters.keys():
                    certificates.watch(parameters[name])
                self._key = key
        except OSError as error:  # SSLError, too
            raise CannotConnect(
                f"the certificates or the key for the database cannot be used ({_reason(error)})",
                "Check the PEM files of sslrootcert, sslcert, sslkey and sslcrl.",
            ) from error
        return self._options


def _options(parameters: Mapping[str, str]) -> dict[str, Any]:
    mode = parameters.get("sslmode", "prefer")
    direct = parameters.get("sslnegotiation") == "direct"
    if mode == "disable":
        return {"ssl": "disable", "direct_tls": False}
    if mode in _OPTIONAL:  # the driver tries both ways
        named = {name: parameters[name] for name in ("sslcert", "sslkey", "sslpassword") if name in parameters}
        return {"dsn": f"postgresql://?{urlencode({'sslmode': mode, **named})}", "ssl": mode, "direct_tls": False}
    return {"ssl": _context(mode, parameters), "direct_tls": direct}


def _context(mode: str, parameters: Mapping[str, str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = mode == "verify-full"
    context.minimum_version = _version(parameters.get("ssl_min_protocol_version", "TLSv1.2"))
    if "ssl_max_protocol_version" in parameters:
        context.maximum_version = _version(parameters["ssl_max_protocol_version"])
    context.set_alpn_protocols(["postgresql"])
    authority = parameters.get("sslrootcert") or default_authority()
    if authority == SYSTEM:
        context.load_default_certs()
    elif authority is not None:
        context.load_verify_locations(cafile=authority)
    if authority is None and mode not in VERIFYING:
        context.verify_mode = ssl.CERT_NONE  # sslmode=require encrypts, and checks only with an authority
    if "sslcrl" in parameters:
        context.load_verify_locations(cafile=parameters["sslcrl"])
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    if "sslcert" in parameters:
        secret = parameters.get("sslpassword", "")  # never asked for at a terminal
        context.load_cert_chain(parameters["sslcert"], parameters.get("sslkey"), lambda: secret)
    return context


def _version(name: str) -> ssl.TLSVersion:
    return ssl.TLSVersion[name.replace(".", "_")]


def _stamp(file: str) -> object:
    if file == SYSTEM:
        return None
    found = Path(file).stat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason or "no PEM"
    return error.strerror or type(error).__name__
