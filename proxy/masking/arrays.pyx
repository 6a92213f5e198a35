# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""Arrays, element by element: dimensions, bounds and NULLs stay. Sources: manual, "Array Input and Output Syntax"; arrayfuncs.c."""

from libc.stdlib cimport free, malloc
from libc.string cimport memcmp

from proxy.masking.cell cimport APPENDED, IS_NULL, NO_MEMORY, UNFIT, Mask, Out, append, be32, mask_cell, put32, reserve

cdef enum:
    MAX_DIMENSIONS = 6
    HEADER = 12              # dimensions, whether there are NULLs, the element's type: 32 bits each
    SHORT = 1024             # bytes of an element that is unescaped on the stack


cdef inline int is_plain(unsigned char byte) noexcept nogil:
    """Whether a byte never needs quotes inside an array."""
    return c"a" <= byte | 0x20 <= c"z" or c"-" <= byte <= c":" or byte == c"+"


cdef int needs_quotes(const unsigned char *at, Py_ssize_t length) noexcept nogil:
    """Whether an element must be quoted: it is empty, could be read as NULL, or holds a byte that is not plain."""
    cdef Py_ssize_t i
    if length == 0 or (length == 4 and (at[0] | 0x20) == c"n"):
        return True
    for i in range(length):
        if not is_plain(at[i]):
            return True
    return False


cdef int quote(Out *out, Py_ssize_t start) noexcept nogil:
    """Quotes the element that stands from start to the end of out, where it needs it."""
    cdef Py_ssize_t i, to, escapes = 0
    if not needs_quotes(out.data + start, out.used - start):
        return APPENDED
    for i in range(start, out.used):
        escapes += out.data[i] == c'"' or out.data[i] == c"\\"
    if reserve(out, escapes + 2) != 0:
        return NO_MEMORY
    to = out.used + escapes + 1
    out.data[to] = c'"'
    for i in range(out.used - 1, start - 1, -1):
        to -= 1
        out.data[to] = out.data[i]
        if out.data[i] == c'"' or out.data[i] == c"\\":
            to -= 1
            out.data[to] = c"\\"
    out.data[start] = c'"'
    out.used += escapes + 2
    return APPENDED


cdef int append_element(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Appends one masked element as array text."""
    cdef Py_ssize_t start = out.used
    cdef int done = mask_cell(mask.element, 0, value, length, out)
    if done == IS_NULL:
        return append(out, b"NULL", 4)
    return quote(out, start) if done == APPENDED else done


cdef int unescape_element(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Appends one masked element that has escapes; value is what stands between its quotes."""
    cdef unsigned char short_[SHORT]
    cdef unsigned char *plain = short_
    cdef Py_ssize_t at = 0, size = 0
    cdef int done
    if length > SHORT:
        plain = <unsigned char *> malloc(length)
        if plain == NULL:
            return NO_MEMORY
    while at < length:
        at += value[at] == c"\\"
        plain[size] = value[at]
        at, size = at + 1, size + 1
    done = append_element(mask, plain, size, out)
    if plain != short_:
        free(plain)
    return done


cdef Py_ssize_t quoted(const Mask *mask, const unsigned char *value, Py_ssize_t length, int *done, Out *out) noexcept nogil:
    """Masks the quoted element at the start of value; how long it is with its quotes."""
    cdef Py_ssize_t end = 1
    cdef int escapes = False
    while end < length and value[end] != c'"':
        if value[end] == c"\\":
            escapes = True
            end += 1
        end += 1
    if end >= length:
        done[0] = UNFIT
    elif escapes:
        done[0] = unescape_element(mask, value + 1, end - 1, out)
    else:
        done[0] = append_element(mask, value + 1, end - 1, out)
    return end + 1


cdef Py_ssize_t unquoted(const Mask *mask, const unsigned char *value, Py_ssize_t length, int *done, Out *out) noexcept nogil:
    """Masks the element at the start of value, which ends at a comma or brace; how long it is."""
    cdef Py_ssize_t end = 0
    while end < length and value[end] != c"," and value[end] != c"}":
        if value[end] == c"\\" or value[end] == c'"' or value[end] == c"{":
            done[0] = UNFIT
            return end
        end += 1
    if end == 4 and memcmp(value, b"NULL", 4) == 0:
        done[0] = append(out, value, 4)
    else:
        done[0] = append_element(mask, value, end, out)
    return end


cdef Py_ssize_t bounds(const unsigned char *value, Py_ssize_t length) noexcept nogil:
    """Bytes of [1:3][0:1]= before an array; 0 where there are none, -1 where something else is."""
    cdef Py_ssize_t end = 0
    if length == 0 or value[0] != c"[":
        return 0
    while end < length and value[end] != c"=":
        if value[end] not in b"[]:-0123456789":
            return -1
        end += 1
    return end + 1 if end < length else -1


cdef int array_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """{a,b} for {a,b}, nested as the value is."""
    cdef Py_ssize_t at = bounds(value, length)
    cdef int depth = 0, done = APPENDED
    if at < 0 or at == length or value[at] != c"{":
        return UNFIT
    if append(out, value, at) != 0:
        return NO_MEMORY
    while at < length and done == APPENDED:
        if value[at] == c"{" or value[at] == c"}" or value[at] == c",":
            depth += 1 if value[at] == c"{" else (-1 if value[at] == c"}" else 0)
            done = append(out, value + at, 1)
            at += 1
            if depth == 0:
                break
        elif value[at] == c'"':
            at += quoted(mask, value + at, length - at, &done, out)
        else:
            at += unquoted(mask, value + at, length - at, &done, out)
    if done != APPENDED:
        return done
    return APPENDED if depth == 0 and at == length else UNFIT


cdef Py_ssize_t count_elements(const unsigned char *value, Py_ssize_t length) noexcept nogil:
    """How many elements the dimensions of a binary array say; -1 where they cannot be there."""
    cdef Py_ssize_t count = 1, dimensions = be32(value), size, i
    if dimensions > MAX_DIMENSIONS or length < HEADER + 8 * dimensions:
        return -1
    if dimensions == 0:
        return 0
    for i in range(dimensions):
        size = <int> be32(value + HEADER + 8 * i)
        if size < 0 or size > length:
            return -1
        count *= size
        if count > length:
            return -1
    return count


cdef int array_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A header, the size and lower bound of each dimension, then the elements, each with its length before it."""
    cdef Py_ssize_t start = out.used, at, count, size, place
    cdef int done
    if length < HEADER or be32(value + 8) != mask.element_oid:
        return UNFIT
    count = count_elements(value, length)
    if count < 0:
        return UNFIT
    at = HEADER + 8 * <Py_ssize_t> be32(value)
    if append(out, value, at) != 0:
        return NO_MEMORY
    while count > 0:
        if length - at < 4:
            return UNFIT
        size = <int> be32(value + at)
        at += 4
        if size < -1 or size > length - at:
            return UNFIT
        place = out.used
        if append(out, value + at - 4, 4) != 0:
            return NO_MEMORY
        done = IS_NULL if size < 0 else mask_cell(mask.element, 1, value + at, size, out)
        if done == NO_MEMORY:
            return NO_MEMORY
        put32(out.data + place, <unsigned int> -1 if done == IS_NULL else <unsigned int> (out.used - place - 4))
        if done == IS_NULL:
            put32(out.data + start + 4, 1)
        at += size if size > 0 else 0
        count -= 1
    return APPENDED if at == length else UNFIT
