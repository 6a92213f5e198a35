"""The one hierarchy of errors. A class has an SQLSTATE, an instance a hint and a rule; no message carries data."""

from typing import ClassVar


class WardenError(Exception):
    """Root of every error a person may read. The message names things, never values or SQL text."""

    sqlstate: ClassVar[str] = "XX000"  # internal_error; manual, appendix "PostgreSQL Error Codes"

    def __init__(self, message: str, *, hint: str | None = None, rule: str | None = None) -> None:
        super().__init__(message)
        self.hint, self.rule = hint, rule


class ProtocolViolation(WardenError):
    """A peer said what the protocol does not allow; the session ends."""

    sqlstate = "08P01"


class InvariantBroken(WardenError):
    """Our own code contradicts itself; the session ends, because nothing it would forward is proven."""


class Refused(WardenError):
    """A rule, or the lack of a proof, forbids the statement; the session lives on."""

    sqlstate = "42501"


class TooLarge(WardenError):
    """A message is larger than a configured limit allows."""

    sqlstate = "54000"


class ConfigError(WardenError):
    """A file that a person wrote cannot be used. place is file:line:column, or the file alone."""

    sqlstate = "F0000"

    def __init__(self, message: str, *, place: str = "", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.place = place

    def __str__(self) -> str:
        return f"{self.place}: {self.args[0]}" if self.place else str(self.args[0])


class UpstreamUnavailable(WardenError):
    """The server behind the proxy cannot be reached or does not answer."""

    sqlstate = "08006"


class CatalogUnreadable(WardenError):
    """The account that reads the catalog may not read a part without which nothing can be decided."""

    sqlstate = "42501"


class JournalUnavailable(WardenError):
    """The audit journal cannot be written; what must be recorded cannot run."""

    sqlstate = "53100"


class JournalDamaged(WardenError):
    """A file of the audit journal is not what its writer left."""

    sqlstate = "XX001"  # data_corrupted


class EmbeddedPostgresError(WardenError):
    """The private PostgreSQL of demo and tests cannot be started."""


class LoginRefused(WardenError):
    """The startup does not say who wants in, or says it so that two readers could understand two names."""

    sqlstate = "28000"


class NotSupported(WardenError):
    """The protocol has it and pgwarden does not relay it."""

    sqlstate = "0A000"


class TooManyConnections(WardenError):
    """A configured number of connections is reached."""

    sqlstate = "53300"


class LoginTimeout(WardenError):
    """The login took longer than its deadline."""

    sqlstate = "57014"


class StatementCancelled(WardenError):
    """The client asked to cancel a statement that had not been sent to the server yet."""

    sqlstate = "57014"


class BadStatement(WardenError):
    """A statement that somebody wants explained and the server does not take; the message is the server's."""

    sqlstate = "42601"


class ShuttingDown(WardenError):
    """The proxy was asked to stop."""

    sqlstate = "57P01"


class CannotListen(WardenError):
    """The configured address cannot be listened on."""
