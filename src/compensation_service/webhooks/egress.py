"""Where requests may go: public addresses over https, and nothing inside.

A URL is written by a merchant, so a server that fetches it must not become their way into our network. The text of a
URL proves nothing; what counts are the addresses that its name stands for at the moment of sending. They are looked
up once, all of them must pass, and the connection is made to one of those, not to the name again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

URL_LENGTH_MOST = 2048
HTTPS_PORT = 443
HTTP_PORT = 80

_INSIDE_V4 = [
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT, and Alibaba's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host services, though the address is a public one
        "169.254.0.0/16",  # link-local, and most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments, and Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
_PUBLIC_V6 = ip_network("2000::/3")
"""The only part of IPv6 that is given out to the public: all else is refused, mapped and translated IPv4 included."""
_INSIDE_V6 = [
    ip_network(text)
    for text in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
]
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_is_name = re.compile(rf"{_LABEL}(\.{_LABEL})+", re.ASCII).fullmatch
_is_plain = re.compile(r"[!-~]+", re.ASCII).fullmatch
_looks_numeric = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.ASCII).fullmatch


class Refused(Exception):
    """A URL, or what it stands for, is not to be connected to. `code` is a stable word, the text a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Resolver(Protocol):
    """Looks up a name. Raises OSError where it stands for nothing."""

    def __call__(self, host: str, port: int) -> Sequence[str]:
        """Answer the addresses of a host as texts; it may block."""


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: where to connect to, and what to ask for there. `host` is as it stands in the URL."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The value of the header Host."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == (HTTPS_PORT if self.secure else HTTP_PORT) else f"{shown}:{self.port}"


def read(url: str, *, allow_local: bool = False) -> Target:
    """Take a URL apart that a request may be sent to, or raise Refused.

    `allow_local` is for development: http, any port, and loopback. Names and addresses inside stay refused otherwise.
    """
    if len(url) > URL_LENGTH_MOST:
        raise Refused("url_too_long", f"A URL has {URL_LENGTH_MOST} characters at most.")
    if not _is_plain(url) or "\\" in url:
        raise Refused("url_malformed", "Only visible ASCII characters are allowed; write other names in punycode.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise Refused("url_malformed", "This is no URL.") from error
    _demand_shape(parts, allow_local=allow_local)
    secure = parts.scheme == "https"
    port = port or (HTTPS_PORT if secure else HTTP_PORT)
    if port != HTTPS_PORT and not allow_local:
        raise Refused("url_port", "Only port 443 is allowed.")
    _demand_host(host, allow_local=allow_local)
    return Target(secure, host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def resolve(target: Target, resolver: Resolver, *, allow_local: bool = False) -> list[str]:
    """Answer the addresses of a target, asked for once; Refused unless every one of them may be connected to."""
    try:
        found = list(dict.fromkeys(resolver(target.host, target.port)))
    except (OSError, UnicodeError) as error:
        raise Refused("unresolvable", "The name of the host cannot be found.") from error
    if not found:
        raise Refused("unresolvable", "The name of the host stands for no address.")
    for address in found:
        if not may_connect(address, allow_local=allow_local):
            raise Refused("address_refused", "The host stands for an address that is not public.")
    return found


def may_connect(address: str, *, allow_local: bool = False) -> bool:
    """Whether a request may go to an address; what is no address may not."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if allow_local and parsed.is_loopback:
        return True
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _INSIDE_V4)
    return _is_public_v6(parsed)


def _is_public_v6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in _PUBLIC_V6:
        return False
    return not any(address in network for network in _INSIDE_V6)


def _demand_shape(parts: SplitResult, *, allow_local: bool) -> None:
    if parts.scheme != "https" and not (allow_local and parts.scheme == "http"):
        raise Refused("url_scheme", "Only https is allowed.")
    if "@" in parts.netloc:
        raise Refused("url_credentials", "A URL with a user or a password is refused.")
    if parts.fragment:
        raise Refused("url_malformed", "A URL to send to has no fragment.")


def _demand_host(host: str, *, allow_local: bool) -> None:
    """Refuse every spelling of an address but the usual one: who reads the others reads them in different ways."""
    if allow_local and host == "localhost":
        return
    try:
        address = ip_address(host)
    except ValueError:
        if not _is_name(host) or _looks_numeric(host.rpartition(".")[2]):
            raise Refused("url_host", "The host must be a full name such as hooks.example.com.") from None
        return
    if not may_connect(str(address), allow_local=allow_local):
        raise Refused("address_refused", "The host is an address that is not public.")
