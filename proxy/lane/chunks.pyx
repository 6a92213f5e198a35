"""A received chunk: walked at once, kept where something holds it, and the end of a session that may be in the middle."""

from proxy.lane.backend cimport server_frames
from proxy.lane.frontend cimport client_frames
from proxy.lane.queues cimport append, drop_front, settle_run
from proxy.lane.records cimport record_end, settle
from proxy.lane.state cimport FATE_FORWARD, HOLD_NOTHING, OWE_EXECUTE, OWE_QUERY, Owed, Sess
from proxy.lane.turns cimport end_session

cdef enum:
    OUTCOME_TERMINATED = 3


cdef int buffered(Sess *s) noexcept nogil:
    """Looks at what the client sent before, after something that held it has gone."""
    cdef Py_ssize_t used
    while s.from_client.used and s.hold == HOLD_NOTHING and not s.failed:
        used = client_frames(s, s.from_client.data, s.from_client.used)
        if used < 0 or settle_run(&s.to_server, &s.run_server) < 0:
            return end_session(s, "out of memory")
        drop_front(&s.from_client, used)
        if used == 0 or s.hold != HOLD_NOTHING:
            break
    return 0


cdef int from_client(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    """Takes bytes of the client. What leaves as it came points into data until the caller has sent or settled it."""
    cdef int failed
    s.busy += 1
    failed = client_chunk(s, data, size)
    s.busy -= 1
    return failed


cdef int from_server(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    """Takes bytes of the server; see from_client."""
    cdef int failed
    s.busy += 1
    failed = server_chunk(s, data, size)
    s.busy -= 1
    return failed


cdef int go_on(Sess *s) noexcept nogil:
    """Looks at the client's messages that were held, where nothing holds them any more."""
    cdef int failed
    s.busy += 1
    failed = buffered(s)
    s.busy -= 1
    return failed


cdef int client_chunk(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t used
    s.counters.bytes_from_client += size
    if s.from_client.used or s.hold != HOLD_NOTHING:
        if append(&s.from_client, data, size) < 0:
            return end_session(s, "out of memory")
        return buffered(s)
    used = client_frames(s, data, size)
    if used < 0:
        return -1
    if used < size and append(&s.from_client, data + used, size - used) < 0:
        return end_session(s, "out of memory")
    return 0


cdef int server_chunk(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    cdef Py_ssize_t used
    s.counters.bytes_from_server += size
    if s.from_server.used:
        if append(&s.from_server, data, size) < 0:
            return end_session(s, "out of memory")
        used = server_frames(s, s.from_server.data, s.from_server.used)
        if settle_run(&s.to_client, &s.run_client) < 0:
            return end_session(s, "out of memory")
        if used > 0:
            drop_front(&s.from_server, used)
    else:
        used = server_frames(s, data, size)
        if used >= 0 and used < size and append(&s.from_server, data + used, size - used) < 0:
            return end_session(s, "out of memory")
    if used < 0:
        return -1
    settle(s)
    return buffered(s)


cdef int abandon(Sess *s) noexcept nogil:
    """The session ends: what was sent and not answered gets its record, because the server may have run it. -1: it
    cannot, so its output is dropped."""
    cdef unsigned int i = s.head
    cdef Owed *owed
    while i != s.tail:
        owed = &s.ring[i & (s.ring_size - 1)]
        i += 1
        if owed.kind not in (OWE_EXECUTE, OWE_QUERY) or owed.fate != FATE_FORWARD:
            continue
        if owed.bound != NULL and not owed.recorded and record_end(s, owed, OUTCOME_TERMINATED, NULL) < 0:
            return -1
    settle(s)
    return 0
