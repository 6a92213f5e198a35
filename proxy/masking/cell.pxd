# One value: where it goes, how it is masked, and what is done where it cannot be. For the kernels of this room.
from libc.stdlib cimport realloc
from libc.string cimport memcpy

cdef enum:
    APPENDED = 0   # the masked value stands at the end of Out
    IS_NULL = 1    # the masked value is NULL
    NO_MEMORY = 2
    UNFIT = 3      # the kernel cannot take this value: the typed constant stands in for it

cdef struct Out:
    unsigned char *data
    Py_ssize_t used
    Py_ssize_t size

cdef struct Mask

ctypedef int (*Kernel)(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil

cdef struct Constant:
    const unsigned char *data
    Py_ssize_t length         # -1: NULL

cdef struct Mask:
    Kernel kernels[2]         # by format: 0 text, 1 binary
    Constant constants[2]     # what UNFIT becomes, by format


cdef inline int reserve(Out *out, Py_ssize_t more) noexcept nogil:
    """Makes room for so many bytes behind used. 0, or NO_MEMORY and nothing changed."""
    cdef Py_ssize_t size = out.size
    cdef unsigned char *data
    if more <= size - out.used:
        return 0
    if more > (<Py_ssize_t> 1 << 40) - out.used:
        return NO_MEMORY
    size = 4096 if size < 4096 else size
    while size - out.used < more:
        size += size >> 1
    data = <unsigned char *> realloc(out.data, size)
    if data == NULL:
        return NO_MEMORY
    out.data, out.size = data, size
    return 0


cdef inline int append(Out *out, const unsigned char *data, Py_ssize_t length) noexcept nogil:
    """Copies bytes behind used; data must not lie inside out. 0 or NO_MEMORY."""
    if reserve(out, length) != 0:
        return NO_MEMORY
    if length > 0:
        memcpy(out.data + out.used, data, length)
        out.used += length
    return 0


cdef inline int mask_cell(const Mask *mask, int format, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Masks one value that is not NULL. APPENDED, IS_NULL or NO_MEMORY; out is unchanged by the latter two."""
    cdef Py_ssize_t start = out.used
    cdef int done = mask.kernels[format](mask, value, length, out)
    if done == APPENDED:
        return APPENDED
    out.used = start
    if done != UNFIT:
        return done
    if mask.constants[format].length < 0:
        return IS_NULL
    return append(out, mask.constants[format].data, mask.constants[format].length)
