"""The phase table: what a client may send, and where it leads. What is not in it is refused with 08P01."""

from collections.abc import Mapping
from typing import Final

from proxy.errors import ProtocolViolation
from proxy.relay.words import Event, Phase

BATCH: Final = (Event.PARSE, Event.BIND, Event.DESCRIBE, Event.EXECUTE, Event.CLOSE)
STRAY_COPY: Final = (Event.COPY_DATA, Event.COPY_DONE, Event.COPY_FAIL)
"""Outside COPY the server takes these and does nothing: a client may still be sending after a failure
(manual, "COPY Operations")."""

MOVES: Final[Mapping[tuple[Phase, Event], Phase]] = {
    # between batches and inside one
    **{(Phase.READY, event): Phase.EXTENDED for event in BATCH},
    **{(Phase.EXTENDED, event): Phase.EXTENDED for event in BATCH},
    **{(phase, event): phase for phase in (Phase.READY, Phase.EXTENDED) for event in (*STRAY_COPY, Event.FLUSH)},
    (Phase.READY, Event.QUERY): Phase.READY,
    (Phase.READY, Event.FUNCTION_CALL): Phase.READY,
    (Phase.READY, Event.SYNC): Phase.READY,
    (Phase.EXTENDED, Event.SYNC): Phase.READY,
    # a Query in the middle of a batch is legal: it ends the implicit transaction, and its error skips nothing
    (Phase.EXTENDED, Event.QUERY): Phase.READY,
    (Phase.EXTENDED, Event.FUNCTION_CALL): Phase.READY,
    # the server discards everything up to Sync
    (Phase.READY, Event.ERROR_EXTENDED): Phase.SKIPPING,
    (Phase.EXTENDED, Event.ERROR_EXTENDED): Phase.SKIPPING,
    **{
        (Phase.SKIPPING, event): Phase.SKIPPING
        for event in (*BATCH, *STRAY_COPY, Event.FLUSH, Event.QUERY, Event.FUNCTION_CALL)
    },
    (Phase.SKIPPING, Event.SYNC): Phase.READY,
    # COPY FROM STDIN; Flush and Sync are ignored there, because libpq sends a Sync before it knows of the COPY
    **{(phase, Event.COPY_IN_SIMPLE): Phase.COPYING_SIMPLE for phase in (Phase.READY, Phase.EXTENDED)},
    **{(phase, Event.COPY_IN_EXTENDED): Phase.COPYING_EXTENDED for phase in (Phase.READY, Phase.EXTENDED)},
    **{
        (phase, event): phase
        for phase in (Phase.COPYING_SIMPLE, Phase.COPYING_EXTENDED)
        for event in (Event.COPY_DATA, Event.FLUSH, Event.SYNC)
    },
    (Phase.COPYING_SIMPLE, Event.COPY_DONE): Phase.READY,
    (Phase.COPYING_SIMPLE, Event.COPY_FAIL): Phase.READY,
    (Phase.COPYING_SIMPLE, Event.ERROR_SIMPLE): Phase.READY,
    (Phase.COPYING_EXTENDED, Event.COPY_DONE): Phase.EXTENDED,
    (Phase.COPYING_EXTENDED, Event.COPY_FAIL): Phase.EXTENDED,
    (Phase.COPYING_EXTENDED, Event.ERROR_EXTENDED): Phase.SKIPPING,
    # a Sync that came early may end the skipping at once, or was ignored inside the COPY: the next answer tells
    (Phase.COPYING_EXTENDED, Event.ERROR_SIMPLE): Phase.READY,
    (Phase.EXTENDED, Event.ERROR_SIMPLE): Phase.READY,
    # replication
    **{(phase, Event.COPY_BOTH): Phase.STREAMING for phase in (Phase.READY, Phase.EXTENDED)},
    **{
        (Phase.STREAMING, event): Phase.STREAMING
        for event in (Event.COPY_DATA, Event.COPY_DONE, Event.COPY_FAIL, Event.FLUSH, Event.SYNC)
    },
    (Phase.STREAMING, Event.STREAM_END): Phase.READY,
    (Phase.STREAMING, Event.ERROR_SIMPLE): Phase.READY,
    (Phase.STREAMING, Event.ERROR_EXTENDED): Phase.SKIPPING,
    # leaving
    **{(phase, Event.TERMINATE): Phase.CLOSING for phase in Phase if phase is not Phase.CLOSING},
    **{  # what was asked before is still answered
        (Phase.CLOSING, event): Phase.CLOSING
        for event in (
            Event.ERROR_EXTENDED,
            Event.ERROR_SIMPLE,
            Event.COPY_IN_SIMPLE,
            Event.COPY_IN_EXTENDED,
            Event.COPY_BOTH,
            Event.STREAM_END,
        )
    },
}


def move(phase: Phase, event: Event) -> Phase:
    """The phase after event. Raises ProtocolViolation where the protocol does not allow it."""
    if (after := MOVES.get((phase, event))) is None:
        raise ProtocolViolation(f"{event.name} cannot happen in {phase.name}")
    return after


REFUSED: Final = 255


def packed() -> bytes:
    """The table as the lane reads it: a byte for each phase and event, at phase * 32 + event; REFUSED where absent."""
    table = bytearray([REFUSED]) * (len(Phase) * 32)
    for (phase, event), after in MOVES.items():
        table[phase * 32 + event] = after
    return bytes(table)
