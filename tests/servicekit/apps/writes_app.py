"""A small service for tests of writes: accounts on Postgres, with destructive tools that need confirmation."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from devkit.stores.databases import DatabaseUrls
from servicekit.audit.tables import lanes_statements
from servicekit.core.errors import Refused
from servicekit.core.identity import ServerIdentity
from servicekit.journal.expiry_function import expiry_statements
from servicekit.journal.postgres import PostgresJournal
from servicekit.journal.tables import create_pending_statements, create_statements
from servicekit.registry.preview import Preview
from servicekit.registry.tools import read, write
from servicekit.schema.argument_types import Identifier
from servicekit.server.service import Service
from servicekit.settings.service import ServiceSettings
from servicekit.storage.postgres.database import Database

from .general_app import app_settings

READ, WRITE, CLOSE = "money:read", "money:write", "money:close"
EVERYTHING = (READ, WRITE, CLOSE)
SCHEMA = "accounts"
SECRET_IN_A_CRASH = "connection to postgres://teller:hunter2x@vault.internal failed"

AccountId = Annotated[
    str,
    Identifier("an account id such as savings", "savings", pattern="[a-z]{1,20}"),
    Field(description="Id of the account."),
]
Amount = Annotated[int, Field(ge=1, le=1_000_000, description="In cents.")]

TABLES = (
    f"CREATE SCHEMA {SCHEMA}",
    f"GRANT USAGE ON SCHEMA {SCHEMA} TO accounts_writer",
    f"""CREATE TABLE {SCHEMA}.accounts (
        tenant_id text NOT NULL, id text NOT NULL, balance bigint NOT NULL CHECK (balance >= 0),
        version integer NOT NULL DEFAULT 1, PRIMARY KEY (tenant_id, id)
    )""",
    f"ALTER TABLE {SCHEMA}.accounts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    f"""CREATE POLICY tenant ON {SCHEMA}.accounts TO accounts_writer
        USING (tenant_id = current_setting('app.tenant', true))""",
    f"GRANT SELECT, UPDATE, DELETE ON {SCHEMA}.accounts TO accounts_writer",
    *create_statements(SCHEMA, "accounts_writer"),
    *create_pending_statements(SCHEMA, "accounts_writer"),
    *lanes_statements(SCHEMA, "accounts_writer"),
    *expiry_statements(SCHEMA, "accounts_writer"),
)
"""What the owner's migrations would run."""
ROWS = f"INSERT INTO {SCHEMA}.accounts VALUES ('acme', 'till', 1000), ('acme', 'safe', 5000), ('globex', 'till', 70)"


class Account(BaseModel):
    """One account."""

    id: str
    balance: int
    version: int


class Withdrawal(Preview):
    """What a withdrawal would do."""

    balance_after: int


class Closed(BaseModel):
    """An account that is no more."""

    id: str
    paid_out: int


class AccountTools:
    """One method is one tool. Nothing here knows of keys, consents or trails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_account(self, account_id: AccountId) -> Account:
        """Look up one account."""
        return await self._one(account_id)

    async def deposit(
        self,
        account_id: AccountId,
        amount: Amount,
        note: Annotated[str | None, Field(max_length=2000)] = None,
        channel: Literal["desk", "post"] = "desk",
        receipt: Annotated[str, Identifier("a receipt such as r-1", "r-1", pattern=r"\S{1,900}")] | None = None,
    ) -> Account:
        """Put money in."""
        if channel == "post" and note is None and receipt is None:
            raise Refused("A deposit by post needs a note or a receipt.")
        return await self._change(account_id, amount)

    async def deposit_and_crash(self, account_id: AccountId, amount: Amount) -> Account:
        """Put money in, and then fail as a bug does."""
        await self._change(account_id, amount)
        raise RuntimeError(SECRET_IN_A_CRASH)

    async def preview_withdrawal(self, account_id: AccountId, amount: Amount) -> Withdrawal:
        """What `withdraw` would do; the row stays locked until that is decided."""
        account = await self._one(account_id, " FOR UPDATE")
        left = account.balance - amount
        if left < 0:
            raise Refused(f"There are only {account.balance} cents in {account_id}.")
        effect = f"{amount} cents leave {account_id}; {left} remain."
        return Withdrawal(effect=effect, version=account.version, balance_after=left)

    async def withdraw(self, account_id: AccountId, amount: Amount) -> Account:
        """Take money out."""
        return await self._change(account_id, -amount)

    async def preview_closing(self, account_id: AccountId) -> Preview:
        """What `close_account` would do."""
        account = await self._one(account_id, " FOR UPDATE")
        return Preview(effect=f"{account_id} is closed; {account.balance} cents go out.", version=account.version)

    async def close_account(self, account_id: AccountId) -> Closed:
        """Close an account for good."""
        query = f"DELETE FROM {SCHEMA}.accounts WHERE id = $1 RETURNING balance"
        return Closed(id=account_id, paid_out=await self._database.fetchval(query, account_id))

    async def _one(self, account_id: str, lock: str = "") -> Account:
        query = f"SELECT id, balance, version FROM {SCHEMA}.accounts WHERE id = $1{lock}"
        return _account(account_id, await self._database.fetchrow(query, account_id))

    async def _change(self, account_id: str, amount: int) -> Account:
        query = f"""UPDATE {SCHEMA}.accounts SET balance = balance + $2, version = version + 1
            WHERE id = $1 RETURNING id, balance, version"""
        return _account(account_id, await self._database.fetchrow(query, account_id, amount))


def _account(account_id: str, row: Any) -> Account:
    if row is None:
        raise Refused(f"No account {account_id}.")
    return Account(**row)


def writes_app(urls: DatabaseUrls, settings: ServiceSettings | None = None, *, name: str = "accounts") -> Service:
    """The service, on a database of its own."""
    database = Database(urls.writer)
    tools = AccountTools(database)
    return Service(
        settings=settings or app_settings(),
        identity=ServerIdentity(name=name, title="Accounts", version="1.0.0", instructions="Keeps money."),
        components=[database],
        journal=PostgresJournal(database, SCHEMA),
        tools=[
            read(tools.get_account, scope=READ),
            write(tools.deposit, scope=WRITE),
            write(tools.deposit_and_crash, scope=WRITE),
            write(tools.withdraw, scope=WRITE, destructive=True, confirm=tools.preview_withdrawal, cost=5),
            write(tools.close_account, scope=CLOSE, destructive=True, confirm=tools.preview_closing),
        ],
    )
