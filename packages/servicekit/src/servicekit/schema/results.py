"""Results of operations: a model, a page of records, text or bytes, serialised within a byte budget."""

from collections.abc import Collection, Sequence
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, Field, RootModel, TypeAdapter
from pydantic_core import from_json, to_json

from servicekit.core.errors import Refused
from servicekit.core.off_loop import LARGE, off_loop
from servicekit.schema.columns import Columns, table, table_schema, tables_of, with_columns
from servicekit.schema.content import TypedContents, WithAttachments, within_budget
from servicekit.schema.json_object import JsonObject
from servicekit.schema.json_schema import Schema, advertised_output, list_schema, page_schema
from servicekit.schema.marks import Author, cut_shown
from servicekit.schema.on_request import sent_on_request
from servicekit.schema.operation_result import OperationResult
from servicekit.schema.pagination import Page, record_limit_notice
from servicekit.schema.record import Record
from servicekit.schema.untrusted import Untrusted, untrusted_paths
from servicekit.schema.volume import Tree, text_fields, volume

DEFAULT_BUDGET = 64 * 1024
"""Maximum bytes of the JSON text of a result, unless the registration sets another (docs/security.md)."""
_WORTH_CHOOSING: Final = 17
"""Fields. A smaller record without a table is not worth the tokens of an argument that selects from it, nor is a part
of a text, which is nearly all of its record."""
_ALWAYS_SENT: Final = frozenset({"notice", "missing", "units"})
"""Fields of a record that a selection cannot leave out: what the server has to say about the rest, and its units."""


class Excerpt(Record):
    """Base class of a result that may hold a part of something long, such as a file or a log."""

    whole: Annotated[
        str | None, Field(description="URI of the resource with the whole content; only set if this is cut.")
    ] = None


class OutputSchema:
    """The output schema of one operation, and its serialiser, made from the return annotation.

    Attributes:
        schema: the JSON Schema to advertise; None for plain text.
        field_names: the names that `fields` accepts; empty where a result is not selected from.
        on_request: those of them that are sent only if `fields` names them.
        untrusted: paths of the fields with untrusted text, such as ``items[].notes``. In a table the column has the
            field's name: ``hours.rows[].notes``.
        plain_type: the return type without the mark of untrusted text.
        has_attachments: the return type is `WithAttachments`.
    """

    def __init__(self, annotation: Any, budget: int = DEFAULT_BUDGET, *, selectable: bool = False) -> None:
        """Read the annotation.

        Args:
            annotation: the return annotation.
            budget: the largest result in bytes of JSON text.
            selectable: a large record offers `fields`, as every page does.

        Raises:
            TypeError: an operation cannot return this.
        """
        self._budget = budget
        self.schema: Schema | None = None
        self.field_names: tuple[str, ...] = ()
        self.on_request: set[str] = set()
        self.untrusted: tuple[str, ...] = ()
        self._tables: dict[str, tuple[str, ...]] = {}
        self.has_attachments = get_origin(annotation) is WithAttachments
        if self.has_attachments:
            annotation = get_args(annotation)[0]
        self._is_table = get_origin(annotation) is Annotated and Columns() in get_args(annotation)
        if self._is_table:
            annotation = get_args(annotation)[0]
        self.is_page = get_origin(annotation) is Page
        self._text_fields: Tree = {}
        self._mark, annotation = _mark_of(annotation)
        self.plain_type = annotation
        if annotation in (str, bytes, str | bytes, TypedContents):
            self._adapter: TypeAdapter[Any] = TypeAdapter(str)
            return
        model = get_args(annotation)[0] if self.is_page else annotation
        if not (isinstance(model, type) and issubclass(model, BaseModel) and not issubclass(model, RootModel)):
            raise TypeError(
                f"a tool returns a pydantic model, Page[model], str, or WithAttachments of these, not {annotation!r}"
            )
        self._adapter = TypeAdapter(model)
        tables = tables_of(model)
        if tables and self.is_page:
            raise TypeError(f"{model.__name__}: a record of a page has no tables")
        self._tables = tables
        is_large = len(model.model_fields) >= _WORTH_CHOOSING and not issubclass(model, Excerpt)
        if self.is_page or (selectable and (tables or is_large)):
            shown = (name for name, info in model.model_fields.items() if not info.exclude)
            columns = (name for names in tables.values() for name in names)
            self.field_names = tuple(dict.fromkeys([*shown, *columns]))
            self.on_request = sent_on_request(model)
        schema = advertised_output(self._adapter.json_schema(mode="serialization"), partial=bool(self.field_names))
        list_name = ("rows[]." if self._is_table else "items[].") if self.is_page else ""
        self.untrusted = tuple(untrusted_paths(model, list_name))
        self._text_fields = text_fields(untrusted_paths(model, "items[]." if self.is_page else ""))
        if self.is_page:
            schema = page_schema(table_schema(self.field_names) if self._is_table else list_schema(schema))
        self.schema = schema

    async def rendered(
        self, value: Any, fields: Sequence[str] | None = None, most: int | None = None
    ) -> OperationResult:
        """Serialise `value` within the budget; a long one in a thread. The arguments are those of `render`.

        Raises:
            Refused: a single record exceeds the budget.
        """
        inner = value.value if isinstance(value, WithAttachments) else value
        size = volume(inner.contents if isinstance(inner, TypedContents) else inner, self._text_fields)
        if size < LARGE:
            return self.render(value, fields, most)
        return await off_loop(size, self.render, value, fields, most)

    def render(self, value: Any, fields: Sequence[str] | None = None, most: int | None = None) -> OperationResult:
        """Serialise `value` within the budget.

        Args:
            most: the most records of a page, and of each list and table of a record; None for no limit.

        Raises:
            Refused: a single record exceeds the budget.
        """
        if isinstance(value, WithAttachments):
            result = self.render(value.value, fields, most)
            result.attachments, left_out = within_budget(value.attachments)
            result.notices += left_out
            return result
        if isinstance(value, TypedContents):
            contents = value.contents
            result = (
                self._render_text(contents, value.author) if isinstance(contents, str) else self._render_bytes(contents)
            )
            result.mime_type = value.mime_type
            return result
        if isinstance(value, bytes):
            return self._render_bytes(value)
        if isinstance(value, Page):
            shortened = most is not None and value.shorten(most)
            result = self._render_page(value, frozenset(fields) if fields else None)
            result.notices += [record_limit_notice(most)] if most is not None and shortened else []
            return result
        if self.schema is None:
            return self._render_text(value)
        encoded = self._encoded(value, fields)
        if fields:
            encoded = to_json(self._selected(from_json(encoded), frozenset(fields)))
        encoded, notices = (encoded, []) if most is None else self._limited(encoded, most)
        result = _of_object(JsonObject(encoded)) if len(encoded) <= self._budget else self._cut_lists(encoded)
        result.notices += notices
        result.link = value.whole if isinstance(value, Excerpt) else None
        return result

    def _limited(self, encoded: bytes, most: int) -> tuple[bytes, list[str]]:
        """A record with at most so many records in each of its lists and tables, and notices of what is missing."""
        members: dict[str, Any] = from_json(encoded)
        notices: list[str] = []
        for name, value in members.items():
            rows = _rows(value, name in self._tables)
            if len(rows) <= most or name in _ALWAYS_SENT or not isinstance(rows[0], dict | list):
                continue
            members[name] = {**value, "rows": rows[:most]} if name in self._tables else rows[:most]
            notices.append(f"{name} has {len(rows)} records. {record_limit_notice(most)}")
        return (to_json(members), notices) if notices else (encoded, [])

    def _encoded(self, value: Any, fields: Collection[str] | None) -> bytes:
        """The JSON of a model, without the fields that are sent on request, which a table leaves out itself; NaN and
        infinity are null."""
        left_out = None if fields or not self.on_request or self._is_table else self.on_request
        encoded: bytes = self._adapter.serializer.to_json(value, exclude=left_out, exclude_none=True)
        if b"NaN" in encoded or b"Infinity" in encoded:  # in a text, or from a model with ser_json_inf_nan="constants"
            return to_json(from_json(encoded), inf_nan_mode="null")
        return encoded

    def _selected(self, members: dict[str, Any], chosen: frozenset[str]) -> dict[str, Any]:
        """Some members of a record, and some columns of its tables."""
        kept: dict[str, Any] = {}
        for name, value in members.items():
            columns = self._tables.get(name, ())
            if columns and not chosen.isdisjoint({name, *columns}):
                kept[name] = with_columns(value, chosen)
            elif name in chosen or name in _ALWAYS_SENT:
                kept[name] = value
        return kept

    def _render_bytes(self, value: bytes) -> OperationResult:
        if len(value) > self._budget:
            raise Refused(f"This resource has {len(value)} bytes, more than the limit of {self._budget}.")
        return OperationResult("", data=value)

    def _render_text(self, value: str, author: Author | None = None) -> OperationResult:
        mark = Untrusted(author, verbatim=True) if author is not None else self._mark
        encoded = (mark.fence(value) if mark is not None else value).encode()
        if len(encoded) <= self._budget:
            return OperationResult(encoded.decode())
        kept = cut_shown(encoded[: self._budget].decode(errors="ignore"))
        return OperationResult(kept, cut=True, notices=["Cut: the rest of the text is missing."])

    def _render_page(self, page: Page[Any], fields: frozenset[str] | None) -> OperationResult:
        records: list[bytes] = []
        size = 0
        for item in page.items:
            record = self._encoded(item, fields)
            if fields is not None:
                chosen = {name: value for name, value in from_json(record).items() if name in fields}
                record = to_json(chosen)
            size += len(record) + 1
            if size > self._budget:
                break
            records.append(record)
        kept = len(records)
        if page.items and not kept:
            raise Refused("The first record alone exceeds the size limit of a result. Select fewer `fields`.")
        cut = kept < len(page.items)
        items = b"[" + b",".join(records) + b"]"
        encoded = self._as_table(items, fields) if self._is_table else b'{"items":' + items + b"}"
        if page.total is not None:
            encoded = encoded[:-1] + f',"total":{page.total}}}'.encode()
        result = OperationResult("", JsonObject(encoded), cut=cut, notices=[page.notice] if page.notice else [])
        if cut:
            result.notices.append(
                f"Cut after {kept} records at the limit of {self._budget} bytes. Continue with next_cursor."
            )
        if kept and (page.more or cut):
            result.next_key = page.key(page.items[kept - 1])
        return result

    def _as_table(self, records: bytes, fields: Collection[str] | None) -> bytes:
        names = [name for name in self.field_names if fields or name not in self.on_request]
        return to_json(table(from_json(records), names))

    def _cut_lists(self, encoded: bytes) -> OperationResult:
        """Shorten the largest list until the result fits. Scalars are always kept."""
        structured: dict[str, Any] = from_json(encoded)
        notices: dict[str, str] = {}
        while (size := len(to_json(structured))) > self._budget:
            lists = {name: rows for name, value in structured.items() if (rows := _rows(value, name in self._tables))}
            if not lists:
                raise Refused("This record exceeds the size limit of a result.")
            name = max(lists, key=lambda key: len(to_json(lists[key])))
            rows = lists[name]
            keep = rows[: min(len(rows) - 1, int(len(rows) * self._budget / size))]
            notices.setdefault(name, f"Cut: {name} has {len(rows)} records; the last ones are missing.")
            structured = {**structured, name: {**structured[name], "rows": keep} if name in self._tables else keep}
        result = _of_object(JsonObject.of(structured))
        result.cut, result.notices = True, list(notices.values())
        return result


def _mark_of(annotation: Any) -> tuple[Untrusted | None, Any]:
    """The mark of a plain text, as in ``Annotated[str, Untrusted("repository")] | bytes``, and the type without it."""
    options = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    marks = [mark for one in options for mark in getattr(one, "__metadata__", ()) if isinstance(mark, Untrusted)]
    if not marks:
        return None, annotation
    plain = [get_args(one)[0] if hasattr(one, "__metadata__") else one for one in options]
    return marks[0], plain[0] if len(plain) == 1 else Union[tuple(plain)]  # noqa: UP007  # made at run time


def _rows(value: Any, is_table: bool) -> list[Any]:
    """The records of a list or of a table; none for other values."""
    rows = value["rows"] if is_table else value
    return rows if isinstance(rows, list) else []


def _of_object(content: JsonObject) -> OperationResult:
    return OperationResult(content.text, content)
