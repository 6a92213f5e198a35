# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""The writer's thread: takes what waits, frames, chains, writes and syncs it, and says how far it came. It never holds
the GIL. For other compiled modules only (writer.pxd)."""

from libc.string cimport memcpy

from proxy.audit.codec cimport ExecutionItem, Item, payload_bound, put_execution
from proxy.audit.frame cimport KIND_EXECUTION, KIND_NOTE, KIND_SESSION, KIND_STATEMENT
from proxy.audit.integers cimport put_number, put_signed
from proxy.audit.queue cimport (
    RESERVE_NONE, STATE_RUNNING, TASK_COMMIT, TASK_FINISH, TASK_RESERVE, TASK_STOP, Buffer, NoteItem, queue_fail,
)
from proxy.audit.segment cimport (
    segment_begin, segment_create, segment_entry, segment_full, segment_reserve, segment_room, segment_seal,
    segment_sync, segment_write,
)
from proxy.audit.shelf cimport Definition, Shelf, shelf_at
from proxy.audit.taking cimport queue_publish, queue_task
from proxy.audit.threads cimport CLOCK_MONOTONIC, clock_ns, pthread_mutex_lock, pthread_mutex_unlock

cdef Py_ssize_t NOTE_HEAD = 32  # session, serial and time as numbers


cdef void *write_until_stopped(void *argument) noexcept nogil:
    """What the thread runs. Ends when the queue stops, sealing the segment, or at the first failure, leaving it."""
    cdef Writer *writer = <Writer *>argument
    cdef Buffer *buffer = NULL
    cdef long long position = 0
    cdef int task = TASK_COMMIT, failed = 0
    while failed == 0 and task != TASK_STOP:
        task = queue_task(&writer.queue, &buffer, &position)
        if task == TASK_RESERVE:
            _reserve(writer)
        elif task == TASK_FINISH:
            failed = _finish(writer)
        elif task == TASK_COMMIT:
            failed = _commit(writer, buffer, position)
    if failed == 0 and writer.queue.state <= STATE_RUNNING:
        failed = segment_seal(&writer.segment, b"stop")
    if failed < 0:
        queue_fail(&writer.queue, writer.segment.error, writer.segment.failed)
    return NULL


cdef int _finish(Writer *writer) noexcept nogil:
    """What the lane has framed is on disk, and published; or -1."""
    cdef Buffer *buffer = writer.flying
    if segment_write(&writer.segment) < 0 or segment_sync(&writer.segment) < 0:
        return -1
    writer.flying = NULL
    _publish(writer, buffer, writer.flying_position, writer.began_ns)
    return 0


cdef void _publish(Writer *writer, Buffer *buffer, long long position, long long began) noexcept nogil:
    queue_publish(&writer.queue, buffer, position, clock_ns(CLOCK_MONOTONIC) - began, writer.segment.total)


cdef void _reserve(Writer *writer) noexcept nogil:
    """Zeros behind what is reserved; meanwhile the lane may write before them."""
    cdef Py_ssize_t end = segment_reserve(&writer.segment, writer.segment.reserved)
    pthread_mutex_lock(&writer.queue.lock)
    writer.segment.reserved, writer.queue.reserve = end, RESERVE_NONE
    pthread_mutex_unlock(&writer.queue.lock)


cdef int write_next_segment(Writer *writer, const char *why) noexcept nogil:
    """Seals the segment, if one is open, and begins the next. -1: failed."""
    if segment_create(&writer.segment) < 0:
        return -1
    if writer.segment.fd >= 0 and segment_seal(&writer.segment, why) < 0:
        return -1
    return segment_begin(&writer.segment)


cdef int _commit(Writer *writer, Buffer *buffer, long long position) noexcept nogil:
    """Every item of the buffer is on disk, and published; or -1."""
    cdef long long began = clock_ns(CLOCK_MONOTONIC)
    if write_frames(writer, buffer) < 0 or segment_write(&writer.segment) < 0 or segment_sync(&writer.segment) < 0:
        return -1
    _publish(writer, buffer, position, began)
    return 0


cdef int write_frames(Writer *writer, Buffer *buffer) noexcept nogil:
    """Every item of the buffer is framed and chained, in a new segment where this one is full; or -1."""
    cdef Py_ssize_t at = 0
    while at < buffer.used:
        if segment_full(&writer.segment) and write_next_segment(writer, b"size") < 0:
            return -1
        if _put(writer, <const Item *>(buffer.data + at)) < 0:
            return -1
        at += (<const Item *>(buffer.data + at)).size
    return 0


cdef int _put(Writer *writer, const Item *item) noexcept nogil:
    """One item as an entry, behind the definitions that the segment does not have yet."""
    cdef const ExecutionItem *execution = <const ExecutionItem *>item
    cdef const NoteItem *note = <const NoteItem *>item
    cdef unsigned char *room
    cdef Py_ssize_t length
    if item.kind == KIND_EXECUTION:
        if _define(writer, &writer.queue.sessions, execution.execution.session, KIND_SESSION) < 0 or \
                _define(writer, &writer.queue.statements, execution.execution.statement, KIND_STATEMENT) < 0:
            return -1
        room = segment_room(&writer.segment, payload_bound(item))
        if room == NULL:
            return -1
        length = put_execution(room, execution, &writer.queue.digests)
    else:
        if note.session != 0 and _define(writer, &writer.queue.sessions, note.session, KIND_SESSION) < 0:
            return -1
        room = segment_room(&writer.segment, NOTE_HEAD + note.length)
        if room == NULL:
            return -1
        length = _put_note(room, note)
    segment_entry(&writer.segment, item.kind, length)
    return 0


cdef Py_ssize_t _put_note(unsigned char *start, const NoteItem *note) noexcept nogil:
    cdef unsigned char *at = put_number(start, note.session)
    at = put_number(at, note.serial)
    at = put_signed(at, note.time_us)
    memcpy(at, <const unsigned char *>note + sizeof(NoteItem), note.length)
    return at + note.length - start


cdef int _define(Writer *writer, Shelf *shelf, unsigned int reference, int kind) noexcept nogil:
    """A segment stands alone: it holds each definition before the first entry that refers to it."""
    cdef Definition *definition = shelf_at(shelf, reference)
    cdef unsigned char *room
    cdef unsigned char *at
    if definition.emitted == writer.segment.number:
        return 0
    room = segment_room(&writer.segment, NOTE_HEAD + <Py_ssize_t>definition.length)
    if room == NULL:
        return -1
    at = put_number(room, reference)
    memcpy(at, definition.data, definition.length)
    segment_entry(&writer.segment, kind, at + definition.length - room)
    definition.emitted = writer.segment.number
    return 0
