from proxy.masking.copying import CopyMask
from proxy.masking.rows import RowMask

REFUSE: int
ASK: int
FULL_TEXT: int
STATE: int
NOTIFY: int
TRANSACTION: int
COPY: int
TAINTED: int
BARRIER: int
CHAIN: int
RUNS: int

class Verdict:
    """What the lane does with one statement, or, through commands, with the commands of one string in order.

    flags: the bits above. columns: result columns that the analysis saw, -1 where it says nothing. statement: the
    journal's reference, 0 where nothing is recorded. covered: one byte a column, 1 where the mask covers it.
    values_as: 0 nothing, 1 clear, 2 keyed digests. error: an ErrorResponse frame where flags has REFUSE.
    copy: mask, for the stream of a COPY TO STDOUT. decision: whatever Python wants to find again. Raises ValueError:
    sqlstate or covered of a wrong length, a copy of another mask.
    """

    mask: RowMask | None
    copy: CopyMask | None
    decision: object
    commands: tuple[Verdict, ...]
    def __init__(
        self,
        *,
        flags: int = 0,
        columns: int = -1,
        statement: int = 0,
        values_as: int = 2,
        mask: RowMask | None = None,
        covered: bytes = b"",
        error: bytes = b"",
        sqlstate: bytes = b"42501",
        decision: object = None,
        commands: tuple[Verdict, ...] = (),
        copy: CopyMask | None = None,
    ) -> None: ...
    @property
    def flags(self) -> int: ...
    @property
    def times(self) -> int:
        """How many statements it has refused."""

    @property
    def statement(self) -> int: ...
    @property
    def in_use(self) -> bool:
        """Some session, reply or table still points at it."""
