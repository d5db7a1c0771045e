"""Outbound HTTP: one `Upstream` for each host that a service may reach; no other host is reachable."""

from servicekit.upstream.caching.cache import REVALIDATE, CachePolicy
from servicekit.upstream.caching.single_flight import SingleFlight
from servicekit.upstream.client import Upstream
from servicekit.upstream.errors import QuotaSpent, UpstreamFailed, request_refused
from servicekit.upstream.http.credentials import Credential, Credentials, FixedCredentials
from servicekit.upstream.http.response import UpstreamResponse
from servicekit.upstream.http.retry_after import retry_after
from servicekit.upstream.http.transport import Sink
from servicekit.upstream.http.url import ENDING_SLASH, Query, Repeated, UpstreamUrl
from servicekit.upstream.resilience.counted_quota import CountedQuota, Window
from servicekit.upstream.resilience.header_quota import HeaderQuota
from servicekit.upstream.resilience.quota import Clock, Pause, QuotaState
from servicekit.upstream.words import said_by

__all__ = [
    "ENDING_SLASH",
    "REVALIDATE",
    "CachePolicy",
    "Clock",
    "CountedQuota",
    "Credential",
    "Credentials",
    "FixedCredentials",
    "HeaderQuota",
    "Pause",
    "Query",
    "QuotaSpent",
    "QuotaState",
    "Repeated",
    "SingleFlight",
    "Sink",
    "Upstream",
    "UpstreamFailed",
    "UpstreamResponse",
    "UpstreamUrl",
    "Window",
    "request_refused",
    "retry_after",
    "said_by",
]
