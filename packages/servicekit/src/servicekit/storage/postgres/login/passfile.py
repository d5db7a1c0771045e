"""Reads libpq's password files (https://www.postgresql.org/docs/current/libpq-pgpass.html).

asyncpg leaves the backslashes of escaped characters in the password, and takes the first host's line for every host.
"""

import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from servicekit.storage.postgres.login.failures import CannotConnect

_FIELD: Final = re.compile(r"((?:\\.|[^\\:])*)(?::|\Z)")
_STEP: Final = "Write a line host:port:database:role:password, and let only the server read the file (chmod 0600)."


def passfile_of(parameters: Mapping[str, str]) -> Path | None:
    """The file that the URL names, or libpq's usual one where it exists."""
    if "passfile" in parameters:
        return Path(parameters["passfile"])
    with suppress(RuntimeError):  # no home
        usual = Path("~/.pgpass").expanduser()
        return usual if usual.exists() else None
    return None


def password_in(file: Path, host: str, port: int, database: str, role: str) -> str | None:
    """The password of the first line that fits; None without one.

    Raises:
        CannotConnect: the file cannot be read, or every user of the machine can read it. Its group may read it: a
            Secret of Kubernetes is mounted so.
    """
    try:
        if stat.S_IMODE(file.stat().st_mode) & stat.S_IRWXO:
            raise CannotConnect("every user of the machine can use the passfile", _STEP)
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise CannotConnect("the passfile is not UTF-8 text", _STEP) from None
    except CannotConnect:
        raise
    except OSError as error:
        raise CannotConnect(f"the passfile cannot be read ({error.strerror})", _STEP) from None
    wanted = ("localhost" if host.startswith("/") else host, str(port), database, role)
    for line in lines:
        if line and not line.startswith("#"):
            *fields, password = _fields(line)
            if len(fields) == len(wanted) and all(map(_fits, fields, wanted)):
                return _plain(password)
    return None


def _fields(line: str) -> list[str]:
    """The four names and the rest."""
    fields, start = list[str](), 0
    while len(fields) < 4 and (found := _FIELD.match(line, start)) is not None and found.end() < len(line):
        fields.append(found[1])
        start = found.end()
    return [*fields, line[start:]]


def _fits(field: str, wanted: str) -> bool:
    return field == "*" or _plain(field) == wanted


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
