"""Record the warehouse of a parcel, from which its replacement is sent too."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column. NULL means unknown, as for all parcels from before."""
    op.execute(
        """ALTER TABLE orders.shipments ADD COLUMN location text COLLATE "C"
        CHECK (location ~ '^[a-z]{2,12}-[0-9]{1,2}$')"""
    )


def downgrade() -> None:
    """Drop the column."""
    op.execute("ALTER TABLE orders.shipments DROP COLUMN location")
