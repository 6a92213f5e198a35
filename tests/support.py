"""What tests of several rooms share."""

import os
import select
from collections.abc import Callable


def outcome(call: Callable[[], object]) -> object:
    """What a call gives, or the kind of error that it raises."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001  whatever it is, the other side must raise the same
        return type(error)


def agree(kernel: Callable[[], object], reference: Callable[[], object]) -> None:
    """A kernel and its slow twin give the same value, or raise the same error."""
    assert outcome(kernel) == outcome(reference)


def ends(pid: int, timeout_s: float = 20.0) -> bool:
    """Wait for the end of a process, which need not be a child of ours."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([watched], [], [], timeout_s)[0])
    finally:
        os.close(watched)
