"""Spoils values and bodies: one change at a time, at any depth."""

import json
import random
from typing import Any

from . import hostile_values


def spoiled(chance: random.Random, value: Any) -> Any:
    """The value with one change. Objects and lists are changed in place."""
    if not isinstance(value, dict | list) or not value:
        return _replaced(chance, value)
    if isinstance(value, list):
        place = chance.randrange(len(value))
        drawn = chance.random()
        if drawn < 0.6:
            value[place] = spoiled(chance, value[place])
        elif drawn < 0.7:
            value.extend([value[place]] * chance.choice((1, 10, 200)))
        else:
            value.append(hostile_values.value(chance))
        return value
    key = chance.choice(list(value))
    drawn = chance.random()
    if drawn < 0.7:
        value[key] = spoiled(chance, value[key])
    elif drawn < 0.8:
        del value[key]
    elif drawn < 0.9:
        value[chance.choice((hostile_values.text(chance)[:50], key.upper(), f"{key} ", f"{key}s"))] = value[key]
    else:
        value[key] = hostile_values.value(chance)
    return value


def _replaced(chance: random.Random, value: Any) -> Any:
    """A wrong value in place of one; often of the same type."""
    drawn = chance.random()
    if isinstance(value, str) and drawn < 0.7:
        hostile = hostile_values.text(chance)
        place = chance.randrange(len(value) + 1)
        return chance.choice((hostile, value + hostile, hostile + value, value[:place] + hostile + value[place:]))
    if isinstance(value, int | float) and not isinstance(value, bool) and drawn < 0.6:
        return chance.choice((*hostile_values.NUMBERS, str(value), -value, value + 1))
    return hostile_values.value(chance)


def encoded(value: Any, *, in_ascii: bool) -> bytes:
    """JSON as clients write it. A lone surrogate can only be escaped."""
    try:
        return json.dumps(value, ensure_ascii=in_ascii).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def spoiled_bytes(chance: random.Random, body: bytes) -> bytes:
    """A body that is not JSON, or not strict JSON."""
    cut = chance.randrange(len(body) + 1)
    inside, deep = body[1:-1], chance.choice((30, 70, 3000))
    flipped = bytearray(body)
    if flipped:
        flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    return chance.choice(
        (
            *(b"", b"null", b"[]", b"5", b'"x"', b"{}", b"NaN", b"\xff", b"\x00" * 9, b"[" * 100_000, b'{"a":' * 5000),
            *(body[:cut], body + b"}", body + body, b"[" + body + b"]", b"\xef\xbb\xbf" + body, bytes(flipped)),
            *(body.decode().encode("utf-16"), body.replace(b":", b" :\t"), body.replace(b'"', b"'")),
            b"{" + inside + b"," + inside + b"}",
            b"{" + inside + b',"method":"ping"}',
            b"{" + inside + b',"x":NaN}',
            b"{" + inside + b',"x":1e400}',
            b"{" + inside + b',"x":"\\ud800"}',
            b"{" + inside + b',"x":"\xed\xa0\x80"}',
            b"{" + inside + b',"x":' + b"9" * 5000 + b"}",
            b"{" + inside + b',"x":' + b"[" * deep + b"]" * deep + b"}",
            b"{" + inside + b',"x":"' + b"y" * 300_000 + b'"}',
        )
    )
