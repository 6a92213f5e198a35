"""Every number of the wire protocol, once. Source: manual, chapter "Frontend/Backend Protocol", sections beside."""

from enum import Enum, IntEnum, StrEnum
from struct import Struct
from typing import Final

HEADER: Final = Struct("!cI")
"""Type, then a length that counts itself but not the type ("Message Formats")."""

MAX_LENGTH: Final = 0x3FFFFFFE
"""Largest length word that the server takes: MaxAllocSize - 1 (pqcomm.h, PQ_LARGE_MESSAGE_LIMIT)."""
MIN_LENGTH: Final = 4
"""The length word counts itself."""

MAX_STARTUP_PAYLOAD: Final = 10_000
"""What follows the length word of an untyped message (pqcomm.h, MAX_STARTUP_PACKET_LENGTH)."""
MAX_PASSWORD_PAYLOAD: Final = 65_535
"""Password and SASL messages (auth.c, PG_MAX_AUTH_TOKEN_LENGTH)."""
MAX_NAME_BYTES: Final = 63
"""NAMEDATALEN - 1: longer role and database names are cut by the server, so two names could mean one."""

PROTOCOL_MAJOR: Final = 3
PROTOCOL_NEWEST_MINOR: Final = 2
"""3.2 came with PostgreSQL 18: cancel keys of up to 256 bytes ("Protocol Versions")."""
CANCEL_REQUEST_CODE: Final = (1234 << 16) | 5678
SSL_REQUEST_CODE: Final = (1234 << 16) | 5679
GSSENC_REQUEST_CODE: Final = (1234 << 16) | 5680
REFUSE_ENCRYPTION: Final = b"N"
"""The one byte that answers SSLRequest and GSSENCRequest where there is no encryption."""

KEY_BYTES_3_0: Final = 4
MIN_KEY_BYTES: Final = 4
MAX_KEY_BYTES: Final = 256
"""Length of a cancel key: always 4 in protocol 3.0, 4 to 256 in 3.2 ("Message Formats", BackendKeyData)."""

MAX_COUNT: Final = 0xFFFF
"""Parameters and format codes: an unsigned 16-bit count."""
MAX_COLUMNS: Final = 0x7FFF
"""Columns of a result: a signed 16-bit count."""

EXTENSION_PREFIX: Final = b"_pq_."
"""Startup parameters with it ask for protocol extensions ("Message Formats", StartupMessage)."""


class ClientType(bytes, Enum):
    """The type byte of each message that a client sends ("Message Formats", marked F)."""

    BIND = b"B"
    CLOSE = b"C"
    DESCRIBE = b"D"
    EXECUTE = b"E"
    FUNCTION_CALL = b"F"
    FLUSH = b"H"
    PARSE = b"P"
    QUERY = b"Q"
    SYNC = b"S"
    TERMINATE = b"X"
    COPY_DONE = b"c"
    COPY_DATA = b"d"
    COPY_FAIL = b"f"
    PASSWORD = b"p"  # PasswordMessage, SASLInitialResponse, SASLResponse, GSSResponse: the conversation tells which


class ServerType(bytes, Enum):
    """The type byte of each message that a server sends ("Message Formats", marked B)."""

    PARSE_COMPLETE = b"1"
    BIND_COMPLETE = b"2"
    CLOSE_COMPLETE = b"3"
    NOTIFICATION_RESPONSE = b"A"
    COMMAND_COMPLETE = b"C"
    DATA_ROW = b"D"
    ERROR_RESPONSE = b"E"
    COPY_IN_RESPONSE = b"G"
    COPY_OUT_RESPONSE = b"H"
    EMPTY_QUERY_RESPONSE = b"I"
    BACKEND_KEY_DATA = b"K"
    NOTICE_RESPONSE = b"N"
    AUTHENTICATION = b"R"
    PARAMETER_STATUS = b"S"
    ROW_DESCRIPTION = b"T"
    FUNCTION_CALL_RESPONSE = b"V"
    COPY_BOTH_RESPONSE = b"W"
    READY_FOR_QUERY = b"Z"
    COPY_DONE = b"c"
    COPY_DATA = b"d"
    NO_DATA = b"n"
    PORTAL_SUSPENDED = b"s"
    PARAMETER_DESCRIPTION = b"t"
    NEGOTIATE_PROTOCOL_VERSION = b"v"


class AuthenticationCode(IntEnum):
    """The Int32 that tells authentication requests apart ("Message Formats", Authentication*; pqcomm.h, AUTH_REQ_*)."""

    OK = 0
    KERBEROS_V5 = 2
    CLEARTEXT_PASSWORD = 3
    MD5_PASSWORD = 5
    SCM_CREDENTIAL = 6
    GSS = 7
    GSS_CONTINUE = 8
    SSPI = 9
    SASL = 10
    SASL_CONTINUE = 11
    SASL_FINAL = 12


class Format(IntEnum):
    """How a value is written ("Formats and Format Codes")."""

    TEXT = 0
    BINARY = 1


class Target(bytes, Enum):
    """What Describe and Close name."""

    STATEMENT = b"S"
    PORTAL = b"P"


class TransactionStatus(bytes, Enum):
    """The status byte of ReadyForQuery."""

    IDLE = b"I"
    IN_TRANSACTION = b"T"
    FAILED = b"E"


class ErrorField(StrEnum):
    """The one-byte codes of ErrorResponse and NoticeResponse ("Error and Notice Message Fields")."""

    SEVERITY = "S"
    SEVERITY_UNLOCALIZED = "V"
    SQLSTATE = "C"
    MESSAGE = "M"
    DETAIL = "D"
    HINT = "H"
    POSITION = "P"
    INTERNAL_POSITION = "p"
    INTERNAL_QUERY = "q"
    WHERE = "W"
    SCHEMA = "s"
    TABLE = "t"
    COLUMN = "c"
    DATA_TYPE = "d"
    CONSTRAINT = "n"
    FILE = "F"
    LINE = "L"
    ROUTINE = "R"
