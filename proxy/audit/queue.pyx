# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""The queue between lane and writer; for other compiled modules only (queue.pxd).

The lane's side costs one uncontended lock and one copy. The writer holds the lock only to change the buffers. What does
not fit is refused and counted; nothing that was given a position is dropped, unless the writer fails, and then nothing
behind it is ever called durable.
"""

from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset
from posix.time cimport timespec

from proxy.audit.codec cimport fill_item, plan_item
from proxy.audit.frame cimport KIND_NOTE
from proxy.audit.shelf cimport DEFINITION_USED, Definition, shelf_close, shelf_get, shelf_open, shelf_sweep
from proxy.audit.threads cimport (
    CLOCK_MONOTONIC, clock_ns, load, moment, pthread_cond_broadcast, pthread_cond_destroy, pthread_cond_init,
    pthread_cond_signal, pthread_cond_timedwait, pthread_condattr_init, pthread_condattr_setclock, pthread_condattr_t,
    pthread_mutex_destroy, pthread_mutex_init, pthread_mutex_lock, pthread_mutex_unlock, store,
)
from proxy.observe.histogram cimport histogram_add


cdef extern from "<sys/eventfd.h>" nogil:
    int eventfd(unsigned int value, int flags)
    int eventfd_write(int fd, unsigned long long value)
    int EFD_CLOEXEC
    int EFD_NONBLOCK

cdef extern from "<unistd.h>" nogil:
    int close(int fd)

cdef long long LONGEST_WAIT_NS = 1000000000  # the writer looks up once a second, whatever it was told
cdef long long GATHER_NS = 500_000  # the longest that a commit waits for company


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


cdef Buffer *queue_take(Queue *queue, long long *position) noexcept nogil:
    """Waits for items and takes the buffer that has them, up to position; NULL: the queue is stopping and empty."""
    cdef Buffer *buffer
    cdef long long now, until
    pthread_mutex_lock(&queue.lock)
    while True:
        buffer = &queue.buffers[queue.active]
        now = clock_ns(CLOCK_MONOTONIC)
        until = now + LONGEST_WAIT_NS
        if queue.stopping or (buffer.used > 0 and queue.urgent):
            break
        if buffer.used > 0 and queue.mode == MODE_DURABLE:
            if load(&queue.running) <= 0 or buffer.first_ns + GATHER_NS <= now or buffer.used > queue.size // 2:
                break
            _gather(queue, buffer.first_ns + GATHER_NS)
            continue
        if buffer.used > queue.size // 2 or (buffer.used > 0 and buffer.first_ns + queue.flush_ns <= now):
            break
        if buffer.used > 0 and buffer.first_ns + queue.flush_ns < until:
            until = buffer.first_ns + queue.flush_ns
        _sleep(queue, until)
    queue.urgent = 0
    position[0] = queue.appended
    if buffer.used > 0:
        queue.active = 1 - queue.active
        queue.draining_ns = buffer.first_ns
    else:
        buffer = NULL
    pthread_mutex_unlock(&queue.lock)
    return buffer


cdef void _sleep(Queue *queue, long long until) noexcept nogil:
    """The writer waits. The lock is held before and after."""
    cdef timespec at = moment(until)
    queue.idle = 1
    pthread_cond_timedwait(&queue.filled, &queue.lock, &at)
    queue.idle = 0


cdef void _gather(Queue *queue, long long until) noexcept nogil:
    """The writer waits for the statements under way, and is woken by the last of them: one commit for many costs
    processor and disk a fraction (manual, "commit_delay"). The lock is held before and after."""
    cdef timespec at = moment(until)
    queue.gathering = 1
    pthread_cond_timedwait(&queue.filled, &queue.lock, &at)
    queue.gathering = 0


cdef void queue_publish(
    Queue *queue, Buffer *buffer, long long position, long long took_ns, long long written
) noexcept nogil:
    """Everything up to position is on disk: gives the buffer back, frees definitions, wakes who waits. took_ns: this
    commit; written: bytes of all."""
    pthread_mutex_lock(&queue.lock)
    histogram_add(&queue.commit_times, took_ns)
    queue.written = written
    buffer.used = buffer.first_ns = queue.draining_ns = 0
    queue.commits += 1
    store(&queue.durable, position)
    shelf_sweep(&queue.sessions, position)
    shelf_sweep(&queue.statements, position)
    pthread_cond_broadcast(&queue.moved)
    pthread_mutex_unlock(&queue.lock)
    eventfd_write(queue.wake_fd, 1)


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
