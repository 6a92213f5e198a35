from proxy.audit.queue cimport Buffer, Queue

cdef int queue_task(Queue *queue, Buffer **buffer, long long *position) noexcept nogil
cdef Buffer *queue_turn(Queue *queue, long long *position) noexcept nogil
cdef void queue_published(
    Queue *queue, Buffer *buffer, long long position, long long took_ns, long long written
) noexcept nogil
cdef void queue_publish(
    Queue *queue, Buffer *buffer, long long position, long long took_ns, long long written
) noexcept nogil
