"""A statement without its literals. See lexer.pyx."""

from proxy.template.scanner cimport (
    LITERAL_BITS, LITERAL_INT4, LITERAL_INT8, LITERAL_NUMERIC, LITERAL_STRING, OPTION_CLIENT_ONLY, OPTION_ESCAPES,
)

cdef enum:
    BROKEN = 1      # does not lex, or not alike in all versions: no template, no spans, no count
    OVERFLOW = 2    # more literals than there is room for: the template is whole, the spans are not
    COMMENTS = 4    # the text has comments

cdef struct Span:
    int start       # byte offset in the text
    int end         # exclusive
    int kind        # LITERAL_*

cdef struct Lexed:
    Py_ssize_t length   # bytes of template written
    int literals        # spans written
    int statements      # commands that are not empty
    int flags           # BROKEN, OVERFLOW, COMMENTS

cdef int lex(const unsigned char *text, Py_ssize_t length, int options, unsigned char *template, Span *spans,
             int spans_size, Lexed *result) noexcept nogil
