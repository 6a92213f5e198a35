from proxy.lane.state cimport Queue, Run, Sess
from proxy.masking.cell cimport Out

cdef int reserve(Out *out, Py_ssize_t more) noexcept nogil
cdef int append(Out *out, const unsigned char *data, Py_ssize_t size) noexcept nogil
cdef void release_out(Out *out) noexcept nogil
cdef void drop_front(Out *out, Py_ssize_t size) noexcept nogil
cdef int settle_run(Queue *queue, Run *run) noexcept nogil
cdef int put_server(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil
cdef int put_client(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil
cdef int pass_server(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil
cdef int pass_client(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil
