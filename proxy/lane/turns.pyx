"""What every message's function needs: numbers and texts of a frame, the phase, the end, and the reasons to wait."""

from libc.string cimport memchr

from proxy.lane.queues cimport put_server
from proxy.lane.hooks cimport ask
from proxy.lane.ledger cimport all_doubtful, in_doubt, last_owed, owe, owed_count
from proxy.lane.state cimport (
    FATE_SWALLOW,
    HOLD_DRAIN,
    HOLD_PYTHON,
    OWE_CLOSE,
    OWE_FUNCTION_CALL,
    OWE_QUERY,
    OWE_SYNC,
    RULING_BARRIER,
    RULING_TRANSACTION,
    Name,
    Owed,
    Ruling,
    Sess,
)

cdef enum:
    CLOSE_NOTHING_SIZE = 29

cdef const unsigned char *FLUSH = b"H\0\0\0\x04"
cdef const unsigned char *CLOSE_NOTHING = b"C\0\0\0\x17S_pgwarden_nothing\0H\0\0\0\x04"


cdef unsigned int be32(const unsigned char *at) noexcept nogil:
    return (<unsigned int> at[0] << 24) | (<unsigned int> at[1] << 16) | (<unsigned int> at[2] << 8) | at[3]


cdef unsigned int be16(const unsigned char *at) noexcept nogil:
    return (<unsigned int> at[0] << 8) | at[1]


cdef Py_ssize_t text_end(const unsigned char *data, Py_ssize_t at, Py_ssize_t size) noexcept nogil:
    """Offset of the terminator of the string at `at`; -1: there is none before size."""
    cdef const unsigned char *end
    if at >= size:
        return -1
    end = <const unsigned char *> memchr(data + at, 0, size - at)
    return -1 if end == NULL else end - data


cdef int end_session(Sess *s, const char *reason) noexcept nogil:
    if not s.failed:
        s.failed = 1
        s.reason = reason
    return -1


cdef int step_phase(Sess *s, int event) noexcept nogil:
    cdef int after = s.moves[s.phase * 32 + event]
    if after == 255:
        return end_session(s, "a message came where the protocol does not allow it")
    s.phase = after
    return 0


cdef int flush_server(Sess *s) noexcept nogil:
    """Makes the server answer what it may be keeping in its buffer. Where what is due may never come, the answer to a
    harmless question of ours will tell."""
    cdef Owed *owed = last_owed(s)
    if s.doubt_paid and all_doubtful(s):
        if owe(s, OWE_CLOSE, FATE_SWALLOW) == NULL or put_server(s, CLOSE_NOTHING, CLOSE_NOTHING_SIZE) < 0:
            return end_session(s, "out of memory")
        return 0
    if owed == NULL or s.flushed or owed.kind in (OWE_SYNC, OWE_QUERY, OWE_FUNCTION_CALL):
        return 0
    s.flushed = 1
    return put_server(s, FLUSH, 5)


cdef int hangs_on_an_answer(Sess *s, Name *name) noexcept nogil:
    """An earlier batch has set what the name means, and may have failed: 1 where its answer must be waited for."""
    if not in_doubt(s, name):
        return 0
    s.hold = HOLD_DRAIN
    flush_server(s)
    return 1


cdef int moment_has_passed(Sess *s) noexcept nogil:
    """Something under way may change what the next statement means: 1 where it must wait for the answers."""
    if not s.barrier:
        return 0
    if owed_count(s):
        s.hold = HOLD_DRAIN
        flush_server(s)
        return 1
    s.barrier = 0
    return 0


cdef int hold_for_python(Sess *s, int event, const unsigned char *payload, Py_ssize_t size,
                         const unsigned char *statement, Py_ssize_t statement_size) noexcept nogil:
    """Asks Python about the frame at hand, once everything earlier is answered."""
    if owed_count(s):
        s.hold = HOLD_DRAIN
        flush_server(s)
        return 0
    s.hold = HOLD_PYTHON
    ask(s, event, payload, size, statement, statement_size)
    return -1 if s.failed else 0


cdef Ruling *take_answer(Sess *s) noexcept nogil:
    """Python's answer to the frame at hand, NULL where it was not asked. The reference goes to the caller."""
    cdef Ruling *ruling = s.answer
    s.answer = NULL
    return ruling


cdef void raise_barrier(Sess *s, Ruling *ruling) noexcept nogil:
    if ruling.flags & RULING_BARRIER or (s.touched and ruling.flags & RULING_TRANSACTION):
        s.barrier = 1
