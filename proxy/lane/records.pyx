"""One record for each executed statement, and what may leave before it is on disk.

Durable: no byte of a result reaches the client before its record is on disk. A result that is still streaming, or
that takes longer than a tick, gets an opening entry; once that is durable its rows may leave, and the end of the
statement waits for the closing one.
"""

from libc.string cimport memcpy, memset

from proxy.audit.execution cimport Execution
from proxy.audit.spool cimport Spool, append_execution, durable_position, spool_broken
from proxy.lane.ledger cimport due, not_running
from proxy.lane.state cimport AUDIT_DURABLE, Bound, Owed, Ruling, Sess

cdef enum:
    PART_WHOLE = 0
    PART_OPENING = 1
    PART_CLOSING = 2
    OUTCOME_REFUSED = 2
    OUTCOME_UNKNOWN = 5
    HELD_BYTES = 65536         # more than this of one result opens it in the journal
    HELD_NS = 20000000         # so does a result that takes longer than this


cdef void begin_output(Sess *s, Owed *owed) noexcept nogil:
    """From here on what is put out belongs to the statement at the head."""
    if not owed.started:
        owed.started = 1
        owed.output_at = s.queued


cdef int record(Sess *s, Owed *owed, Ruling *ruling, int part, int outcome, const unsigned char *sqlstate) noexcept nogil:
    """Appends one entry for owed. -1: the journal takes nothing more, and the session must not go on."""
    cdef Execution execution
    cdef Bound *bound = owed.bound
    cdef long long position
    cdef int values = 0
    if ruling == NULL or ruling.statement == 0:
        return 0
    if owed.serial == 0:
        s.serial += 1
        owed.serial = s.serial
    memset(&execution, 0, sizeof(execution))
    execution.started_us = owed.started_us
    execution.duration_us = (s.now_ns - owed.started_ns) // 1000
    execution.rows = owed.rows
    execution.size_bytes = owed.size_bytes
    execution.serial = owed.serial
    execution.session = s.session
    execution.statement = ruling.statement
    execution.part = part
    execution.outcome = outcome
    execution.transaction = owed.transaction
    if bound != NULL and part != PART_CLOSING:
        execution.values_as = ruling.values_as
        values = bound.count if ruling.values_as else 0
    if sqlstate != NULL:
        memcpy(execution.sqlstate, sqlstate, 5)
    position = append_execution(<Spool> s.spool, &execution, bound.values if values else NULL, values)
    if position < 0:
        return -1
    s.last_position = position
    return 0


cdef int record_end(Sess *s, Owed *owed, int outcome, const unsigned char *sqlstate) noexcept nogil:
    """The statement at the head is over: its record is complete."""
    cdef Ruling *ruling = owed.bound.ruling if owed.bound != NULL else owed.ruling
    cdef int failed
    not_running(s, owed)
    failed = record(s, owed, ruling, PART_CLOSING if owed.opened else PART_WHOLE, outcome, sqlstate)
    if failed < 0:
        return -1  # what it has put out stays behind the mark, and never leaves
    owed.recorded = 1
    owed.started = owed.opened = 0
    owed.serial = 0
    return 0


cdef int record_refusal(Sess *s, Ruling *ruling) noexcept nogil:
    """A statement that never reached the server."""
    cdef Owed owed
    memset(&owed, 0, sizeof(owed))
    owed.started_us = s.now_us
    owed.started_ns = s.now_ns
    owed.transaction = s.status
    return record(s, &owed, ruling, PART_WHOLE, OUTCOME_REFUSED, ruling.sqlstate)


cdef int record_opening(Sess *s, Owed *owed) noexcept nogil:
    """What the statement at the head says may leave before it is over. -1: the session is over."""
    cdef Ruling *ruling = owed.bound.ruling if owed.bound != NULL else NULL
    if s.audit != AUDIT_DURABLE or owed.opened:
        return 0
    if record(s, owed, ruling, PART_OPENING, OUTCOME_UNKNOWN, NULL) < 0:
        if not s.failed:
            s.failed = 1
            s.reason = "the audit journal takes no more entries"
        return -1
    owed.opened = 1
    not_running(s, owed)
    return 0


cdef int lost(Sess *s) noexcept nogil:
    """What waits for the journal waits for ever: it is broken, and the session must end without it."""
    return s.audit == AUDIT_DURABLE and s.queued > s.sent and spool_broken(<Spool> s.spool) and sendable(s) == s.sent


cdef void settle(Sess *s) noexcept nogil:
    """How far the output may leave once the journal has caught up."""
    cdef Owed *owed = due(s)
    cdef long long mark = s.queued
    if s.audit != AUDIT_DURABLE:
        return
    if owed != NULL and owed.started and not owed.opened:
        if s.queued - owed.output_at > HELD_BYTES or s.now_ns - owed.started_ns > HELD_NS:
            if record_opening(s, owed) < 0:
                return
        else:
            mark = owed.output_at
    if mark > s.mark:
        s.mark = mark
        s.mark_position = s.last_position


cdef long long sendable(Sess *s) noexcept nogil:
    """Bytes of the session's output, counted from its first, that may leave now."""
    if s.audit != AUDIT_DURABLE:
        return s.queued
    if durable_position(<Spool> s.spool) >= s.mark_position:
        return s.mark
    return s.sent
