from proxy.lane.state cimport Counters, Sess, Workspace
from proxy.lane.table cimport Table

cdef class Shared:
    cdef readonly Table table
    cdef readonly object spool
    cdef bytes moves
    cdef bytes answers
    cdef Counters counters
    cdef Workspace work
    cdef int audit
    cdef Py_ssize_t buffer_limit
    cdef Py_ssize_t message_limit
    cdef Py_ssize_t tap_limit

cdef class Session:
    cdef Sess s
    cdef Shared shared
    cdef public object handler
    cdef object fallbacks
    cdef bytes why
    cdef void *link
    cdef void (*pump_link)(void *link) noexcept
    cdef int idle(self) except -1
    cdef int set_shield(self, bytes packed) except -1
    cdef int release(self) except -1
    cdef int pump(self) except -1

cdef int from_client(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil
cdef int from_server(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil
cdef int go_on(Sess *s) noexcept nogil
cdef int abandon(Sess *s) noexcept nogil
