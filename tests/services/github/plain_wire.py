"""What the second server is asked, and what it answers."""

from dataclasses import dataclass, field
from typing import Any

from .plain_places import PlainServer


@dataclass(frozen=True)
class Asked:
    """A request: what its path named, and the rest."""

    server: PlainServer
    place: Any
    named: list[str]
    query: dict[str, str]
    body: Any
    accept: str

    @property
    def number(self) -> int:
        """Of an issue or pull request, counted from 0."""
        return int(self.named[1]) - 1


@dataclass(frozen=True)
class Answer:
    """A reply: JSON, or bytes as they are."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def listed(asked: Asked, items: list[Any], wrap: str | None = None) -> Answer:
    size, page = int(asked.query.get("per_page", 30)), int(asked.query.get("page", 1))
    part = items[(page - 1) * size : page * size]
    more = asked.server.links and len(items) > page * size
    headers = {"Link": f"<{asked.server.url}/repositories/1/things?page={page + 1}>; rel=next"} if more else {}
    return Answer(200, {wrap: part} if wrap else part, headers)
