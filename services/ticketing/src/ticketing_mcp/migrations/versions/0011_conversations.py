"""Let messages be HTML mails of any usual length, and tickets have recipients of copies. Record mentions."""

from alembic import op

from servicekit.storage.row_level_security import policy_statements

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TAGS = "kind IN ('tag_added', 'tag_removed') AND length(detail) BETWEEN 1 AND 50"
ADDRESSES = "kind IN ('cc_added', 'cc_removed') AND length(detail) BETWEEN 3 AND 254"
DETAIL = f"detail ~ '^[A-Za-z0-9._-]{{1,64}}$' OR ({TAGS})"
TENANT_TABLES = {"mentions": "tenant_id"}
STATEMENTS = (
    """ALTER TABLE ticketing.tickets
    ADD COLUMN format text COLLATE "C" NOT NULL DEFAULT 'text' CHECK (format IN ('text', 'html')),
    ADD COLUMN cc text[] COLLATE "C" NOT NULL DEFAULT '{}' CHECK (cardinality(cc) <= 20),
    DROP CONSTRAINT tickets_body_check,
    ADD CONSTRAINT tickets_body_check CHECK (length(body) BETWEEN 1 AND 1000000)""",
    """ALTER TABLE ticketing.comments
    ADD COLUMN format text COLLATE "C" NOT NULL DEFAULT 'text' CHECK (format IN ('text', 'html')),
    ADD COLUMN sent_to text[] COLLATE "C" CHECK (cardinality(sent_to) <= 21),
    DROP CONSTRAINT comments_body_check,
    ADD CONSTRAINT comments_body_check CHECK (length(body) BETWEEN 1 AND 1000000)""",
    """CREATE TABLE ticketing.mentions (
    tenant_id text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    sequence integer NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, number, sequence, user_id),
    FOREIGN KEY (tenant_id, number, sequence) REFERENCES ticketing.comments (tenant_id, number, sequence),
    FOREIGN KEY (tenant_id, user_id) REFERENCES ticketing.users (tenant_id, id)
)""",
    "ALTER TABLE ticketing.events DROP CONSTRAINT events_detail_check",
    f"ALTER TABLE ticketing.events ADD CONSTRAINT events_detail_check CHECK ({DETAIL} OR ({ADDRESSES}))",
    "CREATE INDEX mentions_by_user ON ticketing.mentions (tenant_id, user_id, number DESC, sequence DESC)",
)
GRANTS = (
    "GRANT UPDATE (cc) ON ticketing.tickets TO ticketing_writer",
    "GRANT SELECT, INSERT ON ticketing.mentions TO ticketing_writer",
)


def upgrade() -> None:
    """Add the columns and the table."""
    for statement in (*STATEMENTS, *policy_statements("ticketing", TENANT_TABLES), *GRANTS):
        op.execute(statement)


def downgrade() -> None:
    """Drop them. Fails while a message is longer than the earlier schema allows."""
    op.execute("DROP TABLE ticketing.mentions")
    op.execute("DELETE FROM ticketing.events WHERE kind IN ('cc_added', 'cc_removed')")
    op.execute("ALTER TABLE ticketing.events DROP CONSTRAINT events_detail_check")
    op.execute(f"ALTER TABLE ticketing.events ADD CONSTRAINT events_detail_check CHECK ({DETAIL})")
    for table, column in (("comments", "sent_to"), ("tickets", "cc")):
        op.execute(
            f"""ALTER TABLE ticketing.{table} DROP COLUMN format, DROP COLUMN {column},
            DROP CONSTRAINT {table}_body_check,
            ADD CONSTRAINT {table}_body_check CHECK (length(body) BETWEEN 1 AND 10000)"""
        )
