"""Where the admin endpoint listens, and who may ask it."""

import ipaddress
from typing import Final

import msgspec

from proxy.errors import ConfigError

HINT_LOOPBACK: Final = "listen on 127.0.0.1, or set admin.token and send it as `Authorization: Bearer …`"
MIN_TOKEN: Final = 16


class AdminSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `admin` section. listen: host:port, an IPv6 host in brackets, port 0 for a free one. token: what a client
    must show as a bearer token; required where listen is not a loopback address."""

    listen: str = "127.0.0.1:9187"
    token: str = ""

    def __repr__(self) -> str:
        return f"AdminSettings(listen={self.listen!r})"  # never the token


def address(settings: AdminSettings) -> tuple[str, int]:
    """Host and port to listen on. Raises ConfigError: not host:port, or open to others without a token."""
    host, colon, port_text = settings.listen.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ConfigError("admin.listen: an IPv6 host stands in brackets", hint="for example [::1]:9187")
    if not (colon and host and port_text.isascii() and port_text.isdigit() and int(port_text) <= 65_535):
        raise ConfigError("admin.listen is not host:port", hint="for example 127.0.0.1:9187")
    _check_exposure(settings, host)
    return host, int(port_text)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach host. A name other than localhost is not proven to be."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_exposure(settings: AdminSettings, host: str) -> None:
    if settings.token and (len(settings.token) < MIN_TOKEN or not settings.token.isascii()):
        raise ConfigError(f"admin.token must have at least {MIN_TOKEN} ASCII characters")
    if not settings.token and not is_loopback(host):
        raise ConfigError("admin.listen is open to other machines without admin.token", hint=HINT_LOOPBACK)
