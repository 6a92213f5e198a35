# Characters in UTF-8, by the rules of PostgreSQL's pg_utf8_islegal (src/common/wchar.c): no overlong form, no surrogate,
# nothing above U+10FFFF.
from libc.string cimport memcpy


cdef inline int continues(unsigned char byte) noexcept nogil:
    """Whether a byte is none that a character begins with."""
    return byte & 0xc0 == 0x80


cdef inline Py_ssize_t character(const unsigned char *at, Py_ssize_t left) noexcept nogil:
    """Bytes of the character at the start of left bytes (at least 1); 0 where it is none."""
    cdef unsigned char first = at[0], second
    if first < 0x80:
        return 1
    if first < 0xc2 or first > 0xf4 or left < 2:
        return 0
    second = at[1]
    if first < 0xe0:
        return 2 if continues(second) else 0
    if left < 3 or not continues(second) or not continues(at[2]):
        return 0
    if first < 0xf0:
        return 0 if (first == 0xe0 and second < 0xa0) or (first == 0xed and second > 0x9f) else 3
    if left < 4 or not continues(at[3]) or (first == 0xf0 and second < 0x90) or (first == 0xf4 and second > 0x8f):
        return 0
    return 4


cdef inline Py_ssize_t ascii_prefix(const unsigned char *at, Py_ssize_t length) noexcept nogil:
    """How many bytes at the start are ASCII, counted in steps of eight: at least 0, maybe a few too few."""
    cdef unsigned long long word
    cdef Py_ssize_t done = 0
    while length - done >= 8:
        memcpy(&word, at + done, 8)
        if word & <unsigned long long> 0x8080808080808080:
            break
        done += 8
    return done


cdef inline Py_ssize_t count_characters(const unsigned char *at, Py_ssize_t length) noexcept nogil:
    """Characters of a text; -1 where it is not UTF-8."""
    cdef Py_ssize_t done = ascii_prefix(at, length), size, count = done
    while done < length:
        size = character(at + done, length - done)
        if size == 0:
            return -1
        done += size
        count += 1
    return count


cdef inline Py_ssize_t skip_forward(const unsigned char *at, Py_ssize_t length, Py_ssize_t count) noexcept nogil:
    """Bytes of the first count characters of a valid text that has at least as many."""
    cdef Py_ssize_t done = 0
    while count > 0:
        done += 1
        while done < length and continues(at[done]):
            done += 1
        count -= 1
    return done


cdef inline Py_ssize_t skip_backward(const unsigned char *at, Py_ssize_t length, Py_ssize_t count) noexcept nogil:
    """Bytes before the last count characters of a valid text that has at least as many."""
    while count > 0:
        length -= 1
        while continues(at[length]):
            length -= 1
        count -= 1
    return length
