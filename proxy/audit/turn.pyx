# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""Commits from the lane's own thread, while that is possible: the write is begun, and its end is an event like any
other. So a commit costs one system call and no change of threads. For other compiled modules only (turn.pxd).

The thread (writer.pyx) does what blocks: new segments, seals, zeros ahead of the entries; and everything where the disk
cannot be written directly. Who commits is `Queue.driven`; the lane takes it when the thread has nothing to do, and gives
it back with what is framed and not yet written.
"""

from proxy.audit.direct cimport direct_open, direct_reap, direct_submit
from proxy.audit.queue cimport (
    MODE_DURABLE, RESERVE_NONE, RESERVE_UNDER_WAY, RESERVE_WANTED, STATE_RUNNING, Buffer, Queue, queue_fail,
)
from proxy.audit.segment cimport Segment, segment_blocks, segment_end, segment_settled, segment_wants
from proxy.audit.taking cimport queue_published, queue_turn
from proxy.audit.threads cimport (
    CLOCK_MONOTONIC, clock_ns, load, pthread_cond_signal, pthread_mutex_lock, pthread_mutex_unlock,
)
from proxy.audit.writer cimport Writer, write_frames

cdef Py_ssize_t SLACK = 65536  # that definitions may add to what a buffer holds


cdef int turn(Writer *writer, int woken) noexcept nogil:
    """What the lane does for the journal when it has served its sockets. woken: the journal's descriptor was ready. 1:
    more is durable than at the last turn, or nothing ever will be."""
    cdef long long durable
    if writer.queue.mode != MODE_DURABLE:
        return woken
    if _driving(writer):
        if writer.flying != NULL and woken:
            _landed(writer, 0)
        if writer.flying == NULL and writer.queue.driven and writer.queue.state == STATE_RUNNING:
            _begin(writer)
    durable = load(&writer.queue.durable)
    woken = durable != writer.told or writer.queue.state > STATE_RUNNING
    writer.told = durable
    return woken


cdef bint _driving(Writer *writer) noexcept nogil:
    """Whether the lane commits; it does from now on where it can."""
    cdef Queue *queue = &writer.queue
    cdef int driving
    pthread_mutex_lock(&queue.lock)
    queue.poked = 0
    if not queue.driven and not queue.busy and not queue.lent and not queue.stopping:
        queue.driven = queue.state == STATE_RUNNING and _able(writer)
    driving = queue.driven
    pthread_mutex_unlock(&queue.lock)
    return driving


cdef bint _able(Writer *writer) noexcept nogil:
    if writer.unable or not writer.segment.direct or writer.queue.timer_fd < 0:
        return 0
    if not writer.direct.context:
        writer.unable = direct_open(&writer.direct, writer.queue.wake_fd) < 0
    return not writer.unable


cdef void _begin(Writer *writer) noexcept nogil:
    """Begins a commit where one is due."""
    cdef long long position = 0
    cdef Buffer *buffer
    cdef Py_ssize_t size
    if _crowded(writer):
        _lend(writer)
        return
    buffer = queue_turn(&writer.queue, &position)
    if buffer == NULL:
        return
    writer.began_ns = clock_ns(CLOCK_MONOTONIC)
    if write_frames(writer, buffer) < 0:
        queue_fail(&writer.queue, writer.segment.error, writer.segment.failed)
        return
    writer.flying, writer.flying_position = buffer, position
    size = segment_blocks(&writer.segment)
    if not _reserved(writer, writer.segment.base + size) or \
            direct_submit(&writer.direct, writer.segment.fd, writer.segment.out, size, writer.segment.base) < 0:
        writer.queue.unfinished = 1
        _lend(writer)


cdef bint _crowded(Writer *writer) noexcept nogil:
    """Whether the next commit may fill the segment: that is for the thread."""
    cdef Py_ssize_t more = 2 * writer.queue.buffers[writer.queue.active].used
    return more > 0 and segment_end(&writer.segment) + more + SLACK > writer.segment.limit


cdef bint _reserved(Writer *writer, Py_ssize_t end) noexcept nogil:
    """Whether the file may be written up to end; asks for more zeros in time."""
    cdef Segment *segment = &writer.segment
    cdef Queue *queue = &writer.queue
    cdef bint free = 1
    pthread_mutex_lock(&queue.lock)
    if end > segment.reserved:
        free = queue.reserve != RESERVE_UNDER_WAY  # what the thread writes there now are zeros
        if free:
            segment.reserved = end
    if queue.reserve == RESERVE_NONE and segment_wants(segment, end):
        queue.reserve = RESERVE_WANTED
        pthread_cond_signal(&queue.filled)
    pthread_mutex_unlock(&queue.lock)
    return free


cdef void _lend(Writer *writer) noexcept nogil:
    """The thread does the next commit; the lane may take the lead again when that is done."""
    cdef Queue *queue = &writer.queue
    pthread_mutex_lock(&queue.lock)
    queue.driven = 0
    queue.lent = queue.urgent = 1
    pthread_cond_signal(&queue.filled)
    pthread_mutex_unlock(&queue.lock)


cdef void _landed(Writer *writer, int least) noexcept nogil:
    """Looks whether the commit under way has ended (least 1: waits for that): it is published then, or the journal has
    failed, or the thread goes on with it."""
    cdef Py_ssize_t due = writer.direct.length
    cdef Py_ssize_t done = direct_reap(&writer.direct, least)
    cdef Buffer *buffer = writer.flying
    if done < 0:
        writer.flying = NULL
        queue_fail(&writer.queue, <int> -done, b"writing")
    elif 0 < done < due:
        writer.queue.unfinished = 1
        _lend(writer)
    elif done == due:
        writer.flying = NULL
        segment_settled(&writer.segment)
        queue_published(
            &writer.queue, buffer, writer.flying_position, clock_ns(CLOCK_MONOTONIC) - writer.began_ns,
            writer.segment.total,
        )


cdef void give_back(Writer *writer) noexcept nogil:
    """The thread commits from now on; what is under way has ended. For the lane's thread, or while the lane is still."""
    if writer.queue.driven and writer.flying != NULL:
        _landed(writer, 1)
    pthread_mutex_lock(&writer.queue.lock)
    writer.queue.driven = 0
    pthread_cond_signal(&writer.queue.filled)
    pthread_mutex_unlock(&writer.queue.lock)
