# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""COPY's binary format: a header, tuples of counted fields, a trailer. Source: manual, "COPY", "Binary Format"."""

from libc.string cimport memcmp

from proxy.masking.cell cimport IS_NULL, NO_MEMORY, Out, append, be16, be32, put32, reserve
from proxy.masking.copying cimport CopyPlan, CopyState
from proxy.masking.rows cimport mask_value

cdef enum:
    MISFIT = 1
    SIGNATURE_SIZE = 11
    BINARY_HEADER = 19         # signature, flags, length of the extension
    HAS_OIDS = 1 << 16         # servers before 12
    IGNORED = 0xffff           # flags that a reader need not understand

cdef const unsigned char *SIGNATURE = b"PGCOPY\n\xff\r\n\0"
cdef const unsigned char *NULL_LENGTH = b"\xff\xff\xff\xff"


cdef int binary_header(CopyState *state, const unsigned char *data, Py_ssize_t *taken, Out *out) noexcept nogil:
    """Signature, flags, extension. No server has written an extension yet: one is not passed on unread."""
    if taken[0] < BINARY_HEADER:
        taken[0] = 0
        return 0
    if memcmp(data, SIGNATURE, SIGNATURE_SIZE) != 0 or be32(data + 15) != 0:
        return MISFIT
    if be32(data + SIGNATURE_SIZE) & ~(<unsigned int> (HAS_OIDS | IGNORED)):
        return MISFIT
    state.oids = be32(data + SIGNATURE_SIZE) & HAS_OIDS
    state.begun = 1
    taken[0] = BINARY_HEADER
    return append(out, data, BINARY_HEADER)


cdef Py_ssize_t field_end(const unsigned char *data, Py_ssize_t at, Py_ssize_t size) noexcept nogil:
    """Offset behind the length at `at` and its bytes; -1: a length that there is not, -2: not all has come."""
    cdef Py_ssize_t length
    if size - at < 4:
        return -2
    length = <int> be32(data + at)
    if length < -1:
        return -1
    at += 4 + (length if length > 0 else 0)
    return at if at <= size else -2


cdef int binary_row(const CopyPlan *plan, CopyState *state, const unsigned char *data, Py_ssize_t *taken, Out *out) noexcept nogil:
    cdef Py_ssize_t size = taken[0], at = 2, run = 0, stop, start = out.used
    cdef int column, done
    taken[0] = 0
    if state.over:
        return MISFIT  # something behind the trailer
    if size < 2:
        return 0
    if be16(data) == 0xffff:
        state.over = 1
        taken[0] = 2
        return append(out, data, 2)
    if <int> be16(data) != plan.columns:
        return MISFIT
    for column in range(-1 if state.oids else 0, plan.columns):
        stop = field_end(data, at, size)
        if stop < 0:
            out.used = start
            return 0 if stop == -2 else MISFIT
        if column >= 0 and plan.plan.masks[plan.positions[column]] != NULL:
            if append(out, data + run, at - run) != 0:
                return NO_MEMORY
            done = put_binary(plan, state, column, data + at, out)
            if done != 0:
                return done
            run = stop
        at = stop
    taken[0] = at
    return append(out, data + run, at - run)


cdef int put_binary(const CopyPlan *plan, CopyState *state, int column, const unsigned char *field, Out *out) noexcept nogil:
    cdef int done
    state.masked.used = 0
    done = mask_value(plan.plan, plan.positions[column], 1, field + 4, <int> be32(field), &state.masked)
    if done == NO_MEMORY or reserve(out, 4) != 0:
        return NO_MEMORY
    if done == IS_NULL:
        return append(out, NULL_LENGTH, 4)
    if state.masked.used > 0x7fffffff:
        return MISFIT
    put32(out.data + out.used, <unsigned int> state.masked.used)
    out.used += 4
    return append(out, state.masked.data, state.masked.used)
