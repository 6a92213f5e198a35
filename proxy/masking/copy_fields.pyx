# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""One field of COPY's text and CSV formats, read and written as copyto.c writes it (manual, "COPY", "File Formats")."""

from libc.string cimport memchr, memcmp

from proxy.masking.cell cimport NO_MEMORY, Out, append, reserve
from proxy.masking.copying cimport CopyPlan, CopyState

cdef const unsigned char *CONTROLS = b"\b\f\n\r\t\v"
cdef const unsigned char *LETTERS = b"bfnrtv"


cdef int is_null(const CopyPlan *plan, const unsigned char *raw, Py_ssize_t size) noexcept nogil:
    """A field as it stands is NULL: no value is written like that, or whoever made the plan says so."""
    return size == plan.null_size and memcmp(raw, plan.null, size) == 0


cdef Py_ssize_t past_text(const CopyPlan *plan, const unsigned char *data, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """Offset behind a field that passes. -1 misfit."""
    while at < end and data[at] != plan.delimiter:
        at += 2 if data[at] == c"\\" else 1
    return at if at <= end else -1


cdef int lone_null(const CopyPlan *plan, const unsigned char *data, Py_ssize_t start, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """The field is NULL's mark and nothing else; at: behind its first byte."""
    return data[at] == c"N" and at == start + 1 and (at + 1 == end or data[at + 1] == plan.delimiter)


cdef Py_ssize_t text_field(const CopyPlan *plan, CopyState *state, const unsigned char *data, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """Offset behind the field that starts at `at`; its value without escapes in state.plain. -1 misfit, -2 memory."""
    cdef unsigned char *to
    cdef const void *letter
    cdef unsigned char c
    cdef Py_ssize_t start = at
    if reserve(&state.plain, end - at) != 0:
        return -2
    to = state.plain.data
    while at < end and data[at] != plan.delimiter:
        c = data[at]
        if c == c"\\":
            at += 1
            if at == end:
                return -1
            c = data[at]
            letter = memchr(LETTERS, c, 6)
            if letter != NULL:
                c = CONTROLS[<const unsigned char *> letter - LETTERS]
            elif c not in (c"\\", plan.delimiter) and not lone_null(plan, data, start, at, end):
                return -1
        to[0] = c
        to += 1
        at += 1
    state.plain.used = to - state.plain.data
    return at


cdef Py_ssize_t csv_field(const CopyPlan *plan, CopyState *state, const unsigned char *data, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """The same for CSV: a field is quoted as a whole or not at all."""
    cdef unsigned char *to
    if reserve(&state.plain, end - at) != 0:
        return -2
    to = state.plain.data
    if at == end or data[at] != plan.quote:
        while at < end and data[at] != plan.delimiter:
            if data[at] == plan.quote:
                return -1
            to[0] = data[at]
            to += 1
            at += 1
        state.plain.used = to - state.plain.data
        return at
    at += 1
    while at < end:
        if data[at] == plan.escape and at + 1 < end and data[at + 1] in (plan.quote, plan.escape):
            at += 1
        elif data[at] == plan.quote:
            state.plain.used = to - state.plain.data
            at += 1
            return at if at == end or data[at] == plan.delimiter else -1
        elif data[at] == plan.escape:
            return -1
        to[0] = data[at]
        to += 1
        at += 1
    return -1


cdef int put_text(const CopyPlan *plan, const unsigned char *value, Py_ssize_t size, Out *out) noexcept nogil:
    cdef const void *control
    cdef unsigned char *to
    cdef Py_ssize_t i
    if reserve(out, 2 * size) != 0:
        return NO_MEMORY
    to = out.data + out.used
    for i in range(size):
        control = memchr(CONTROLS, value[i], 6)
        if control != NULL or value[i] in (c"\\", plan.delimiter):
            to[0] = c"\\"
            to += 1
        to[0] = value[i] if control == NULL else LETTERS[<const unsigned char *> control - CONTROLS]
        to += 1
    out.used = to - out.data
    return 0


cdef int needs_quotes(const CopyPlan *plan, const unsigned char *value, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t i
    if plan.force or is_null(plan, value, size) or (plan.columns == 1 and size == 2 and memcmp(value, b"\\.", 2) == 0):
        return 1
    for i in range(size):
        if value[i] in (plan.delimiter, plan.quote, c"\n", c"\r"):
            return 1
    return 0


cdef int put_csv(const CopyPlan *plan, const unsigned char *value, Py_ssize_t size, Out *out) noexcept nogil:
    cdef unsigned char *to
    cdef Py_ssize_t i
    if not needs_quotes(plan, value, size):
        return append(out, value, size)
    if reserve(out, 2 * size + 2) != 0:
        return NO_MEMORY
    to = out.data + out.used
    to[0] = plan.quote
    to += 1
    for i in range(size):
        if value[i] in (plan.quote, plan.escape):
            to[0] = plan.escape
            to += 1
        to[0] = value[i]
        to += 1
    to[0] = plan.quote
    out.used = to + 1 - out.data
    return 0
