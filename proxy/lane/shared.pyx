"""What names, replies and the table point at, shared by counting: rulings, prepared statements, executions."""

from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from proxy.audit.execution cimport Value
from proxy.lane.state cimport Bound, Prepared, Ruling
from proxy.masking.copying cimport release_copy
from proxy.template.lexer cimport Span

cdef enum:
    VALUE_LIMIT = 1024         # bytes kept of one bound value for the record
    VALUES_LIMIT = 65536       # and of all values of one execution; what stands behind is left out


cdef void hold_ruling(Ruling *ruling) noexcept nogil:
    if ruling != NULL:
        ruling.refs += 1


cdef void drop_ruling(Ruling *ruling) noexcept nogil:
    """The Verdict looks at the count when it has the GIL; nothing is freed here."""
    if ruling != NULL:
        ruling.refs -= 1


cdef Prepared *new_prepared(Py_ssize_t *kept, Ruling *ruling, unsigned long long context, const unsigned char *parse, Py_ssize_t size,
                            const Span *spans, int literals) noexcept nogil:
    cdef Py_ssize_t weight = sizeof(Prepared) + literals * sizeof(Span) + size
    cdef Prepared *prepared = <Prepared *> malloc(weight)
    if prepared == NULL:
        return NULL
    prepared.refs = 1
    prepared.kept, prepared.weight = kept, weight
    kept[0] += weight
    prepared.ruling = ruling
    prepared.context = context
    prepared.size = size
    prepared.literals = literals
    prepared.spans = <Span *> (prepared + 1)
    prepared.parse = <unsigned char *> (prepared.spans + literals)
    prepared.text_at = 0
    memcpy(prepared.spans, spans, literals * sizeof(Span))
    memcpy(prepared.parse, parse, size)
    hold_ruling(ruling)
    return prepared


cdef void hold_prepared(Prepared *prepared) noexcept nogil:
    if prepared != NULL:
        prepared.refs += 1


cdef void drop_prepared(Prepared *prepared) noexcept nogil:
    if prepared == NULL:
        return
    prepared.refs -= 1
    if prepared.refs == 0:
        drop_ruling(prepared.ruling)
        prepared.kept[0] -= prepared.weight
        free(prepared)


cdef Bound *new_bound(Py_ssize_t *kept, Ruling *ruling, const Value *values, int count) noexcept nogil:
    cdef Py_ssize_t bytes_ = 0
    cdef Py_ssize_t size
    cdef Bound *bound
    cdef unsigned char *at
    cdef int i, length
    for i in range(count):
        if values[i].length > 0:
            bytes_ += min(values[i].length, VALUE_LIMIT)
            if bytes_ > VALUES_LIMIT:
                bytes_ -= min(values[i].length, VALUE_LIMIT)
                count = i
                break
    size = sizeof(Bound) + count * sizeof(Value) + bytes_
    bound = <Bound *> malloc(size)
    if bound == NULL:
        return NULL
    bound.refs = 1
    bound.kept, bound.weight = kept, size
    kept[0] += size
    bound.ruling = ruling
    bound.described = -1
    bound.formats = NULL
    bound.copy = NULL
    bound.count = count
    bound.values = <Value *> (bound + 1)
    at = <unsigned char *> (bound.values + count)
    for i in range(count):
        length = min(values[i].length, VALUE_LIMIT)
        bound.values[i].kind = values[i].kind
        bound.values[i].length = length
        bound.values[i].data = at
        if length > 0:
            memcpy(at, values[i].data, length)
            at += length
    hold_ruling(ruling)
    return bound


cdef void drop_bound(Bound *bound) noexcept nogil:
    if bound == NULL:
        return
    bound.refs -= 1
    if bound.refs == 0:
        drop_ruling(bound.ruling)
        free(bound.formats)
        drop_copy(bound)
        bound.kept[0] -= bound.weight
        free(bound)


cdef void drop_copy(Bound *bound) noexcept nogil:
    if bound.copy != NULL:
        release_copy(bound.copy)
        free(bound.copy)
        bound.copy = NULL


cdef int set_formats(Bound *bound, int columns) noexcept nogil:
    """Room for one format a column; what stood there is forgotten."""
    if bound.formats != NULL and columns <= bound.described:
        bound.described = columns
        return 0
    free(bound.formats)
    bound.formats = <unsigned char *> calloc(columns if columns else 1, 1)
    bound.described = columns if bound.formats != NULL else -1
    return 0 if bound.formats != NULL else -1


# -- names --
