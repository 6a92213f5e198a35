# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""The queue between lane and writer, the lane's side; for other compiled modules only (queue.pxd).

The lane's side costs one uncontended lock and one copy. The writer holds the lock only to change the buffers. What does
not fit is refused and counted; nothing that was given a position is dropped, unless the writer fails, and then nothing
behind it is ever called durable. The writer is a thread, or the lane itself while `driven` is set (turn.pyx); its side is in taking.pyx.
"""

from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset
from posix.time cimport timespec

from proxy.audit.codec cimport fill_item, plan_item
from proxy.audit.frame cimport KIND_NOTE
from proxy.audit.shelf cimport DEFINITION_USED, Definition, shelf_close, shelf_get, shelf_open
from proxy.audit.threads cimport (
    CLOCK_MONOTONIC, clock_ns, load, moment, pthread_cond_broadcast, pthread_cond_destroy, pthread_cond_init,
    pthread_cond_signal, pthread_cond_timedwait, pthread_condattr_init, pthread_condattr_setclock, pthread_condattr_t,
    pthread_mutex_destroy, pthread_mutex_init, pthread_mutex_lock, pthread_mutex_unlock, store,
)


cdef extern from "<sys/eventfd.h>" nogil:
    int eventfd(unsigned int value, int flags)
    int eventfd_write(int fd, unsigned long long value)
    int EFD_CLOEXEC
    int EFD_NONBLOCK

cdef extern from "<sys/timerfd.h>" nogil:
    int timerfd_create(int clock, int flags)
    int TFD_CLOEXEC
    int TFD_NONBLOCK

cdef extern from "<unistd.h>" nogil:
    int close(int fd)


cdef int queue_open(Queue *queue, int mode, Py_ssize_t size) noexcept nogil:
    """Begins an empty queue in zeroed memory. size: of both buffers, in bytes. -1: no memory or no descriptor."""
    cdef pthread_condattr_t clock
    cdef int index
    pthread_mutex_init(&queue.lock, NULL)
    pthread_condattr_init(&clock)
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC)
    pthread_cond_init(&queue.filled, &clock)
    pthread_cond_init(&queue.moved, &clock)
    queue.mode, queue.size = mode, size // 2
    queue.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)
    queue.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK) if mode == MODE_DURABLE else -1
    for index in range(2 if mode != MODE_OFF else 0):
        queue.buffers[index].data = <unsigned char *>malloc(queue.size)
        if queue.buffers[index].data == NULL:
            return -1
        memset(queue.buffers[index].data, 0, queue.size)  # the kernel gives the pages now, not to the lane
    return -1 if queue.wake_fd < 0 or shelf_open(&queue.sessions) < 0 or shelf_open(&queue.statements) < 0 else 0


cdef void queue_close(Queue *queue) noexcept nogil:
    """Frees what queue_open took. No thread uses the queue any more."""
    free(queue.buffers[0].data)
    free(queue.buffers[1].data)
    shelf_close(&queue.sessions)
    shelf_close(&queue.statements)
    pthread_cond_destroy(&queue.filled)
    pthread_cond_destroy(&queue.moved)
    pthread_mutex_destroy(&queue.lock)
    if queue.wake_fd >= 0:
        close(queue.wake_fd)
    if queue.timer_fd >= 0:
        close(queue.timer_fd)


cdef inline bint _in_force(Definition *definition) noexcept nogil:
    return definition != NULL and definition.state == DEFINITION_USED


cdef inline unsigned char *_room(Queue *queue, Py_ssize_t size) noexcept nogil:
    """Where size bytes go; NULL: nowhere. The lock is held."""
    cdef Buffer *buffer = &queue.buffers[queue.active]
    if queue.state > STATE_RUNNING or queue.stopping or queue.size - buffer.used < size:
        return NULL
    return buffer.data + buffer.used


cdef inline long long _taken(Queue *queue, Py_ssize_t size) noexcept nogil:
    """The position of an item of size bytes that was put where _room said. The lock is held."""
    cdef Buffer *buffer = &queue.buffers[queue.active]
    cdef bint first = buffer.used == 0
    buffer.used += size
    if first:
        buffer.first_ns = clock_ns(CLOCK_MONOTONIC)
    queue.appended += 1
    if queue.driven:
        if not queue.poked:
            queue.poked = 1
            eventfd_write(queue.wake_fd, 1)
        return queue.appended
    if queue.gathering and (load(&queue.running) <= 0 or buffer.used > queue.size // 2):
        queue.gathering = 0
        pthread_cond_signal(&queue.filled)
    if queue.idle and (first or queue.mode == MODE_DURABLE or buffer.used > queue.size // 2):
        queue.idle = 0
        pthread_cond_signal(&queue.filled)
    return queue.appended


cdef long long _refused(Queue *queue) noexcept nogil:
    queue.refused += 1
    return -1


cdef long long _counted(Queue *queue) noexcept nogil:
    """Mode off: a position that is as durable as it gets. The lock is held."""
    queue.appended += 1
    store(&queue.durable, queue.appended)
    return queue.appended


cdef long long queue_execution(Queue *queue, const Execution *execution, const Value *values, int count) noexcept nogil:
    """Copies an execution and its values into the active buffer. Its position, or -1: it was not taken."""
    cdef int stored = 0
    cdef Py_ssize_t size = plan_item(execution, values, count, &queue.limits, &stored)
    cdef unsigned char *at
    cdef long long position
    pthread_mutex_lock(&queue.lock)
    if queue.mode == MODE_OFF:
        position = _counted(queue)
    elif not _in_force(shelf_get(&queue.sessions, execution.session)) or \
            not _in_force(shelf_get(&queue.statements, execution.statement)):
        position = _refused(queue)
    else:
        at = _room(queue, size)
        if at == NULL:
            position = _refused(queue)
        else:
            fill_item(at, size, execution, values, stored, count, &queue.limits, &queue.digests)
            position = _taken(queue, size)
    pthread_mutex_unlock(&queue.lock)
    return position


cdef void queue_running(Queue *queue, int more) noexcept nogil:
    """So many more statements are under way. Only the lane's thread calls it; the writer reads."""
    store(&queue.running, load(&queue.running) + more)


cdef long long queue_note(Queue *queue, const NoteItem *head, const unsigned char *json) noexcept nogil:
    """Copies a note: session (0: none), serial, time and length of head, and the JSON. Its position, or -1."""
    cdef Py_ssize_t size = (<Py_ssize_t>sizeof(NoteItem) + head.length + 7) & ~<Py_ssize_t>7
    cdef unsigned char *at
    cdef long long position
    pthread_mutex_lock(&queue.lock)
    if queue.mode == MODE_OFF:
        position = _counted(queue)
    elif head.session != 0 and not _in_force(shelf_get(&queue.sessions, head.session)):
        position = _refused(queue)
    else:
        at = _room(queue, size)
        if at == NULL:
            position = _refused(queue)
        else:
            (<NoteItem *>at)[0] = head[0]
            (<NoteItem *>at).size, (<NoteItem *>at).kind = <unsigned int>size, KIND_NOTE
            memcpy(at + sizeof(NoteItem), json, head.length)
            position = _taken(queue, size)
    pthread_mutex_unlock(&queue.lock)
    return position


cdef void queue_fail(Queue *queue, int error, const char *what) noexcept nogil:
    """Nothing more is taken and nothing more becomes durable."""
    pthread_mutex_lock(&queue.lock)
    queue.state, queue.error, queue.failed = STATE_FAILED, error, what
    pthread_cond_broadcast(&queue.moved)
    pthread_mutex_unlock(&queue.lock)
    eventfd_write(queue.wake_fd, 1)


cdef int queue_wait(Queue *queue, long long position, long long timeout_ns) noexcept nogil:
    """Blocks until position is durable: 1. 0: the time is up, or it never will be."""
    cdef long long until = clock_ns(CLOCK_MONOTONIC) + timeout_ns
    cdef timespec at = moment(until)
    cdef int done
    pthread_mutex_lock(&queue.lock)
    while load(&queue.durable) < position and queue.state <= STATE_RUNNING and clock_ns(CLOCK_MONOTONIC) < until:
        pthread_cond_timedwait(&queue.moved, &queue.lock, &at)
    done = load(&queue.durable) >= position
    pthread_mutex_unlock(&queue.lock)
    return done


cdef void queue_hurry(Queue *queue) noexcept nogil:
    """What waits is written now, whatever the mode says."""
    pthread_mutex_lock(&queue.lock)
    queue.urgent = 1
    pthread_cond_signal(&queue.filled)
    pthread_mutex_unlock(&queue.lock)
    eventfd_write(queue.wake_fd, 1)
