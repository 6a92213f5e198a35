"""The admin endpoint is closed to others unless a token opens it."""

import pytest

from proxy.admin.settings import AdminSettings, address
from proxy.errors import ConfigError

TOKEN = "a-token-of-some-length"


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("127.0.0.1:9187", ("127.0.0.1", 9187)),
        ("127.8.0.1:0", ("127.8.0.1", 0)),
        ("localhost:65535", ("localhost", 65_535)),
        ("[::1]:9187", ("::1", 9187)),
    ],
)
def test_a_loopback_address_needs_no_token(listen: str, expected: tuple[str, int]) -> None:
    assert address(AdminSettings(listen=listen)) == expected


@pytest.mark.parametrize("listen", ["0.0.0.0:9187", "[::]:9187", "10.0.0.1:1", "db.example:9187", "*:1"])
def test_any_other_address_needs_one(listen: str) -> None:
    with pytest.raises(ConfigError, match="open to other machines"):
        address(AdminSettings(listen=listen))
    assert address(AdminSettings(listen=listen, token=TOKEN))


@pytest.mark.parametrize(
    "listen", ["", "9187", ":9187", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:9187", "a:٣"]
)
def test_what_is_not_host_and_port_is_a_config_error(listen: str) -> None:
    with pytest.raises(ConfigError, match=r"admin\.listen"):
        address(AdminSettings(listen=listen))


@pytest.mark.parametrize("token", ["short", "ünïcode-token-of-length"])
def test_a_token_that_protects_nothing_is_a_config_error(token: str) -> None:
    with pytest.raises(ConfigError, match=r"admin\.token"):
        address(AdminSettings(token=token))


def test_a_token_has_no_repr() -> None:
    assert TOKEN not in repr(AdminSettings(token=TOKEN))
