"""Generated tables, schemas and contract files."""
