"""A service for the differential test: every kind of registration, result and failure, and an input request."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from servicekit.core.errors import Refused
from servicekit.core.identity import ServerIdentity
from servicekit.pipeline.elicitation import elicit
from servicekit.registry.prompts import completion, prompt
from servicekit.registry.resources import resource
from servicekit.registry.tools import read, write
from servicekit.server.service import Service

from .content_app import ContentTools
from .general_app import READ, WRITE, Book, Books, BookTexts, BookTools, app_settings, journal_without_trail


class Binding(BaseModel):
    """How to bind a book."""

    leather: bool


class Choices:
    """Tools with an input request, and with arguments that clients repeat in headers."""

    async def bind(self, title: str = "Atlas") -> Book:
        """Ask for a binding."""
        answer = await elicit("binding", "Leather?", Binding)
        if answer is None:
            raise Refused("Not bound.")
        return Book(number=1, title=title, pages=int(answer.leather))

    async def route(
        self,
        region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
        priority: Annotated[int | None, Field(json_schema_extra={"x-mcp-header": "Priority"})] = None,
    ) -> str:
        """Say where a message goes."""
        return f"{region} at {priority}"


def compared_app(**settings: Any) -> Service:
    """The service, on settings that a test may change."""
    books = Books(review="Schön\u2028gut.")
    tools, texts, content, choices = BookTools(books), BookTexts(books), ContentTools(), Choices()
    readers = [
        *(tools.get_book, tools.list_books, tools.list_titles, tools.get_review, tools.burn, tools.misplace),
        *(tools.abandon, tools.wait, tools.ask_the_vault, content.paint, content.perform, content.exhibit),
        *(content.expose, choices.bind, choices.route),
    ]
    return Service(
        settings=app_settings(**settings),
        identity=ServerIdentity(name="compared", title="Compared", version="1.2.3", instructions="Lends books."),
        journal=journal_without_trail(),
        tools=[
            *(read(method, scope=READ) for method in readers),
            read(tools.get_shelf, scope=READ, budget=2000, link="shelf://{name}"),
            write(tools.add_book, scope=WRITE),
        ],
        resources=[
            resource("book://{number}", texts.book, scope=READ),
            resource("books://rules", texts.rules, scope=READ),
            resource("books://secret-rules", texts.rules, scope=WRITE),
            resource("content://pixel", content.pixel, scope=READ, mime_type="image/png"),
            resource("content://wall", content.wall, scope=READ, budget=1000),
        ],
        prompts=[prompt(texts.recommend, scope=READ), prompt(content.criticise, scope=READ)],
        completions=[completion("genre", texts.genres, scope=READ)],
    )
