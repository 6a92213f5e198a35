# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""The queue between lane and writer, the writer's side: when a commit is due, what it takes, and that it is done. For
other compiled modules only (taking.pxd)."""

from libc.string cimport memset
from posix.time cimport itimerspec, timespec

from proxy.audit.queue cimport (
    MODE_DURABLE, RESERVE_UNDER_WAY, RESERVE_WANTED, STATE_RUNNING, TASK_COMMIT, TASK_FINISH, TASK_RESERVE, TASK_STOP,
    Buffer, Queue,
)
from proxy.audit.shelf cimport shelf_sweep
from proxy.audit.threads cimport (
    CLOCK_MONOTONIC, clock_ns, load, moment, pthread_cond_broadcast, pthread_cond_timedwait, pthread_mutex_lock,
    pthread_mutex_unlock, store,
)
from proxy.observe.histogram cimport histogram_add


cdef extern from "<sys/eventfd.h>" nogil:
    int eventfd_write(int fd, unsigned long long value)

cdef extern from "<sys/timerfd.h>" nogil:
    int timerfd_settime(int fd, int flags, const itimerspec *when, itimerspec *before)
    int TFD_TIMER_ABSTIME

cdef long long LONGEST_WAIT_NS = 1000000000  # the writer looks up once a second, whatever it was told
cdef long long GATHER_NS = 500_000  # the longest that a commit waits for company


cdef int queue_task(Queue *queue, Buffer **buffer, long long *position) noexcept nogil:
    """What the thread does next. TASK_COMMIT: the items of buffer, which has all up to position."""
    cdef long long until
    cdef int task = -1
    pthread_mutex_lock(&queue.lock)
    queue.busy = 0
    while task < 0:
        if queue.state > STATE_RUNNING:
            task = TASK_STOP
        elif queue.lent and queue.unfinished:
            task = TASK_FINISH
        elif queue.reserve == RESERVE_WANTED and not queue.stopping:
            queue.reserve = RESERVE_UNDER_WAY
            task = TASK_RESERVE
        elif queue.driven:
            _sleep(queue, clock_ns(CLOCK_MONOTONIC) + LONGEST_WAIT_NS)
        else:
            until = _due(queue, clock_ns(CLOCK_MONOTONIC))
            if until == 0:
                buffer[0] = _turned(queue, position)
                task = TASK_COMMIT if buffer[0] != NULL else TASK_STOP
            elif queue.buffers[queue.active].used > 0 and queue.mode == MODE_DURABLE:
                _gather(queue, until)
            else:
                _sleep(queue, until)
    if task != TASK_RESERVE:
        queue.busy = 1
        queue.lent = queue.unfinished = 0
    pthread_mutex_unlock(&queue.lock)
    return task


cdef long long _due(Queue *queue, long long now) noexcept nogil:
    """When the active buffer is to be written; 0: now. The lock is held."""
    cdef Buffer *buffer = &queue.buffers[queue.active]
    cdef long long longest = now + LONGEST_WAIT_NS
    cdef long long until
    if queue.stopping:
        return 0
    if buffer.used == 0:
        queue.lent = 0
        return longest
    if queue.urgent or buffer.used > queue.size // 2:
        return 0
    if queue.mode == MODE_DURABLE:
        until = buffer.first_ns + GATHER_NS if load(&queue.running) > 0 else 0
    else:
        until = buffer.first_ns + queue.flush_ns
    return 0 if until <= now else until if until < longest else longest


cdef Buffer *_turned(Queue *queue, long long *position) noexcept nogil:
    """The buffers change places: the one that has items, all up to position; NULL: there are none. The lock is held."""
    cdef Buffer *buffer = &queue.buffers[queue.active]
    queue.urgent = 0
    position[0] = queue.appended
    if buffer.used == 0:
        return NULL
    queue.active = 1 - queue.active
    queue.draining_ns = buffer.first_ns
    return buffer


cdef Buffer *queue_turn(Queue *queue, long long *position) noexcept nogil:
    """For the lane: the buffer to be written now, with all up to position. NULL: there is none yet; a timer is set for
    when there will be."""
    cdef Buffer *buffer = NULL
    cdef itimerspec when
    cdef long long now = 0, until = 1
    pthread_mutex_lock(&queue.lock)
    if queue.buffers[queue.active].used > 0:
        now = clock_ns(CLOCK_MONOTONIC)
        until = _due(queue, now)
    if until == 0:
        buffer = _turned(queue, position)
    elif until > 1 and queue.timer_ns <= now:
        queue.timer_ns = until
        memset(&when, 0, sizeof(when))
        when.it_value = moment(until)
        timerfd_settime(queue.timer_fd, TFD_TIMER_ABSTIME, &when, NULL)
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


cdef void queue_published(
    Queue *queue, Buffer *buffer, long long position, long long took_ns, long long written
) noexcept nogil:
    """Everything up to position is on disk: gives the buffer back, frees definitions. took_ns: this commit; written:
    bytes of all."""
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


cdef void queue_publish(
    Queue *queue, Buffer *buffer, long long position, long long took_ns, long long written
) noexcept nogil:
    """The same, and wakes the lane."""
    queue_published(queue, buffer, position, took_ns, written)
    eventfd_write(queue.wake_fd, 1)
