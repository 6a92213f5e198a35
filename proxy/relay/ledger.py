"""What the server owes for each message, and what each of its messages does to the reply that is due.

Notices, notifications, parameter statuses and errors may come at any moment and are not in the table.
"""

from collections.abc import Mapping
from typing import Final

from proxy.relay.words import Owe, Step

_RESULT: Final[Mapping[bytes, Step]] = {
    b"D": Step.ROW,
    b"C": Step.COMPLETE,
    b"I": Step.COMPLETE,
    b"G": Step.COPY_IN,
    b"H": Step.COPY_OUT,
    b"W": Step.COPY_BOTH,
    b"d": Step.COPY_ROW,
    b"c": Step.MORE,
}

ANSWERS: Final[Mapping[Owe, Mapping[bytes, Step]]] = {
    Owe.PARSE: {b"1": Step.DONE},
    Owe.BIND: {b"2": Step.DONE},
    Owe.CLOSE: {b"3": Step.DONE},
    Owe.DESCRIBE_STATEMENT: {b"t": Step.MORE, b"T": Step.DESCRIBED, b"n": Step.DONE},
    Owe.DESCRIBE_PORTAL: {b"T": Step.DESCRIBED, b"n": Step.DONE},
    Owe.EXECUTE: {**_RESULT, b"s": Step.COMPLETE},
    Owe.QUERY: {**_RESULT, b"T": Step.DESCRIPTION, b"Z": Step.READY},
    Owe.SYNC: {b"Z": Step.READY},
    Owe.FUNCTION_CALL: {b"V": Step.MORE, b"Z": Step.READY},
}


def packed() -> bytes:
    """The table as the lane reads it: one byte for each owed reply and message type, at owe * 256 + type."""
    table = bytearray(len(Owe) * 256)
    for owe, answers in ANSWERS.items():
        for type_, step in answers.items():
            table[owe * 256 + type_[0]] = step
    return bytes(table)
