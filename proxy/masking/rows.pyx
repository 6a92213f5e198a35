# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""DataRow in, DataRow out: what is masked goes through its kernel, what lies between is copied as it is."""

from libc.stdlib cimport calloc, free

from proxy.masking.cell cimport APPENDED, IS_NULL, NO_MEMORY, Mask, Out, append, be16, be32, mask_cell, mask_null, put32, reserve
from proxy.masking.kernels cimport ColumnMask

cdef enum:
    MISFIT = 1             # of mask_row: the row does not fit the plan
    MAX_COLUMNS = 65535    # the count of a DataRow has 16 bits
    HEADER = 7             # 'D', length, count

cdef Py_ssize_t MAX_LENGTH = 0x7fffffff


cdef inline int append_cell(const Mask *mask, int format, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """One masked value, NULL where length is -1, with its length before it. 0, MISFIT where it is too long for the protocol, NO_MEMORY."""
    cdef Py_ssize_t start = out.used
    cdef int done
    if reserve(out, 4) != 0:
        return NO_MEMORY
    out.used += 4
    done = mask_cell(mask, format, value, length, out) if length >= 0 else mask_null(mask, format, out)
    if done == NO_MEMORY:
        return NO_MEMORY
    length = -1 if done == IS_NULL else out.used - start - 4
    if length > MAX_LENGTH:
        return MISFIT
    put32(out.data + start, <unsigned int> length)
    return 0


cdef int append_row(const Plan *plan, const unsigned char *formats, const unsigned char *row, Py_ssize_t length, Out *out) noexcept nogil:
    """The payload behind the count. What passes is copied in runs: from run up to the next masked value."""
    cdef Py_ssize_t at = 2, run = 2, size
    cdef const Mask *mask
    cdef int column, done
    for column in range(plan.columns):
        if length - at < 4:
            return MISFIT
        size = <int> be32(row + at)
        if size < -1 or size > length - at - 4:
            return MISFIT
        mask = plan.masks[column]
        if mask == NULL or (size < 0 and not mask.hides_null):
            at += 4 + (size if size > 0 else 0)
            continue
        if formats[column] > 1:
            return MISFIT
        if append(out, row + run, at - run) != 0:
            return NO_MEMORY
        done = append_cell(mask, formats[column], row + at + 4, size, out)
        if done != 0:
            return done
        at += 4 + (size if size > 0 else 0)
        run = at
    return append(out, row + run, length - run) if at == length else MISFIT


cdef int mask_row(const Plan *plan, const unsigned char *formats, const unsigned char *row, Py_ssize_t length, Out *out) noexcept nogil:
    """Appends the whole masked frame of a DataRow's payload, row (length,); formats (columns,): 0 text, 1 binary.
    0; 1: the row does not fit the plan, or its masked form not the protocol; 2: no memory. Nothing is appended by
    the latter two. Source: manual, "Message Formats", DataRow."""
    cdef Py_ssize_t start = out.used
    cdef unsigned char *frame
    cdef int done
    if length < 2 or <int> be16(row) != plan.columns:
        return MISFIT
    if reserve(out, HEADER + length) != 0:
        return NO_MEMORY
    out.used += HEADER
    done = append_row(plan, formats, row, length, out)
    if done == 0 and out.used - start - 1 > MAX_LENGTH:
        done = MISFIT
    if done != 0:
        out.used = start
        return done
    frame = out.data + start
    frame[0] = c"D"
    put32(frame + 1, <unsigned int> (out.used - start - 1))
    frame[5], frame[6] = row[0], row[1]
    return 0


cdef int mask_value(const Plan *plan, int column, int format, const unsigned char *value, int length, Out *out) noexcept nogil:
    """Appends one masked value, or the value itself where its column passes; length -1: NULL. 0; 1: it is NULL, and so it is where
    column or format are none; 2: no memory."""
    cdef const Mask *mask
    if not 0 <= column < plan.columns:
        return IS_NULL
    mask = plan.masks[column]
    if mask == NULL:
        return append(out, value, length) if length >= 0 else IS_NULL
    if format != 0 and format != 1:
        return IS_NULL
    if length < 0:
        return mask_null(mask, format, out)
    return mask_cell(mask, format, value, length, out)


cdef class RowMask:
    """The masks of one result. masks: one for each column, None where the column passes."""

    def __cinit__(self, masks not None):
        cdef ColumnMask mask
        cdef Py_ssize_t column
        self._owners = tuple(masks)
        if len(self._owners) > MAX_COLUMNS:
            raise ValueError("masks: more than a row has columns")
        self._plan.masks = <const Mask **> calloc(len(self._owners) + 1, sizeof(Mask *))
        if self._plan.masks == NULL:
            raise MemoryError
        for column, owner in enumerate(self._owners):
            if owner is not None:
                mask = <ColumnMask?> owner
                self._plan.masks[column] = &mask.mask
                self.masked += 1
        self._plan.columns = self.columns = <int> len(self._owners)
        self.plan = &self._plan

    def __dealloc__(self):
        free(<void *> self._plan.masks)

    def apply(self, bytes row not None, bytes formats not None) -> bytes:
        """The masked frame of a DataRow's payload. formats: one byte a column, 0 text, 1 binary.
        Raises ValueError: the row does not fit the masks; MemoryError."""
        cdef Out out
        cdef int done
        if len(formats) != self.columns:
            raise ValueError("formats: one byte for each column")
        out.data, out.used, out.size = NULL, 0, 0
        try:
            done = mask_row(&self._plan, formats, row, len(row), &out)
            if done == NO_MEMORY:
                raise MemoryError
            if done != 0:
                raise ValueError("the row does not fit the masks")
            return out.data[:out.used]
        finally:
            free(out.data)

    def apply_frames(self, bytes frames not None, bytes formats not None) -> bytes:
        """The masked frames of whole DataRows that stand one behind the other. formats: as for apply.
        Raises ValueError: a frame is no DataRow, is cut, or does not fit the masks; MemoryError."""
        cdef const unsigned char *data = frames
        cdef Py_ssize_t at = 0, size, end = len(frames)
        cdef Out out
        cdef int done = 0
        if len(formats) != self.columns:
            raise ValueError("formats: one byte for each column")
        out.data, out.used, out.size = NULL, 0, 0
        try:
            while at < end and done == 0:
                size = <int> be32(data + at + 1) if end - at >= HEADER else 0
                if size < 6 or size > end - at - 1 or data[at] != c"D":
                    raise ValueError("a frame is no whole DataRow")
                done = mask_row(&self._plan, formats, data + at + 5, size - 4, &out)
                at += 1 + size
            if done == NO_MEMORY:
                raise MemoryError
            if done != 0:
                raise ValueError("a row does not fit the masks")
            return out.data[:out.used]
        finally:
            free(out.data)

    def value(self, int column, int format, bytes value) -> bytes | None:
        """One masked value; None is NULL. Raises MemoryError."""
        cdef Out out
        cdef int done
        out.data, out.used, out.size = NULL, 0, 0
        try:
            done = mask_value(&self._plan, column, format, <const unsigned char *> value if value is not None else NULL,
                              <int> len(value) if value is not None else -1, &out)
            if done == NO_MEMORY:
                raise MemoryError
            return out.data[:out.used] if done == APPENDED else None
        finally:
            free(out.data)
