"""Add attachments of messages."""

from alembic import op

from servicekit.storage.row_level_security import policy_statements

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TABLES = (
    r"""
CREATE TABLE ticketing.attachments (
    tenant_id text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    id integer NOT NULL CHECK (id > 0),
    sequence integer NOT NULL CHECK (sequence >= 0),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 255),
    type text COLLATE "C" NOT NULL CHECK (type ~ '^[a-z]{1,20}/[a-z0-9.+-]{1,80}$'),
    size integer NOT NULL CHECK (size BETWEEN 1 AND 10485760),
    sha256 text COLLATE "C" NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    author text COLLATE "C" NOT NULL CHECK (author IN ('requester', 'staff')),
    author_id text COLLATE "C" NOT NULL CHECK (length(author_id) BETWEEN 1 AND 255),
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, number, id),
    FOREIGN KEY (tenant_id, number) REFERENCES ticketing.tickets (tenant_id, number)
)""",
    # A table of its own, so that no list of attachments reads their content.
    r"""
CREATE TABLE ticketing.attachment_contents (
    tenant_id text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    id integer NOT NULL,
    content bytea NOT NULL CHECK (octet_length(content) BETWEEN 1 AND 10485760),
    PRIMARY KEY (tenant_id, number, id),
    FOREIGN KEY (tenant_id, number, id) REFERENCES ticketing.attachments (tenant_id, number, id)
)""",
)


def upgrade() -> None:
    """Create the tables, and count the bytes of each tenant."""
    for statement in TABLES:
        op.execute(statement)
    tables = {"attachments": "tenant_id", "attachment_contents": "tenant_id"}
    for statement in policy_statements("ticketing", tables):
        op.execute(statement)
    op.execute("GRANT SELECT, INSERT ON ticketing.attachments, ticketing.attachment_contents TO ticketing_writer")
    op.execute("ALTER TABLE ticketing.tenants ADD COLUMN attachment_bytes bigint NOT NULL DEFAULT 0")
    op.execute("GRANT UPDATE (attachment_bytes) ON ticketing.tenants TO ticketing_writer")


def downgrade() -> None:
    """Drop the attachments with their content."""
    op.execute("REVOKE UPDATE (attachment_bytes) ON ticketing.tenants FROM ticketing_writer")
    op.execute("ALTER TABLE ticketing.tenants DROP COLUMN attachment_bytes")
    op.execute("DROP TABLE ticketing.attachment_contents")
    op.execute("DROP TABLE ticketing.attachments")
