# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""Texts: text, varchar, bpchar, name, citext and "char". Text and binary format are the same bytes.
Source: manual, "Character Types". A mask's limit and pad count characters, as varchar(n) and character(n) do."""

from libc.string cimport memchr, memcpy, memset

from proxy.masking.aes cimport digest
from proxy.masking.cell cimport APPENDED, NO_MEMORY, UNFIT, Mask, Out, be32, be64, keyed64, put64, reserve
from proxy.masking.utf8 cimport count_characters, skip_backward, skip_forward

cdef const unsigned char *STAND_IN = b"@example.com"  # RFC 2606: nobody's mail

cdef enum:
    STAND_IN_SIZE = 12
    ONES = 0x0101010101010101ULL  # multiplied: the same byte eight times


cdef inline void put_eight_base32(unsigned char *at, unsigned long long bits) noexcept nogil:
    """Writes the low 40 bits as eight characters: they are spread to one byte each, all at once, then shifted into the
    alphabet a-z2-7."""
    bits = ((bits & 0xfffff00000ULL) << 12) | (bits & 0xfffffULL)
    bits = ((bits & 0xffc00000ffc00ULL) << 6) | (bits & 0x3ff000003ffULL)
    bits = ((bits & 0x03e003e003e003e0ULL) << 3) | (bits & 0x001f001f001f001fULL)
    put64(at, bits + ONES * 97 - ((bits + ONES * 102) >> 7 & ONES) * 73)   # from 26 on: digits


cdef void put_base32(unsigned char *at, const unsigned char *tag, int count) noexcept nogil:
    """The first count characters, at most 26, of a tag (16,) in base32 (RFC 4648, in lower case)."""
    cdef unsigned char digits[32]
    cdef unsigned long long first = be64(tag), last = be64(tag + 8)
    put_eight_base32(digits, first >> 24)
    put_eight_base32(digits + 8, (first & 0xffffff) << 16 | last >> 48)
    if count > 16:
        put_eight_base32(digits + 16, last >> 8)
        put_eight_base32(digits + 24, (last & 0xff) << 32)
    memcpy(at, digits, count)


cdef inline void put_eight_base16(unsigned char *at, unsigned long long bits) noexcept nogil:
    """Writes 32 bits as eight characters, spread in the same way."""
    bits = ((bits & 0xffff0000ULL) << 16) | (bits & 0xffffULL)
    bits = ((bits & 0xff000000ff00ULL) << 8) | (bits & 0xff000000ffULL)
    bits = ((bits & 0x00f000f000f000f0ULL) << 4) | (bits & 0x000f000f000f000fULL)
    put64(at, bits + ONES * 48 + ((bits + ONES * 6) >> 4 & ONES) * 39)     # from 10 on: letters


cdef inline void put_base16(unsigned char *at, const unsigned char *tag, int count) noexcept nogil:
    """The first count characters, at most 32, of a tag (16,) in hexadecimal."""
    cdef unsigned char digits[32]
    cdef int i
    for i in range(4):
        put_eight_base16(digits + 8 * i, be32(tag + 4 * i))
    memcpy(at, digits, count)


cdef inline Py_ssize_t significant(const Mask *mask, const unsigned char *value, Py_ssize_t length) noexcept nogil:
    """Bytes of a value without the spaces that mean nothing, so that it masks alike in every width of character(n)."""
    if mask.blank:
        while length > 0 and value[length - 1] == c" ":
            length -= 1
    return length


cdef inline int pad(const Mask *mask, Out *out, Py_ssize_t characters) noexcept nogil:
    """Fills a character(n) up with spaces."""
    cdef Py_ssize_t more = mask.pad - characters
    if more <= 0:
        return APPENDED
    if reserve(out, more) != 0:
        return NO_MEMORY
    memset(out.data + out.used, c" ", more)
    out.used += more
    return APPENDED


cdef inline int keyed_token(const Mask *mask, const unsigned char *value, Py_ssize_t length, int size, Out *out) noexcept nogil:
    """Appends the keyed digest of a value in so many characters of base32."""
    cdef unsigned char tag[16]
    if reserve(out, size) != 0:
        return NO_MEMORY
    digest(&mask.key, value, length, tag)
    put_base32(out.data + out.used, tag, size)
    out.used += size
    return APPENDED


cdef int keyed_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Sixteen characters, or as many as the column takes, that depend on the whole value and tell nothing of it."""
    cdef int size = min(TOKEN, mask.limit)
    if keyed_token(mask, value, significant(mask, value, length), size, out) != APPENDED:
        return NO_MEMORY
    return pad(mask, out, size)


cdef int hash_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """The keyed digest in hexadecimal or base32, cut to size and limit."""
    cdef unsigned char tag[16]
    cdef int size = min(mask.size, mask.limit)
    if reserve(out, size) != 0:
        return NO_MEMORY
    digest(&mask.key, value, significant(mask, value, length), tag)
    if mask.base == 16:
        put_base16(out.data + out.used, tag, size)
    else:
        put_base32(out.data + out.used, tag, size)
    out.used += size
    return pad(mask, out, size)


cdef int email_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A keyed local part at example.com, whatever the value is. The local part gives way where the column is short;
    limit is above STAND_IN_SIZE."""
    cdef int size = min(TOKEN, mask.limit - STAND_IN_SIZE)
    if reserve(out, TOKEN + STAND_IN_SIZE) != 0:
        return NO_MEMORY
    keyed_token(mask, value, significant(mask, value, length), size, out)
    memcpy(out.data + out.used, STAND_IN, STAND_IN_SIZE)
    out.used += STAND_IN_SIZE
    return pad(mask, out, size + STAND_IN_SIZE)


cdef inline int of_domain(unsigned char byte) noexcept nogil:
    """Whether a byte may stand in a domain (RFC 5321: letters, digits, hyphens, dots)."""
    return c"a" <= byte | 0x20 <= c"z" or c"0" <= byte <= c"9" or byte == c"-" or byte == c"."


cdef int is_domain(const unsigned char *at, Py_ssize_t length) noexcept nogil:
    """Whether it looks like the domain of a mail address: letters that make labels, and dots between them."""
    cdef Py_ssize_t i
    if not 0 < length <= 253 or at[0] == c"." or at[length - 1] == c".":
        return False
    for i in range(length):
        if not of_domain(at[i]) or (at[i] == c"." and at[i + 1] == c"."):
            return False
    return True


cdef int email_in_domain(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A keyed local part in the value's own domain. What has no local part and one domain is no mail address."""
    cdef const unsigned char *sign
    cdef const unsigned char *domain
    cdef Py_ssize_t size, behind
    length = significant(mask, value, length)
    sign = <const unsigned char *> memchr(value, c"@", length) if length > 0 else NULL
    if sign == NULL or sign == value:
        return UNFIT
    domain, behind = sign + 1, length - (sign - value) - 1
    size = min(TOKEN, mask.limit - 1 - behind)
    if not is_domain(domain, behind) or size < 1:
        return UNFIT
    if reserve(out, TOKEN + 1 + behind) != 0:
        return NO_MEMORY
    keyed_token(mask, value, length, <int> size, out)
    memcpy(out.data + out.used, sign, behind + 1)
    out.used += behind + 1
    return pad(mask, out, size + 1 + behind)


cdef inline void put_fill(const Mask *mask, unsigned char *at, Py_ssize_t count) noexcept nogil:
    """Writes the fill character count times."""
    cdef Py_ssize_t i
    if mask.fill_size == 1:
        memset(at, mask.fill[0], count)
        return
    for i in range(count):
        memcpy(at + i * mask.fill_size, mask.fill, mask.fill_size)


cdef int partial_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """Keeps the first and the last characters and fills what is between, character by character; where that would
    keep everything it keeps nothing. An empty value, or one that is not UTF-8, does not fit."""
    cdef Py_ssize_t characters, head = 0, tail, filled
    cdef unsigned char *at
    length = significant(mask, value, length)
    characters = count_characters(value, length)
    if characters <= 0:
        return UNFIT
    tail, filled = length, characters
    if <Py_ssize_t> mask.first + mask.last < characters:
        head = skip_forward(value, length, mask.first)
        tail = skip_backward(value, length, mask.last)
        filled = characters - mask.first - mask.last
    if reserve(out, head + filled * mask.fill_size + (length - tail)) != 0:
        return NO_MEMORY
    at = out.data + out.used
    memcpy(at, value, head)
    put_fill(mask, at + head, filled)
    memcpy(at + head + filled * mask.fill_size, value + tail, length - tail)
    out.used += head + filled * mask.fill_size + (length - tail)
    return pad(mask, out, characters)


cdef inline int octal(unsigned char byte) noexcept nogil:
    return c"0" <= byte <= c"7"


cdef int keyed_letter(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A letter for the one byte of a "char". As text a byte above 127 is \\ooo since PostgreSQL 16, and 0 is empty."""
    cdef unsigned char byte = 0
    if length == 1:
        byte = value[0]
    elif length == 4 and value[0] == c"\\" and octal(value[1]) and octal(value[2]) and octal(value[3]):
        byte = <unsigned char> (((value[1] & 3) << 6) | ((value[2] & 7) << 3) | (value[3] & 7))
    elif length != 0:
        return UNFIT
    if reserve(out, 1) != 0:
        return NO_MEMORY
    out.data[out.used] = <unsigned char> (c"a" + keyed64(mask, &byte, 1) % 26)
    out.used += 1
    return APPENDED
