# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""COPY TO STDOUT as it streams: a masked field goes through its kernel, what lies between is copied as it is.

A piece of the stream need not end where a row does: what is incomplete waits. Whatever does not read as the options
say is a misfit, and nothing of the piece is put out. Source: manual, "COPY", "File Formats"; copyto.c writes them.
"""

from libc.stdlib cimport calloc, free
from libc.string cimport memchr, memmove, memset

from proxy.masking.cell cimport IS_NULL, NO_MEMORY, Out, append
from proxy.masking.copy_binary cimport binary_header, binary_row
from proxy.masking.copy_fields cimport csv_field, is_null, past_text, put_csv, put_text, text_field
from proxy.masking.rows cimport RowMask, mask_value

TEXT, CSV, BINARY = COPY_TEXT, COPY_CSV, COPY_BINARY

cdef enum:
    MISFIT = 1


cdef int mask_copy(const CopyPlan *plan, CopyState *state, const unsigned char *data, Py_ssize_t size, Py_ssize_t most, Out *out) noexcept nogil:
    """Appends what becomes of the next piece of the stream, data (size,): its complete rows. most: bytes that may wait.
    0; 1: it is not what plan says; 2: no memory. Nothing is appended by the latter two."""
    cdef Py_ssize_t start = out.used, at = 0, taken = 0
    cdef int waiting = state.held.used > 0
    cdef int done = 0
    if waiting:
        if append(&state.held, data, size) != 0:
            return NO_MEMORY
        data, size = state.held.data, state.held.used
    while at < size:
        taken = size - at
        done = one_row(plan, state, data + at, &taken, out)
        if done != 0 or taken == 0:
            break
        at += taken
    if done == 0 and size - at > most:
        done = MISFIT
    if done == 0 and waiting:
        memmove(state.held.data, state.held.data + at, size - at)
        state.held.used = size - at
    elif done == 0:
        done = append(&state.held, data + at, size - at)
    if done != 0:
        out.used = start
    return done


cdef int copy_complete(const CopyPlan *plan, const CopyState *state) noexcept nogil:
    """The stream may end here: no row is cut, and where the format has a trailer it has come."""
    return state.held.used == 0 and (plan.form != COPY_BINARY or state.over) and (state.begun or not plan.header)


cdef void release_copy(CopyState *state) noexcept nogil:
    free(state.held.data)
    free(state.plain.data)
    free(state.masked.data)


cdef int one_row(const CopyPlan *plan, CopyState *state, const unsigned char *data, Py_ssize_t *taken, Out *out) noexcept nogil:
    """One row, or the header before all. taken: bytes there are; then bytes used, 0 where the end has not come."""
    cdef Py_ssize_t end
    if plan.form == COPY_BINARY:
        return binary_row(plan, state, data, taken, out) if state.begun else binary_header(state, data, taken, out)
    end = line_end(plan, state, data, taken[0])
    if end < 0:
        taken[0] = 0
        return 0
    taken[0] = end + 1
    if plan.header and not state.begun:
        state.begun = 1
        return append(out, data, end + 1)
    return line(plan, state, data, end, out)


cdef Py_ssize_t line_end(const CopyPlan *plan, CopyState *state, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    """Offset of the newline that ends the row; -1: it has not come, and what was scanned is not scanned again."""
    cdef Py_ssize_t at = state.scanned
    cdef const void *found
    if plan.form == COPY_TEXT:
        found = memchr(data + at, c"\n", size - at)
        state.scanned = 0 if found != NULL else size
        return <const unsigned char *> found - data if found != NULL else -1
    while at < size:
        if state.escaped:
            state.escaped = 0
        elif state.quoted and data[at] == plan.escape and plan.escape != plan.quote:
            state.escaped = 1
        elif data[at] == plan.quote:
            state.quoted = not state.quoted
        elif data[at] == c"\n" and not state.quoted:
            state.scanned = 0
            return at
        at += 1
    state.scanned = size
    return -1


cdef int line(const CopyPlan *plan, CopyState *state, const unsigned char *data, Py_ssize_t end, Out *out) noexcept nogil:
    """A row of text or CSV, data (end,) without its newline. What passes is copied in runs."""
    cdef Py_ssize_t at = 0, run = 0, stop
    cdef int column, done
    for column in range(plan.columns):
        if plan.form == COPY_CSV:
            stop = csv_field(plan, state, data, at, end)
        elif plan.plan.masks[plan.positions[column]] == NULL:
            stop = past_text(plan, data, at, end)
        else:
            stop = text_field(plan, state, data, at, end)
        if stop < 0:
            return MISFIT if stop == -1 else NO_MEMORY
        if (stop == end) != (column == plan.columns - 1):
            return MISFIT  # too few columns, or too many
        if plan.plan.masks[plan.positions[column]] != NULL:
            if append(out, data + run, at - run) != 0:
                return NO_MEMORY
            done = put_masked(plan, state, column, is_null(plan, data + at, stop - at), out)
            if done != 0:
                return done
            run = stop
        at = stop + 1
    if plan.columns == 0 and end != 0:
        return MISFIT
    return append(out, data + run, end + 1 - run)


cdef int put_masked(const CopyPlan *plan, CopyState *state, int column, int null, Out *out) noexcept nogil:
    """The masked form of state.plain, as the format writes a value."""
    cdef int done
    if state.plain.used > 0x7fffffff:
        return MISFIT
    state.masked.used = 0
    done = mask_value(plan.plan, plan.positions[column], 0, state.plain.data, -1 if null else <int> state.plain.used, &state.masked)
    if done == NO_MEMORY:
        return NO_MEMORY
    if done == IS_NULL:
        return append(out, plan.null, plan.null_size)
    if plan.form == COPY_CSV:
        return put_csv(plan, state.masked.data, state.masked.used, out)
    return put_text(plan, state.masked.data, state.masked.used, out)


cdef class CopyMask:
    """The masks of one COPY TO STDOUT."""

    def __cinit__(self, RowMask mask not None, object positions, *, int form=COPY_TEXT, bint header=False,
                  bint force=False, bytes delimiter=b"\t", bytes quote=b'"', bytes escape=b'"', bytes null=b"\\N"):
        cdef Py_ssize_t at
        self.mask, self.positions, self._null = mask, tuple(positions), null
        if form not in (COPY_TEXT, COPY_CSV, COPY_BINARY) or not len(delimiter) == len(quote) == len(escape) == 1:
            raise ValueError("form: 0, 1 or 2; delimiter, quote and escape: one byte each")
        if any(not 0 <= each < mask.columns for each in self.positions):
            raise ValueError("positions: columns of the mask")
        self._positions = <int *> calloc(len(self.positions) + 1, sizeof(int))
        if self._positions == NULL:
            raise MemoryError
        for at in range(len(self.positions)):
            self._positions[at] = self.positions[at]
        self.plan.plan, self.plan.positions, self.plan.columns = mask.plan, self._positions, len(self.positions)
        self.plan.form, self.plan.header, self.plan.force = form, header, force
        self.plan.delimiter, self.plan.quote, self.plan.escape = delimiter[0], quote[0], escape[0]
        self.plan.null, self.plan.null_size = <const unsigned char *> <const char *> self._null, len(null)

    def __dealloc__(self):
        free(self._positions)

    def apply(self, chunks, Py_ssize_t most=1 << 26) -> list:
        """What becomes of each piece of a whole stream."""
        cdef CopyState state
        cdef Out out
        cdef int done
        memset(&state, 0, sizeof(CopyState))
        out.data, out.used, out.size = NULL, 0, 0
        found = []
        try:
            for chunk in chunks:
                out.used = 0
                done = mask_copy(&self.plan, &state, <bytes?> chunk, len(chunk), most, &out)
                if done == NO_MEMORY:
                    raise MemoryError
                if done != 0:
                    raise ValueError("the stream is not what the options say")
                found.append(out.data[:out.used] if out.used else b"")
            if not copy_complete(&self.plan, &state):
                raise ValueError("the stream ends inside a row")
            return found
        finally:
            free(out.data)
            release_copy(&state)
