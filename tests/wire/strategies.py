"""Any message of the protocol, by its class: what hypothesis draws from."""

from collections.abc import Mapping
from typing import Any, Final

from hypothesis import strategies as st

from proxy.wire.constants import AuthenticationCode, ErrorField, Format, Target, TransactionStatus
from proxy.wire.messages import authentication as auth
from proxy.wire.messages import bare, copy, function_call, named, report, rows, session
from proxy.wire.messages.authentication import CARRIES_DATA
from proxy.wire.messages.bind import Bind
from proxy.wire.messages.cancel import CancelRequest
from proxy.wire.messages.encryption import GSSENCRequest, SSLRequest
from proxy.wire.messages.execute import Execute
from proxy.wire.messages.negotiate import NegotiateProtocolVersion
from proxy.wire.messages.parse import Parse
from proxy.wire.messages.password import PasswordMessage, SASLInitialResponse, SASLResponse
from proxy.wire.messages.query import Query
from proxy.wire.messages.startup import StartupMessage

STRINGS = st.binary(max_size=12).map(lambda value: value.replace(b"\0", b"x"))
NAMES = STRINGS.filter(bool)
DATA = st.binary(max_size=24)
VALUES = st.none() | DATA
INT16 = st.integers(-0x8000, 0x7FFF)
INT32 = st.integers(-0x80000000, 0x7FFFFFFF)
OIDS = st.integers(0, 0xFFFFFFFF)
FORMATS = st.sampled_from(Format)
KEYS = st.binary(min_size=4, max_size=256)


def tuples(kind: st.SearchStrategy[Any], most: int = 5) -> st.SearchStrategy[Any]:
    """Tuples of any length up to most."""
    return st.lists(kind, max_size=most).map(tuple)


@st.composite
def binds(draw: st.DrawFn) -> Bind:
    """Binds whose format codes fit their values."""
    values = draw(tuples(VALUES))
    formats = draw(tuples(FORMATS, 1) | st.lists(FORMATS, min_size=len(values), max_size=len(values)).map(tuple))
    return Bind(draw(STRINGS), draw(STRINGS), formats, values, draw(tuples(FORMATS)))


@st.composite
def function_calls(draw: st.DrawFn) -> function_call.FunctionCall:
    """FunctionCalls whose format codes fit their arguments."""
    values = draw(tuples(VALUES))
    formats = draw(tuples(FORMATS, 1) | st.lists(FORMATS, min_size=len(values), max_size=len(values)).map(tuple))
    return function_call.FunctionCall(draw(OIDS), formats, values, draw(FORMATS))


COPY_FORMATS = st.one_of(
    st.tuples(st.just(Format.TEXT), tuples(st.just(Format.TEXT))),
    st.tuples(st.just(Format.BINARY), tuples(FORMATS)),
)
REPORT_FIELDS = st.dictionaries(st.sampled_from(ErrorField).map(lambda field: field.value) | st.just("~"), STRINGS)
FIELDS = st.builds(rows.FieldDescription, STRINGS, OIDS, INT16, OIDS, INT16, INT32, FORMATS)

OPENINGS: Final[Mapping[type, st.SearchStrategy[Any]]] = {
    StartupMessage: st.builds(StartupMessage, st.integers(0, 0xFFFF), tuples(st.tuples(NAMES, STRINGS))),
    SSLRequest: st.just(SSLRequest()),
    GSSENCRequest: st.just(GSSENCRequest()),
    CancelRequest: st.builds(CancelRequest, INT32, KEYS),
}

AUTHENTICATIONS: Final[Mapping[type, st.SearchStrategy[Any]]] = {
    auth.AuthenticationOk: st.just(auth.AuthenticationOk()),
    auth.AuthenticationCleartextPassword: st.just(auth.AuthenticationCleartextPassword()),
    auth.AuthenticationMD5Password: st.builds(auth.AuthenticationMD5Password, st.binary(min_size=4, max_size=4)),
    auth.AuthenticationSASL: st.builds(auth.AuthenticationSASL, tuples(NAMES)),
    auth.AuthenticationData: st.one_of(
        st.builds(auth.AuthenticationData, st.sampled_from(sorted(CARRIES_DATA)), DATA),
        st.builds(auth.AuthenticationData, st.sampled_from([AuthenticationCode.GSS, AuthenticationCode.SSPI])),
    ),
}

TYPED: Final[Mapping[type, st.SearchStrategy[Any]]] = {
    **{kind: st.just(kind()) for kind in (bare.Sync, bare.Flush, bare.Terminate, copy.CopyDone)},
    **{kind: st.just(kind()) for kind in (bare.ParseComplete, bare.BindComplete, bare.CloseComplete, bare.NoData)},
    **{kind: st.just(kind()) for kind in (bare.EmptyQueryResponse, bare.PortalSuspended)},
    PasswordMessage: st.builds(PasswordMessage, STRINGS),
    SASLInitialResponse: st.builds(SASLInitialResponse, STRINGS, VALUES),
    SASLResponse: st.builds(SASLResponse, DATA),
    Query: st.builds(Query, STRINGS),
    Parse: st.builds(Parse, STRINGS, STRINGS, tuples(OIDS)),
    Bind: binds(),
    named.Describe: st.builds(named.Describe, st.sampled_from(Target), STRINGS),
    named.Close: st.builds(named.Close, st.sampled_from(Target), STRINGS),
    Execute: st.builds(Execute, STRINGS, INT32),
    function_call.FunctionCall: function_calls(),
    function_call.FunctionCallResponse: st.builds(function_call.FunctionCallResponse, VALUES),
    copy.CopyData: st.builds(copy.CopyData, DATA),
    copy.CopyFail: st.builds(copy.CopyFail, STRINGS),
    copy.CopyInResponse: COPY_FORMATS.map(lambda formats: copy.CopyInResponse(*formats)),
    copy.CopyOutResponse: COPY_FORMATS.map(lambda formats: copy.CopyOutResponse(*formats)),
    copy.CopyBothResponse: COPY_FORMATS.map(lambda formats: copy.CopyBothResponse(*formats)),
    NegotiateProtocolVersion: st.builds(NegotiateProtocolVersion, st.integers(0, 0xFFFF), tuples(STRINGS)),
    session.BackendKeyData: st.builds(session.BackendKeyData, INT32, KEYS),
    session.ParameterStatus: st.builds(session.ParameterStatus, STRINGS, STRINGS),
    session.ReadyForQuery: st.builds(session.ReadyForQuery, st.sampled_from(TransactionStatus)),
    session.NotificationResponse: st.builds(session.NotificationResponse, INT32, STRINGS, STRINGS),
    rows.ParameterDescription: st.builds(rows.ParameterDescription, tuples(OIDS)),
    rows.RowDescription: st.builds(rows.RowDescription, tuples(FIELDS)),
    rows.DataRow: st.builds(rows.DataRow, tuples(VALUES)),
    rows.CommandComplete: st.builds(rows.CommandComplete, STRINGS),
    report.ErrorResponse: st.builds(report.ErrorResponse, REPORT_FIELDS),
    report.NoticeResponse: st.builds(report.NoticeResponse, REPORT_FIELDS),
}
