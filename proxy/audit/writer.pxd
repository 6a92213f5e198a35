from proxy.audit.direct cimport Direct
from proxy.audit.queue cimport Buffer, Queue
from proxy.audit.segment cimport Segment

cdef struct Writer:
    Queue queue
    Segment segment
    Direct direct
    int unable                    # the kernel gives the lane no way to write
    Buffer *flying                # what the lane has framed and not published; NULL: nothing
    long long flying_position
    long long began_ns
    long long told                # what was durable at the lane's last turn

cdef int write_next_segment(Writer *writer, const char *why) noexcept nogil
cdef int write_frames(Writer *writer, Buffer *buffer) noexcept nogil
cdef void *write_until_stopped(void *argument) noexcept nogil
