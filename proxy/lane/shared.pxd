from proxy.audit.execution cimport Value
from proxy.lane.state cimport Bound, Prepared, Ruling
from proxy.template.lexer cimport Span

cdef void hold_ruling(Ruling *ruling) noexcept nogil
cdef void drop_ruling(Ruling *ruling) noexcept nogil
cdef Prepared *new_prepared(Py_ssize_t *kept, Ruling *ruling, unsigned long long context, const unsigned char *parse, Py_ssize_t size, const Span *spans, int literals) noexcept nogil
cdef void drop_prepared(Prepared *prepared) noexcept nogil
cdef Bound *new_bound(Py_ssize_t *kept, Ruling *ruling, const Value *values, int count) noexcept nogil
cdef void drop_bound(Bound *bound) noexcept nogil
cdef void drop_copy(Bound *bound) noexcept nogil
cdef int set_formats(Bound *bound, int columns) noexcept nogil
