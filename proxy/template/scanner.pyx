# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Cuts SQL into tokens exactly as PostgreSQL 13 to 18 do; what those lex differently is BROKEN or kept as written.

Shapes: text (length,) bytes in the client's encoding. Errors: none raised, TOKEN_BROKEN instead. Time: linear.
Source: src/backend/parser/scan.l and parser.c (UESCAPE); manual, "Lexical Structure".
"""
from libc.string cimport memchr, memcmp

# A letter a byte. Lower case may continue an identifier: a starts one, s may also start a string (b e n u x), d digit,
# c the dollar sign. O operator; X nothing outside quotes. The vertical tab is X: white space from version 16 on only.
cdef const unsigned char *CLASS = (
    b"XXXXXXXXX  X  XXXXXXXXXXXXXXXXXX"
    b" O\"OcOO',,OO,-./dddddddddd:,OOOO"
    b"Oasaasaaaaaaaasaaaaaasaasaa,X,Oa"
    b"OasaasaaaaaaaasaaaaaasaasaaXOXOX"
    b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)
cdef const unsigned char *UESCAPE = b"uescape"


cdef inline bint continues(unsigned char byte) noexcept nogil:
    return CLASS[byte] >= c"a"


cdef inline bint starts(unsigned char byte) noexcept nogil:
    return CLASS[byte] == c"a" or CLASS[byte] == c"s"


cdef inline bint operates(unsigned char byte) noexcept nogil:
    cdef unsigned char kind = CLASS[byte]
    return kind == c"O" or kind == c"-" or kind == c"/"


cdef Py_ssize_t after_line(const unsigned char *text, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """The line's end: \\n, \\r or the end of the text."""
    while at < end and text[at] != c"\n" and text[at] != c"\r": at += 1
    return at


cdef Py_ssize_t after_comment(const unsigned char *text, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """Behind the comment that starts at /*, nested ones included; -1 where it does not end."""
    cdef Py_ssize_t depth = 1
    at += 2
    while at + 1 < end:
        if text[at] == c"*" and text[at + 1] == c"/":
            depth -= 1
            at += 2
            if depth == 0: return at
        elif text[at] == c"/" and text[at + 1] == c"*":
            depth += 1
            at += 2
        else:
            at += 1
    return -1


cdef Py_ssize_t after_gap(const unsigned char *text, Py_ssize_t at, Py_ssize_t end, int *comment) noexcept nogil:
    """Behind white space and comments; -1 where a comment does not end."""
    while at < end:
        if CLASS[text[at]] == c" ":
            at += 1
        elif at + 1 < end and text[at] == c"-" and text[at + 1] == c"-":
            comment[0] = 1
            at = after_line(text, at, end)
        elif at + 1 < end and text[at] == c"/" and text[at + 1] == c"*":
            comment[0] = 1
            at = after_comment(text, at, end)
            if at < 0: return -1
        else:
            break
    return at


cdef Py_ssize_t continued(const unsigned char *text, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """Where the string that closed before at goes on behind a newline, or -1. Only -- comments may stand between."""
    cdef bint newline = False
    while at < end:
        if CLASS[text[at]] == c" ":
            if text[at] == c"\n" or text[at] == c"\r": newline = True
            at += 1
        elif at + 1 < end and text[at] == c"-" and text[at + 1] == c"-":
            at = after_line(text, at, end)
        else:
            return at + 1 if newline and text[at] == c"'" else -1
    return -1


cdef Py_ssize_t after_string(const unsigned char *text, Py_ssize_t at, Py_ssize_t end, char form) noexcept nogil:
    """Behind the string whose first byte inside is at; -1 where it does not end. form: q plain, e with backslashes,
    b of bits (in which '' is no quote)."""
    cdef Py_ssize_t further
    cdef const unsigned char *quote
    while True:
        if form == c"e":
            while at < end and text[at] != c"'": at += 2 if text[at] == c"\\" else 1
        else:
            quote = <const unsigned char *>memchr(text + at, c"'", end - at) if at < end else NULL
            at = quote - text if quote != NULL else end
        if at >= end: return -1
        at += 1
        if at < end and text[at] == c"'" and form != c"b":
            at += 1
            continue
        further = continued(text, at, end)
        if further < 0: return at
        at = further


cdef Py_ssize_t after_dollars(const unsigned char *text, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """Behind the string in dollar quotes that starts at; -1 where it does not end or none starts."""
    cdef Py_ssize_t tag, body, start = at
    cdef const unsigned char *dollar
    at += 1
    while at < end and continues(text[at]) and text[at] != c"$": at += 1
    if at >= end or text[at] != c"$" or CLASS[text[start + 1]] == c"d": return -1
    body = at + 1
    tag = body - start
    at = body
    while end - at >= tag:
        dollar = <const unsigned char *>memchr(text + at, c"$", end - at)
        if dollar == NULL: return -1
        at = dollar - text
        if end - at >= tag and memcmp(dollar, text + start, tag) == 0: return at + tag
        at += 1
    return -1


cdef Py_ssize_t after_quoted(const unsigned char *text, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """Behind the quoted identifier whose first byte inside is at; -1 where it does not end or is empty."""
    cdef Py_ssize_t start = at
    while at < end:
        if text[at] != c'"':
            at += 1
        elif at + 1 < end and text[at + 1] == c'"':
            at += 2
        else:
            return at + 1 if at > start else -1
    return -1


cdef Py_ssize_t after_escape(const unsigned char *text, Py_ssize_t at, Py_ssize_t end, int options) noexcept nogil:
    """Behind the UESCAPE and its string that belong to the U& token which ends at; at itself where none does."""
    cdef int comment = 0, i
    cdef Py_ssize_t start = at
    at = after_gap(text, at, end, &comment)
    if at < 0 or end - at < 7: return start
    for i in range(7):
        if text[at + i] | 0x20 != UESCAPE[i]: return start
    if end - at > 7 and continues(text[at + 7]): return start
    at = after_gap(text, at + 7, end, &comment)
    if at < 0 or at >= end: return -1
    if text[at] == c"'":
        return after_string(text, at + 1, end, c"e" if options & OPTION_ESCAPES else c"q")
    if end - at > 1 and text[at] | 0x20 == c"e" and text[at + 1] == c"'":
        return after_string(text, at + 2, end, c"e")
    return after_dollars(text, at, end) if text[at] == c"$" else -1


cdef Py_ssize_t after_prefixed(const unsigned char *text, Py_ssize_t at, Py_ssize_t end, int options,
                               int *kind) noexcept nogil:
    """Behind the token that starts with one of b e n u x and no letter behind: a string, a quoted identifier or a word."""
    cdef unsigned char prefix = text[at] | 0x20
    cdef unsigned char second = text[at + 1] if at + 1 < end else c" "
    cdef unsigned char third = text[at + 2] if at + 2 < end else c" "
    cdef Py_ssize_t after
    if prefix == c"u" and second == c"&" and (third == c"'" or third == c'"'):
        if third == c"'":
            kind[0] = LITERAL_STRING
            after = -1 if options & OPTION_ESCAPES else after_string(text, at + 3, end, c"q")
        else:
            kind[0] = TOKEN_UNICODE
            after = after_quoted(text, at + 3, end)
        return after if after < 0 else after_escape(text, after, end, options)
    if second == c"'" and prefix == c"e":
        kind[0] = LITERAL_STRING
        return after_string(text, at + 2, end, c"e")
    if second == c"'" and (prefix == c"b" or prefix == c"x"):
        kind[0] = LITERAL_BITS
        return after_string(text, at + 2, end, c"b")
    kind[0] = TOKEN_WORD  # n'…' is the word n (it means nchar) with a string behind it
    return at + 1


cdef Py_ssize_t after_junk(const unsigned char *text, Py_ssize_t at, Py_ssize_t end, int *kind) noexcept nogil:
    """Behind letters that follow a number or parameter at once: 1_000 and 0xff are one token since 16, an error in 15,
    two tokens before. -1 where a string could start in some versions and not in others."""
    kind[0] = TOKEN_NUMBER
    while at < end and continues(text[at]) and text[at] != c"$": at += 1
    if at >= end: return at
    if text[at] == c"$" or text[at] == c"'": return -1
    if text[at] == c"&" and text[at - 1] | 0x20 == c"u": return -1
    return at


cdef int integer_kind(const unsigned char *text, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    """The type that make_const gives these digits. Two values keep their text: a minus before them changes it."""
    cdef unsigned long long value = 0
    while at < end and text[at] == c"0": at += 1
    if end - at <= 9: return LITERAL_INT4
    if end - at > 19: return LITERAL_NUMERIC
    while at < end:
        value = value * 10 + (text[at] - c"0")
        at += 1
    if value == 0x80000000ULL or value == 0x8000000000000000ULL: return TOKEN_NUMBER
    if value < 0x80000000ULL: return LITERAL_INT4
    return LITERAL_INT8 if value < 0x8000000000000000ULL else LITERAL_NUMERIC


cdef inline Py_ssize_t after_digits(const unsigned char *text, Py_ssize_t at, Py_ssize_t end) noexcept nogil:
    while at < end and CLASS[text[at]] == c"d": at += 1
    return at


cdef Py_ssize_t after_number(const unsigned char *text, Py_ssize_t at, Py_ssize_t end, int *kind) noexcept nogil:
    """Behind the number that starts with a digit, or with a dot and a digit."""
    cdef Py_ssize_t power, start = at
    at = after_digits(text, at, end)
    kind[0] = integer_kind(text, start, at)
    if at < end and text[at] == c"." and not (at + 1 < end and text[at + 1] == c"." and at > start):
        kind[0] = LITERAL_NUMERIC
        at = after_digits(text, at + 1, end)
    if at < end and text[at] | 0x20 == c"e":
        power = at + 1
        if power < end and (text[power] == c"+" or text[power] == c"-"): power += 1
        if power < end and CLASS[text[power]] == c"d":
            kind[0] = LITERAL_NUMERIC
            at = after_digits(text, power, end)
            if at < end and text[at] == c"$": return -1  # 1e5$1: junk from 15 on, two tokens before
    return after_junk(text, at, end, kind) if at < end and starts(text[at]) else at


cdef Py_ssize_t after_operator(const unsigned char *text, Py_ssize_t at, Py_ssize_t end, Token *token) noexcept nogil:
    """Behind the operator that starts at. One of SQL's characters alone does not end in + or -."""
    cdef Py_ssize_t start = at, bare = at + 1
    cdef bint special = False
    cdef unsigned char byte
    if at < token.signs: return at + 1
    while at < end and operates(text[at]):
        byte = text[at]
        if at + 1 < end and ((byte == c"-" and text[at + 1] == c"-") or (byte == c"/" and text[at + 1] == c"*")): break
        at += 1
        if byte != c"+" and byte != c"-": bare = at
        if byte != c"+" and byte != c"-" and memchr(b"*/<>=", byte, 5) == NULL: special = True
    if special: return at
    token.signs = at  # behind the operator there are only signs up to here
    return bare


cdef Py_ssize_t after_other(const unsigned char *text, Py_ssize_t at, Py_ssize_t end, int options, Token *token,
                            int *word) noexcept nogil:
    """Behind the token at, which is neither word nor number; -1 where none can start so or it does not end."""
    cdef unsigned char kind = CLASS[text[at]], following = text[at + 1] if at + 1 < end else c" "
    if kind == c"'":
        word[0] = LITERAL_STRING
        return after_string(text, at + 1, end, c"e" if options & OPTION_ESCAPES else c"q")
    if kind == c'"':
        word[0] = TOKEN_QUOTED
        return after_quoted(text, at + 1, end)
    if kind == c"c" and CLASS[following] == c"d":
        word[0] = TOKEN_PARAM
        at = after_digits(text, at + 1, end)
        return after_junk(text, at, end, word) if at < end and starts(text[at]) else at
    if kind == c"c":
        word[0] = LITERAL_STRING
        return after_dollars(text, at, end)
    if kind == c"O" or kind == c"-" or kind == c"/":
        word[0] = TOKEN_OPERATOR
        return after_operator(text, at, end, token)
    if kind == c"X": return -1
    return at + 1 + ((kind == c"." and following == c".") or (kind == c":" and (following == c":" or following == c"=")))


cdef int next_token(const unsigned char *text, Py_ssize_t length, int options, Token *token) noexcept nogil:
    """Moves token to the one behind it and returns its kind. text holds no NUL (the caller looks once)."""
    cdef Py_ssize_t end, at = token.end
    cdef unsigned char kind, following
    cdef int word = TOKEN_MARK
    token.comment = 0
    if at < length and not continues(text[at]): at = after_gap(text, at, length, &token.comment)
    if at < 0 or at >= length:
        token.start = token.end = length
        token.kind = TOKEN_END if at >= 0 else TOKEN_BROKEN
        return token.kind
    kind = CLASS[text[at]]
    following = text[at + 1] if at + 1 < length else c" "
    end = at + 1
    if kind == c"a" or (kind == c"s" and continues(following)):
        word = TOKEN_WORD
        while end < length and continues(text[end]): end += 1
    elif kind == c"s":
        end = after_prefixed(text, at, length, options, &word)
    elif kind == c"d" or (kind == c"." and CLASS[following] == c"d"):
        end = after_number(text, at, length, &word)
    elif kind != c",":
        end = after_other(text, at, length, options, token, &word)
    token.start = at
    token.end = end if end >= 0 else length
    token.kind = word if end >= 0 else TOKEN_BROKEN
    return token.kind
