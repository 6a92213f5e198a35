"""Byte queues: what is sent, what waits to be sent, and the slice at hand that leaves without a copy."""

from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memmove

from proxy.lane.state cimport Queue, Run, Sess
from proxy.masking.cell cimport Out

cdef enum:
    KEPT = 65536               # an empty queue larger than this gives its memory back

cdef Py_ssize_t MOST = <Py_ssize_t> 1 << 40  # no size comes near it; below it no sum overflows


cdef int reserve(Out *out, Py_ssize_t more) noexcept nogil:
    cdef Py_ssize_t size = out.size if out.size else 256
    cdef unsigned char *data
    if more <= out.size - out.used:
        return 0
    if more > MOST - out.used:
        return -1
    while size < out.used + more:
        size *= 2
    data = <unsigned char *> realloc(out.data, size)
    if data == NULL:
        return -1
    out.data = data
    out.size = size
    return 0


cdef int append(Out *out, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    if reserve(out, size) < 0:
        return -1
    if size <= 0:
        return 0
    memcpy(out.data + out.used, data, size)
    out.used += size
    return 0


cdef void release_out(Out *out) noexcept nogil:
    free(out.data)
    out.data = NULL
    out.used = out.size = 0


cdef void drop_front(Out *out, Py_ssize_t size) noexcept nogil:
    if size >= out.used:
        out.used = 0
        if out.size > KEPT:
            release_out(out)
        return
    memmove(out.data, out.data + size, out.used - size)
    out.used -= size


cdef int settle_run(Queue *queue, Run *run) noexcept nogil:
    """Copies the slice at hand behind what is queued, so that the chunk it lies in may go."""
    cdef int failed = 0
    if run.size:
        failed = append(&queue.out, run.data, run.size)
        run.size = 0
    return failed


cdef int put(Queue *queue, Run *run, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    if settle_run(queue, run) < 0:
        return -1
    return append(&queue.out, data, size)


cdef int pass_on(Queue *queue, Run *run, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    """Adds a slice of the chunk at hand; neighbours grow together and leave without a copy."""
    if run.size and run.data + run.size == data:
        run.size += size
        return 0
    if run.size == 0 and queue.out.used == queue.start:
        run.data = data
        run.size = size
        return 0
    return put(queue, run, data, size)


cdef int put_server(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    s.counters.bytes_to_server += size
    return put(&s.to_server, &s.run_server, data, size)


cdef int put_client(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    s.counters.bytes_to_client += size
    s.queued += size
    return put(&s.to_client, &s.run_client, data, size)


cdef int pass_server(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    s.counters.bytes_to_server += size
    return pass_on(&s.to_server, &s.run_server, data, size)


cdef int pass_client(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    s.counters.bytes_to_client += size
    s.queued += size
    return pass_on(&s.to_client, &s.run_client, data, size)


# -- shared by counting --
