"""ErrorResponse: it belongs to what is due, and ends a batch; and the doubt about Syncs that a failed COPY leaves."""

from libc.string cimport memcmp

from proxy.lane.queues cimport append, pass_client, put_client
from proxy.lane.hooks cimport scrub, tapped
from proxy.lane.ledger cimport all_doubtful, due, last_owed, owed_count, skip_to_sync
from proxy.lane.records cimport record_end
from proxy.lane.results cimport sqlstate_of
from proxy.lane.state cimport (
    COUNT_FAILED,
    DOUBT_LIMIT,
    EVENT_ERROR_EXTENDED,
    EVENT_ERROR_SIMPLE,
    FATE_SUPPLY,
    FATE_TAP,
    HOLD_DRAIN,
    HOLD_NOTHING,
    OWE_BIND,
    OWE_EXECUTE,
    OWE_FUNCTION_CALL,
    OWE_PARSE,
    OWE_QUERY,
    OWE_SYNC,
    PHASE_COPYING_EXTENDED,
    PHASE_COPYING_SIMPLE,
    PHASE_EXTENDED,
    PHASE_SKIPPING,
    PHASE_STREAMING,
    RULING_RUNS,
    Owed,
    Ruling,
    Sess,
)
from proxy.lane.turns cimport end_session, flush_server, step_phase

cdef enum:
    OUTCOME_ERROR = 1
    OUTCOME_CANCELLED = 3


cdef int is_cancel(const unsigned char *sqlstate) noexcept nogil:
    return memcmp(sqlstate, b"57014", 5) == 0  # query_canceled


cdef int on_error(Sess *s, Owed *owed, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """An ErrorResponse belongs to what is due; where that was a message of a batch, the batch is over."""
    cdef unsigned char sqlstate[5]
    cdef int fatal
    cdef int supply = 0
    cdef Ruling *ruling = NULL
    cdef unsigned long long serial = 0
    sqlstate[0] = sqlstate[1] = sqlstate[2] = sqlstate[3] = sqlstate[4] = c"0"
    fatal = sqlstate_of(frame + 5, size - 5, sqlstate)
    if s.touched:
        s.dirty = 1  # an abort takes back what was set
    if owed != NULL and owed.bound != NULL and owed.bound.ruling != NULL and owed.bound.ruling.flags & RULING_RUNS:
        s.ran = s.ran_ever = 1
    if fatal:
        s.told_end = 1
    if owed == NULL:
        return put_error(s, NULL, 0, frame, size) if fatal else end_session(s, "the server sent an error that nobody asked for")
    if owed.fate == FATE_TAP:
        if tap(s, frame, size) < 0:
            return end_session(s, "out of memory")
        return end_batch(s, owed) if owed.kind not in (OWE_QUERY, OWE_SYNC) else 0
    ruling = owed.bound.ruling if owed.bound != NULL else owed.ruling
    if owed.fate == FATE_SUPPLY and not fatal:
        supply = 1
    elif ruling != NULL and owed.kind in (OWE_PARSE, OWE_BIND, OWE_EXECUTE, OWE_QUERY, OWE_FUNCTION_CALL):
        s.counters.statements[COUNT_FAILED] += 1
        if record_end(s, owed, OUTCOME_CANCELLED if is_cancel(sqlstate) else OUTCOME_ERROR, sqlstate) < 0:
            return end_session(s, "the audit journal takes no more entries")
        serial = s.serial
    if supply:
        if put_client(s, owed.ruling.error, owed.ruling.error_size) < 0:
            return end_session(s, "out of memory")
    elif put_error(s, ruling, serial, frame, size) < 0:
        return -1
    return end_batch(s, owed)


cdef int put_error(Sess *s, Ruling *ruling, unsigned long long serial, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    if s.restricted:
        s.counters.scrubbed += 1
        return scrub(s, frame[0], ruling, serial, frame, size)
    return pass_client(s, frame, size)


cdef int end_batch(Sess *s, Owed *owed) noexcept nogil:
    """After an error: a simple Query is owed its ReadyForQuery; a batch is skipped to its Sync."""
    if owed.kind in (OWE_QUERY, OWE_FUNCTION_CALL):
        doubt_the_last(s, s.head + 1)
        if s.phase in (PHASE_COPYING_SIMPLE, PHASE_STREAMING):
            return step_phase(s, EVENT_ERROR_SIMPLE)
        return 0
    if owed.kind == OWE_SYNC:
        return 0  # a deferred constraint at commit: ReadyForQuery follows
    skip_to_sync(s)
    if owed_count(s) and due(s).doubtful:
        s.doubt_paid = 0
        if not doubt_the_last(s, s.head):
            return end_session(s, "a message came before it was known whether the server skips it")
        if s.phase == PHASE_COPYING_EXTENDED or (s.phase == PHASE_EXTENDED and last_owed(s).kind == OWE_SYNC):
            return step_phase(s, EVENT_ERROR_SIMPLE)
    if owed_count(s) == 0 and s.phase != PHASE_SKIPPING:
        if s.tapping:
            return drained(s)
        if step_phase(s, EVENT_ERROR_EXTENDED) < 0:
            return -1
    return drained(s)


cdef int doubt_early_syncs(Sess *s, Owed *owed) noexcept nogil:
    """libpq sends a Sync with its Execute, before it knows that a COPY has begun: the server ignores what it reads of
    them inside the COPY. 0 where something else was sent before the data's end: the server will fail on that."""
    cdef unsigned int end = s.head + 1 + owed.early if owed.copied else s.tail
    cdef unsigned int i
    if end - s.head > DOUBT_LIMIT:
        return 0
    for i in range(s.head + 1, end):
        if s.ring[i & (s.ring_size - 1)].kind != OWE_SYNC:
            return 0
        s.ring[i & (s.ring_size - 1)].doubtful = 1
    return 1


cdef int doubt_the_last(Sess *s, unsigned int first) noexcept nogil:
    """One ReadyForQuery is like another: of the Syncs in a row from first on, the last ones may go unanswered. 0 where all
    may, and the server either answers or skips what was sent behind them."""
    cdef unsigned int i = first
    cdef unsigned int doubtful = 0
    cdef int known
    while i != s.tail and s.ring[i & (s.ring_size - 1)].kind == OWE_SYNC:
        doubtful += s.ring[i & (s.ring_size - 1)].doubtful
        s.ring[i & (s.ring_size - 1)].doubtful = 0
        i += 1
    known = i == s.tail or doubtful < i - first
    while doubtful:
        i -= 1
        doubtful -= 1
        s.ring[i & (s.ring_size - 1)].doubtful = 1
    return known


cdef int tap(Sess *s, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """Keeps an answer for Python; past the limit nothing is kept, and Python learns that."""
    if s.tap_overflow or s.tap.used + size > s.tap_limit:
        s.tap_overflow = 1
        s.tap.used = 0
        return 0
    return append(&s.tap, frame, size)


cdef int drained(Sess *s) noexcept nogil:
    """Where nothing is due any more, what waited for that goes on."""
    if owed_count(s):
        return flush_server(s) if s.hold == HOLD_DRAIN and all_doubtful(s) else 0
    if s.tapping:
        tapped(s)
        return -1 if s.failed else 0
    if s.hold == HOLD_DRAIN:
        s.hold = HOLD_NOTHING
    return 0
