"""`python -m proxy.reading`: a process that reads texts, so that who asks has thread and GIL for other things.

On its standard input: length (u32), options (u32), text; on its standard output: length (u32), a Reading in msgpack, or
length 0: the reading holds characters of no encoding, and cannot be sent. In order, until the input is closed, which it
is when its parent is gone.
"""

import sys
from typing import BinaryIO, Final

import msgspec

from proxy.model import Reading
from proxy.reading.read import read
from proxy.reading.words import decode

HEAD: Final = 8


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answers until there is nothing more to read."""
    while len(head := source.read(HEAD)) == HEAD:
        length, options = int.from_bytes(head[:4]), int.from_bytes(head[4:])
        text = source.read(length)
        if len(text) < length:
            return
        answer = _encoded(read(decode(text), options=options))
        sink.write(len(answer).to_bytes(4) + answer)
        sink.flush()


def _encoded(reading: Reading) -> bytes:
    try:
        return msgspec.msgpack.encode(reading)
    except UnicodeEncodeError:
        return b""


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
