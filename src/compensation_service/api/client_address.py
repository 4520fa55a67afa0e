"""Where a request comes from, as far as it can be believed."""

from ipaddress import IPv6Address, ip_address, ip_network

from starlette.types import Scope

NOBODY = "unknown"
V6_BITS = 64
"""Whoever has one IPv6 address has this much of a network, and counts as one."""


def client_address(scope: Scope, proxies: int) -> str:
    """The address of the client, with `proxies` of our own in front of us.

    Each of them adds to the end of X-Forwarded-For whom it serves, so the entry that the outermost one added is the
    last but so many; whatever stands before it anybody may have written. With no proxy, fewer entries or one that is
    no address, it is the socket's.
    """
    client = scope.get("client")
    near: str = client[0] if client else NOBODY
    if proxies:
        found = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        entries = b",".join(found).decode("latin-1").split(",")
        if len(entries) >= proxies:
            return _counted(entries[-proxies].strip()) or _counted(near) or near
    return _counted(near) or near


def _counted(text: str) -> str | None:
    """What an address counts as; None where it is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((int(address), V6_BITS), strict=False))
    return text
