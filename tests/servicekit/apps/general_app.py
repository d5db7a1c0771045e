"""A small service for most tests: books, with one registration of every kind and a tool for every way to fail."""

import asyncio
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from pydantic import BaseModel, Field

from servicekit.audit.file import AuditFile
from servicekit.core.caller import current_tenant
from servicekit.core.errors import Refused, Unavailable
from servicekit.core.health import Component
from servicekit.core.identity import ServerIdentity
from servicekit.journal.protocol import Journal
from servicekit.journal.redis import RedisJournal
from servicekit.registry.prompts import completion, prompt
from servicekit.registry.resources import resource
from servicekit.registry.tools import read, write
from servicekit.schema.argument_types import Identifier
from servicekit.schema.pagination import CursorKey, Limit, Page
from servicekit.schema.untrusted import Untrusted
from servicekit.server.service import Service
from servicekit.settings.service import ServiceSettings
from servicekit.storage.redis.store import RedisStore

STATE_KEY = "books-tests-state-key-books-tests-key"
READ, WRITE = "books:read", "books:write"
CRASH_WORDS = "connection to postgres://keeper:hunter2x@shelf.internal failed"

BookNumber = Annotated[int, Field(ge=1, le=10_000, description="Number of the book.")]


class Book(BaseModel):
    """One book."""

    number: int
    title: str
    pages: int | None = None


class Review(BaseModel):
    """What a reader wrote."""

    book: int
    text: Annotated[str, Untrusted("customer")]
    replies: list[Annotated[str, Untrusted("customer")]] = []


class Shelf(BaseModel):
    """Everything on one shelf."""

    name: str
    books: list[Book]


@dataclass
class Books:
    """The books of each tenant, and what strangers wrote about them."""

    size: int = 120
    added: list[str] = field(default_factory=list)
    review: str = "Nice."

    def books(self) -> list[Book]:
        tenant = current_tenant()
        return [Book(number=n, title=f"{tenant} volume {n}", pages=n * 10) for n in range(1, self.size + 1)]


class BookTools:
    """One method is one tool."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def get_book(self, number: BookNumber) -> Book:
        """Look up one book by its number."""
        books = self._books.books()
        if number > len(books):
            raise Refused(f"No book {number}. List them with list_books.")
        return books[number - 1]

    async def list_books(
        self, prefix: str | None = None, limit: Limit = 10, after: CursorKey | None = None
    ) -> Page[Book]:
        """List the books whose title begins with `prefix`, by number."""
        last = after[0] if after else 0
        rows = [book for book in self._books.books() if book.number > last and book.title.startswith(prefix or "")]
        return Page(rows[: limit + 1], limit, key=lambda book: (book.number,))

    async def list_titles(self, prefix: str | None = None, cursor: CursorKey | None = None) -> Page[Book]:
        """List ten titles at a time."""
        return await self.list_books(prefix, 10, cursor)

    async def get_shelf(self, name: Annotated[str, Field(max_length=40)]) -> Shelf:
        """Show a whole shelf, which outgrows its budget."""
        return Shelf(name=name, books=self._books.books())

    async def get_review(self) -> Review:
        """Read what a reader wrote."""
        return Review(book=1, text=self._books.review, replies=[self._books.review])

    async def add_book(self, title: Annotated[str, Field(min_length=1, max_length=200)]) -> Book:
        """Add a book."""
        self._books.added.append(title)
        return Book(number=len(self._books.added), title=title)

    async def burn(self) -> Book:
        """Fail as a bug does."""
        raise RuntimeError(CRASH_WORDS)

    async def misplace(self) -> Book:
        """Run into a time limit of its own, which is a bug and not the call's deadline."""
        raise TimeoutError(CRASH_WORDS)

    async def abandon(self) -> Book:
        """Await work that another task cancelled."""
        raise asyncio.CancelledError

    async def wait(self) -> Book:
        """Take for ever."""
        await asyncio.Event().wait()
        raise AssertionError

    async def ask_the_vault(self) -> Book:
        """Ask for what is away."""
        raise Unavailable("vault")


class BookTexts:
    """Resources, prompts and completions."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def book(self, number: Annotated[str, Identifier("a number such as 12", "12", pattern="[0-9]{1,5}")]) -> Book:
        """One book, as JSON."""
        books = self._books.books()
        if not 0 < int(number) <= len(books):
            raise Refused(f"No book {number}.")
        return books[int(number) - 1]

    async def rules(self) -> str:
        """The rules of the house."""
        return "Be quiet."

    async def recommend(self, genre: Annotated[str, Field(description="A kind of book.")]) -> str:
        """Ask for a recommendation."""
        return f"Recommend a book of the genre {genre}."

    async def genres(self, prefix: str) -> list[str]:
        """Genres that begin with a prefix."""
        return [f"genre {number:03}" for number in range(150) if f"genre {number:03}".startswith(prefix)]


def app_settings(**changes: Any) -> ServiceSettings:
    """Settings of a service that is not running yet."""
    settings: dict[str, Any] = {
        "public_url": "http://127.0.0.1:8000/mcp",
        "issuer": "http://127.0.0.1:9/",
        "state_keys": STATE_KEY,
        "call_timeout": 5.0,
        "limit_server": 1_000_000,
        "limit_caller": 1_000_000,
        "limit_tool": 1_000_000,
        "limit_address": 1_000_000,
    }
    return ServiceSettings(**{**settings, **changes})


def journal_without_trail() -> Journal:
    """A journal whose trail is not read and which never records a write, for tests of what comes before either."""
    folder = TemporaryDirectory()
    journal = RedisJournal("books", RedisStore("redis://127.0.0.1:1/0"), AuditFile(Path(folder.name, "audit.jsonl")))
    weakref.finalize(journal, folder.cleanup)
    return journal


def general_app(
    books: Books | None = None,
    components: tuple[Component, ...] = (),
    journal: Journal | None = None,
    **settings: Any,
) -> Service:
    """The service, on settings that a test may change."""
    books = books or Books()
    tools, texts = BookTools(books), BookTexts(books)
    return Service(
        settings=app_settings(**settings),
        identity=ServerIdentity(name="books", title="Books", version="1.2.3", instructions="Lends books."),
        components=components,
        journal=journal or journal_without_trail(),
        tools=[
            read(tools.get_book, scope=READ),
            read(tools.list_books, scope=READ, budget=1000),
            read(tools.list_titles, scope=READ),
            read(tools.get_shelf, scope=READ, budget=2000, link="shelf://{name}"),
            read(tools.get_review, scope=READ),
            write(tools.add_book, scope=WRITE),
            read(tools.burn, scope=READ),
            read(tools.misplace, scope=READ),
            read(tools.abandon, scope=READ),
            read(tools.wait, scope=READ),
            read(tools.ask_the_vault, scope=READ),
        ],
        resources=[
            resource("book://{number}", texts.book, scope=READ),
            resource("books://rules", texts.rules, scope=READ),
            resource("books://secret-rules", texts.rules, scope=WRITE),
        ],
        prompts=[prompt(texts.recommend, scope=READ)],
        completions=[completion("genre", texts.genres, scope=READ)],
    )
