"""SQL for the function that deletes what the Postgres journal no longer needs, for the migrations of services.

It runs as the owner, for every tenant, so that rows of a tenant that never calls again are deleted, too. The writer may
call it, and cannot delete anything else: the lifetimes are in the function and again in the owner's policies, which
show the owner expired rows only.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from servicekit.journal.idempotency_key import KEY_LIFETIME
from servicekit.journal.pending import KEPT

MOST: Final = 10_000
"""Rows of a table that one call deletes at most, whatever its caller asks for."""
_LOCKS: Final = 0x65787069
"""The first key ("expi") of the advisory lock of the deletion, which separates it from other locks."""


class _Expiring(NamedTuple):
    """A table, its column with the time that counts, and for how many seconds its rows are kept."""

    table: str
    since: str
    seconds: int


# A confirmation is valid for ten minutes, by a clock that may differ from the database's. Two days later it is expired
# by any clock, so deleting its mark does not make it valid again.
EXPIRING: Final = (
    _Expiring("write_journal", "created_at", KEY_LIFETIME),
    _Expiring("used_consents", "used_at", KEY_LIFETIME),
    _Expiring("pending_confirmations", "created_at", KEPT),
    _Expiring("wrong_codes", "created_at", KEPT),
)
_INDEXES: Final = (
    "CREATE INDEX used_consents_age ON {schema}.used_consents (used_at)",
    "CREATE INDEX wrong_codes_age ON {schema}.wrong_codes (created_at)",
)
# Rows that a call is using are left for the next time, so neither waits for the other. WITH CHECK keeps the owner from
# changing a row. FOR UPDATE needs the policy for updates, so it is one for all commands.
_POLICY = "CREATE POLICY expiry ON {schema}.{table} TO CURRENT_USER USING ({expired}) WITH CHECK (false)"
_EXPIRED = "{since} < now() - interval '{seconds} seconds'"
_DELETE = """
    expired_in := '{table}';
    DELETE FROM {schema}.{table} WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM {schema}.{table} WHERE {expired}
        ORDER BY {since} LIMIT least(greatest(most, 0), {limit}) FOR UPDATE SKIP LOCKED
    ));
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN NEXT;
"""
_FUNCTION = """
CREATE FUNCTION {schema}.delete_expired(most integer) RETURNS TABLE (expired_in text, removed integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock({locks}, hashtext('{schema}')) THEN
        RETURN;
    END IF;
{deletions}
END $$
"""
_SIGNATURE: Final = "delete_expired(integer)"
# Without the function, only the writer could delete these.
_WRITER_DELETED: Final = ("write_journal", "wrong_codes")


def expiry_statements(schema: str, writer: str) -> Iterator[str]:
    """Statements that create the function and take from the writer the rights that it replaces.

    Args:
        schema: the service's schema.
        writer: the role that serves writes.
    """
    yield from (index.format(schema=schema) for index in _INDEXES)
    deletions = ""
    for one in EXPIRING:
        parts = {"schema": schema, "table": one.table, "since": one.since, "expired": _EXPIRED.format(**one._asdict())}
        yield _POLICY.format(**parts)
        deletions += _DELETE.format(**parts, limit=MOST)
    yield _FUNCTION.format(schema=schema, locks=_LOCKS, deletions=deletions.strip("\n"))
    yield f"REVOKE ALL ON FUNCTION {schema}.{_SIGNATURE} FROM PUBLIC"
    yield f"GRANT EXECUTE ON FUNCTION {schema}.{_SIGNATURE} TO {writer}"
    yield from (f"REVOKE DELETE ON {schema}.{table} FROM {writer}" for table in _WRITER_DELETED)


def drop_expiry_statements(schema: str, writer: str) -> Iterator[str]:
    """Statements that drop the function and give the writer its rights back."""
    yield from (f"GRANT DELETE ON {schema}.{table} TO {writer}" for table in _WRITER_DELETED)
    yield f"DROP FUNCTION {schema}.{_SIGNATURE}"
    yield from (f"DROP POLICY expiry ON {schema}.{one.table}" for one in EXPIRING)
    yield from (f"DROP INDEX {schema}.{index.split()[2]}" for index in _INDEXES)
