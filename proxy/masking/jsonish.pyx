# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""json and jsonb: keys, members and their order survive, values do not. Sources: manual, "JSON Types"; RFC 8259; jsonb_recv.

A string becomes what its content becomes as a text, a number what it becomes as a numeric (0 where it has an exponent),
a boolean false; null stays. White space is written as jsonb writes it. What is not JSON, or nests deeper than DEPTH,
does not fit."""

from libc.string cimport memcmp

from proxy.masking.aes cimport Pieces, add, begin, digest, finish
from proxy.masking.cell cimport APPENDED, NO_MEMORY, UNFIT, Mask, Out, append, reserve
from proxy.masking.hexadecimal cimport nibble
from proxy.masking.numbers cimport is_digit
from proxy.masking.numeric cimport numeric_text
from proxy.masking.text cimport TOKEN, put_base32

cdef enum:
    DEPTH = 1024
    JSONB_VERSION = 1

cdef enum State:
    VALUE                    # a value must follow
    FIRST_VALUE              # a value, or the end of the array
    KEY
    FIRST_KEY                # a key, or the end of the object
    AFTER                    # a value is complete

cdef struct Walk:
    const unsigned char *at
    const unsigned char *end
    State state
    int depth
    unsigned char object[DEPTH]  # whether the container at each depth is one


cdef inline void skip_space(Walk *walk) noexcept nogil:
    while walk.at < walk.end and (walk.at[0] == c" " or walk.at[0] == c"\n" or walk.at[0] == c"\t" or walk.at[0] == c"\r"):
        walk.at += 1


cdef const unsigned char *string_end(const unsigned char *at, const unsigned char *end, int *escapes) noexcept nogil:
    """The quote that ends the string whose content starts at at; NULL where none does. escapes: whether it has any."""
    escapes[0] = False
    while at < end and at[0] != c'"':
        if at[0] < 0x20:
            return NULL
        if at[0] == c"\\":
            escapes[0] = True
            at += 1
        at += 1
    return at if at < end else NULL


cdef int four_digits(const unsigned char *at, const unsigned char *end) noexcept nogil:
    """The number of four hexadecimal digits; -1 where they are none."""
    cdef int number = 0, i, digit
    if end - at < 4:
        return -1
    for i in range(4):
        digit = nibble(at[i])
        if digit < 0:
            return -1
        number = (number << 4) | digit
    return number


cdef int put_utf8(unsigned char *at, unsigned int code) noexcept nogil:
    """Writes a code point; how many bytes it takes. A lone surrogate is written as one of three bytes."""
    if code < 0x80:
        at[0] = <unsigned char> code
        return 1
    if code < 0x800:
        at[0], at[1] = <unsigned char> (0xc0 | code >> 6), <unsigned char> (0x80 | code & 63)
        return 2
    if code < 0x10000:
        at[0], at[1] = <unsigned char> (0xe0 | code >> 12), <unsigned char> (0x80 | code >> 6 & 63)
        at[2] = <unsigned char> (0x80 | code & 63)
        return 3
    at[0], at[1] = <unsigned char> (0xf0 | code >> 18), <unsigned char> (0x80 | code >> 12 & 63)
    at[2], at[3] = <unsigned char> (0x80 | code >> 6 & 63), <unsigned char> (0x80 | code & 63)
    return 4


cdef inline int plain_escape(unsigned char byte) noexcept nogil:
    """What a backslash and this byte mean; -1 where it is none of the short escapes."""
    if byte == c'"' or byte == c"\\" or byte == c"/":
        return byte
    if byte == c"n":
        return c"\n"
    if byte == c"t":
        return c"\t"
    if byte == c"r":
        return c"\r"
    if byte == c"b":
        return c"\b"
    return c"\f" if byte == c"f" else -1


cdef const unsigned char *unescape(const unsigned char *at, const unsigned char *end, unsigned char *to, int *size) noexcept nogil:
    """Reads the escape behind a backslash at at - 1 into to, at most 4 bytes; what follows it, NULL where it is none."""
    cdef int code, low, plain
    if at == end:
        return NULL
    if at[0] != c"u":
        plain = plain_escape(at[0])
        to[0], size[0] = <unsigned char> plain, 1
        return at + 1 if plain >= 0 else NULL
    code = four_digits(at + 1, end)
    if code < 0:
        return NULL
    at += 5
    if 0xd800 <= code < 0xdc00 and end - at >= 6 and at[0] == c"\\" and at[1] == c"u":
        low = four_digits(at + 2, end)
        if 0xdc00 <= low < 0xe000:
            code, at = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00), at + 6
    size[0] = put_utf8(to, <unsigned int> code)
    return at


cdef int digest_string(const Mask *mask, const unsigned char *at, const unsigned char *end, unsigned char *tag) noexcept nogil:
    """The digest of what a string with escapes means; whether its escapes are some."""
    cdef Pieces pieces
    cdef unsigned char piece[4]
    cdef const unsigned char *plain
    cdef int size = 0
    begin(&pieces)
    while at < end:
        plain = at
        while at < end and at[0] != c"\\":
            at += 1
        add(&mask.key, &pieces, plain, at - plain)
        if at < end:
            at = unescape(at + 1, end, piece, &size)
            if at == NULL:
                return False
            add(&mask.key, &pieces, piece, size)
    finish(&mask.key, &pieces, tag)
    return True


cdef int mask_string(const Mask *mask, Walk *walk, Out *out) noexcept nogil:
    """A keyed string for the string at walk.at."""
    cdef unsigned char tag[16]
    cdef const unsigned char *start = walk.at + 1
    cdef const unsigned char *end
    cdef int escapes
    end = string_end(start, walk.end, &escapes)
    if end == NULL:
        return UNFIT
    if not escapes:
        digest(&mask.key, start, end - start, tag)
    elif not digest_string(mask, start, end, tag):
        return UNFIT
    if reserve(out, TOKEN + 2) != 0:
        return NO_MEMORY
    out.data[out.used] = out.data[out.used + TOKEN + 1] = c'"'
    put_base32(out.data + out.used + 1, tag, TOKEN)
    out.used += TOKEN + 2
    walk.at = end + 1
    return APPENDED


cdef int mask_number(const Mask *mask, Walk *walk, Out *out) noexcept nogil:
    """A keyed number for the number at walk.at."""
    cdef const unsigned char *start = walk.at
    cdef int done
    while walk.at < walk.end and (is_digit(walk.at[0]) or walk.at[0] in b"+-.eE"):
        walk.at += 1
    done = numeric_text(mask, start, walk.at - start, out)
    return append(out, b"0", 1) if done == UNFIT else done


cdef int mask_word(Walk *walk, Out *out) noexcept nogil:
    """null for null, false for false and true."""
    cdef Py_ssize_t left = walk.end - walk.at
    if left >= 4 and memcmp(walk.at, b"null", 4) == 0:
        walk.at += 4
        return append(out, b"null", 4)
    if left >= 4 and memcmp(walk.at, b"true", 4) == 0:
        walk.at += 4
    elif left >= 5 and memcmp(walk.at, b"false", 5) == 0:
        walk.at += 5
    else:
        return UNFIT
    return append(out, b"false", 5)


cdef int open_container(Walk *walk, int object_, Out *out) noexcept nogil:
    """Enters the object or array at walk.at."""
    if walk.depth == DEPTH:
        return UNFIT
    walk.object[walk.depth] = <unsigned char> object_
    walk.depth += 1
    walk.state = FIRST_KEY if object_ else FIRST_VALUE
    walk.at += 1
    return append(out, b"{" if object_ else b"[", 1)


cdef int close_container(Walk *walk, Out *out) noexcept nogil:
    """Leaves the object or array that the byte at walk.at ends."""
    if walk.depth == 0 or walk.at[0] != (c"}" if walk.object[walk.depth - 1] else c"]"):
        return UNFIT
    walk.depth -= 1
    walk.state = AFTER
    walk.at += 1
    return append(out, walk.at - 1, 1)


cdef int walk_key(Walk *walk, Out *out) noexcept nogil:
    """A key and its colon, kept; or the end of an empty object."""
    cdef const unsigned char *start = walk.at
    cdef const unsigned char *end
    cdef int escapes
    if walk.at[0] == c"}" and walk.state == FIRST_KEY:
        return close_container(walk, out)
    end = string_end(start + 1, walk.end, &escapes) if start[0] == c'"' else NULL
    if end == NULL:
        return UNFIT
    walk.at = end + 1
    skip_space(walk)
    if walk.at == walk.end or walk.at[0] != c":":
        return UNFIT
    walk.at += 1
    walk.state = VALUE
    return NO_MEMORY if append(out, start, end + 1 - start) != 0 else append(out, b": ", 2)


cdef int walk_value(const Mask *mask, Walk *walk, Out *out) noexcept nogil:
    """One value, or the start of a container, or the end of an empty array."""
    cdef unsigned char byte = walk.at[0]
    if byte == c"{" or byte == c"[":
        return open_container(walk, byte == c"{", out)
    if byte == c"]" and walk.state == FIRST_VALUE:
        return close_container(walk, out)
    walk.state = AFTER
    if byte == c'"':
        return mask_string(mask, walk, out)
    if is_digit(byte) or byte == c"-":
        return mask_number(mask, walk, out)
    return mask_word(walk, out)


cdef int walk_on(Walk *walk, Out *out) noexcept nogil:
    """A comma, or the end of the container."""
    if walk.at[0] != c"," or walk.depth == 0:
        return close_container(walk, out)
    walk.state = KEY if walk.object[walk.depth - 1] else VALUE
    walk.at += 1
    return append(out, b", ", 2)


cdef int json_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A JSON text with the same keys and members."""
    cdef Walk walk
    cdef int done = APPENDED
    walk.at, walk.end, walk.state, walk.depth = value, value + length, VALUE, 0
    while done == APPENDED:
        skip_space(&walk)
        if walk.at == walk.end:
            return APPENDED if walk.state == AFTER and walk.depth == 0 else UNFIT
        if walk.state == AFTER:
            done = walk_on(&walk, out)
        elif walk.state == KEY or walk.state == FIRST_KEY:
            done = walk_key(&walk, out)
        else:
            done = walk_value(mask, &walk, out)
    return done


cdef int jsonb_binary(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A version byte, 1, then the text."""
    if length < 1 or value[0] != JSONB_VERSION:
        return UNFIT
    return NO_MEMORY if append(out, value, 1) != 0 else json_text(mask, value + 1, length - 1, out)
