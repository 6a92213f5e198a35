"""What each mask makes of a value, by Python's own types: slow and obvious.

A function takes what a value is (a str, a Decimal, a datetime) and gives what its mask is."""

import base64
import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

MILLENNIUM = datetime(2000, 1, 1)  # noqa: DTZ001  a timestamp has no zone
FIRST_DAY = date(1930, 1, 1)
DAYS = 36525
DAY = timedelta(days=1)


def tag(key: bytes, canonical: bytes) -> bytes:
    """AES-CMAC by another library."""
    mac = CMAC(AES(key))
    mac.update(canonical)
    return mac.finalize()


def random(key: bytes, canonical: bytes) -> int:
    """The first 64 bits of the tag."""
    return int.from_bytes(tag(key, canonical)[:8], "big")


def base32(key: bytes, value: bytes, length: int) -> str:
    return base64.b32encode(tag(key, value)).decode().lower()[:length]


def text(key: bytes, value: str, limit: int) -> str:
    return base32(key, value.encode(), min(16, limit))


def digest(key: bytes, value: str, encoding: str, length: int) -> str:
    return tag(key, value.encode()).hex()[:length] if encoding == "hex" else base32(key, value.encode(), length)


def partial(value: str, first: int, last: int, fill: str) -> str:
    if first + last >= len(value):
        return fill * len(value)
    filled = len(value) - first - last
    return value[:first] + fill * filled + value[len(value) - last :]


def plain(number: Decimal) -> str:
    """The shortest decimal spelling."""
    spelled = f"{number:f}"
    return (spelled.rstrip("0").rstrip(".") if "." in spelled else spelled) if number else "0"


def exact(key: bytes, number: Decimal) -> int:
    """The masked number of an exact number that may be of any type."""
    drawn = random(key, plain(number).encode())
    return drawn % 10**9 if abs(int(number)) <= 2**31 else 10**9 + drawn % (10**15 - 10**9)


def smallint(key: bytes, number: int) -> int:
    return random(key, str(number).encode()) % 10_000


def numeric(key: bytes, number: Decimal, precision: int, scale: int) -> Decimal:
    """The masked number of a numeric(precision, scale); precision 0: it has none."""
    if precision == 0:
        return Decimal(exact(key, number))
    if scale >= 0 and precision - scale >= 9:
        return Decimal(exact(key, number) % 10 ** min(15, precision - scale))
    return Decimal(random(key, plain(number).encode()) % 10 ** min(15, precision)).scaleb(-scale)


def hundredths(key: bytes, bits: bytes, room: int) -> Decimal:
    """The masked value of a float, whose bits as a double are given."""
    return Decimal(random(key, bits) % room) / 100


def money(key: bytes, cents: int) -> int:
    return 10**8 + random(key, str(cents).encode()) % (10**9 - 10**8)


def day(key: bytes, number: int) -> date:
    """number: days since 2000-01-01."""
    return FIRST_DAY + DAY * (random(key, signed(number)) % DAYS)


def second_of_day(drawn: int) -> timedelta:
    return timedelta(seconds=drawn // DAYS % 86400)


def moment(key: bytes, microseconds: int) -> datetime:
    """microseconds: since 2000-01-01."""
    drawn = random(key, signed(microseconds))
    return datetime.combine(FIRST_DAY, datetime.min.time()) + DAY * (drawn % DAYS) + second_of_day(drawn)


def time_of_day(key: bytes, canonical: bytes) -> timedelta:
    return second_of_day(random(key, canonical))


def interval(key: bytes, months: int, days: int, microseconds: int) -> tuple[int, timedelta]:
    """Days and time of the masked interval."""
    whole, rest = divmod(microseconds, 86_400_000_000)
    drawn = random(key, signed(months * 30 + days + whole) + signed(rest))
    return drawn % 366, second_of_day(drawn)


def signed(number: int) -> bytes:
    return number.to_bytes(8, "big", signed=True)


def uuid(key: bytes, value: UUID) -> UUID:
    return UUID(bytes=tag(key, value.bytes), version=4)


def macaddr(key: bytes, value: bytes) -> bytes:
    drawn = tag(key, value)[: len(value)]
    return bytes([drawn[0] & ~3 | 2]) + drawn[1:]


def network(key: bytes, value: IPv4Interface | IPv6Interface) -> IPv4Interface | IPv6Interface:
    packed = value.ip.packed
    drawn = tag(key, bytes([len(packed), value.network.prefixlen]) + packed)
    return ip_interface((b"\x0a" if len(packed) == 4 else b"\xfd") + drawn[1 : len(packed)])


class Members(list[tuple[str, Any]]):
    """The members of a JSON object, doubles included."""


def parsed(value: str) -> Any:
    """A JSON text; numbers stay as they are written."""
    return json.loads(value, object_pairs_hook=Members, parse_float=Decimal, parse_int=Decimal)


def json_value(key: bytes, value: Any) -> Any:
    """The masked form of a parsed JSON value."""
    match value:
        case Members():
            return Members((name, json_value(key, member)) for name, member in value)
        case list():
            return [json_value(key, member) for member in value]
        case str():
            return base32(key, value.encode("utf-8", "surrogatepass"), 16)
        case bool():
            return False
        case Decimal():
            return Decimal(exact(key, value))
        case _:
            return None
