"""A Decision in the form that the lane carries: flags, the mask plan, the journal's reference, a ready-made error."""

cimport cython
from cpython.object cimport PyObject
from libc.string cimport memcpy

from proxy.lane.state cimport Ruling
from proxy.masking.copying cimport CopyMask
from proxy.masking.rows cimport RowMask

REFUSE = 1
ASK = 2
FULL_TEXT = 4
STATE = 8
NOTIFY = 16
TRANSACTION = 32
COPY = 64
TAINTED = 128
BARRIER = 256
CHAIN = 512
RUNS = 1024


@cython.no_gc_clear
cdef class Verdict:
    """What the lane does with one statement, or, through commands, with the commands of one string in order.

    flags: the bits above. columns: result columns that the analysis saw, -1 where it says nothing. statement: the
    journal's reference, 0 where nothing is recorded. values_as: 0 nothing, 1 clear, 2 keyed digests. error: an
    ErrorResponse frame where flags has REFUSE. copy: mask, for the stream of a COPY TO STDOUT. decision: whatever Python
    wants to find again.
    """

    def __cinit__(self, *, int flags=0, int columns=-1, unsigned int statement=0, int values_as=2,
                  RowMask mask=None, bytes covered=b"", bytes error=b"", bytes sqlstate=b"42501", object decision=None, tuple commands=(),
                  CopyMask copy=None):
        if len(sqlstate) != 5:
            raise ValueError("sqlstate: five bytes")
        self.mask, self.error, self.decision, self.commands = mask, error, decision, commands
        self.ruling.flags = flags
        self.ruling.columns = columns
        self.ruling.statement = statement
        self.ruling.values_as = values_as
        self.ruling.plan = mask.plan if mask is not None else NULL
        self.ruling.masked = mask.masked if mask is not None else 0
        if copy is not None and copy.mask is not mask:
            raise ValueError("copy: of the same mask")
        self.copy = copy
        self.ruling.copy = &copy.plan if copy is not None else NULL
        self.covered = bytes(covered)
        if mask is not None and not len(self.covered) == mask.columns == columns:
            raise ValueError("covered: one byte for each column of the mask")
        self.ruling.covered = <const unsigned char *> <const char *> self.covered if mask is not None else NULL
        self.ruling.verdict = <PyObject *> self
        self.ruling.error = <unsigned char *> <char *> self.error
        self.ruling.error_size = len(error)
        self.ruling.after = NULL
        memcpy(self.ruling.sqlstate, <const char *> sqlstate, 5)
        self.chain()

    def __dealloc__(self):
        cdef Verdict each
        if self.commands is not None:
            for command in self.commands:
                each = command
                each.ruling.refs -= 1

    cdef int chain(self) except -1:
        cdef Verdict this
        cdef Verdict following
        this = self
        for each in self.commands:
            following = <Verdict?> each
            this.ruling.after = &following.ruling
            following.ruling.refs += 1
            this = following
        if self.commands:
            self.ruling.flags |= CHAIN
        return 0

    @property
    def flags(self) -> int:
        return self.ruling.flags

    @property
    def times(self) -> int:
        """How many statements it has refused."""
        return self.ruling.times

    @property
    def statement(self) -> int:
        return self.ruling.statement

    @property
    def in_use(self) -> bool:
        """Some session, reply or table still points at it."""
        cdef Verdict each
        for command in self.commands:
            each = command
            if each.ruling.refs > 1:
                return True
        return self.ruling.refs > 0
