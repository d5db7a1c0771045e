"""The client's address behind named proxies, and what a client can make of it."""

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.auth.client_address import ClientAddresses, network_of
from servicekit.settings.service import ServiceSettings

PROXIES = ("10.0.0.0/8", "192.0.2.1", "fd00::/8")
CLIENTS = ClientAddresses(PROXIES)
FOR, FORWARDED = b"x-forwarded-for", b"forwarded"


def address_of(*fields: tuple[bytes, str], peer: str | None = "10.1.2.3", clients: ClientAddresses = CLIENTS) -> str:
    headers = [(name, value.encode("latin-1")) for name, value in fields]
    return clients.of({"client": (peer, 4711) if peer is not None else None, "headers": headers})


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:61234", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7, 10.0.0.9, 192.0.2.1", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:0DB8:0:0::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7\t,fd00::1 ", "203.0.113.7"),
        ("10.0.0.1, 10.0.0.2", "10.0.0.1"),  # a client that is a proxy itself
        ('"unterminated, 203.0.113.7', "203.0.113.7"),
        ("\xff\xfe, 203.0.113.7", "203.0.113.7"),
        ("x" * 20_000 + ", 203.0.113.7", "203.0.113.7"),
        ("1.1.1.1," * 2_000 + "203.0.113.7", "203.0.113.7"),
    ],
)
def test_the_rightmost_stranger_is_the_client(value: str, address: str) -> None:
    assert address_of((FOR, value)) == address


@pytest.mark.parametrize(
    "value",
    [
        "", ",", "unknown", "_hidden", "203.0.113.7,", "203.0.113.7, unknown", "203.0.113.7:", "203.0.113.7:x",
        "[2001:db8::1]443", "[2001:db8::1", "203.0.113.7 10.0.0.1", "203.0.113.256",
        "203.0.113.07", "0x7f.1", "2130706433", "203.0.113.7:99999999", "2001:db8::7:", "fe80::1%eth0", "[203.0.113.7",
        "203.0.113.7, " + "10.0.0.1, " * 16 + "10.0.0.1", "1" * 65,
    ],
)  # fmt: skip
def test_the_peer_counts_where_the_header_is_malformed(value: str) -> None:
    assert address_of((FOR, value)) == "10.1.2.3"


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("for=203.0.113.7", "203.0.113.7"),
        ('For="[2001:db8:cafe::17]:4711";proto=https;by=10.0.0.1', "2001:db8:cafe::17"),
        ("for=198.51.100.1, proto=http; for=203.0.113.7 ", "203.0.113.7"),
        ('for="203.0.113.7:4711", for=10.0.0.3', "203.0.113.7"),
        ('for="a, for=203.0.113.7', "203.0.113.7"),
        ("for=unknown", "10.1.2.3"),
        ("for=_hidden, for=10.0.0.1", "10.1.2.3"),
        ("proto=https", "10.1.2.3"),
        ("for=203.0.113.7;for=203.0.113.8", "10.1.2.3"),
        ("203.0.113.7", "10.1.2.3"),
        ('for="203.0.113.7', "10.1.2.3"),
        ('for="203.0.113.77', "10.1.2.3"),
        ('for="', "10.1.2.3"),
        ("for=", "10.1.2.3"),
    ],
)
def test_the_standard_header_is_read(value: str, address: str) -> None:
    assert address_of((FORWARDED, value)) == address


def test_repeated_headers_are_one_list() -> None:
    assert address_of((FOR, "198.51.100.1"), (FOR, "203.0.113.7"), (FOR, "10.0.0.4")) == "203.0.113.7"


def test_a_client_cannot_add_the_other_header() -> None:
    assert address_of((FORWARDED, "for=198.51.100.1"), (FOR, "203.0.113.7")) == "203.0.113.7"


@pytest.mark.parametrize("peer", ["203.0.113.1", "11.0.0.1", "::1", "2001:db8::1", "192.0.2.2"])
def test_headers_of_unnamed_peers_are_ignored(peer: str) -> None:
    assert address_of((FOR, "198.51.100.1"), (FORWARDED, "for=198.51.100.1"), peer=peer) == peer
    assert address_of((FOR, "198.51.100.1"), peer="10.1.2.3", clients=ClientAddresses(())) == "10.1.2.3"


@pytest.mark.parametrize("peer", ["10.9.9.9", "::ffff:10.9.9.9", "192.0.2.1", "fd12::1", "fd12::1%eth0"])
def test_every_spelling_of_a_proxy_is_known(peer: str) -> None:
    assert address_of((FOR, "198.51.100.1"), peer=peer) == "198.51.100.1"


def test_a_mapped_network_names_ipv4_proxies() -> None:
    clients = ClientAddresses(("::ffff:10.0.0.0/104",))
    assert address_of((FOR, "198.51.100.1"), peer="10.1.1.1", clients=clients) == "198.51.100.1"


def test_a_connection_without_address_is_unknown() -> None:
    assert address_of(peer=None) == address_of(peer="", clients=ClientAddresses(())) == "unknown"


def test_an_ipv6_client_is_counted_by_its_64() -> None:
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::4") != network_of("2001:db8:1:2::4")
    assert (network_of("203.0.113.7"), network_of("unknown")) == ("203.0.113.7", "unknown")


strangers = st.ip_addresses().filter(
    lambda address: not CLIENTS._holds(address) and not str(address).startswith("::ffff")
)
invented = st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=200)


@given(stranger=strangers, prefix=invented, others=st.lists(st.sampled_from(["10.0.0.5", "fd00::9"]), max_size=10))
def test_no_invention_changes_what_proxies_saw(stranger: Any, prefix: str, others: list[str]) -> None:
    value = ",".join([prefix, str(stranger), *others])
    assert address_of((FOR, value)) == str(stranger)
    elements = [prefix, *(f'for="[{one}]"' if ":" in one else f"for={one}" for one in (str(stranger), *others))]
    assert address_of((FORWARDED, ", ".join(elements))) == str(stranger)


@given(value=invented, name=st.sampled_from([FOR, FORWARDED]))
def test_every_header_gives_an_address(value: str, name: bytes) -> None:
    ipaddress.ip_address(address_of((name, value)))


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("10.0.0.300", "entry 1 is no address"),
        ("10.0.0.1, ingress.example.com", "entry 2 is no address"),
        ("10.0.0.1/33", "entry 1 is no address"),
        ("10.0.0.7/8", r"write the network, 10\.0\.0\.0/8"),
        ("fd00::1/8", "write the network, fd00::/8"),
        ("0.0.0.0/0", "holds every address"),
        ("10.0.0.1 ::/0", "entry 2 holds every address"),
    ],
)
def test_an_invalid_proxy_is_refused_in_words(words: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        ServiceSettings(public_url="http://127.0.0.1:8000/mcp", proxy_addresses=words)


def test_proxies_need_no_other_setting() -> None:
    settings = ServiceSettings(public_url="http://127.0.0.1:8000/mcp", proxy_addresses="10.0.0.1, 10.8.0.0/16 fd00::/8")
    assert settings.proxy_addresses == ("10.0.0.1/32", "10.8.0.0/16", "fd00::/8")
