"""Tokens as the server's scanner cuts them. A token's kind is one of the numbers below; 1 to 5 are literals."""

cdef enum:
    TOKEN_BROKEN = -1   # from token.start on, the text does not lex
    TOKEN_END = 0
    LITERAL_INT4 = 1
    LITERAL_INT8 = 2
    LITERAL_NUMERIC = 3
    LITERAL_STRING = 4  # '', E'', U&'' with its UESCAPE, $$
    LITERAL_BITS = 5    # b'', x''
    TOKEN_WORD = 6      # keyword or identifier without quotes
    TOKEN_QUOTED = 7    # "identifier"
    TOKEN_UNICODE = 8   # U&"identifier" with its UESCAPE
    TOKEN_PARAM = 9     # $1
    TOKEN_NUMBER = 10   # a number that the server's versions lex or type differently; keep it as it is written
    TOKEN_OPERATOR = 11
    TOKEN_MARK = 12     # , ( ) [ ] . ; : :: := ..

cdef enum:
    OPTION_ESCAPES = 1      # standard_conforming_strings is off
    OPTION_CLIENT_ONLY = 2  # the client's encoding has bytes below 0x80 inside characters: SJIS, BIG5, GBK, UHC, GB18030, JOHAB

cdef struct Token:
    Py_ssize_t start
    Py_ssize_t end      # exclusive; where the next token is looked for
    int kind
    int comment         # a comment stands before it
    Py_ssize_t signs    # up to here there are only + and -, each a token of its own

cdef int next_token(const unsigned char *text, Py_ssize_t length, int options, Token *token) noexcept nogil
