"""SQL of a function that makes time-ordered UUIDs, for the migrations of services.

PostgreSQL 18 has `uuidv7()`; 14 to 17 have not. Every service makes its own on every version, so that a dump of one
version can be restored into another.
"""

# RFC 9562, section 5.7, with method 3 of section 6.2: 48 bits of milliseconds, the version, 12 bits of the fraction of
# the millisecond, the variant, 62 random bits. The last 8 bytes, variant included, are those of a random UUID; the
# version, 7, is the first digit of the smallint that starts at 0x7000.
_FUNCTION = """
CREATE FUNCTION {schema}.uuidv7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN (
    SELECT encode(
        substring(int8send(microseconds / 1000) FROM 3)
        || int2send((28672 + microseconds % 1000 * 4096 / 1000)::smallint)
        || substring(uuid_send(gen_random_uuid()) FROM 9),
        'hex'
    )::uuid
    FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS microseconds) AS now
)
"""


def uuidv7_statements(schema: str) -> tuple[str, str]:
    """Create the function `uuidv7` of a schema, and let the service's writer call it."""
    name = f"{schema}.uuidv7()"
    return _FUNCTION.format(schema=schema), f"GRANT EXECUTE ON FUNCTION {name} TO {schema}_writer"
