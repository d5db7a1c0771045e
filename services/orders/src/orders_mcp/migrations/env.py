"""What Alembic runs: the steps, on the connection that `run.migrate` hands over."""

from alembic import context

from orders_mcp.migrations.tables import SCHEMA, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table_schema=SCHEMA,
    include_schemas=True,
)
with context.begin_transaction():
    context.run_migrations()
