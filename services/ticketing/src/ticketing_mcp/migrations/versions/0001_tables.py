"""Create the tables, keys and constraints of the ticketing domain."""

from alembic import op

from servicekit.storage.identifiers import uuidv7_statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    r"""
CREATE TABLE ticketing.tenants (
    id text COLLATE "C" NOT NULL CHECK (id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    name text NOT NULL,
    next_ticket_number integer NOT NULL DEFAULT 1 CHECK (next_ticket_number BETWEEN 1 AND 1000000000),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (id)
)""",
    r"""
CREATE TABLE ticketing.sla_policies (
    tenant_id text COLLATE "C" NOT NULL REFERENCES ticketing.tenants (id),
    id text COLLATE "C" NOT NULL CHECK (id ~ '^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$'),
    definition jsonb NOT NULL,
    PRIMARY KEY (tenant_id, id)
)""",
    r"""
CREATE TABLE ticketing.queues (
    tenant_id text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL CHECK (id ~ '^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    purpose text NOT NULL CHECK (length(purpose) <= 500),
    sla_policy_id text COLLATE "C" NOT NULL,
    default_priority text COLLATE "C" NOT NULL CHECK (default_priority IN ('low', 'normal', 'high', 'urgent')),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, sla_policy_id) REFERENCES ticketing.sla_policies (tenant_id, id)
)""",
    r"""
CREATE TABLE ticketing.macros (
    tenant_id text COLLATE "C" NOT NULL REFERENCES ticketing.tenants (id),
    id text COLLATE "C" NOT NULL CHECK (id ~ '^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    text text NOT NULL CHECK (length(text) BETWEEN 1 AND 8000),
    PRIMARY KEY (tenant_id, id)
)""",
    r"""
CREATE TABLE ticketing.users (
    tenant_id text COLLATE "C" NOT NULL REFERENCES ticketing.tenants (id),
    id text COLLATE "C" NOT NULL CHECK (id ~ '^[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?$'),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('staff', 'requester')),
    email text COLLATE "C" NOT NULL CHECK (
        length(email) <= 254 AND email = lower(email)
        AND email ~ '^[a-z0-9.!#$%&''*+/=?^_`{|}~-]{1,64}@[a-z0-9-]{1,63}([.][a-z0-9-]{1,63}){1,8}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, email)
)""",
    r"""
CREATE TABLE ticketing.user_terms (
    tenant_id text COLLATE "C" NOT NULL,
    term text COLLATE "C" NOT NULL CHECK (length(term) BETWEEN 1 AND 254),
    user_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, term, user_id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES ticketing.users (tenant_id, id)
)""",
    r"""
CREATE TABLE ticketing.queue_members (
    tenant_id text COLLATE "C" NOT NULL,
    queue_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, queue_id, user_id),
    FOREIGN KEY (tenant_id, queue_id) REFERENCES ticketing.queues (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES ticketing.users (tenant_id, id)
)""",
    r"""
CREATE TABLE ticketing.tickets (
    tenant_id text COLLATE "C" NOT NULL,
    number integer NOT NULL CHECK (number BETWEEN 1 AND 999999999),
    title text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 10000),
    status text COLLATE "C" NOT NULL CHECK (status IN ('open', 'pending', 'on-hold', 'closed')),
    priority text COLLATE "C" NOT NULL CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    queue_id text COLLATE "C" NOT NULL,
    assignee_id text COLLATE "C",
    requester_id text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL CHECK (updated_at >= created_at),
    first_replied_at timestamptz,
    closed_at timestamptz,
    resolution text CHECK (length(resolution) BETWEEN 1 AND 1000),
    merged_into integer CHECK (merged_into <> number),
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, number),
    FOREIGN KEY (tenant_id, queue_id) REFERENCES ticketing.queues (tenant_id, id),
    FOREIGN KEY (tenant_id, assignee_id) REFERENCES ticketing.users (tenant_id, id),
    FOREIGN KEY (tenant_id, requester_id) REFERENCES ticketing.users (tenant_id, id),
    FOREIGN KEY (tenant_id, merged_into) REFERENCES ticketing.tickets (tenant_id, number),
    CHECK ((status = 'closed') = (closed_at IS NOT NULL)),
    CHECK (status = 'closed' OR (resolution IS NULL AND merged_into IS NULL))
)""",
    r"""
CREATE TABLE ticketing.comments (
    tenant_id text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    sequence integer NOT NULL CHECK (sequence > 0),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('requester_message', 'public_reply', 'internal_note')),
    author_id text COLLATE "C" NOT NULL CHECK (length(author_id) BETWEEN 1 AND 255),
    body text NOT NULL CHECK (length(body) BETWEEN 1 AND 10000),
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, number, sequence),
    FOREIGN KEY (tenant_id, number) REFERENCES ticketing.tickets (tenant_id, number)
)""",
    r"""
CREATE TABLE ticketing.events (
    tenant_id text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    sequence integer NOT NULL CHECK (sequence > 0),
    at timestamptz NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind ~ '^[a-z_]{1,40}$'),
    actor text COLLATE "C" NOT NULL CHECK (actor IN ('requester', 'staff', 'system')),
    actor_id text COLLATE "C" NOT NULL CHECK (length(actor_id) BETWEEN 1 AND 255),
    detail text COLLATE "C" CHECK (detail ~ '^[A-Za-z0-9._-]{1,64}$'),
    PRIMARY KEY (tenant_id, number, sequence),
    FOREIGN KEY (tenant_id, number) REFERENCES ticketing.tickets (tenant_id, number)
)""",
    r"""
CREATE TABLE ticketing.holds (
    tenant_id text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz CHECK (ended_at >= started_at),
    PRIMARY KEY (tenant_id, number, started_at),
    FOREIGN KEY (tenant_id, number) REFERENCES ticketing.tickets (tenant_id, number)
)""",
    r"""
CREATE TABLE ticketing.links (
    tenant_id text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('relates_to', 'blocks', 'duplicates')),
    other_number integer NOT NULL CHECK (other_number <> number),
    PRIMARY KEY (tenant_id, number, kind, other_number),
    FOREIGN KEY (tenant_id, number) REFERENCES ticketing.tickets (tenant_id, number),
    FOREIGN KEY (tenant_id, other_number) REFERENCES ticketing.tickets (tenant_id, number)
)""",
    r"""
CREATE TABLE ticketing.vocabulary (
    tenant_id text COLLATE "C" NOT NULL REFERENCES ticketing.tenants (id),
    term text COLLATE "C" NOT NULL CHECK (length(term) BETWEEN 1 AND 64),
    id integer NOT NULL GENERATED BY DEFAULT AS IDENTITY,
    PRIMARY KEY (tenant_id, term),
    UNIQUE (tenant_id, id)
)""",
    r"""
CREATE TABLE ticketing.vocabulary_trigrams (
    tenant_id text COLLATE "C" NOT NULL,
    trigram text COLLATE "C" NOT NULL CHECK (length(trigram) = 3),
    term_id integer NOT NULL,
    PRIMARY KEY (tenant_id, trigram, term_id),
    FOREIGN KEY (tenant_id, term_id) REFERENCES ticketing.vocabulary (tenant_id, id)
)""",
    r"""
CREATE TABLE ticketing.ticket_terms (
    tenant_id text COLLATE "C" NOT NULL,
    number integer NOT NULL,
    term_id integer NOT NULL,
    weight smallint NOT NULL CHECK (weight BETWEEN 1 AND 100),
    PRIMARY KEY (tenant_id, number, term_id) INCLUDE (weight),
    FOREIGN KEY (tenant_id, number) REFERENCES ticketing.tickets (tenant_id, number),
    FOREIGN KEY (tenant_id, term_id) REFERENCES ticketing.vocabulary (tenant_id, id)
)""",
)

INDEXES = (
    "CREATE INDEX users_by_kind ON ticketing.users (tenant_id, kind, id)",
    "CREATE INDEX user_terms_by_user ON ticketing.user_terms (tenant_id, user_id, term)",
    "CREATE INDEX queue_members_by_user ON ticketing.queue_members (tenant_id, user_id, queue_id)",
    "CREATE INDEX tickets_by_status ON ticketing.tickets (tenant_id, status, number DESC)",
    "CREATE INDEX tickets_by_queue ON ticketing.tickets (tenant_id, queue_id, number DESC)",
    "CREATE INDEX tickets_by_queue_and_status ON ticketing.tickets (tenant_id, queue_id, status, number DESC)",
    "CREATE INDEX tickets_by_assignee ON ticketing.tickets (tenant_id, assignee_id, number DESC)",
    "CREATE INDEX tickets_by_priority ON ticketing.tickets (tenant_id, priority, number DESC)",
    "CREATE INDEX links_by_other ON ticketing.links (tenant_id, other_number, kind)",
    "CREATE INDEX ticket_terms_by_term ON ticketing.ticket_terms (tenant_id, term_id, number DESC)",
)


def upgrade() -> None:
    """Create the tables."""
    for statement in (*uuidv7_statements("ticketing"), *TABLES, *INDEXES):
        op.execute(statement)


def downgrade() -> None:
    """Drop the tables with their rows."""
    for table in reversed(TABLES):
        op.execute("DROP TABLE " + table.split()[2])
    op.execute("DROP FUNCTION ticketing.uuidv7")
