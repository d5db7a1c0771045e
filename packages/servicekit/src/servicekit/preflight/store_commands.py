"""The commands of Redis and Valkey that servers send, each in a form that changes no more than a key of its own.

A test compares them with the code. An account that may not run one of them is found by sending it.
"""

from collections.abc import Sequence
from typing import Final

KEY: Final = "mcp:{{{service}}}:preflight"
"""The key, and the channel. It expires after ten seconds."""

_FORMS: Final[tuple[str, ...]] = (
    *("PING", "TIME", "INFO server", "SCRIPT|LOAD SCRIPT LOAD return", "PUBLISH KEY x"),
    *("SET KEY 1 PX 10000", "GET KEY", "INCR KEY", "INCRBY KEY 1", "TTL KEY", "PTTL KEY", "EXPIRE KEY 10"),
    *("PEXPIRE KEY 10000", "DEL KEY"),
    *("HSET KEY f 1", "HGET KEY f", "HMGET KEY f", "HGETALL KEY", "HEXISTS KEY f", "HLEN KEY", "HINCRBY KEY f 1"),
    *("HDEL KEY f", "UNLINK KEY"),
    *("RPUSH KEY x", "LLEN KEY", "LPOP KEY", "DEL KEY"),
    *("ZADD KEY 1 x", "ZRANGEBYSCORE KEY 0 1", "ZREMRANGEBYRANK KEY 0 -1", "DEL KEY"),
)


def trial_commands(service: str) -> list[tuple[str, Sequence[str]]]:
    """Each command's name, as an access list names it, with one harmless use."""
    key = KEY.format(service=service)
    trials: list[tuple[str, Sequence[str]]] = []
    for form in _FORMS:
        words = [key if word == "KEY" else word for word in form.split()]
        trials.append((words[0], words[1:] if "|" in words[0] else words))
    return trials
