from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from c360.addresses import AddressPolicy, AddressRefused
from c360.errors import ConfigError
from c360.network import GuardedNetwork

INTERNET = AddressPolicy()


@pytest.mark.parametrize(
    "url",
    [
        "https://api.partner.example/v1",
        "https://api.partner.example:8443",
        "https://93.184.216.34/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/",
    ],
)
def test_the_internet_is_allowed_where_it_is_encrypted(url: str) -> None:
    INTERNET.check_url(url)
    with pytest.raises(AddressRefused, match="not encrypted"):
        INTERNET.check_url(url.replace("https:", "http:"))


PRIVATE = [
    "10.1.2.3",
    "127.0.0.1",
    "127.255.0.9",
    "0.0.0.0",
    "100.64.0.1",
    "100.100.100.200",  # metadata of one cloud
    "168.63.129.16",  # the machine room of another
    "169.254.169.254",  # metadata of most
    "172.16.0.1",
    "192.168.1.1",
    "224.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::10.0.0.1]",
    "[2002:a00:1::]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1%25eth0]",
    "[ff02::1]",
    "localhost",
    "LocalHost.",
    "api.localhost",
]


@pytest.mark.parametrize("host", PRIVATE)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_private_networks_are_refused(host: str, scheme: str) -> None:
    with pytest.raises(AddressRefused):
        INTERNET.check_url(f"{scheme}://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.partner.example",
        "/v1",
        "ftp://api.partner.example",
        "file:///etc/passwd",
        "https://",
        "https://user:password@api.partner.example/",
        "https://api.partner.example:port/",
        "https://[::1",
    ],
)
def test_what_is_no_plain_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        INTERNET.check_url(url)
    assert "password" not in str(caught.value)


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("127.0.0.0/8", "http://127.0.0.1:8361/cds"),
        ("127.0.0.1", "http://localhost:8361/"),
        ("::1", "http://[::1]:8361/"),
        ("10.20.0.0/16", "http://10.20.3.4/"),
        ("10.20.0.0/16", "https://[::ffff:10.20.3.4]/"),
        ("fd00::/8", "https://[fd12::1]/"),
        ("api.partner.internal", "http://API.partner.internal./v1"),
        (".partner.internal", "http://deep.api.partner.internal/v1"),
        (" .Partner.Internal ", "https://api.partner.internal/v1"),
    ],
)
def test_what_the_operator_lists_is_allowed(allowed: str, url: str) -> None:
    AddressPolicy([allowed]).check_url(url)


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("10.20.0.0/16", "https://10.21.0.1/"),
        ("api.partner.internal", "http://x.api.partner.internal/"),
        (".partner.internal", "http://partner.internal.evil.example/"),
        (".partner.internal", "http://evilpartner.internal/"),
        ("127.0.0.1", "http://127.0.0.2/"),
    ],
)
def test_and_nothing_else(allowed: str, url: str) -> None:
    with pytest.raises(AddressRefused):
        AddressPolicy([allowed]).check_url(url)


@pytest.mark.parametrize("entry", ["", "*", "10.0.0.1/16", "10.0.0", "http://a.example", "a..b", "-", "a b"])
def test_an_entry_that_is_neither_network_nor_name_is_refused(entry: str) -> None:
    if entry == "-":
        AddressPolicy([entry])  # an odd name, and harmless
        return
    with pytest.raises(ConfigError, match=r"security\.allowed_partner_networks\[1\]"):
        AddressPolicy(["127.0.0.1", entry])


@given(st.ip_addresses())
def test_no_address_that_is_not_of_the_internet_gets_by(number: Any) -> None:
    try:
        INTERNET.check_number(number)
    except AddressRefused:
        return
    assert number.is_global
    assert not number.is_multicast


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_counts_as_itself(number: ipaddress.IPv4Address) -> None:
    def refused(address: Any) -> bool:
        try:
            INTERNET.check_number(address)
        except AddressRefused:
            return True
        return False

    inside = (
        ipaddress.ip_address(f"::ffff:{number}"),
        ipaddress.IPv6Address((0x64FF9B << 96) | int(number)),
    )
    assert {refused(each) for each in inside} == {refused(number)}


class Wire(httpcore.AsyncMockBackend):
    """Says to which numbers a connection was made; the first ones may not answer."""

    def __init__(self, *dead: str) -> None:
        super().__init__([])
        self.dead = dead
        self.tried: list[str] = []

    async def connect_tcp(self, host: str, *given: Any, **more: Any) -> httpcore.AsyncNetworkStream:
        self.tried.append(host)
        if host in self.dead:
            raise httpcore.ConnectError
        return await super().connect_tcp(host, *given, **more)


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    asked: list[str] = []
    left = list(answers)

    def resolve(host: str, port: int, *_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in left.pop(0)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_a_name_that_resolves_elsewhere_later_does_not_get_by(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Wire()
    network = GuardedNetwork(INTERNET, wire)
    resolving(monkeypatch, ["93.184.216.34"], ["127.0.0.1"], ["93.184.216.34", "10.0.0.1"])
    run(network.connect_tcp("rebind.example", 443))
    for _ in range(2):
        with pytest.raises(AddressRefused):
            run(network.connect_tcp("rebind.example", 443))
    assert wire.tried == ["93.184.216.34"], "the very address that was checked, and none besides"


def test_a_listed_name_may_resolve_to_anything_and_a_listed_network_has_any_name(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Wire()
    resolving(monkeypatch, ["10.0.0.7"], ["10.0.0.8"])
    run(GuardedNetwork(AddressPolicy(["api.internal"]), wire).connect_tcp("api.internal", 443))
    run(GuardedNetwork(AddressPolicy(["10.0.0.0/24"]), wire).connect_tcp("whatever.example", 443))
    assert wire.tried == ["10.0.0.7", "10.0.0.8"]


def test_the_next_address_of_a_name_is_tried(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Wire("93.184.216.34", "93.184.216.35")
    resolving(monkeypatch, ["93.184.216.34", "93.184.216.36"], ["93.184.216.34", "93.184.216.35"])
    run(GuardedNetwork(INTERNET, wire).connect_tcp("two.example", 443))
    assert wire.tried == ["93.184.216.34", "93.184.216.36"]
    with pytest.raises(httpcore.ConnectError):
        run(GuardedNetwork(INTERNET, wire).connect_tcp("two.example", 443))


def test_a_name_that_does_not_resolve_is_no_connection(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(httpcore.ConnectError):
        run(GuardedNetwork(INTERNET, Wire()).connect_tcp("none.example", 443))


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1"])
def test_odd_ways_to_write_loopback_are_seen_through_when_connecting(
    run: Callable[..., Any], host: str
) -> None:
    with pytest.raises((AddressRefused, httpcore.ConnectError)):
        run(GuardedNetwork(INTERNET, Wire()).connect_tcp(host, 443))


def test_a_unix_socket_is_no_way_to_a_partner(run: Callable[..., Any]) -> None:
    with pytest.raises(httpcore.UnsupportedProtocol):
        run(GuardedNetwork(INTERNET).connect_unix_socket("/run/x"))
