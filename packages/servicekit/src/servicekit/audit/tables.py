"""SQL for the audit log in lanes and monthly partitions, for the migrations of services (ADR 0014).

The log takes the place of the table with one chain per tenant and keeps its entries.
"""

from collections.abc import Iterator
from typing import Final

from servicekit.audit.lane_migration import to_lanes, to_one_chain
from servicekit.storage.tenant_tables import tenant_tables

LANES: Final = 256
"""Lanes of a tenant. Each connection writes to a random one, so they are many more than connections."""
LOCKS: Final = 0x61756469
"""The first key ("audi") of the advisory locks of chains, which separates them from other locks."""

_ONE_CHAIN = """
CREATE TABLE {schema}.audit_log (
    tenant_id text NOT NULL,
    number bigint NOT NULL,
    entry text NOT NULL,
    subject text NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (tenant_id, number)
);
CREATE INDEX audit_log_subject ON {schema}.audit_log (tenant_id, subject, number DESC);
"""
# A chain lies in one partition: so its numbers are unique, and retention removes all of it.
_LOG = """
CREATE TABLE {schema}.audit_log (
    number bigint NOT NULL,
    at timestamptz NOT NULL,
    month date NOT NULL,
    lane smallint NOT NULL,
    tenant_id text NOT NULL,
    subject text NOT NULL,
    entry text NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (month, tenant_id, lane, number)
) PARTITION BY RANGE (month)
"""
_ACTIONS = """
CREATE INDEX audit_log_actions ON {schema}.audit_log (tenant_id, subject, month, at, lane, number)
"""
_CUTS = """
CREATE TABLE {schema}.audit_cuts (
    tenant_id text NOT NULL,
    chain text NOT NULL,
    number bigint NOT NULL,
    hash bytea NOT NULL,
    cut_at timestamptz NOT NULL,
    signature bytea NOT NULL,
    PRIMARY KEY (chain, number)
)
"""
# Runs as the owner, since the roles that serve calls create no tables. ATTACH PARTITION lets others write meanwhile,
# CREATE TABLE … PARTITION OF does not. A partition has neither grants nor policies: it is used through the log.
_MAKE_MONTH = """
CREATE FUNCTION {schema}.make_audit_month(any_day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    first_day date := make_date(extract(year FROM any_day)::int, extract(month FROM any_day)::int, 1);
    name text := to_char(first_day, '"audit_log_"YYYY_MM');
BEGIN
    IF first_day NOT BETWEEN '0001-01-01' AND '9999-11-01' THEN  -- the name of the partition tells its month
        RAISE EXCEPTION 'the audit log has no month %', name;
    END IF;
    IF to_regclass('{schema}.' || name) IS NOT NULL THEN
        RETURN;
    END IF;
    LOCK TABLE {schema}.audit_log IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass('{schema}.' || name) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE {schema}.%I (LIKE {schema}.audit_log INCLUDING ALL)', name);
    EXECUTE format('ALTER TABLE {schema}.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format(
        'ALTER TABLE {schema}.audit_log ATTACH PARTITION {schema}.%I FOR VALUES FROM (%L) TO (%L)',
        name, first_day, (first_day + interval '1 month')::date
    );
END $$
"""
# Appends to the lane that the connection had last, or to a random one that no other transaction has locked; only where
# many are locked it waits. Each statement has a snapshot of its own, so the head is read after the lock, and the
# primary key keeps chains from forking in any case. After retention has removed a chain, it continues after its cut.
_APPEND = """
CREATE FUNCTION {schema}.append_audit(
    tenant text, of_month date, times timestamptz[], subjects text[], entries text[],
    INOUT in_lane smallint, OUT last_number bigint, OUT last_hash bytea
)
LANGUAGE plpgsql AS $$
DECLARE
    chain_name text;
    added record;
    is_added boolean := cardinality(entries) = 0;
    before bytea;
    tries int := 0;
BEGIN
    WHILE NOT is_added LOOP
        in_lane := coalesce(in_lane, floor(random() * {lanes}));
        chain_name := tenant || '/' || to_char(of_month, 'YYYY-MM') || '/' || in_lane;
        IF NOT pg_try_advisory_xact_lock({locks}, hashtext(chain_name)) THEN
            tries := tries + 1;
            IF tries < 100 THEN
                in_lane := NULL;
                CONTINUE;
            END IF;
            PERFORM pg_advisory_xact_lock({locks}, hashtext(chain_name));
        END IF;
        SELECT log.number, log.hash INTO last_number, last_hash FROM {schema}.audit_log AS log
        WHERE log.month = of_month AND log.tenant_id = tenant AND log.lane = in_lane
        ORDER BY log.number DESC LIMIT 1;
        IF NOT FOUND THEN
            PERFORM {schema}.make_audit_month(of_month);
            SELECT cut.number, cut.hash INTO last_number, last_hash FROM {schema}.audit_cuts AS cut
            WHERE cut.tenant_id = tenant AND cut.chain = chain_name ORDER BY cut.number DESC LIMIT 1;
        END IF;
        last_number := coalesce(last_number, 0);
        last_hash := coalesce(last_hash, decode(repeat('00', 32), 'hex'));
        FOR added IN SELECT * FROM unnest(times, subjects, entries) AS one (at, subject, entry) LOOP
            before := last_hash;
            last_number := last_number + 1;
            last_hash := sha256(before || convert_to(
                E'\\x1f' || chain_name || E'\\x1f' || last_number || E'\\x1f' || added.entry, 'UTF8'
            ));
            INSERT INTO {schema}.audit_log (number, at, month, lane, tenant_id, subject, entry, previous, hash)
            VALUES (last_number, added.at, of_month, in_lane, tenant, added.subject, added.entry, before, last_hash)
            ON CONFLICT DO NOTHING;
            is_added := FOUND;
            EXIT WHEN NOT is_added;
        END LOOP;
        IF NOT is_added THEN
            in_lane := NULL;
        END IF;
    END LOOP;
END $$
"""
_FUNCTIONS: Final = ("make_audit_month(date)", "append_audit(text, date, timestamptz[], text[], text[], smallint)")
_SOON = """
SELECT {schema}.make_audit_month((current_date + ahead * interval '1 month')::date) FROM generate_series(0, 2) AS ahead
"""
_SECURE = "ALTER TABLE {schema}.{table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"
_OWN_ROWS = "tenant_id = current_setting('app.tenant', true)"
# The owner verifies the chains of every tenant and removes whole partitions. It changes no row.
_RIGHTS = (
    "CREATE POLICY writer ON {schema}.audit_log TO {writer} USING ({own}) WITH CHECK ({own})",
    "CREATE POLICY verifier ON {schema}.audit_log FOR SELECT TO CURRENT_USER USING (true)",
    "GRANT SELECT, INSERT ON {schema}.audit_log TO {writer}",
    "CREATE POLICY writer ON {schema}.audit_cuts FOR SELECT TO {writer} USING ({own})",
    "CREATE POLICY verifier ON {schema}.audit_cuts FOR SELECT TO CURRENT_USER USING (true)",
    "CREATE POLICY pruner ON {schema}.audit_cuts FOR INSERT TO CURRENT_USER WITH CHECK (true)",
    "GRANT SELECT ON {schema}.audit_cuts TO {writer}",
)


def audit_log_statements(schema: str, writer: str) -> Iterator[str]:
    """Statements that create the audit log with one chain per tenant; the first makes the table."""
    yield from tenant_tables(_ONE_CHAIN, ("audit_log",), schema, writer)
    # The owner verifies the chains of every tenant, so it may read them, and only that.
    yield f"CREATE POLICY verifier ON {schema}.audit_log FOR SELECT TO CURRENT_USER USING (true)"


def lanes_statements(schema: str, writer: str) -> Iterator[str]:
    """Statements that replace the table with one chain per tenant, and move its entries into lane 0.

    Args:
        schema: the service's schema.
        writer: the role that serves writes.
    """
    yield f"ALTER TABLE {schema}.audit_log RENAME TO audit_log_before"
    yield f"ALTER INDEX {schema}.audit_log_pkey RENAME TO audit_log_before_pkey"
    yield from (statement.format(schema=schema) for statement in (_LOG, _ACTIONS, _CUTS, _MAKE_MONTH))
    yield _APPEND.format(schema=schema, lanes=LANES, locks=LOCKS)
    for function in _FUNCTIONS:
        yield f"REVOKE ALL ON FUNCTION {schema}.{function} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {schema}.{function} TO {writer}"
    yield _SOON.format(schema=schema)
    yield from to_lanes(schema)
    yield f"DROP TABLE {schema}.audit_log_before"
    yield from (_SECURE.format(schema=schema, table=table) for table in ("audit_log", "audit_cuts"))
    yield from (right.format(schema=schema, writer=writer, own=_OWN_ROWS) for right in _RIGHTS)


def drop_lanes_statements(schema: str, writer: str) -> Iterator[str]:
    """Statements that go back to one chain per tenant. The entries are kept, the cuts are dropped."""
    yield f"ALTER TABLE {schema}.audit_log RENAME TO audit_log_before"
    yield f"ALTER INDEX {schema}.audit_log_pkey RENAME TO audit_log_before_pkey"
    table, *rights = audit_log_statements(schema, writer)
    yield table
    yield from to_one_chain(schema)
    yield from rights
    yield f"DROP TABLE {schema}.audit_log_before, {schema}.audit_cuts"
    yield from (f"DROP FUNCTION {schema}.{function}" for function in _FUNCTIONS)
