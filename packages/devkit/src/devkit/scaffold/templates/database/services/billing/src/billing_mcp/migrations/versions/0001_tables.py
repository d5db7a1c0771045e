"""Create the tables, keys and constraints."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    r"""
CREATE TABLE billing.tenants (
    id text COLLATE "C" NOT NULL CHECK (id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (id)
)""",
    r"""
CREATE TABLE billing.invoices (
    tenant_id text COLLATE "C" NOT NULL REFERENCES billing.tenants (id),
    number integer NOT NULL CHECK (number BETWEEN 1 AND 999999999),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    title_key text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL CHECK (status IN ('open', 'archived')),
    created_at timestamptz NOT NULL,
    archived_at timestamptz CHECK (archived_at >= created_at),
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, number),
    CHECK ((status = 'archived') = (archived_at IS NOT NULL))
)""",
    "CREATE INDEX invoices_by_title ON billing.invoices (tenant_id, title_key)",
    "CREATE INDEX invoices_by_status ON billing.invoices (tenant_id, status, number DESC)",
)


def upgrade() -> None:
    """Create the tables."""
    for statement in TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables with their rows."""
    for table in ("invoices", "tenants"):
        op.execute(f"DROP TABLE billing.{table}")
