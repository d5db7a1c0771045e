"""Redaction of spans on their way out, in the thread that exports them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, Status

from servicekit.telemetry.redaction import redact

_REDACTED: Final = frozenset({"db.query.text"})
"""Attributes that are redacted where they are made, once for all spans that have them."""


def redacted_span(span: ReadableSpan) -> ReadableSpan:
    """`span` without secrets in its name, attributes, events, links and status; the span itself where it has none."""
    name, attributes = redact(span.name), _redacted(span.attributes)
    events = [_redacted_event(event) for event in span.events]
    links = [_redacted_link(link) for link in span.links]
    description = span.status.description
    status = redact(description) if description is not None else None
    if (
        name == span.name
        and attributes is span.attributes
        and status == description
        and all(new is old for new, old in zip(events, span.events, strict=True))
        and all(new is old for new, old in zip(links, span.links, strict=True))
    ):
        return span
    return ReadableSpan(
        name=name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=attributes,
        events=events,
        links=links,
        kind=span.kind,
        status=Status(span.status.status_code, status),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _redacted_event(event: Event) -> Event:
    name, attributes = redact(event.name), _redacted(event.attributes)
    if name == event.name and attributes is event.attributes:
        return event
    return Event(name, attributes, event.timestamp)


def _redacted_link(link: Link) -> Link:
    attributes = _redacted(link.attributes)
    return link if attributes is link.attributes else Link(link.context, attributes)


def _redacted(attributes: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """`attributes` without secrets; the same object where nothing changes."""
    if not attributes:
        return attributes
    changed = {
        name: new
        for name, value in attributes.items()
        if name not in _REDACTED and (new := _redacted_value(value)) != value
    }
    return {**attributes, **changed} if changed else attributes


def _redacted_value(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    return tuple(map(_redacted_value, value)) if isinstance(value, Sequence) else value
