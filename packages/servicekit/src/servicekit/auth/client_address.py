"""The address of a request's client: the peer's, or the one that a named proxy forwards."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any, Final

from servicekit.settings.networks import Address, parse_networks

UNKNOWN: Final = "unknown"
"""The address of a connection without one, such as over a Unix socket."""
_MAX_HOPS: Final = 16  # read, from the right
_MAX_HOP_LENGTH: Final = 64  # characters; an IPv6 address in brackets with a port has at most 47
_MAX_PORT_DIGITS: Final = 5
_CACHED_PEERS: Final = 4096


class ClientAddresses:
    """Finds the client's address of a request.

    `X-Forwarded-For`, or else `Forwarded` (RFC 7239), is believed from named proxies only. Each proxy appends the
    address that it sees, so they are read from the right: the client is the first that is no named proxy. What stands
    left of it may be the client's invention, and is never read.

    Args:
        proxies: addresses and CIDR networks of the proxies.
    """

    def __init__(self, proxies: Sequence[str]) -> None:
        self._networks = parse_networks(proxies)
        self._is_named: Callable[[str], bool] = lru_cache(_CACHED_PEERS)(self._look_up)

    def is_from_proxy(self, scope: Mapping[str, Any]) -> bool:
        """Whether the peer of the connection is a named proxy."""
        client = scope.get("client")
        return bool(self._networks) and client is not None and self._is_named(client[0])

    def of(self, scope: Mapping[str, Any]) -> str:
        """The client's address; the peer's where a proxy forwards none that can be read."""
        client = scope.get("client")
        if not client:
            return UNKNOWN
        if self.is_from_proxy(scope):
            forwarded = self._forwarded(scope["headers"])
            if forwarded is not None:
                return str(forwarded)
        peer = _address(client[0])
        return str(peer) if peer is not None else UNKNOWN

    def _forwarded(self, headers: Sequence[tuple[bytes, bytes]]) -> Address | None:
        """The rightmost address that is no named proxy, or the leftmost one of all; None where it is malformed."""
        address = None
        for hop in _hops(headers):
            address = _address_of_hop(hop)
            if address is None or not self._holds(address):
                return address
        return address

    def _look_up(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and self._holds(address)

    def _holds(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def network_of(address: str) -> str:
    """What an address is counted as: itself, or the /64 of an IPv6 address, as one client has all of these."""
    parsed = _address(address)
    return str(IPv6Address(int(parsed) >> 64 << 64)) + "/64" if isinstance(parsed, IPv6Address) else address


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.partition("%")[0])  # without the zone of a link-local address
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _hops(headers: Sequence[tuple[bytes, bytes]]) -> Iterator[str]:
    """The forwarded addresses, the nearest first. Ends with an empty one where there are too many."""
    for name, read in ((b"x-forwarded-for", str.strip), (b"forwarded", _node)):
        lines = [value for field, value in headers if field == name]
        if lines:
            hops = b",".join(lines).decode("latin-1").rsplit(",", _MAX_HOPS)
            if len(hops) > _MAX_HOPS:
                hops[0] = ""
            yield from (read(hop) for hop in reversed(hops))
            return


def _node(element: str) -> str:
    """The `for` of an element of `Forwarded`; empty where there is not exactly one."""
    pairs = (pair.strip().partition("=") for pair in element.split(";"))
    nodes = [value for name, _, value in pairs if name.lower() == "for"]
    if len(nodes) != 1:
        return ""
    node = nodes[0]
    return node[1:-1] if node[:1] == node[-1:] == '"' else node


def _address_of_hop(hop: str) -> Address | None:
    """The address of an entry, with or without a port; None for words such as `unknown` and `_hidden`."""
    if len(hop) > _MAX_HOP_LENGTH or "%" in hop:
        return None
    text, port = hop, ""
    if hop.startswith("["):
        text, bracket, port = hop[1:].partition("]")
        if not bracket:
            return None
    elif hop.count(":") == 1:
        text, colon, digits = hop.partition(":")
        port = colon + digits
    return _address(text) if not port or _is_port(port) else None


def _is_port(text: str) -> bool:
    digits = text.removeprefix(":")
    return digits != text and digits.isascii() and digits.isdecimal() and len(digits) <= _MAX_PORT_DIGITS
