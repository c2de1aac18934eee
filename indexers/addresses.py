"""Which URLs this program calls, and which machine a name leads to, decided before anything is sent."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from indexers.http_errors import AddressRefused, Unreachable

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Host and port to IP addresses."""

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL that passed `check_url`, in parts; ``loopback``: its host is this machine, by name or number."""

    scheme: str
    host: str
    port: int
    path: str
    loopback: bool

    @property
    def authority(self) -> str:
        """``host:port`` as it stands in messages and in the Host header, the scheme's own port left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


_PORTS = {"http": 80, "https": 443}


def check_url(url: str, *, allow_private: bool) -> Endpoint:
    """Take ``url`` apart and refuse what must never be called.

    Only http and https, without a user name; http only to loopback, or with ``allow_private`` (an endpoint in one's
    own network); a host given as a private or link-local number only with ``allow_private``.

    Raises:
        AddressRefused: Names the rule, never the user name or password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressRefused("the endpoint's URL is malformed") from error
    if parts.scheme not in _PORTS:
        raise AddressRefused(f"the endpoint's URL has scheme {parts.scheme!r}; only https and http are called")
    if not host or not host.isascii() or any(c.isspace() or ord(c) < 33 for c in url):
        raise AddressRefused("the endpoint's URL names no host, or holds blanks or letters outside ASCII")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused(f"the endpoint's URL holds a user name or password before {host}; keys go elsewhere")
    if parts.query or parts.fragment:
        raise AddressRefused(f"the endpoint's URL at {host} has a query or fragment; it must end with its path")
    number = _number(host)
    loopback = host == "localhost" or (number is not None and number.is_loopback)
    if number is not None:
        _check_number(host, number, loopback=loopback, allow_private=allow_private)
    if parts.scheme == "http" and not loopback and not allow_private:
        raise AddressRefused(f"{host} is not loopback, so it is called over https only")
    return Endpoint(
        scheme=parts.scheme, host=host, port=port or _PORTS[parts.scheme], path=parts.path, loopback=loopback
    )


async def checked_addresses(endpoint: Endpoint, resolve: Resolve, *, allow_private: bool) -> list[str]:
    """The addresses of the endpoint's host, every one allowed; the caller connects to these and asks no second time.

    Raises:
        AddressRefused: A name leads to an address that is private, link-local, or this machine without saying so.
        Unreachable: The name cannot be resolved.
    """
    if _number(endpoint.host) is not None:
        return [endpoint.host]
    try:
        addresses = await resolve(endpoint.host, endpoint.port)
    except OSError as error:
        raise Unreachable(f"the name {endpoint.host} cannot be resolved") from error
    for address in addresses:
        number = _number(address)
        if number is None:
            raise Unreachable(f"the name {endpoint.host} resolves to {address!r}, which is no address")
        _check_number(endpoint.host, number, loopback=endpoint.loopback, allow_private=allow_private)
    if not addresses:
        raise Unreachable(f"the name {endpoint.host} has no address")
    return addresses


async def system_resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver, in its order of preference."""
    import asyncio  # what calls this has it loaded; a URL is checked without

    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _number(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _check_number(host: str, number: IpAddress, *, loopback: bool, allow_private: bool) -> None:
    mapped = getattr(number, "ipv4_mapped", None)
    number = mapped if mapped is not None else number
    if loopback:
        if not number.is_loopback:
            raise AddressRefused(f"{host} leads to {number}, which is not loopback")
        return
    if not number.is_global and not allow_private:
        raise AddressRefused(f"{host} leads to {number}, which is not a public address")
