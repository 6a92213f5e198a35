"""The login's tables: which request of the server and which answer of the client belong where. The rest is refused."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from proxy.relay.login_words import LoginPhase
from proxy.wire.constants import AuthenticationCode
from proxy.wire.messages.password import PasswordMessage, SASLInitialResponse, SASLResponse

REQUESTS: Final[Mapping[tuple[LoginPhase, AuthenticationCode], LoginPhase]] = {
    (LoginPhase.WAITING, AuthenticationCode.OK): LoginPhase.AUTHENTICATED,
    (LoginPhase.WAITING, AuthenticationCode.CLEARTEXT_PASSWORD): LoginPhase.PASSWORD_DUE,
    (LoginPhase.WAITING, AuthenticationCode.MD5_PASSWORD): LoginPhase.PASSWORD_DUE,
    (LoginPhase.WAITING, AuthenticationCode.SASL): LoginPhase.SASL_DUE,
    (LoginPhase.PASSWORD_SENT, AuthenticationCode.OK): LoginPhase.AUTHENTICATED,
    # SCRAM has exactly one further step, and the server proves itself before it lets in (RFC 5802)
    (LoginPhase.SASL_SENT, AuthenticationCode.SASL_CONTINUE): LoginPhase.SASL_RESPONSE_DUE,
    (LoginPhase.SASL_RESPONSE_SENT, AuthenticationCode.SASL_FINAL): LoginPhase.SASL_VERIFIED,
    (LoginPhase.SASL_VERIFIED, AuthenticationCode.OK): LoginPhase.AUTHENTICATED,
}
"""Server's turn: the phase after a request ("Start-up"). No phase comes twice, so there is no loop."""

UNRELAYED: Final[frozenset[AuthenticationCode]] = frozenset(
    {
        AuthenticationCode.KERBEROS_V5,
        AuthenticationCode.SCM_CREDENTIAL,
        AuthenticationCode.GSS,
        AuthenticationCode.GSS_CONTINUE,
        AuthenticationCode.SSPI,
    }
)

Answer: TypeAlias = PasswordMessage | SASLInitialResponse | SASLResponse

ANSWERS: Final[Mapping[LoginPhase, tuple[Callable[[bytes], Answer], LoginPhase]]] = {
    LoginPhase.PASSWORD_DUE: (PasswordMessage.decode, LoginPhase.PASSWORD_SENT),
    LoginPhase.SASL_DUE: (SASLInitialResponse.decode, LoginPhase.SASL_SENT),
    LoginPhase.SASL_RESPONSE_DUE: (SASLResponse.decode, LoginPhase.SASL_RESPONSE_SENT),
}
"""Client's turn: how its answer is read, and the phase after it."""

MECHANISMS: Final = (b"SCRAM-SHA-256",)
"""What can be relayed. SCRAM-SHA-256-PLUS binds the exchange to a TLS channel, and there are two of those."""
