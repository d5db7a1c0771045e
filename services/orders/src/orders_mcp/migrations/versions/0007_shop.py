"""Add the shop's time zone, and the phone number and company of a customer."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.execute(
        "ALTER TABLE orders.tenants ADD COLUMN time_zone text COLLATE \"C\" NOT NULL DEFAULT 'UTC' "
        "CHECK (time_zone ~ '^[A-Za-z][A-Za-z0-9_+/-]{0,63}$')"
    )
    op.execute(
        "ALTER TABLE orders.customers ADD COLUMN phone text CHECK (length(phone) BETWEEN 3 AND 40), "
        "ADD COLUMN company text CHECK (length(company) BETWEEN 1 AND 200)"
    )


def downgrade() -> None:
    """Drop the columns with their values."""
    op.execute("ALTER TABLE orders.customers DROP COLUMN company, DROP COLUMN phone")
    op.execute("ALTER TABLE orders.tenants DROP COLUMN time_zone")
