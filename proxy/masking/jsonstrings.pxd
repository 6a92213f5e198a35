# Strings of JSON: what one means, and how a text is written as one. Source: RFC 8259, section 7.
from proxy.masking.cell cimport APPENDED, NO_MEMORY, UNFIT, Out, append, reserve
from proxy.masking.jsonish cimport unescape


cdef inline int read_string(Out *plain, const unsigned char *at, const unsigned char *end) noexcept nogil:
    """What a string with escapes means, as the whole of plain."""
    cdef const unsigned char *start
    cdef unsigned char piece[4]
    cdef inline int size = 0
    plain.used = 0
    while at < end:
        start = at
        while at < end and at[0] != c"\\":
            at += 1
        if append(plain, start, at - start) != 0:
            return NO_MEMORY
        if at < end:
            at = unescape(at + 1, end, piece, &size)
            if at == NULL:
                return UNFIT
            if append(plain, piece, size) != 0:
                return NO_MEMORY
    return APPENDED


cdef inline int put_string(const unsigned char *at, Py_ssize_t length, Out *out) noexcept nogil:
    """Appends a text as a string of JSON."""
    cdef const unsigned char *digits = b"0123456789abcdef"
    cdef Py_ssize_t i
    cdef unsigned char *to
    if reserve(out, 6 * length + 2) != 0:
        return NO_MEMORY
    to = out.data + out.used
    to[0] = c'"'
    to += 1
    for i in range(length):
        if at[i] < 0x20:
            to[0], to[1], to[2], to[3] = c"\\", c"u", c"0", c"0"
            to[4], to[5] = digits[at[i] >> 4], digits[at[i] & 15]
            to += 6
            continue
        if at[i] == c'"' or at[i] == c"\\":
            to[0] = c"\\"
            to += 1
        to[0] = at[i]
        to += 1
    to[0] = c'"'
    out.used = to + 1 - out.data
    return APPENDED
