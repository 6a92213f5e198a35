"""FF1 as NIST SP 800-38G writes it down: large integers, strings of digits, AES from a library."""

from collections.abc import Sequence
from math import ceil

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def encrypt(key: bytes, radix: int, tweak: bytes, digits: Sequence[int]) -> list[int]:
    """Algorithm 7, FF1.Encrypt."""
    return _rounds(key, radix, tweak, digits, range(10), 1)


def decrypt(key: bytes, radix: int, tweak: bytes, digits: Sequence[int]) -> list[int]:
    """Algorithm 8, FF1.Decrypt."""
    return _rounds(key, radix, tweak, digits, range(9, -1, -1), -1)


def _rounds(key: bytes, radix: int, tweak: bytes, digits: Sequence[int], order: Sequence[int], sign: int) -> list[int]:
    n, u = len(digits), len(digits) // 2
    v = n - u
    a, b = list(digits[:u]), list(digits[u:])
    size = ceil((radix**v - 1).bit_length() / 8)
    d = 4 * ceil(size / 4) + 4
    p = bytes([1, 2, 1]) + radix.to_bytes(3) + bytes([10, u % 256]) + n.to_bytes(4) + len(tweak).to_bytes(4)
    for i in order:
        source, target = (b, a) if sign == 1 else (a, b)
        q = tweak + bytes((-len(tweak) - size - 1) % 16) + bytes([i]) + _number(source, radix).to_bytes(size)
        y = int.from_bytes(_squeezed(key, p + q, d))
        m = u if i % 2 == 0 else v
        c = _digits((_number(target, radix) + sign * y) % radix**m, radix, m)
        a, b = (b, c) if sign == 1 else (c, a)
    return a + b


def _squeezed(key: bytes, message: bytes, length: int) -> bytes:
    mac = bytes(16)
    for at in range(0, len(message), 16):
        mac = _aes(key, bytes(x ^ y for x, y in zip(mac, message[at : at + 16], strict=True)))
    out, counter = mac, 1
    while len(out) < length:
        out += _aes(key, (int.from_bytes(mac) ^ counter).to_bytes(16))
        counter += 1
    return out[:length]


def _aes(key: bytes, block: bytes) -> bytes:
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  one block
    return cipher.update(block)


def _number(digits: Sequence[int], radix: int) -> int:
    number = 0
    for digit in digits:
        number = number * radix + digit
    return number


def _digits(number: int, radix: int, count: int) -> list[int]:
    found = []
    for _ in range(count):
        number, digit = divmod(number, radix)
        found.append(digit)
    return found[::-1]
