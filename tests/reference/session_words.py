"""Messages of a session in short: "P B DP E S" from a client, "1 2 T D C Z" from a server, each as small as it gets."""

from collections.abc import Mapping
from typing import Final

from proxy.wire.constants import Format, Target, TransactionStatus
from proxy.wire.frame import Frame
from proxy.wire.messages import bare, copy, function_call, named, report, rows, session
from proxy.wire.messages.bind import Bind
from proxy.wire.messages.execute import Execute
from proxy.wire.messages.parse import Parse
from proxy.wire.messages.query import Query
from tests.peers.peer import Encodable

FIELD: Final = rows.FieldDescription(b"?column?", 0, 0, 23, 4, -1, Format.TEXT)

CLIENT: Final[Mapping[str, Encodable]] = {
    "P": Parse(b"", b"select a from t"),
    "B": Bind(b"", b""),
    "DS": named.Describe(Target.STATEMENT, b""),
    "DP": named.Describe(Target.PORTAL, b""),
    "E": Execute(b""),
    "C": named.Close(Target.PORTAL, b""),
    "H": bare.Flush(),
    "S": bare.Sync(),
    "Q": Query(b"select a from t"),
    "F": function_call.FunctionCall(1299),
    "d": copy.CopyData(b"1\n"),
    "c": copy.CopyDone(),
    "f": copy.CopyFail(b"no more"),
    "X": bare.Terminate(),
}

SERVER: Final[Mapping[str, Encodable]] = {
    "1": bare.ParseComplete(),
    "2": bare.BindComplete(),
    "3": bare.CloseComplete(),
    "t": rows.ParameterDescription(()),
    "T": rows.RowDescription((FIELD,)),
    "n": bare.NoData(),
    "D": rows.DataRow((b"1",)),
    "C": rows.CommandComplete(b"SELECT 1"),
    "I": bare.EmptyQueryResponse(),
    "s": bare.PortalSuspended(),
    "G": copy.CopyInResponse(Format.TEXT, (Format.TEXT,)),
    "H": copy.CopyOutResponse(Format.TEXT, (Format.TEXT,)),
    "W": copy.CopyBothResponse(Format.TEXT, ()),
    "d": copy.CopyData(b"1\n"),
    "c": copy.CopyDone(),
    "V": function_call.FunctionCallResponse(b"1"),
    "E": report.ErrorResponse({"S": b"ERROR", "V": b"ERROR", "C": b"22012", "M": b"no"}),
    "E!": report.ErrorResponse({"S": b"FATAL", "V": b"FATAL", "C": b"57P01", "M": b"no"}),
    "Z": session.ReadyForQuery(TransactionStatus.IDLE),
    "N": report.NoticeResponse({"S": b"NOTICE", "V": b"NOTICE", "C": b"00000", "M": b"hm"}),
    "A": session.NotificationResponse(1, b"c", b""),
    "S": session.ParameterStatus(b"TimeZone", b"UTC"),
}


def frame_of(message: Encodable) -> Frame:
    """The message as a frame."""
    encoded = message.encode()
    return Frame(encoded[:1], encoded[5:])


def client_frame(word: str) -> Frame:
    """A client's message by its word."""
    return frame_of(CLIENT[word])


def server_frame(word: str) -> Frame:
    """A server's message by its word; E! is fatal."""
    return frame_of(SERVER[word])
