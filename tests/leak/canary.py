"""Canaries: values that occur nowhere else, and every form in which one may leave."""

import base64
import hashlib
import re
import struct
from collections.abc import Iterable
from datetime import date, timedelta

from proxy.wire.frame import Frame

LETTERS = "ghjkmnpqrstvwxyz"  # no hexadecimal digit among them, so no digest and no dump looks like one by chance
PLACE = re.compile(r"\{\{([#@]?)(\w+?)(?::(\d+))?\}\}")
CHOICE = re.compile(r"\{\{\?((?:[^{}|]|\{\{[^{}]*\}\}|\{\})*)\|((?:[^{}|]|\{\{[^{}]*\}\}|\{\})*)\}\}")
EPOCH = date(2000, 1, 1)
SHORT, MIDDLE, WHOLE, LONG, BITS = 6, 8, 10, 12, 24
"""Bytes of a form that give it away: of text, of base64, of a number whose digits stand apart, of hexadecimal and
digests, of bits and lists of bytes."""
LAST_DAY = 70_000
NUMBERS = 3_100_000_000


def core(name: str, *, twin: bool = False) -> str:
    """The canary of that name: twelve letters. In the twin world eleven, that sort the other way round."""
    letters = [byte & 15 for byte in hashlib.sha256(name.encode()).digest()[:12]]
    return "".join(LETTERS[15 - at] for at in letters[:11]) if twin else "".join(LETTERS[at] for at in letters)


def number(name: str, *, twin: bool = False) -> int:
    """The canary of that name as a number of ten digits that fits an int4; in the twin world the other way round."""
    value = 1_100_000_000 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big") % 900_000_000
    return NUMBERS - value if twin else value


def day(name: str, *, twin: bool = False) -> date:
    """The canary of that name as a date, in a century that nothing else is in; the other way round in the twin's."""
    days = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % LAST_DAY
    return date(1601, 1, 1) + timedelta(LAST_DAY - days if twin else days)


def fill(text: str, *, twin: bool = False) -> str:
    """{{name}} becomes a text canary, {{name:6}} its beginning, {{#name}} a number, {{@name}} a date, {{?one|other}}
    one of two by the world."""
    chosen = CHOICE.sub(lambda found: found[2] if twin else found[1], text)
    return PLACE.sub(lambda found: _value(found, twin=twin), chosen)


def _value(found: re.Match[str], *, twin: bool) -> str:
    sort, name, size = found.groups()
    match sort:
        case "#":
            value = str(number(name, twin=twin))
        case "@":
            value = day(name, twin=twin).isoformat()
        case _:
            value = core(name, twin=twin)
    return value[: int(size)] if size else value


class Hunter:
    """Searches bytes for every form of every canary in the texts that it was given."""

    def __init__(self, *texts: str) -> None:
        self._windows: dict[int, dict[bytes, str]] = {4: {}, SHORT: {}, MIDDLE: {}, WHOLE: {}, LONG: {}, BITS: {}}
        for sort, name in sorted({(found[1], found[2]) for text in texts for found in PLACE.finditer(text)}):
            {"": self._text, "#": self._number, "@": self._day}[sort](name)

    def found(self, data: bytes) -> set[str]:
        """The names of the canaries in data, whatever their form."""
        seen = set[str]()
        together = re.sub(rb"[^0-9a-z]+", b"", data.lower())  # where any two OIDs may make eight digits of a number
        for one in {data, data.lower(), together}:
            for size, forms in self._windows.items():
                windows = {one[at : at + size] for at in range(len(one) - size + 1)} & forms.keys()
                seen |= {forms[each] for each in windows if one is not together or size != MIDDLE or not each.isdigit()}
        return seen

    def _add(self, form: bytes, size: int, name: str) -> None:
        for at in range(len(form) - size + 1):
            self._windows[size][form[at : at + size]] = name

    def _text(self, name: str) -> None:
        value = core(name).encode()
        for one in (value, value[::-1]):
            self._add(one, SHORT, name)
            self._add(one.hex().encode(), LONG, name)
            self._add(" ".join(map(str, one)).encode(), BITS, name)
            self._add(one.upper().hex().encode(), LONG, name)
            for shift in range(3):
                encoded = base64.b64encode(b"\0" * shift + one)
                self._add(encoded[4 if shift else 0 : 16], MIDDLE, name)
        self._digests(value, name)
        self._digests(value.upper(), name)

    def _digests(self, value: bytes, name: str) -> None:
        for method in ("md5", "sha224", "sha256", "sha384", "sha512"):
            digest = hashlib.new(method, value).digest()
            self._add(digest.hex().encode(), LONG, name)
            self._add(digest, LONG, name)

    def _number(self, name: str) -> None:
        value = number(name)
        text = str(value).encode()
        self._add(text, MIDDLE, name)
        self._add(text[::-1], MIDDLE, name)
        self._add(text, WHOLE, name)
        self._add(text[::-1], WHOLE, name)
        self._add(b"%x" % value, MIDDLE, name)
        self._add(struct.pack("!i", value), 4, name)
        self._add(struct.pack("!d", value), MIDDLE, name)
        self._add(struct.pack("!q", value * 100), MIDDLE, name)
        self._add(f"{value:032b}".encode(), BITS, name)
        self._add(".".join(map(str, struct.pack("!i", value))).encode(), MIDDLE, name)
        self._add(struct.pack("!3h", value // 10**8, value // 10**4 % 10**4, value % 10**4), SHORT, name)
        self._digests(text, name)

    def _day(self, name: str) -> None:
        value = day(name)
        days = (value - EPOCH).days
        for layout in ("%Y-%m-%d", "%Y%m%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y"):
            text = value.strftime(layout).encode()
            self._add(text, MIDDLE, name)
        self._add(struct.pack("!i", days), 4, name)
        self._add(struct.pack("!q", days * 86_400_000_000), MIDDLE, name)
        self._digests(value.isoformat().encode(), name)


def values_of(frames: Iterable[Frame]) -> bytes:
    """All values of all rows put together: what leaves one character at a time."""
    parts: list[bytes] = []
    for frame in frames:
        if frame.type == b"D":
            at = 2
            while at < len(frame.payload):
                (length,) = struct.unpack_from("!i", frame.payload, at)
                parts.append(frame.payload[at + 4 : at + 4 + max(length, 0)])
                at += 4 + max(length, 0)
    return b"".join(parts)
