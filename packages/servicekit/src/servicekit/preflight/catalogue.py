"""The names of all checks, with what each looks at: the table in docs/operations.md."""

from typing import Final, NamedTuple


class CheckRow(NamedTuple):
    """One row of the table.

    Attributes:
        part: the parts that have the check, divided by spaces.
        name: the name within the part.
        looks_at: what is right.
    """

    part: str
    name: str
    looks_at: str


_ROLES: Final = "reader writer replica owner"
_SERVING: Final = "reader writer replica"

CHECKS: Final = (
    CheckRow("configuration", "composition", "the settings fit each other and name a way to sign in"),
    CheckRow("configuration", "state_keys", "there are keys that replicas share"),
    CheckRow("configuration", "anchor_keys", "anchors of the audit trail are signed"),
    CheckRow("files", "tls", "certificate, key and client CAs can be read, fit and do not expire within 14 days"),
    CheckRow("files", "policy", "the policy files can be used"),
    CheckRow("files", "api_keys", "the API key file can be used"),
    CheckRow("files", "certificates", "the file of client certificates can be used"),
    CheckRow("files", "service", "a file that only this server has can be used, such as its Zendesk accounts"),
    CheckRow("files", "audit", "the folder of the audit files can be written and has space"),
    CheckRow("files", "trail", "an audit file has a store beside it, without which there is no trail"),
    CheckRow(_ROLES, "connection", "name, address, TLS and password are right, and the role may sign in"),
    CheckRow(_ROLES, "version", "PostgreSQL 14 to 18"),
    CheckRow(_ROLES, "clock", "the clock differs by no more than TOKEN_LEEWAY"),
    CheckRow("writer owner", "primary", "the server accepts writes"),
    CheckRow("replica", "standby", "the server is a standby, at most 10 s behind"),
    CheckRow(_ROLES, "role", "the role is the one with the rights, under row-level security"),
    CheckRow(_SERVING, "pooler", "POOLER is as a probe with two connections finds it"),
    CheckRow(_SERVING, "ownership", "the role owns no table"),
    CheckRow("reader replica", "read_only", "the role can write to no table"),
    CheckRow("writer", "excess", "the role can empty no table, and change no audit entry"),
    CheckRow(_SERVING, "rights", "the role has the rights that its server uses"),
    CheckRow(_ROLES, "isolation", "row-level security is forced on every table, and compares the tenant"),
    CheckRow(_ROLES, "migrations", "the database is at this version's revision, or at a newer one"),
    CheckRow("writer owner", "audit_months", "the audit log has its partitions of this and the next month"),
    CheckRow("store", "connection", "address, TLS, user and password are right"),
    CheckRow("store", "writes", "a script can write: not a replica, not full, not read-only"),
    CheckRow("store", "commands", "the user may run every command, on its keys and channels"),
    CheckRow("store", "clock", "the clock differs by no more than TOKEN_LEEWAY"),
    CheckRow("store", "version", "Redis 6.2 or newer, or Valkey"),
    CheckRow("store", "shape", "the URL fits what is there: a primary, not a replica or a Sentinel"),
    CheckRow("store", "eviction", "`maxmemory-policy` is `noeviction`"),
    CheckRow("store", "persistence", "it saves what a server keeps only there"),
    CheckRow("issuer", "metadata", "it can be read, names the issuer exactly, and its keys over https"),
    CheckRow("issuer", "keys", "there is a key for an accepted algorithm"),
    CheckRow("issuer", "clock", "the clock differs by no more than TOKEN_LEEWAY and a second"),
    CheckRow("upstream", "connection", "each upstream can be connected to; no request is sent"),
    CheckRow("telemetry", "collector", "it accepts an export"),
    CheckRow("database", "connections", "all pods fit into `max_connections` and the limits of role and database"),
)


def check_names() -> frozenset[str]:
    """The names in findings, such as ``writer.role``. Any part can also have ``error``, for a bug in a check."""
    return frozenset(f"{part}.{row.name}" for row in CHECKS for part in row.part.split())
