"""Every typed message by its type byte, one table a direction. Untyped ones: `opening.py`; what a password message is,
only the conversation tells: `password.py`."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from proxy.wire.constants import ClientType, ServerType
from proxy.wire.messages import bare, copy, function_call, named, report, rows, session
from proxy.wire.messages.authentication import decode_authentication
from proxy.wire.messages.bind import Bind
from proxy.wire.messages.execute import Execute
from proxy.wire.messages.negotiate import NegotiateProtocolVersion
from proxy.wire.messages.parse import Parse
from proxy.wire.messages.password import SASLResponse
from proxy.wire.messages.query import Query


class Message(Protocol):
    """A decoded message; two that hold the same are equal."""

    def encode(self) -> bytes:
        """The whole frame."""


CLIENT_MESSAGES: Final[Mapping[ClientType, Callable[[bytes], Message]]] = {
    ClientType.BIND: Bind.decode,
    ClientType.CLOSE: named.Close.decode,
    ClientType.DESCRIBE: named.Describe.decode,
    ClientType.EXECUTE: Execute.decode,
    ClientType.FUNCTION_CALL: function_call.FunctionCall.decode,
    ClientType.FLUSH: bare.Flush.decode,
    ClientType.PARSE: Parse.decode,
    ClientType.QUERY: Query.decode,
    ClientType.SYNC: bare.Sync.decode,
    ClientType.TERMINATE: bare.Terminate.decode,
    ClientType.COPY_DONE: copy.CopyDone.decode,
    ClientType.COPY_DATA: copy.CopyData.decode,
    ClientType.COPY_FAIL: copy.CopyFail.decode,
    ClientType.PASSWORD: SASLResponse.decode,
}

SERVER_MESSAGES: Final[Mapping[ServerType, Callable[[bytes], Message]]] = {
    ServerType.PARSE_COMPLETE: bare.ParseComplete.decode,
    ServerType.BIND_COMPLETE: bare.BindComplete.decode,
    ServerType.CLOSE_COMPLETE: bare.CloseComplete.decode,
    ServerType.NOTIFICATION_RESPONSE: session.NotificationResponse.decode,
    ServerType.COMMAND_COMPLETE: rows.CommandComplete.decode,
    ServerType.DATA_ROW: rows.DataRow.decode,
    ServerType.ERROR_RESPONSE: report.ErrorResponse.decode,
    ServerType.COPY_IN_RESPONSE: copy.CopyInResponse.decode,
    ServerType.COPY_OUT_RESPONSE: copy.CopyOutResponse.decode,
    ServerType.EMPTY_QUERY_RESPONSE: bare.EmptyQueryResponse.decode,
    ServerType.BACKEND_KEY_DATA: session.BackendKeyData.decode,
    ServerType.NOTICE_RESPONSE: report.NoticeResponse.decode,
    ServerType.AUTHENTICATION: decode_authentication,
    ServerType.PARAMETER_STATUS: session.ParameterStatus.decode,
    ServerType.ROW_DESCRIPTION: rows.RowDescription.decode,
    ServerType.FUNCTION_CALL_RESPONSE: function_call.FunctionCallResponse.decode,
    ServerType.COPY_BOTH_RESPONSE: copy.CopyBothResponse.decode,
    ServerType.READY_FOR_QUERY: session.ReadyForQuery.decode,
    ServerType.COPY_DONE: copy.CopyDone.decode,
    ServerType.COPY_DATA: copy.CopyData.decode,
    ServerType.NO_DATA: bare.NoData.decode,
    ServerType.PORTAL_SUSPENDED: bare.PortalSuspended.decode,
    ServerType.PARAMETER_DESCRIPTION: rows.ParameterDescription.decode,
    ServerType.NEGOTIATE_PROTOCOL_VERSION: NegotiateProtocolVersion.decode,
}
