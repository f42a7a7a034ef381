"""What names this machine."""

from ipaddress import ip_address

NAMES = ("127.0.0.1", "localhost", "::1")
"""The hosts by which an address is known to stay on this machine."""


def is_loopback(host: str) -> bool:
    """Whether this name or address means the machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
