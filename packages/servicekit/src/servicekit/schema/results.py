"""What a tool gives back, and the shape in which it leaves: a model, a page of records, or plain text."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, RootModel, TypeAdapter
from pydantic_core import to_json

from servicekit.core.errors import Refused
from servicekit.schema.content import Attachment, WithAttachments, within_budget
from servicekit.schema.json_schema import Schema, advertised_output
from servicekit.schema.pagination import Page
from servicekit.schema.untrusted import untrusted_paths

DEFAULT_BUDGET = 64 * 1024
"""The most bytes of JSON text that one result may have, unless its row says otherwise (SECURITY: result budget)."""


class Excerpt(BaseModel):
    """The base of a result that may show only a part of something long, such as a file or a log."""

    model_config = ConfigDict(frozen=True)

    whole: Annotated[
        str | None, Field(description="URI of the resource that holds the whole; there only where something was cut.")
    ] = None


@dataclass(slots=True)
class OperationResult:
    """A result ready to leave.

    Attributes:
        text: what a model reads; the JSON of `structured` where there is one.
        structured: the JSON object that fits the advertised output schema, or None for plain text.
        next_position: for a page that goes on, the key of its last record.
        cut: records were left out because the result outgrew its budget.
        link: URI of the whole, of which this is a part.
        attachments: what there is to see and hear besides.
        data: the contents of a resource that is not text.
    """

    text: str
    structured: dict[str, Any] | None = None
    next_position: tuple[Any, ...] | None = None
    cut: bool = False
    notices: list[str] = field(default_factory=list[str])
    link: str | None = None
    attachments: tuple[Attachment, ...] = ()
    data: bytes | None = None


class OutputSchema:
    """The outgoing shape of one operation, prepared from its return annotation.

    Attributes:
        schema: the output schema to advertise; None for plain text.
        field_names: for a page, the names that `fields` may choose from.
        untrusted: paths of the fields that people outside wrote, such as ``items[].notes``.
        is_illustrated: extras come with it.
    """

    def __init__(self, annotation: Any, budget: int = DEFAULT_BUDGET) -> None:
        self._budget = budget
        self.schema: Schema | None = None
        self.field_names: tuple[str, ...] = ()
        self.untrusted: tuple[str, ...] = ()
        self.has_attachments = get_origin(annotation) is WithAttachments
        if self.has_attachments:
            annotation = get_args(annotation)[0]
        self.is_page = get_origin(annotation) is Page
        if annotation in (str, bytes, str | bytes):
            self._adapter: TypeAdapter[Any] = TypeAdapter(str)
            return
        model = get_args(annotation)[0] if self.is_page else annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel) and not issubclass(model, RootModel)):
            raise TypeError(
                f"a tool returns a pydantic model, Page[model] or str, or one of them Illustrated, not {annotation!r}"
            )
        self._adapter = TypeAdapter(model)
        schema = advertised_output(self._adapter.json_schema(mode="serialization"), partial=self.is_page)
        self.untrusted = tuple(untrusted_paths(model, "items[]." if self.is_page else ""))
        if self.is_page:
            self.field_names = tuple(model.model_fields)
            schema = {
                "type": "object",
                "properties": {
                    "items": {"type": "array", "items": schema},
                    "next_cursor": {"type": "string", "description": "Give it as cursor to go on; absent at the end."},
                    "notice": {"type": "string"},
                },
                "required": ["items"],
            }
        self.schema = schema

    def render(self, value: Any, fields: Sequence[str] | None = None) -> OperationResult:
        """`value` as text and JSON, within the budget.

        Raises:
            Refused: one record alone is larger than the budget.
        """
        if isinstance(value, WithAttachments):
            rendered = self.render(value.value, fields)
            rendered.attachments, left_out = within_budget(value.attachments)
            rendered.notices += left_out
            return rendered
        if isinstance(value, bytes):
            return self._render_bytes(value)
        if isinstance(value, Page):
            return self._render_page(value, frozenset(fields) if fields else None)
        if self.schema is None:
            return self._render_text(value)
        structured = self._dump(value)
        text = to_json(structured)
        rendered = (
            OperationResult(text.decode(), structured) if len(text) <= self._budget else self._cut_lists(structured)
        )
        rendered.link = value.whole if isinstance(value, Excerpt) else None
        return rendered

    def _dump(self, value: Any) -> dict[str, Any]:
        dumped: dict[str, Any] = self._adapter.serializer.to_python(value, mode="json", exclude_none=True)
        return dumped

    def _render_bytes(self, value: bytes) -> OperationResult:
        if len(value) > self._budget:
            raise Refused(f"This has {len(value)} bytes, more than the {self._budget} that a result may have.")
        return OperationResult("", data=value)

    def _render_text(self, value: Any) -> OperationResult:
        encoded = str(self._adapter.serializer.to_python(value)).encode()
        if len(encoded) <= self._budget:
            return OperationResult(encoded.decode())
        kept = encoded[: self._budget].decode(errors="ignore")
        return OperationResult(
            kept.rpartition("\n")[0] or kept, cut=True, notices=["Cut: the text is longer than this shows."]
        )

    def _render_page(self, page: Page[Any], fields: frozenset[str] | None) -> OperationResult:
        records = [self._dump(record) for record in page.items]
        if fields is not None:
            records = [{name: value for name, value in record.items() if name in fields} for record in records]
        size = kept = 0
        for record in records:
            size += len(to_json(record)) + 1
            if size > self._budget:
                break
            kept += 1
        if records and not kept:
            raise Refused("The first record alone is larger than a result may be. Ask for fewer with `fields`.")
        cut = kept < len(records)
        result = OperationResult("", {"items": records[:kept]}, cut=cut, notices=[page.notice] if page.notice else [])
        if cut:
            result.notices.append(f"Cut after {kept} records to stay within {self._budget} bytes; next_cursor goes on.")
        if kept and (page.more or cut):
            result.next_position = page.key(page.items[kept - 1])
        return result

    def _cut_lists(self, structured: dict[str, Any]) -> OperationResult:
        """Shorten the longest list, record by record, until the whole fits; scalars are always kept."""
        notices: dict[str, str] = {}
        while (size := len(to_json(structured))) > self._budget:
            lists = {name: value for name, value in structured.items() if isinstance(value, list) and value}
            if not lists:
                raise Refused("This record alone is larger than a result may be.")
            name = max(lists, key=lambda key: len(to_json(lists[key])))
            keep = min(len(lists[name]) - 1, int(len(lists[name]) * self._budget / size))
            notices.setdefault(name, f"Cut: {name} has {len(lists[name])} records, not all shown.")
            structured = {**structured, name: lists[name][:keep]}
        return OperationResult(to_json(structured).decode(), structured, cut=True, notices=list(notices.values()))
