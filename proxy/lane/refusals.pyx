"""Refusals: the server fails in the message's place where it has something to lose, else the answer is at once."""

from proxy.lane.queues cimport put_client, put_server
from proxy.lane.ledger cimport owe, owed_count
from proxy.lane.names cimport find
from proxy.lane.records cimport record_refusal
from proxy.lane.shared cimport drop_prepared
from proxy.lane.state cimport (
    COUNT_REFUSED,
    EVENT_BIND,
    EVENT_ERROR_EXTENDED,
    EVENT_FUNCTION_CALL,
    EVENT_PARSE,
    EVENT_QUERY,
    FATE_SUPPLY,
    FATE_SWALLOW,
    OWE_CLOSE,
    OWE_PARSE,
    OWE_QUERY,
    PHASE_READY,
    Name,
    Owed,
    Prepared,
    Ruling,
    Sess,
)
from proxy.lane.turns cimport end_session, step_phase

# The server must fail as the client will be told that it did: these do not parse, in any version.
cdef const unsigned char *FAILING_QUERY = b"Q\0\0\0\x18refused by pgwarden\0"
cdef const unsigned char *FAILING_PARSE = b"P\0\0\0\x2c_pgwarden_refused\0refused by pgwarden\0\0\0"
cdef const unsigned char *READY_IDLE = b"Z\0\0\0\x05I"


cdef int refuse_batch(Sess *s, Ruling *ruling) noexcept nogil:
    """The server fails in the message's place, so that both ends skip to the same Sync."""
    cdef Owed *owed
    s.counters.statements[COUNT_REFUSED] += 1
    ruling.times += 1
    if record_refusal(s, ruling) < 0:
        return end_session(s, "the audit journal takes no more entries")
    owed = owe(s, OWE_PARSE, FATE_SUPPLY)
    if owed == NULL or put_server(s, FAILING_PARSE, 45) < 0:
        return end_session(s, "out of memory")
    owed.ruling = ruling
    ruling.refs += 1
    return 1 if step_phase(s, EVENT_ERROR_EXTENDED) == 0 else -1


cdef int refuse_whole(Sess *s, Ruling *ruling) noexcept nogil:
    """A Query or FunctionCall is refused: at once where the server has nothing to lose, else through its failure."""
    cdef Owed *owed
    s.counters.statements[COUNT_REFUSED] += 1
    ruling.times += 1
    if record_refusal(s, ruling) < 0:
        return end_session(s, "the audit journal takes no more entries")
    if owed_count(s) == 0 and s.status == c'I' and s.phase == PHASE_READY:
        if put_client(s, ruling.error, ruling.error_size) < 0 or put_client(s, READY_IDLE, 6) < 0:
            return end_session(s, "out of memory")
        return 1
    owed = owe(s, OWE_QUERY, FATE_SUPPLY)
    if owed == NULL or put_server(s, FAILING_QUERY, 25) < 0:
        return end_session(s, "out of memory")
    owed.ruling = ruling
    ruling.refs += 1
    return 1 if step_phase(s, EVENT_QUERY) == 0 else -1


cdef int refuse_parse(Sess *s, Ruling *ruling, const unsigned char *name, Py_ssize_t name_size) noexcept nogil:
    """Where the probe's Parse was the client's, the server closes again what it has taken."""
    cdef unsigned char head[6]
    cdef Name *known = find(&s.statements, name, name_size)
    if s.answer_parsed:
        s.answer_parsed = 0
        if known != NULL:
            drop_prepared(<Prepared *> known.value)
            known.value = NULL
        head[0] = c"C"
        head[1] = head[2] = 0
        head[3] = (name_size + 6) >> 8
        head[4] = (name_size + 6) & 255
        head[5] = c"S"
        if name_size > 60000 or owe(s, OWE_CLOSE, FATE_SWALLOW) == NULL:
            return end_session(s, "a statement's name is too long")
        if put_server(s, head, 6) < 0 or put_server(s, name, name_size + 1) < 0:
            return end_session(s, "out of memory")
    return refuse_batch(s, ruling)


cdef int refuse_large(Sess *s, int event, Py_ssize_t whole) noexcept nogil:
    """A message over limits.message is refused, discarded as it comes, and the session lives on."""
    if s.fallback_large == NULL or event not in (EVENT_QUERY, EVENT_PARSE, EVENT_BIND, EVENT_FUNCTION_CALL):
        return end_session(s, "a message is larger than limits.message")
    if event in (EVENT_QUERY, EVENT_FUNCTION_CALL):
        if refuse_whole(s, s.fallback_large) < 0:
            return -1
    elif refuse_batch(s, s.fallback_large) < 0:
        return -1
    s.client_stream = whole
    s.client_stream_fate = FATE_SWALLOW
    return 0
