# COPY TO STDOUT through the masks, for C callers: the lane holds a CopyPlan per verdict, a CopyState per execution.
from proxy.masking.cell cimport Out
from proxy.masking.rows cimport Plan, RowMask

cdef enum:
    COPY_TEXT = 0
    COPY_CSV = 1
    COPY_BINARY = 2

cdef struct CopyPlan:
    const Plan *plan
    const int *positions      # column of the stream -> column of the plan
    int columns               # of the stream
    int form
    int header                # the first line holds names
    int force                 # FORCE_QUOTE was said: every masked value is quoted
    unsigned char delimiter
    unsigned char quote
    unsigned char escape
    const unsigned char *null
    Py_ssize_t null_size

cdef struct CopyState:        # all zero before the first byte
    Out held                  # the start of a row whose end has not come
    Out plain                 # one value without its escapes
    Out masked                # and masked
    Py_ssize_t scanned        # bytes of the row at hand that hold no end
    int quoted                # CSV: what was scanned ends inside quotes
    int escaped               # and behind an escape
    int begun                 # the header is behind us
    int oids                  # binary: an OID stands before the fields
    int over                  # binary: the trailer has come

cdef class CopyMask:
    cdef CopyPlan plan
    cdef readonly RowMask mask
    cdef readonly tuple positions
    cdef bytes _null
    cdef int *_positions

cdef int mask_copy(const CopyPlan *plan, CopyState *state, const unsigned char *data, Py_ssize_t size, Py_ssize_t most, Out *out) noexcept nogil
cdef int copy_complete(const CopyPlan *plan, const CopyState *state) noexcept nogil
cdef void release_copy(CopyState *state) noexcept nogil
