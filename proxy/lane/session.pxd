from proxy.lane.state cimport Sess
from proxy.lane.together cimport Shared

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
