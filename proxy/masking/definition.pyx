# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""Stored definitions (a check, a default, a view) as PostgreSQL prints them, without their constants.

The server writes a string constant as '…' with each quote doubled, whatever standard_conforming_strings says, and a
function's body between dollars; names stand in double quotes (src/backend/utils/adt/ruleutils.c). So a scan that knows
these three, words and numbers is exact. What stays is structure: names, operators, how many constants there are.

The mask's element holds, as its text constant, the texts that pass as they are: a count, that many offsets, the texts
in the order of their bytes and the offset behind the last; all numbers of four bytes, most significant first.
"""

from libc.string cimport memchr, memcmp

from proxy.masking.cell cimport APPENDED, NO_MEMORY, UNFIT, Mask, Out, append, be32

cdef enum:
    IN_TYPE = 1      # behind "::", as long as words and spaces follow
    IN_TYPMOD = 2    # between the parentheses behind a type: numbers there are no constants

cdef const unsigned char *HIDDEN = b"'redacted'"
cdef const unsigned char *ZERO = b"0"
cdef const unsigned char *FALSE = b"false"


cdef inline int in_word(unsigned char byte) noexcept nogil:
    return c"a" <= byte | 0x20 <= c"z" or c"0" <= byte <= c"9" or byte == c"_" or byte == c"$" or byte >= 128


cdef inline int is_digit(unsigned char byte) noexcept nogil:
    return c"0" <= byte <= c"9"


cdef int is_known(const Mask *mask, const unsigned char *value, Py_ssize_t length) noexcept nogil:
    """Whether a text is among those that pass as they are."""
    cdef const unsigned char *held = mask.element.constants[0].data if mask.element != NULL else NULL
    cdef Py_ssize_t low = 0, high, middle, start, size
    cdef int order
    if held == NULL or mask.element.constants[0].length < 8:
        return False
    high = be32(held)
    while low < high:
        middle = (low + high) // 2
        start = be32(held + 4 + 4 * middle)
        size = be32(held + 8 + 4 * middle) - start
        order = memcmp(held + start, value, size if size < length else length)
        if order == 0 and size == length:
            return True
        if order < 0 or (order == 0 and size < length):
            low = middle + 1
        else:
            high = middle
    return False


cdef Py_ssize_t behind_quote(const unsigned char *value, Py_ssize_t length, Py_ssize_t at) noexcept nogil:
    """Where the quoted thing ends that begins at a quote; the end of the text where it does not end."""
    cdef unsigned char quote = value[at]
    cdef const unsigned char *found
    at += 1
    while at < length:
        found = <const unsigned char *> memchr(value + at, quote, length - at)
        if found == NULL:
            return length
        at = found - value + 1
        if at >= length or value[at] != quote:
            return at
        at += 1
    return length


cdef Py_ssize_t behind_dollars(const unsigned char *value, Py_ssize_t length, Py_ssize_t at) noexcept nogil:
    """Where a text between dollars ends that begins at a dollar; at itself where none begins there."""
    cdef Py_ssize_t tag = at + 1, close
    while tag < length and in_word(value[tag]) and value[tag] != c"$":
        tag += 1
    if tag >= length or value[tag] != c"$" or (tag > at + 1 and is_digit(value[at + 1])):
        return at
    tag += 1 - at
    close = at + tag
    while close + tag <= length:
        if memcmp(value + close, value + at, tag) == 0:
            return close + tag
        close += 1
    return length


cdef Py_ssize_t behind_number(const unsigned char *value, Py_ssize_t length, Py_ssize_t at) noexcept nogil:
    """Where a number ends: digits, a point, letters, and the sign of an exponent."""
    while at < length and (in_word(value[at]) or value[at] == c"."
                           or (value[at] in (c"+", c"-") and value[at - 1] | 0x20 == c"e")):
        at += 1
    return at


cdef Py_ssize_t behind_word(const unsigned char *value, Py_ssize_t length, Py_ssize_t at) noexcept nogil:
    while at < length and in_word(value[at]):
        at += 1
    return at


cdef int names_object(const unsigned char *behind, Py_ssize_t left) noexcept nogil:
    """Whether a string is the name of an object: nextval('a_seq'::regclass) is no constant of anybody's."""
    if left < 10 or memcmp(behind, b"::reg", 5) != 0:
        return False
    if memcmp(behind + 5, b"class", 5) == 0:
        return left == 10 or not in_word(behind[10])
    return left >= 9 and memcmp(behind + 5, b"type", 4) == 0 and not in_word(behind[9])


cdef int is_truth(const unsigned char *word, Py_ssize_t length) noexcept nogil:
    """Whether a word is true or false, in any case."""
    if length == 4:
        return word[0] | 32 == c"t" and word[1] | 32 == c"r" and word[2] | 32 == c"u" and word[3] | 32 == c"e"
    return (length == 5 and word[0] | 32 == c"f" and word[1] | 32 == c"a" and word[2] | 32 == c"l"
            and word[3] | 32 == c"s" and word[4] | 32 == c"e")


cdef int context(int now, const unsigned char *value, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """Whether what follows a token is a type, or a type's modifiers."""
    cdef unsigned char byte = value[at]
    if now == IN_TYPMOD:
        return 0 if byte == c")" else IN_TYPMOD
    if byte == c":" and at > 0 and value[at - 1] == c":":
        return IN_TYPE
    if now == IN_TYPE and byte == c"(":
        return IN_TYPMOD
    return now if byte in (c" ", c".", c'"') or in_word(byte) else 0


cdef int definition_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A definition that is known passes; of any other each constant becomes another of its kind."""
    cdef Py_ssize_t at = 0, end
    cdef int where = 0, failed = 0
    if is_known(mask, value, length):
        return append(out, value, length)
    while at < length and not failed:
        end = at + 1
        if value[at] == c"'":
            end = behind_quote(value, length, at)
            if end < length and names_object(value + end, length - end):
                failed = append(out, value + at, end - at)
            else:
                failed = append(out, HIDDEN, 10)
        elif value[at] == c'"':
            end = behind_quote(value, length, at)
            failed = append(out, value + at, end - at)
        elif value[at] == c"$" and behind_dollars(value, length, at) != at:
            end = behind_dollars(value, length, at)
            failed = append(out, HIDDEN, 10)
        elif is_digit(value[at]) and where != IN_TYPMOD:
            end = behind_number(value, length, at)
            failed = append(out, ZERO, 1)
        elif in_word(value[at]):
            end = behind_word(value, length, at + 1)
            if is_truth(value + at, end - at):
                failed = append(out, FALSE, 5)
            else:
                failed = append(out, value + at, end - at)
        else:
            failed = append(out, value + at, 1)
        where = context(where, value, at, end)
        at = end
    return NO_MEMORY if failed else APPENDED


cdef int known_text(const Mask *mask, const unsigned char *value, Py_ssize_t length, Out *out) noexcept nogil:
    """A text that is known passes; any other is the constant."""
    return append(out, value, length) if is_known(mask, value, length) else UNFIT
