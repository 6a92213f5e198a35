from proxy.audit.queue cimport Queue
from proxy.audit.segment cimport Segment

cdef struct Writer:
    Queue queue
    Segment segment

cdef int write_next_segment(Writer *writer, const char *why) noexcept nogil
cdef void *write_until_stopped(void *argument) noexcept nogil
