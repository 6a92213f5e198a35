# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Replaces the literals of SQL by typed placeholders and counts its commands.

Two texts have the same template only if the server's scanner gives the same tokens but for literal values of the same
kind. A literal becomes one byte, its kind (1 to 5); white space and comments become one space, none at either end;
the rest stays byte for byte. Shapes: text (length,), template (length,), spans (spans_size,). Source: manual,
"Lexical Structure"; gram.y for what a semicolon ends.
"""
from collections import namedtuple

from libc.limits cimport INT_MAX
from libc.stdlib cimport free, malloc
from libc.string cimport memchr, memcpy

from proxy.template.scanner cimport (
    TOKEN_BROKEN, TOKEN_END, TOKEN_MARK, TOKEN_NUMBER, TOKEN_PARAM, TOKEN_WORD, Token, next_token,
)

cdef enum Header:       # how far a command's first words look like CREATE [OR REPLACE] FUNCTION or PROCEDURE
    FRESH, OTHER, CREATE, OR, REPLACE, ROUTINE, BEGIN, BODY, BEGIN_IN_BODY

cdef struct Commands:   # where a text's commands end
    int count
    Header header
    int depth           # of parentheses: CREATE RULE has semicolons inside them
    bint pause          # the last token is one behind which a routine's body may END
    bint doubtful


cdef bint spells(const unsigned char *text, const Token *token, const char *word, Py_ssize_t size) noexcept nogil:
    """Whether an unquoted word is this one, given in lower case."""
    cdef Py_ssize_t i
    if token.end - token.start != size: return False
    for i in range(size):
        if text[token.start + i] | 0x20 != word[i]: return False
    return True


cdef Header routine(const unsigned char *text, const Token *token, Header header) noexcept nogil:
    """The header behind one more word at the start of a command."""
    if header == FRESH: return CREATE if spells(text, token, b"create", 6) else OTHER
    if header == CREATE and spells(text, token, b"or", 2): return OR
    if header == OR: return REPLACE if spells(text, token, b"replace", 7) else OTHER
    if spells(text, token, b"function", 8) or spells(text, token, b"procedure", 9): return ROUTINE
    return OTHER


cdef void body(const unsigned char *text, const Token *token, Commands *commands) noexcept nogil:
    """One more token behind CREATE FUNCTION, outside parentheses. BEGIN ATOMIC opens a body, in which END closes only
    where a statement could start: routine_body_stmt_list in gram.y. A body inside a body is doubtful."""
    cdef bint word = token.kind == TOKEN_WORD
    if word and spells(text, token, b"begin", 5):
        commands.header = BEGIN if commands.header < BODY else BEGIN_IN_BODY
    elif commands.header == BEGIN:
        commands.header = BODY if word and spells(text, token, b"atomic", 6) else ROUTINE
        commands.pause = True
        return
    elif commands.header == BEGIN_IN_BODY:
        commands.doubtful |= word and spells(text, token, b"atomic", 6)
        commands.header = BODY
    elif commands.header == BODY and word and commands.pause and spells(text, token, b"end", 3):
        commands.header = OTHER
    commands.pause = token.kind == TOKEN_MARK and text[token.start] == c";"


cdef bint command(const unsigned char *text, const Token *token, Commands *commands) noexcept nogil:
    """Takes one more token; whether it is a semicolon that ends a command."""
    cdef unsigned char mark = text[token.start] if token.kind == TOKEN_MARK else 0
    if mark == c"(": commands.depth += 1
    elif mark == c")" and commands.depth > 0: commands.depth -= 1
    elif mark == c";" and commands.depth == 0 and commands.header < BODY:
        commands.header = FRESH
        return True
    if commands.header == FRESH: commands.count += 1
    if commands.header >= ROUTINE:
        if commands.depth == 0: body(text, token, commands)
    elif commands.header != OTHER:
        commands.header = routine(text, token, commands.header) if token.kind == TOKEN_WORD else OTHER
    return False


cdef bint readable(const unsigned char *text, Py_ssize_t length, int options) noexcept nogil:
    """What the scanner needs: no NUL, offsets that fit, and an encoding in which a quote is a quote."""
    cdef Py_ssize_t at
    if length > INT_MAX or (length and memchr(text, 0, length) != NULL): return False
    if options & OPTION_CLIENT_ONLY:
        for at in range(length):
            if text[at] >= 0x80: return False
    return True


cdef int lex(const unsigned char *text, Py_ssize_t length, int options, unsigned char *template, Span *spans,
             int spans_size, Lexed *result) noexcept nogil:
    """Fills template, spans and result; returns result.flags. template has room for length bytes."""
    cdef Token token = Token(0, 0, 0, 0, 0)
    cdef Commands commands = Commands(0, FRESH, 0, False, False)
    cdef Py_ssize_t i, size, used = 0, last = 0
    result.length = result.literals = result.statements = result.flags = 0
    if not readable(text, length, options):
        result.flags = BROKEN
        return BROKEN
    while next_token(text, length, options, &token) > TOKEN_END:
        if token.comment: result.flags |= COMMENTS
        if token.start > last and used:
            template[used] = c" "
            used += 1
        last = token.end
        size = last - token.start
        if token.kind <= LITERAL_BITS:
            template[used] = <unsigned char>token.kind
            used += 1
            if result.literals < spans_size:
                spans[result.literals] = Span(<int>token.start, <int>last, token.kind)
                result.literals += 1
            else:
                result.flags |= OVERFLOW
        else:
            if size <= 16:  # most words and marks; cheaper than a call
                for i in range(size): template[used + i] = text[token.start + i]
            else:
                memcpy(template + used, text + token.start, size)
            used += size
        if token.kind == TOKEN_MARK or commands.header != OTHER: command(text, &token, &commands)
    if token.comment: result.flags |= COMMENTS
    if token.kind == TOKEN_BROKEN or commands.doubtful or commands.header >= BODY:
        result.literals = 0
        result.flags = BROKEN
        return BROKEN
    result.length = used
    result.statements = commands.count
    return result.flags


Literal = namedtuple("Literal", ["start", "end", "kind"])
LexedText = namedtuple("LexedText", ["template", "literals", "statements", "flags", "signs"])
TokenText = namedtuple("TokenText", ["kind", "start", "end", "until"])  # until: the end of what was cut behind it


cdef tuple signs(const unsigned char *text, Py_ssize_t length, int options, int literals):
    cdef Token token = Token(0, 0, 0, 0, 0)
    cdef Py_ssize_t minus = -1
    found = []
    while len(found) < literals and next_token(text, length, options, &token) > TOKEN_END:
        if token.kind <= LITERAL_BITS: found.append(minus)
        minus = token.start if is_byte(text, &token, c"-") else -1
    return tuple(found)


cdef class Lexer:
    """The lexer for Python. spans: room for literals; more of them set OVERFLOW."""

    cdef Span *_spans
    cdef int _size

    def __cinit__(self, int spans=1024):
        if spans < 0: raise ValueError("spans: not negative")
        self._size = spans
        self._spans = <Span *>malloc((spans + 1) * sizeof(Span))
        if self._spans == NULL: raise MemoryError()

    def __dealloc__(self):
        free(self._spans)

    def lex(self, bytes text not None, int options=0):
        """The template of text (n,), its literals, how many commands it holds, the flags of lexer.pxd, and for each literal
        where the minus is that stands right before it, else -1: there the server's tree puts a negative constant."""
        cdef Lexed found
        cdef int i
        cdef unsigned char *template = <unsigned char *>malloc(len(text) + 1)
        if template == NULL: raise MemoryError()
        try:
            lex(text, len(text), options, template, self._spans, self._size, &found)
            literals = [Literal(self._spans[i].start, self._spans[i].end, self._spans[i].kind)
                        for i in range(found.literals)]
            return LexedText(template[:found.length], tuple(literals), found.statements, found.flags,
                             signs(text, len(text), options, found.literals))
        finally:
            free(template)


cdef bint constant(const unsigned char *text, const Token *token) noexcept nogil:
    """Whether a token is a value by itself."""
    if token.kind <= LITERAL_BITS or token.kind == TOKEN_PARAM or token.kind == TOKEN_NUMBER: return True
    if token.kind != TOKEN_WORD: return False
    return (spells(text, token, b"null", 4) or spells(text, token, b"default", 7) or spells(text, token, b"true", 4)
            or spells(text, token, b"false", 5))


cdef bint is_byte(const unsigned char *text, const Token *token, unsigned char byte) noexcept nogil:
    return token.end - token.start == 1 and text[token.start] == byte


cdef bint is_cast(const unsigned char *text, const Token *token) noexcept nogil:
    return token.end - token.start == 2 and text[token.start] == c":" and text[token.start + 1] == c":"


cdef Py_ssize_t cut(const unsigned char *text, Token *last, Py_ssize_t size) noexcept nogil:
    """How many of size tokens, of which last is the last, stay when what repeats is cut from their end:
    , S behind S; , (S) behind (S); ::type behind S; a sign before S in a list. S is a constant. What stays remembers in
    signs, which has done its work, how far the text goes that it stands for."""
    cdef int gone
    while size >= 3:
        gone = repeats(text, last, size)
        if gone == 0: return size
        if gone == 1:
            (last - 1)[0] = last[0]
        else:
            (last - gone).signs = last.signs
        size -= gone
        last -= gone
    return size


cdef int repeats(const unsigned char *text, Token *last, Py_ssize_t size) noexcept nogil:
    """How many tokens at the end may go: 4 of (S), (S), 2 of S, S and S::type, 1 of -S in a list, else 0."""
    if is_byte(text, last, c")"):
        return 4 if (
            size >= 7 and is_byte(text, last - 6, c"(") and constant(text, last - 5) and is_byte(text, last - 4, c")")
            and is_byte(text, last - 3, c",") and is_byte(text, last - 2, c"(") and constant(text, last - 1)) else 0
    if last.kind == TOKEN_WORD and is_cast(text, last - 1) and constant(text, last - 2): return 2
    if not constant(text, last): return 0
    if is_byte(text, last - 1, c",") and constant(text, last - 2): return 2
    if not is_byte(text, last - 1, c"-") and not is_byte(text, last - 1, c"+"): return 0
    return 1 if is_byte(text, last - 2, c",") or is_byte(text, last - 2, c"(") else 0


cdef list texts(Token *kept, Py_ssize_t size):
    return [TokenText(kept[i].kind, kept[i].start, kept[i].end, kept[i].signs) for i in range(size)]


cdef list gather(const unsigned char *text, Py_ssize_t length, int options, Token *kept, Py_ssize_t most, bint cuts):
    """The commands as lists of tokens; None where the text is broken or holds more tokens than most."""
    cdef Token token = Token(0, 0, 0, 0, 0)
    cdef Commands commands = Commands(0, FRESH, 0, False, False)
    cdef Py_ssize_t size = 0
    found = []
    while next_token(text, length, options, &token) > TOKEN_END:
        if command(text, &token, &commands):
            if size: found.append(texts(kept, size))
            most -= size + 1
            size = 0
            continue
        if size >= most: return None
        kept[size] = token
        kept[size].signs = token.end
        size += 1
        if cuts: size = cut(text, &kept[size - 1], size)
    if token.kind == TOKEN_BROKEN or commands.doubtful or commands.header >= BODY: return None
    if size: found.append(texts(kept, size))
    return found


def outline(bytes text not None, int options, Py_ssize_t most, Py_ssize_t cut_from):
    """The commands of text (n,) as lists of tokens (kind, start, end); of more than cut_from tokens, lists of constants
    keep their first entry alone. None where it is broken, or where more than most tokens are left."""
    cdef const unsigned char *data = text
    cdef Token *kept
    if not 0 < cut_from <= most: raise ValueError("most: at least cut_from")
    if not readable(data, len(text), options): return None
    kept = <Token *>malloc(most * sizeof(Token))
    if kept == NULL: raise MemoryError()
    try:
        found = gather(data, len(text), options, kept, cut_from, False)
        return gather(data, len(text), options, kept, most, True) if found is None else found
    finally:
        free(kept)


def tokens(bytes text not None, int options=0):
    """The tokens of text (n,) as (kind, start, end), or None where it does not lex."""
    cdef Token token = Token(0, 0, 0, 0, 0)
    cdef const unsigned char *data = text
    if not readable(data, len(text), options): return None
    found = []
    while next_token(data, len(text), options, &token) > TOKEN_END:
        found.append(TokenText(token.kind, token.start, token.end, token.end))
    return None if token.kind == TOKEN_BROKEN else found


def split(bytes text not None, int options=0):
    """Where the commands of text (n,) that are not empty start and end, in bytes, without their semicolons; None where
    it does not lex or cannot be split with certainty."""
    cdef Token token = Token(0, 0, 0, 0, 0)
    cdef Commands commands = Commands(0, FRESH, 0, False, False)
    cdef const unsigned char *data = text
    cdef Py_ssize_t start = -1, last = 0
    if not readable(data, len(text), options): return None
    found = []
    while next_token(data, len(text), options, &token) > TOKEN_END:
        if command(data, &token, &commands):
            if start >= 0: found.append((start, last))
            start = -1
            continue
        if start < 0: start = token.start
        last = token.end
    if token.kind == TOKEN_BROKEN or commands.doubtful or commands.header >= BODY: return None
    if start >= 0: found.append((start, last))
    return found
