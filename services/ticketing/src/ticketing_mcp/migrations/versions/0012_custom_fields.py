"""Add custom fields of queues, and their values."""

from alembic import op

from servicekit.storage.row_level_security import policy_statements

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = (
    r"""
CREATE TABLE ticketing.custom_fields (
    tenant_id text COLLATE "C" NOT NULL,
    queue_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$' AND name !~ '^model_'),
    position smallint NOT NULL CHECK (position > 0),
    definition jsonb NOT NULL CHECK (
        definition ->> 'type' IN ('text', 'number', 'integer', 'boolean', 'date', 'choice', 'multi_choice')
        AND length(definition ->> 'meaning') BETWEEN 1 AND 500
        AND (definition ->> 'type' NOT LIKE '%choice'
            OR jsonb_array_length(definition -> 'choices') BETWEEN 1 AND 100)),
    PRIMARY KEY (tenant_id, queue_id, name),
    FOREIGN KEY (tenant_id, queue_id) REFERENCES ticketing.queues (tenant_id, id)
)""",
    r"""
CREATE TABLE ticketing.field_values (
    tenant_id text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    name text COLLATE "C" NOT NULL CHECK (name ~ '^[a-z][a-z0-9_]{0,39}$'),
    type text COLLATE "C" NOT NULL CHECK (type ~ '^[a-z_]{1,20}$'),
    value jsonb CHECK (length(value::text) <= 20000),
    author text COLLATE "C" NOT NULL CHECK (author IN ('requester', 'staff')),
    PRIMARY KEY (tenant_id, number, name),
    FOREIGN KEY (tenant_id, number) REFERENCES ticketing.tickets (tenant_id, number)
)""",
)


def upgrade() -> None:
    """Create the tables. A cleared value stays as a row without one, so nothing is deleted."""
    for statement in TABLES:
        op.execute(statement)
    tables = {"custom_fields": "tenant_id", "field_values": "tenant_id"}
    for statement in policy_statements("ticketing", tables):
        op.execute(statement)
    op.execute("GRANT SELECT ON ticketing.custom_fields TO ticketing_writer")
    op.execute("GRANT SELECT, INSERT, UPDATE (type, value, author) ON ticketing.field_values TO ticketing_writer")


def downgrade() -> None:
    """Drop the fields with their values."""
    op.execute("DROP TABLE ticketing.field_values")
    op.execute("DROP TABLE ticketing.custom_fields")
