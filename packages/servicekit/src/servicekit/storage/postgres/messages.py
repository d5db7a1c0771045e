"""Messages of the Postgres protocol for a statement that is sent ahead of another one.

A server runs everything up to the next Sync in one transaction, and so does every pooler: it may give the server
connection to another client only when the server reports that the transaction has ended (protocol 3.0, "Extended Query"
and "Pipelining").
"""

import struct
from typing import Final

_EXECUTE: Final = b"E" + struct.pack("!i", 9) + b"\0" + struct.pack("!i", 0)  # the unnamed portal, every row


def parse_message(query: str) -> bytes:
    """Prepare the unnamed statement. Postgres infers the types of its parameters."""
    return _message(b"P", b"\0" + query.encode() + b"\0" + struct.pack("!h", 0))


def describe_message() -> bytes:
    """Let the server describe the parameters and the columns of the unnamed statement."""
    return _message(b"D", b"S\0")


def execute_messages(*values: str) -> bytes:
    """Run the unnamed statement with these values, as text. It must return no row, since its reader is another one."""
    parameters = b"".join(struct.pack("!i", len(value)) + value for value in map(str.encode, values))
    # The portal and the statement without a name; no format codes: all values are text, in both directions.
    return _message(b"B", b"\0\0\0\0" + struct.pack("!h", len(values)) + parameters + b"\0\0") + _EXECUTE


def _message(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("!i", len(content) + 4) + content
