"""Addresses and networks in settings."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_MAPPED_BITS = 96  # of ::ffff:0:0/96, the IPv4-mapped addresses (RFC 4291 §2.5.5.2)


def parse_network(word: str) -> Network:
    """The network of an address or a CIDR network, IPv4 or IPv6. IPv4-mapped IPv6 addresses become IPv4.

    Raises:
        ValueError: it is neither, it has bits after its prefix, or it holds every address. It does not quote the word.
    """
    try:
        network = ip_network(word, strict=False)
    except ValueError:
        raise ValueError("is no address or network; write it as 192.0.2.7, 10.8.0.0/16 or fd00::/8") from None
    address, _, prefix = word.partition("/")
    if prefix and network.network_address != type(network.network_address)(address):
        raise ValueError(f"is an address with the prefix of a network; write the network, {network}")
    if network.prefixlen == 0:
        raise ValueError("holds every address, so that every client would be a proxy; name your proxies only")
    if isinstance(network, IPv6Network) and network.prefixlen >= _MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network


def parse_networks(words: Iterable[str]) -> tuple[Network, ...]:
    """The networks of a list.

    Raises:
        ValueError: an entry is invalid; the error names its place.
    """
    networks = []
    for place, word in enumerate(words, 1):
        try:
            networks.append(parse_network(word))
        except ValueError as error:
            raise ValueError(f"entry {place} {error}") from None
    return tuple(networks)
