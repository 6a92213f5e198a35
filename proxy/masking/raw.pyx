# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""bytea, uuid, macaddr and macaddr8: bytes for bytes. Sources: manual, "Binary Data Types", "UUID Type", "MAC addresses"."""

from libc.string cimport memcpy

from proxy.masking.aes cimport Pieces, add, begin, digest, finish
from proxy.masking.cell cimport APPENDED, NO_MEMORY, UNFIT, Mask, Out, append, reserve
from proxy.masking.hexadecimal cimport put_bytes, read_byte

cdef enum:
    BLOB = 16                # bytes of a masked bytea
    PIECE = 256


cdef int digest_hex(const Mask *mask, const unsigned char *value, Py_ssize_t length, unsigned char *tag) noexcept nogil:
    """The digest of the bytes that a hexadecimal text means; whether it is one."""
    cdef unsigned char piece[PIECE]
    cdef Pieces pieces
    cdef Py_ssize_t at = 0
    cdef int used = 0, byte
    begin(&pieces)
    if length & 1:
        return False
    while at < length:
        byte = read_byte(value + at)
        if byte < 0:
            return False
        piece[used] = <unsigned char> byte
        at, used = at + 2, used + 1
        if used == PIECE:
            add(&mask.key, &pieces, piece, used)
            used = 0
    add(&mask.key, &pieces, piece, used)
    finish(&mask.key, &pieces, tag)
    return True


cdef inline Py_ssize_t escaped(const unsigned char *at, Py_ssize_t left, unsigned char *byte) noexcept nogil:
    """The byte that an escape sequence means, and its length: \\\\ or \\ooo; 0 where it is none."""
    if left >= 2 and at[1] == c"\\":
        byte[0] = c"\\"
        return 2
    if left >= 4 and c"0" <= at[1] <= c"3" and c"0" <= at[2] <= c"7" and c"0" <= at[3] <= c"7":
        byte[0] = <unsigned char> (((at[1] & 3) << 6) | ((at[2] & 7) << 3) | (at[3] & 7))
        return 4
    return 0


cdef int digest_escaped(const Mask *mask, const unsigned char *value, Py_ssize_t length, unsigned char *tag) noexcept nogil:
    """The digest of the bytes that a text means where bytea_output is escape; whether it is one."""
    cdef unsigned char piece[PIECE]
    cdef Pieces pieces
    cdef Py_ssize_t at = 0, size
    cdef int used = 0
    begin(&pieces)
    while at < length:
        size = 1
        piece[used] = value[at]
        if value[at] == c"\\":
            size = escaped(value + at, length - at, &piece[used])
        if size == 0:
            return False
        at, used = at + size, used + 1
        if used == PIECE:
            add(&mask.key, &pieces, piece, used)
            used = 0
    add(&mask.key, &pieces, piece, used)
    finish(&mask.key, &pieces, tag)
    return True


cdef int bytea_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Sixteen bytes in hexadecimal for bytes in either form that bytea_output gives."""
    cdef unsigned char tag[BLOB]
    cdef int done
    if length >= 2 and value[0] == c"\\" and value[1] == c"x":
        done = digest_hex(mask, value + 2, length - 2, tag)
    else:
        done = digest_escaped(mask, value, length, tag)
    if not done:
        return UNFIT
    if append(out, b"\\x", 2) != 0 or reserve(out, 2 * BLOB) != 0:
        return NO_MEMORY
    put_bytes(out.data + out.used, tag, BLOB)
    out.used += 2 * BLOB
    return APPENDED


cdef int bytea_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Sixteen bytes for any."""
    if reserve(out, BLOB) != 0:
        return NO_MEMORY
    digest(&mask.key, value, length, out.data + out.used)
    out.used += BLOB
    return APPENDED


cdef inline void keyed_uuid(const Mask *mask, const unsigned char *value, unsigned char *masked) noexcept nogil:
    """A random-looking UUID, version 4 (RFC 9562); masked is not value."""
    digest(&mask.key, value, 16, masked)
    masked[6] = (masked[6] & 0x0f) | 0x40
    masked[8] = (masked[8] & 0x3f) | 0x80


cdef int uuid_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """8-4-4-4-12 hexadecimal digits for the same."""
    cdef unsigned char number[16]
    cdef unsigned char masked[16]
    cdef unsigned char *at
    cdef int i, byte, place = 0
    if length != 36:
        return UNFIT
    for i in range(16):
        if i == 4 or i == 6 or i == 8 or i == 10:
            if value[place] != c"-":
                return UNFIT
            place += 1
        byte = read_byte(value + place)
        if byte < 0:
            return UNFIT
        number[i], place = <unsigned char> byte, place + 2
    if reserve(out, 36) != 0:
        return NO_MEMORY
    keyed_uuid(mask, number, masked)
    at = out.data + out.used
    for i in range(16):
        if i == 4 or i == 6 or i == 8 or i == 10:
            at[0] = c"-"
            at += 1
        at = put_bytes(at, masked + i, 1)
    out.used += 36
    return APPENDED


cdef int uuid_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """16 bytes for 16."""
    if length != 16:
        return UNFIT
    if reserve(out, 16) != 0:
        return NO_MEMORY
    keyed_uuid(mask, value, out.data + out.used)
    out.used += 16
    return APPENDED


cdef inline void keyed_address(const Mask *mask, const unsigned char *value, int size, unsigned char *masked) noexcept nogil:
    """An address that no maker gives out: locally administered, of one station."""
    cdef unsigned char tag[16]
    digest(&mask.key, value, size, tag)
    memcpy(masked, tag, size)
    masked[0] = (masked[0] & 0xfc) | 2


cdef int macaddr_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Hexadecimal bytes with colons between them for the same; width 6 or 8."""
    cdef unsigned char address[8]
    cdef unsigned char *at
    cdef int i, byte
    if length != 3 * mask.width - 1:
        return UNFIT
    for i in range(mask.width):
        byte = read_byte(value + 3 * i)
        if byte < 0 or (i > 0 and value[3 * i - 1] != c":"):
            return UNFIT
        address[i] = <unsigned char> byte
    if reserve(out, length) != 0:
        return NO_MEMORY
    keyed_address(mask, address, mask.width, address)
    at = out.data + out.used
    for i in range(mask.width):
        if i > 0:
            at[0] = c":"
            at += 1
        at = put_bytes(at, address + i, 1)
    out.used += length
    return APPENDED


cdef int macaddr_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """6 or 8 bytes for as many."""
    if length != mask.width:
        return UNFIT
    if reserve(out, 8) != 0:
        return NO_MEMORY
    keyed_address(mask, value, mask.width, out.data + out.used)
    out.used += length
    return APPENDED
