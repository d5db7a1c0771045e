"""The commands of Redis and Valkey that servers send, each in a form that changes no more than a key of its own.

A test compares them with the code. An account that may not run one of them is found by sending it.
"""

from collections.abc import Sequence
from typing import Final

LIFETIME: Final = 10
"""Seconds until the key expires."""

_EVERY: Final = (
    *(f"SET KEY 1 EX {LIFETIME}", "GET KEY", "INCRBY KEY 1", "PTTL KEY", f"PEXPIRE KEY {LIFETIME}000", "UNLINK KEY"),
    *("HINCRBY KEY f 1", "HEXISTS KEY f", "HGETALL KEY", "HDEL KEY f"),
    *("EVAL return{redis.call('TIME')} 1 KEY", f"EVALSHA {'0' * 40} 1 KEY", "TIME"),
)
"""What rate limits need, and the health page."""
_JOURNAL: Final = (
    *("INCR KEY", "TTL KEY", f"EXPIRE KEY {LIFETIME}", "DEL KEY", "RPUSH KEY x", "LLEN KEY", "LPOP KEY", "DEL KEY"),
    *("HSET KEY f 1", "HMGET KEY f", "HGET KEY f", "HLEN KEY", "DEL KEY"),
    *("ZADD KEY 1 x", "ZRANGEBYSCORE KEY 0 1", "ZREMRANGEBYRANK KEY 0 -1", "DEL KEY"),
)
"""What a server with its journal in the store needs in addition, and the caches of upstreams."""


def key_of(service: str) -> str:
    """The key, and the channel, of the trial."""
    return f"mcp:{{{service}}}:preflight"


def trial_commands(service: str, *, journal: bool, channel: str | None) -> list[Sequence[str]]:
    """One harmless use of each command that a server sends.

    Args:
        journal: the server keeps its journal in the store.
        channel: the command that publishes, where the server announces changes.
    """
    forms = [*_EVERY, *(_JOURNAL if journal else ()), *([f"{channel} KEY x"] if channel is not None else [])]
    key = key_of(service)
    return [[key if word == "KEY" else word for word in form.split()] for form in forms]
