"""SQL that moves audit entries between one chain per tenant and lanes, for the migrations of services.

A hash covers the chain's name and the number, so a moved entry gets a new hash. What a verification would have found
before the move, it finds afterwards: a gap stays a gap, and the hash of a changed entry stays one that does not match.
"""

from collections.abc import Iterator

# The time in an entry; now for text that has none or one in no month of the log, which only a changed entry can be.
_ENTRY_TIME = """
CREATE FUNCTION {schema}.audit_entry_time(entry text) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    at timestamptz;
BEGIN
    at := (entry::json ->> 'at')::timestamptz;
    RETURN CASE WHEN at BETWEEN '0001-02-01' AND '9999-11-01' THEN at ELSE now() END;
EXCEPTION WHEN OTHERS THEN
    RETURN now();
END $$
"""
_MONTHS = """
SELECT {schema}.make_audit_month(day) FROM (
    SELECT DISTINCT (date_trunc('month', {schema}.audit_entry_time(entry) AT TIME ZONE 'UTC'))::date AS day
    FROM {schema}.audit_log_before
) AS days
"""
_MOVE = """
DO $$
DECLARE
    old record;
    reached text;
    last_number bigint;
    last_hash bytea;
    before bytea;
    own bytea;
BEGIN
    FOR old IN
        SELECT moved.*, {new_chain} AS new_chain FROM (
            SELECT log.*, {extra}
                log.hash = sha256(log.previous || convert_to(
                    E'\\x1f' || {old_chain} || E'\\x1f' || log.number || E'\\x1f' || log.entry, 'UTF8'
                )) AS is_unchanged,
                log.previous = coalesce(lag(log.hash) OVER chain, decode(repeat('00', 32), 'hex')) AS follows,
                log.number - coalesce(lag(log.number) OVER chain, 0) AS step
            FROM {schema}.audit_log_before AS log WINDOW chain AS (PARTITION BY {old_chain} ORDER BY log.number)
        ) AS moved ORDER BY new_chain, {order}
    LOOP
        IF reached IS DISTINCT FROM old.new_chain THEN
            reached := old.new_chain;
            last_number := 0;
            last_hash := decode(repeat('00', 32), 'hex');
        END IF;
        before := CASE WHEN old.follows THEN last_hash ELSE old.previous END;
        last_number := last_number + old.step;
        own := CASE WHEN old.is_unchanged THEN sha256(before || convert_to(
            E'\\x1f' || reached || E'\\x1f' || last_number || E'\\x1f' || old.entry, 'UTF8'
        )) ELSE old.hash END;
        last_hash := own;
        INSERT INTO {schema}.audit_log {insert};
    END LOOP;
END $$
"""
_INTO_LANES = """(number, at, month, lane, tenant_id, subject, entry, previous, hash)
        VALUES (last_number, old.at, old.month, 0, old.tenant_id, old.subject, old.entry, before, own)"""
_INTO_ONE = """(tenant_id, number, entry, subject, previous, hash)
        VALUES (old.tenant_id, last_number, old.entry, old.subject, before, own)"""
_TIMES = """{schema}.audit_entry_time(log.entry) AS at,
                date_trunc('month', {schema}.audit_entry_time(log.entry) AT TIME ZONE 'UTC')::date AS month,"""


def to_lanes(schema: str) -> Iterator[str]:
    """Statements that move the entries of `audit_log_before`, one chain per tenant, into lane 0 of their months."""
    yield _ENTRY_TIME.format(schema=schema)
    yield _MONTHS.format(schema=schema)
    yield _MOVE.format(
        schema=schema,
        extra=_TIMES.format(schema=schema),
        old_chain="log.tenant_id",
        new_chain="moved.tenant_id || '/' || to_char(moved.month, 'YYYY-MM') || '/0'",
        order="number",
        insert=_INTO_LANES,
    )
    yield f"DROP FUNCTION {schema}.audit_entry_time(text)"


def to_one_chain(schema: str) -> Iterator[str]:
    """Statements that move the entries of `audit_log_before`, in lanes, into one chain per tenant, by their time."""
    yield _MOVE.format(
        schema=schema,
        extra="",
        old_chain="log.tenant_id || '/' || to_char(log.month, 'YYYY-MM') || '/' || log.lane",
        new_chain="moved.tenant_id",
        order="at, lane, number",
        insert=_INTO_ONE,
    )
