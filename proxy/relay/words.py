"""The closed sets of the session: phases, events, what is owed, its fate, and what an answer does to it.

The numbers are shared with the compiled lane (proxy/lane/state.pxd), whose tables are made from these enums; a test
holds the two together.
"""

from enum import IntEnum


class Phase(IntEnum):
    """What the client may send now (manual, "Message Flow")."""

    READY = 0  # between batches
    EXTENDED = 1  # inside a batch that a Sync will end
    SKIPPING = 2  # the server discards everything up to Sync
    COPYING_SIMPLE = 3  # COPY FROM STDIN inside a simple Query
    COPYING_EXTENDED = 4  # COPY FROM STDIN inside an Execute
    STREAMING = 5  # CopyBoth: replication
    CLOSING = 6  # Terminate was said


class Event(IntEnum):
    """What moves a session from phase to phase: the client's messages, then the server's turns."""

    QUERY = 0
    PARSE = 1
    BIND = 2
    DESCRIBE = 3
    EXECUTE = 4
    CLOSE = 5
    FLUSH = 6
    SYNC = 7
    FUNCTION_CALL = 8
    COPY_DATA = 9
    COPY_DONE = 10
    COPY_FAIL = 11
    TERMINATE = 12
    ERROR_EXTENDED = 13  # an error answered a message of a batch whose Sync has not been sent
    ERROR_SIMPLE = 14  # an error ended a COPY that a simple Query had begun
    COPY_IN_SIMPLE = 15
    COPY_IN_EXTENDED = 16
    COPY_BOTH = 17
    STREAM_END = 18  # the server's side of CopyBoth is over


class Owe(IntEnum):
    """What the server owes for one message of the client."""

    PARSE = 0
    BIND = 1
    DESCRIBE_STATEMENT = 2
    DESCRIBE_PORTAL = 3
    EXECUTE = 4
    CLOSE = 5
    SYNC = 6
    QUERY = 7
    FUNCTION_CALL = 8


class Fate(IntEnum):
    """What becomes of an owed reply."""

    FORWARD = 0  # the client asked, the client gets it
    SWALLOW = 1  # we asked to look at it
    TAP = 2  # we asked and read it: the probe
    SUPPLY = 3  # the server fails on purpose, the client gets our error in its place


class Step(IntEnum):
    """What one message of the server does to the reply at the head of the ledger."""

    VIOLATION = 0  # it does not belong there: the session ends
    MORE = 1  # part of the reply
    DONE = 2  # the reply is complete
    DESCRIPTION = 3  # RowDescription inside a Query
    DESCRIBED = 4  # RowDescription that completes a Describe
    ROW = 5
    COMPLETE = 6  # one command is complete: CommandComplete, EmptyQueryResponse, PortalSuspended
    COPY_IN = 7
    COPY_OUT = 8
    COPY_BOTH = 9
    COPY_ROW = 10
    READY = 11  # ReadyForQuery
