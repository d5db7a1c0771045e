"""Custom fields on Postgres."""

from collections.abc import Sequence

from pydantic_core import to_json

from servicekit.storage.postgres.database import Database
from ticketing_mcp.adapters.postgres.grants import granted_queues
from ticketing_mcp.models.custom_fields import MAX_FIELDS, CustomField, NewValue

FIELD_VALUES = """(
    SELECT coalesce(json_agg(json_build_object(
        'name', f.name, 'text', CASE WHEN f.type = 'text' THEN f.value #>> '{}' END,
        'value', CASE WHEN f.type <> 'text' THEN f.value END, 'author', f.author) ORDER BY f.name), '[]')
    FROM ticketing.field_values AS f WHERE f.number = t.number AND f.value IS NOT NULL)"""
MISSING_FIELDS = """(
    SELECT json_agg(d.name ORDER BY d.position, d.name) FROM ticketing.custom_fields AS d
    WHERE d.queue_id = t.queue_id AND (d.definition ->> 'required')::boolean AND NOT EXISTS (
        SELECT FROM ticketing.field_values AS f
        WHERE f.number = t.number AND f.name = d.name AND f.value IS NOT NULL OFFSET 0))"""
CUSTOM_FIELDS = f"""
SELECT d.definition || jsonb_build_object('name', d.name) FROM ticketing.custom_fields AS d
WHERE d.queue_id = $1 AND ($2::text[] IS NULL OR d.queue_id = ANY ($2)) ORDER BY d.position, d.name LIMIT {MAX_FIELDS}
"""
WRITE_VALUES = """
INSERT INTO ticketing.field_values AS f (tenant_id, number, name, type, value, author)
SELECT current_setting('app.tenant'), $1, n.name, n.type, n.value::jsonb, 'staff'
FROM unnest($2::text[], $3::text[], $4::text[]) AS n (name, type, value)
ON CONFLICT (tenant_id, number, name)
DO UPDATE SET type = excluded.type, value = excluded.value, author = excluded.author
"""


class CustomFieldQueries:
    """`CustomFields` on Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def custom_fields(self, queue_id: str) -> list[CustomField]:
        rows = await self._database.fetch(CUSTOM_FIELDS, queue_id, await granted_queues(self._database))
        return [CustomField.model_validate_json(row[0]) for row in rows]


async def write_values(database: Database, number: int, values: Sequence[NewValue]) -> None:
    """Write values of a ticket that is new or locked. A cleared one stays as a row without a value."""
    if values:
        columns = zip(
            *((new.name, new.type, None if new.value is None else to_json(new.value).decode()) for new in values),
            strict=True,
        )
        await database.fetch(WRITE_VALUES, number, *map(list, columns))
