# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""The journal's entrance: what the lane appends, and the writer's thread behind it."""

import os

from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from proxy.audit.blake2b cimport hash_key
from proxy.audit.codec cimport DIGEST_BYTES, take_execution, take_values
from proxy.audit.direct cimport direct_close
from proxy.audit.frame cimport FRAME_HASH, MAX_PAYLOAD
from proxy.audit.queue cimport (
    MODE_DURABLE, MODE_OFF, STATE_CLOSED, STATE_FAILED, STATE_NEW, STATE_RUNNING, NoteItem, Queue, queue_close,
    queue_execution, queue_hurry, queue_note, queue_open, queue_running, queue_wait,
)
from proxy.audit.segment cimport (
    CHAIN_ID_BYTES, INSTANCE_BYTES, KEY_CHECK_BYTES, Segment, segment_end, segment_entry, segment_release,
    segment_room, segment_sync, segment_write,
)
from proxy.audit.shelf cimport Shelf, shelf_put, shelf_release
from proxy.audit.threads cimport (
    CLOCK_MONOTONIC, clock_ns, load, pthread_cond_signal, pthread_join, pthread_mutex_lock, pthread_mutex_unlock,
    start_thread,
)
from proxy.audit.turn cimport give_back, turn
from proxy.audit.writer cimport Writer, write_next_segment, write_until_stopped
from proxy.observe.histogram cimport BUCKETS


cdef extern from "<unistd.h>" nogil:
    int getpid()

MODES = {"off": 0, "async": 1, "durable": 2}
STATES = ("new", "running", "closed", "failed")


cdef long long append_execution(Spool spool, const Execution *execution, const Value *values, int count) noexcept nogil:
    """Position of the entry (> 0, grows); -1: the spool is full, broken or closed, or a reference is not defined: the
    statement must be refused. values (count,): copied; may be NULL where count is 0."""
    return queue_execution(&spool._writer.queue, execution, values, count)


cdef int spool_broken(Spool spool) noexcept nogil:
    """1: what is not on disk by now never will be."""
    return spool._writer.queue.state == STATE_FAILED


cdef int spool_timer(Spool spool) noexcept nogil:
    """A timerfd: a commit that waited for company is due. -1: there is none."""
    return spool._writer.queue.timer_fd


cdef void spool_awake(Spool spool) noexcept nogil:
    """The lane serves its sockets, and will take its turn when it has: it need not be woken for what is appended."""
    spool._writer.queue.poked = 1


cdef int spool_turn(Spool spool, int woken) noexcept nogil:
    """The lane's turn, from one thread: it commits what is due, where it can. woken: a descriptor of the spool's was
    ready. 1: more is durable than before, or the spool is broken. The descriptors tell, as edges, of the next turn."""
    return turn(spool._writer, woken)


cdef void spool_leave(Spool spool) noexcept nogil:
    """The lane takes no more turns."""
    give_back(spool._writer)


cdef void statements_running(Spool spool, int more) noexcept nogil:
    """How many statements are under way, by how many more (or less): a commit waits a moment for them, and not at all
    for nobody. To be called before the append that ends one."""
    queue_running(&spool._writer.queue, more)


cdef long long durable_position(Spool spool) noexcept nogil:
    """Everything at or below is on disk; in mode off, everything that was appended."""
    return load(&spool._writer.queue.durable)


cdef class Spool:
    """One worker's way into its journal. mode: off, async, durable. buffer_bytes: that may wait in memory; values_bytes:
    of one execution's values, what is behind is left out and counted; value_bytes: of one value in clear. digest_key:
    32 bytes, for values that are stored as digests."""

    def __cinit__(self, str mode="off", *, Py_ssize_t buffer_bytes=65536, long long flush_ms=100, int value_bytes=256,
                  bytes digest_key=bytes(32)):
        cdef Queue *queue
        if mode not in MODES or len(digest_key) != 32 or buffer_bytes < 1024 or value_bytes < 0 or flush_ms < 0:
            raise ValueError("mode: off, async or durable; digest_key: 32 bytes; buffer_bytes: at least 1024")
        self.wake_fd = -1
        self._writer = <Writer *>calloc(1, sizeof(Writer))
        if self._writer == NULL:
            raise MemoryError
        queue = &self._writer.queue
        self._writer.segment.fd = self._writer.segment.next_fd = -1
        if queue_open(queue, MODES[mode], buffer_bytes) < 0:
            raise MemoryError
        self.wake_fd = queue.wake_fd
        queue.flush_ns = flush_ms * 1000000
        queue.limits.value_bytes = value_bytes
        queue.limits.values_bytes = buffer_bytes // 16
        hash_key(&queue.digests, digest_key, 32, DIGEST_BYTES)

    def __dealloc__(self):
        if self._writer != NULL:
            self._stop()
            direct_close(&self._writer.direct)
            queue_close(&self._writer.queue)
            free(self._writer)

    def begin(self, *, int directory, bytes chain_key, bytes chain_id, bytes key_check, bytes instance=b"",
              unsigned int worker=0, unsigned long long number=0, unsigned long long seq=0, bytes head=bytes(32),
              Py_ssize_t segment_bytes=1 << 26, entries=()):
        """Creates the segment behind number in directory (a descriptor, which stays open and the caller's), chained to
        the entry numbered seq whose hash is head, writes entries (pairs of kind and payload) and starts the writer.
        Raises OSError: the segment cannot be made; ValueError: a part has not its size."""
        cdef Segment *segment = &self._writer.segment
        cdef bytes identity
        if self._writer.queue.state != STATE_NEW or self._writer.queue.mode == MODE_OFF:
            raise ValueError("a spool is begun once, and not in mode off")
        if (len(chain_key), len(chain_id), len(key_check), len(head)) != (32, CHAIN_ID_BYTES, KEY_CHECK_BYTES, 32):
            raise ValueError("chain_key and head: 32 bytes; chain_id: 16; key_check: 8")
        segment.directory, segment.number, segment.worker, segment.limit = directory, number, worker, segment_bytes
        segment.wants_direct = self._writer.queue.mode == MODE_DURABLE
        hash_key(&segment.chain.keyed, chain_key, 32, FRAME_HASH)
        segment.chain.seq = seq
        memcpy(segment.chain.head, <const unsigned char *>head, FRAME_HASH)
        identity = chain_id + key_check + instance[:INSTANCE_BYTES].ljust(INSTANCE_BYTES, b"\0")
        memcpy(segment.identity, <const unsigned char *>identity, CHAIN_ID_BYTES + KEY_CHECK_BYTES + INSTANCE_BYTES)
        if write_next_segment(self._writer, b"") < 0:
            raise self._broken()
        for kind, payload in entries:
            self._entry(kind, payload)
        if segment_end(segment) > segment.written and (segment_write(segment) < 0 or segment_sync(segment) < 0):
            raise self._broken()
        if start_thread(&self._thread, write_until_stopped, self._writer) != 0:
            raise OSError("the writer's thread cannot be started")
        self._process = getpid()
        self._writer.queue.state = STATE_RUNNING

    cdef int _entry(self, int kind, bytes payload) except -1:
        cdef unsigned char *room = segment_room(&self._writer.segment, len(payload))
        if room == NULL:
            raise self._broken()
        memcpy(room, <const unsigned char *>payload, len(payload))
        segment_entry(&self._writer.segment, kind, len(payload))
        return 0

    cdef object _broken(self):
        self._writer.queue.state = STATE_FAILED
        self._writer.queue.error, self._writer.queue.failed = self._writer.segment.error, self._writer.segment.failed
        return OSError(self._writer.segment.error, os.strerror(self._writer.segment.error))

    def define_session(self, bytes facts not None) -> int:
        """A reference for a session's facts, as JSON. 0: too many are in force, or the facts are over 8 MiB."""
        return self._define(&self._writer.queue.sessions, facts)

    def define_statement(self, bytes facts not None) -> int:
        """A reference for a statement's facts, as define_session."""
        return self._define(&self._writer.queue.statements, facts)

    cdef unsigned int _define(self, Shelf *shelf, bytes facts):
        cdef unsigned int reference
        if len(facts) > MAX_PAYLOAD // 2:
            return 0
        if self._writer.queue.mode == MODE_OFF:
            return 1
        pthread_mutex_lock(&self._writer.queue.lock)
        reference = shelf_put(shelf, facts, <unsigned int>len(facts))
        pthread_mutex_unlock(&self._writer.queue.lock)
        return reference

    def release_session(self, unsigned int reference) -> bool:
        """Nothing will use the reference any more. False: nothing could."""
        return self._release(&self._writer.queue.sessions, reference)

    def release_statement(self, unsigned int reference) -> bool:
        """As release_session."""
        return self._release(&self._writer.queue.statements, reference)

    cdef bint _release(self, Shelf *shelf, unsigned int reference):
        cdef int failed
        if self._writer.queue.mode == MODE_OFF:
            return reference == 1
        pthread_mutex_lock(&self._writer.queue.lock)
        failed = shelf_release(shelf, reference, self._writer.queue.appended)
        pthread_mutex_unlock(&self._writer.queue.lock)
        return failed == 0

    def append(self, values=(), **fields) -> int:
        """append_execution for Python callers: fields of Execution by name; values: pairs of (bytes or None, kind)."""
        cdef Execution execution
        cdef bytearray array = take_values(values)
        take_execution(fields, &execution)
        return append_execution(self, &execution, <const Value *><unsigned char *>array, <int>len(values))

    def running(self, int more) -> None:
        """statements_running for Python callers."""
        statements_running(self, more)

    def append_repeatedly(self, long long times, values=(), **fields) -> int:
        """Appends the same execution so often, its serial growing, without the GIL: for measurements. How many it took."""
        cdef Execution execution
        cdef bytearray array = take_values(values)
        cdef const Value *first = <const Value *><unsigned char *>array
        cdef int count = <int>len(values)
        cdef long long taken = 0
        take_execution(fields, &execution)
        with nogil:
            while taken < times and append_execution(self, &execution, first, count) > 0:
                execution.serial += 1
                taken += 1
        return taken

    def note(self, unsigned int session, unsigned long long serial, long long time_us, bytes json not None) -> int:
        """Appends a note on an execution, a session (serial 0) or the process (session 0). Its position, or -1."""
        cdef NoteItem head
        head.session, head.serial, head.time_us = session, serial, time_us
        if len(json) > MAX_PAYLOAD // 2:
            return -1
        head.length = <unsigned int>len(json)
        return queue_note(&self._writer.queue, &head, json)

    @property
    def durable(self) -> int:
        """durable_position for Python callers."""
        return durable_position(self)

    def wait(self, long long position, double timeout_s) -> bool:
        """Block, without the GIL, until position is on disk. False: the time is up, or it never will be."""
        cdef long long timeout_ns = <long long>(timeout_s * 1e9)
        cdef int done
        with nogil:
            give_back(self._writer)  # who waits here takes no turns
            done = queue_wait(&self._writer.queue, position, timeout_ns)
        return done != 0

    def turn(self, int woken) -> bool:
        """spool_turn for Python callers."""
        return spool_turn(self, woken) != 0

    def hurry(self) -> None:
        """What waits is written now; mode async would wait for flush_ms."""
        queue_hurry(&self._writer.queue)

    def stop(self) -> None:
        """Take nothing more, write what waits, seal the segment, end the thread. Again: nothing."""
        self._stop()

    cdef void _stop(self):
        cdef Queue *queue = &self._writer.queue
        with nogil:
            give_back(self._writer)
            pthread_mutex_lock(&queue.lock)
            queue.stopping = 1
            pthread_cond_signal(&queue.filled)
            pthread_mutex_unlock(&queue.lock)
            if self._process == getpid():  # a child of fork has no thread to wait for
                pthread_join(self._thread, NULL)
            self._process = 0
            segment_release(&self._writer.segment)
            if queue.state != STATE_FAILED:
                queue.state = STATE_CLOSED

    @property
    def timer_fd(self) -> int:
        """spool_timer for Python callers."""
        return spool_timer(self)

    @property
    def state(self) -> str:
        """new, running, closed or failed."""
        return STATES[self._writer.queue.state]

    @property
    def failure(self) -> str:
        """What failed and why; empty where nothing did."""
        cdef Queue *queue = &self._writer.queue
        if queue.failed == NULL:
            return ""
        return f"{queue.failed.decode()}: {os.strerror(queue.error)}"

    def counters(self) -> dict:
        """Numbers since the start: appended, durable (positions), refused, written (bytes), commits, driven (the lane writes), pending (bytes
        in memory), lag_ns (age of the oldest entry that is not on disk), commit_counts (25 buckets), commit_ns."""
        cdef Queue *queue = &self._writer.queue
        cdef Queue now
        cdef long long oldest
        pthread_mutex_lock(&queue.lock)
        now = queue[0]
        pthread_mutex_unlock(&queue.lock)
        oldest = now.draining_ns if now.draining_ns else now.buffers[now.active].first_ns
        return {
            "appended": now.appended, "durable": now.durable, "refused": now.refused, "written": now.written,
            "commits": now.commits, "driven": now.driven != 0, "pending": now.buffers[0].used + now.buffers[1].used,
            "lag_ns": clock_ns(CLOCK_MONOTONIC) - oldest if oldest else 0,
            "commit_counts": tuple([now.commit_times.counts[index] for index in range(BUCKETS)]),
            "commit_ns": now.commit_times.total_ns,
        }
