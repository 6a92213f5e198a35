"""COPY: its beginning, its rows where they are masked, and the end of the data that the client sent too early."""

from libc.stdlib cimport calloc

from proxy.lane.errors cimport doubt_early_syncs
from proxy.lane.queues cimport pass_client, reserve, settle_run
from proxy.lane.records cimport begin_output, record_opening
from proxy.lane.state cimport (
    EVENT_COPY_BOTH,
    EVENT_COPY_DONE,
    EVENT_COPY_IN_EXTENDED,
    EVENT_COPY_IN_SIMPLE,
    FATE_FORWARD,
    HOLD_DRAIN,
    OWE_EXECUTE,
    PHASE_READY,
    RULING_COPY,
    STEP_COPY_BOTH,
    STEP_COPY_OUT,
    Bound,
    Owed,
    Ruling,
    Sess,
)
from proxy.lane.turns cimport be16, end_session, step_phase
from proxy.masking.cell cimport put32
from proxy.masking.copying cimport COPY_BINARY, CopyState, copy_complete, mask_copy

cdef enum:
    HEADER = 5                 # of a CopyData
    LONGEST = 0x3ffffffe       # what a message may state as its length; wire_safety 3


cdef int on_copy(Sess *s, Owed *owed, int step, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """COPY begins. What its stream shows must have been proven, or be masked as it passes."""
    cdef Ruling *ruling = owed.bound.ruling if owed.bound != NULL else NULL
    if s.restricted and (ruling == NULL or not ruling.flags & RULING_COPY):
        return end_session(s, "a COPY that no decision covers")
    if ruling != NULL and ruling.plan != NULL and begin_masked(s, owed.bound, step, frame, size) < 0:
        return -1
    begin_output(s, owed)
    if pass_client(s, frame, size) < 0:
        return end_session(s, "out of memory")
    if step == STEP_COPY_OUT:
        return 0
    if record_opening(s, owed) < 0:  # the client has to hear of it before it can go on
        return -1
    if not doubt_early_syncs(s, owed) or (s.hold == HOLD_DRAIN and not owed.copied):
        return end_session(s, "messages were sent behind a COPY before it ended")
    if owed.copied:
        owed.copied -= 1
        return end_copy(s, owed)
    if step == STEP_COPY_BOTH:
        return step_phase(s, EVENT_COPY_BOTH)
    return step_phase(s, EVENT_COPY_IN_EXTENDED if owed.kind == OWE_EXECUTE else EVENT_COPY_IN_SIMPLE)


cdef int end_copy(Sess *s, Owed *owed) noexcept nogil:
    """The data's end was sent before its beginning. A batch whose Syncs were all ignored has none yet."""
    if owed.kind != OWE_EXECUTE or s.phase != PHASE_READY or s.head + 1 + owed.early != s.tail:
        return 0
    return step_phase(s, EVENT_COPY_DONE) if step_phase(s, EVENT_COPY_IN_EXTENDED) == 0 else -1


cdef int begin_masked(Sess *s, Bound *bound, int step, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """A masked stream begins: the server must say of it what the decision expects."""
    cdef Ruling *ruling = bound.ruling
    if step != STEP_COPY_OUT or ruling.copy == NULL or bound.copy != NULL:
        return end_session(s, "a COPY that its masks do not fit")
    if size < HEADER + 3 or size - HEADER - 3 != 2 * <Py_ssize_t> be16(frame + HEADER + 1):
        return end_session(s, "a CopyOutResponse whose count does not fit its length")
    if frame[HEADER] != (ruling.copy.form == COPY_BINARY) or <int> be16(frame + HEADER + 1) != ruling.copy.columns:
        return end_session(s, "a COPY of another shape than its statement's analysis")
    bound.copy = <CopyState *> calloc(1, sizeof(CopyState))
    return 0 if bound.copy != NULL else end_session(s, "out of memory")


cdef int on_copy_row(Sess *s, Owed *owed, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """A piece of a masked stream: the rows that are complete leave in one message, masked."""
    cdef Bound *bound = owed.bound
    cdef Py_ssize_t before
    cdef unsigned char *head
    if bound == NULL or bound.copy == NULL or bound.ruling == NULL or bound.ruling.copy == NULL or owed.fate != FATE_FORWARD:
        return end_session(s, "a COPY that no decision covers")
    if settle_run(&s.to_client, &s.run_client) < 0 or reserve(&s.to_client.out, HEADER) < 0:
        return end_session(s, "out of memory")
    before = s.to_client.out.used
    s.to_client.out.used += HEADER
    if mask_copy(bound.ruling.copy, bound.copy, frame + HEADER, size - HEADER, s.message_limit, &s.to_client.out) != 0:
        s.to_client.out.used = before
        return end_session(s, "a COPY that does not read as its options say")
    size = s.to_client.out.used - before
    if size == HEADER or size - 1 > LONGEST:
        s.to_client.out.used = before
        return 0 if size == HEADER else end_session(s, "a COPY that does not read as its options say")
    head = s.to_client.out.data + before
    head[0] = c"d"
    put32(head + 1, <unsigned int> (size - 1))
    begin_output(s, owed)
    s.queued += size
    s.counters.bytes_to_client += size
    s.counters.rows_masked += 1
    s.counters.cells_masked += bound.ruling.masked
    owed.size_bytes += size
    return 0


cdef int copy_ends(Sess *s, Owed *owed) noexcept nogil:
    """CopyDone of the server. A masked stream may not end inside a row."""
    cdef Bound *bound = owed.bound
    if bound == NULL or bound.copy == NULL or copy_complete(bound.ruling.copy, bound.copy):
        return 0
    return end_session(s, "a COPY that does not read as its options say")
