from proxy.audit.execution cimport Value
from proxy.template.lexer cimport Span

from proxy.lane.state cimport Bound, Name, Names, Out, Owed, Prepared, Queue, Ruling, Run, Sess

cdef int reserve(Out *out, Py_ssize_t more) noexcept nogil
cdef int append(Out *out, const unsigned char *data, Py_ssize_t size) noexcept nogil
cdef void drop_front(Out *out, Py_ssize_t size) noexcept nogil
cdef void release_out(Out *out) noexcept nogil

cdef int put_server(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil
cdef int put_client(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil
cdef int pass_server(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil
cdef int pass_client(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil
cdef int settle_run(Queue *queue, Run *run) noexcept nogil

cdef Owed *owe(Sess *s, int kind, int fate) noexcept nogil
cdef Owed *due(Sess *s) noexcept nogil
cdef void paid(Sess *s) noexcept nogil
cdef void unpaid(Sess *s, Owed *owed) noexcept nogil
cdef unsigned int owed_count(Sess *s) noexcept nogil
cdef Owed *last_owed(Sess *s) noexcept nogil
cdef void skip_to_sync(Sess *s) noexcept nogil
cdef void forget_doubtful(Sess *s) noexcept nogil
cdef int all_doubtful(Sess *s) noexcept nogil

cdef Name *find(Names *names, const unsigned char *text, Py_ssize_t size) noexcept nogil
cdef Name *intern(Names *names, const unsigned char *text, Py_ssize_t size) noexcept nogil
cdef void forget_statements(Names *names) noexcept nogil
cdef void forget_portals(Names *names) noexcept nogil

cdef Prepared *new_prepared(Ruling *ruling, unsigned long long context, const unsigned char *parse, Py_ssize_t size, const Span *spans, int literals) noexcept nogil
cdef void hold_prepared(Prepared *prepared) noexcept nogil
cdef void drop_prepared(Prepared *prepared) noexcept nogil
cdef Bound *new_bound(Ruling *ruling, const Value *values, int count) noexcept nogil
cdef void drop_bound(Bound *bound) noexcept nogil
cdef int set_formats(Bound *bound, int columns) noexcept nogil
cdef void hold_ruling(Ruling *ruling) noexcept nogil
cdef void drop_ruling(Ruling *ruling) noexcept nogil
cdef void free_session(Sess *s) noexcept nogil
