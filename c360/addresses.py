"""Which addresses a partner may have: what keeps a setting or a name from leading into private networks.

By default a partner is reached by ``https://`` at an address of the internet. What else is allowed, an
operator lists: networks (``10.20.0.0/16``, ``127.0.0.1``) and host names (``api.partner.internal``;
``.partner.internal`` for all names below it). What is listed may also be reached by ``http://``.

A name is checked twice: as it is written, when the settings are read, and by the addresses that it
resolves to, each time a connection is made (:mod:`c360.network`), so that a name which resolves
differently later does not get by.

Sources: the IANA special-purpose address registries (RFC 6890), as :mod:`ipaddress` holds them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from c360.errors import ConfigError, Reconfigure

__all__ = ["AddressPolicy", "AddressRefused", "is_number"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_MACHINE_ROOM = frozenset({ipaddress.IPv4Address("168.63.129.16")})
"""Addresses that are public by their number and a cloud's own by their use (Azure's wire server). The
metadata services of the clouds are link-local, private or shared, and refused as such."""


class AddressRefused(Reconfigure):
    """The settings lead to an address that they do not allow."""


class AddressPolicy:
    """What is allowed beside the internet.

    Args:
        allowed: networks and host names, as settings list them.
        field: the setting, for the error.

    Raises:
        ConfigError: an entry is neither.
    """

    def __init__(
        self, allowed: Iterable[str] = (), *, field: str = "security.allowed_partner_networks"
    ) -> None:
        self._networks: list[Network] = []
        self._names: set[str] = set()
        self._suffixes: list[str] = []
        self._remedy = f"use an https:// address of the internet, or list it in {field}"
        for position, entry in enumerate(allowed):
            self._add(entry.strip().lower(), f"{field}[{position}]")

    def _add(self, entry: str, where: str) -> None:
        try:
            self._networks.append(ipaddress.ip_network(entry))
        except ValueError:
            pass
        else:
            return
        labels = entry.removeprefix(".").split(".")
        if "/" in entry or entry[-1:].isdigit() or not all(_is_label(label) for label in labels):
            raise ConfigError(
                where, repr(entry), "use a network such as 10.20.0.0/16 or a host name such as api.internal"
            )
        if entry.startswith("."):
            self._suffixes.append(entry)
        else:
            self._names.add(entry)

    def check_url(self, url: str) -> None:
        """Whether an address may be connected to, as far as it can be told without resolving it.

        Raises:
            AddressRefused: no. The message does not repeat the address.
        """
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").rstrip(".").lower()
            _ = parts.port
        except ValueError:
            raise AddressRefused("it is no address; it has to begin with https://") from None
        if parts.scheme not in {"https", "http"} or not host:
            raise AddressRefused("it has to begin with https://")
        if parts.username is not None:
            raise AddressRefused("it names a user; a credential has settings of its own")
        self.check_host(parts.scheme, host)

    def check_host(self, scheme: str, host: str) -> None:
        """Whether a host may be reached by a scheme, before it is resolved.

        Raises:
            AddressRefused: no.
        """
        host = host.rstrip(".").lower()
        if self._knows(host):
            return
        number = _number(host)
        if number is not None:
            self.check_number(number)
            if scheme != "https" and not self._allows(number):
                raise AddressRefused(f"it is not encrypted; {self._remedy}")
        elif host == "localhost" or host.endswith(".localhost"):
            if not any(self._allows(each) for each in _LOOPBACK):
                raise AddressRefused(f"it is this machine itself; {self._remedy}")
        elif scheme != "https":
            raise AddressRefused(f"it is not encrypted; {self._remedy}")

    def check_resolved(self, host: str, number: str) -> None:
        """Whether what a host resolved to may be connected to.

        Raises:
            AddressRefused: no.
        """
        if self._knows(host.rstrip(".").lower()):
            return
        found = _number(number)
        if found is None:
            raise AddressRefused("its name resolves to what is no address")
        self.check_number(found)

    def check_number(self, number: Address) -> None:
        """Whether a numeric address may be connected to.

        Raises:
            AddressRefused: it is not of the internet, and not listed.
        """
        for each in _meant(number):
            if (not each.is_global or each.is_multicast or each in _MACHINE_ROOM) and not self._allows(each):
                raise AddressRefused(f"it leads into a private network; {self._remedy}")

    def _knows(self, host: str) -> bool:
        return host in self._names or any(host.endswith(suffix) for suffix in self._suffixes)

    def _allows(self, number: Address) -> bool:
        return any(number.version == network.version and number in network for network in self._networks)


_LOOPBACK = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1"))


def _number(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def is_number(host: str) -> bool:
    """Whether a host is a numeric address and no name."""
    return _number(host) is not None


def _meant(number: Address) -> list[Address]:
    """The addresses that one stands for: those of IPv4 inside one of IPv6 are reached through it."""
    if isinstance(number, ipaddress.IPv4Address):
        return [number]
    if number.ipv4_mapped is not None:
        return [number.ipv4_mapped]
    if number in _NAT64:
        return [ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)]
    inside: list[Address] = [number]
    if number.sixtofour is not None:
        inside.append(number.sixtofour)
    if number.teredo is not None:
        inside.extend(number.teredo)
    return inside


def _is_label(label: str) -> bool:
    return 0 < len(label) <= 63 and label.replace("-", "a").replace("_", "a").isalnum() and label.isascii()
