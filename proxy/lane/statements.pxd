from proxy.lane.state cimport Ruling, Sess
from proxy.template.lexer cimport Lexed

cdef Ruling *look_up(Sess *s, const unsigned char *text, Py_ssize_t size, const unsigned char *types, Py_ssize_t types_size, Lexed *lexed) noexcept nogil
cdef int on_query(Sess *s, const unsigned char *frame, Py_ssize_t size) noexcept nogil
cdef int on_parse(Sess *s, const unsigned char *frame, Py_ssize_t size) noexcept nogil
