"""The server's half: each message is an answer to something that is due, or one of the four that come unasked."""

from proxy.lane.queues cimport pass_client, settle_run
from proxy.lane.copies cimport copy_ends, on_copy, on_copy_row
from proxy.lane.errors cimport doubt_the_last, drained, on_error, tap
from proxy.lane.hooks cimport completed, parameter, scrub
from proxy.lane.ledger cimport all_doubtful, due, forget_doubtful, owed_count, paid
from proxy.lane.names cimport forget_portals
from proxy.lane.records cimport begin_output, record_end
from proxy.lane.results cimport count_rows, describe_result
from proxy.lane.shared cimport drop_copy, drop_ruling, hold_ruling
from proxy.lane.state cimport (
    COUNT_ALLOWED,
    COUNT_MASKED,
    EVENT_STREAM_END,
    FATE_FORWARD,
    FATE_SUPPLY,
    FATE_SWALLOW,
    FATE_TAP,
    OWE_EXECUTE,
    OWE_FUNCTION_CALL,
    OWE_QUERY,
    PHASE_STREAMING,
    RULING_COPY,
    RULING_NOTIFY,
    RULING_RUNS,
    RULING_STATE,
    STEP_COMPLETE,
    STEP_COPY_BOTH,
    STEP_COPY_IN,
    STEP_COPY_OUT,
    STEP_COPY_ROW,
    STEP_DESCRIBED,
    STEP_DESCRIPTION,
    STEP_DONE,
    STEP_MORE,
    STEP_READY,
    STEP_ROW,
    STEP_VIOLATION,
    Bound,
    Owed,
    Ruling,
    Sess,
)
from proxy.lane.turns cimport be16, be32, end_session, step_phase
from proxy.masking.rows cimport mask_row

cdef enum:
    OUTCOME_OK = 0
    LONGEST = 0x3ffffffe + 5   # a frame with its type; wire_safety 3
    OUTCOME_SUSPENDED = 4


cdef Py_ssize_t server_frames(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    """Bytes of data that are done with; the rest is the start of a frame. -1: the session is over."""
    cdef Py_ssize_t at = 0
    cdef Py_ssize_t whole, here
    while at < size:
        if s.server_stream:
            here = min(s.server_stream, size - at)
            if s.server_stream_fate == FATE_FORWARD and pass_client(s, data + at, here) < 0:
                return end_session(s, "out of memory")
            s.server_stream -= here
            at += here
            continue
        if size - at < 5:
            break
        whole = <Py_ssize_t> be32(data + at + 1) + 1
        if whole < 5 or whole > LONGEST:
            return end_session(s, "the server sent a message of an impossible length")
        if data[at] in (c"D", c"d"):
            if s.restricted and size - at < 7 and size - at < whole:
                break
            if passes(s, data[at], data + at, whole):
                continue
        if whole > s.message_limit:
            return end_session(s, "a message that a rule concerns is larger than limits.message")
        if whole > size - at:
            break
        if server_frame(s, data[at], data + at, whole) < 0:
            return -1
        at += whole
    return at


cdef int passes(Sess *s, unsigned char type_, const unsigned char *frame, Py_ssize_t whole) noexcept nogil:
    """A row or a piece of COPY that no rule concerns: it streams through, however large. 1 where it does. frame (2,)
    behind its header for a restricted reader, whose rows must have as many columns as were described."""
    cdef Owed *owed = due(s)
    cdef Bound *bound
    if owed != NULL and owed.doubtful:
        forget_doubtful(s)
        owed = due(s)
    if owed == NULL or owed.fate != FATE_FORWARD:
        return 0
    if s.answers[owed.kind * 256 + type_] not in (STEP_ROW, STEP_COPY_ROW):
        return 0
    bound = owed.bound
    if type_ == c"D":
        if bound == NULL or bound.ruling == NULL or bound.ruling.plan != NULL:
            return 0
        if s.restricted and (bound.described < 0 or whole < 7 or bound.described != <int> be16(frame + 5)):
            return 0
        owed.rows += 1
    elif s.restricted and (bound == NULL or bound.ruling == NULL or not bound.ruling.flags & RULING_COPY):
        return 0
    elif bound != NULL and bound.ruling != NULL and bound.ruling.plan != NULL:
        return 0
    begin_output(s, owed)
    owed.size_bytes += whole
    s.server_stream = whole
    s.server_stream_fate = FATE_FORWARD
    return 1


cdef int server_frame(Sess *s, unsigned char type_, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """One whole frame that has to be looked at."""
    cdef Owed *owed = due(s)
    cdef int step
    if type_ == c"E":
        if owed != NULL and owed.doubtful and not all_doubtful(s):
            forget_doubtful(s)
            owed = due(s)
        return on_error(s, owed, frame, size)
    if type_ in (c"N", c"A", c"S"):
        return on_unasked(s, owed, type_, frame, size)
    if owed != NULL and owed.doubtful and type_ != c"Z":
        forget_doubtful(s)
        owed = due(s)
    if owed == NULL:
        return end_session(s, "the server sent an answer that nobody asked for")
    step = s.answers[owed.kind * 256 + type_]
    if step == STEP_VIOLATION or owed.fate == FATE_SUPPLY and step != STEP_READY:
        return end_session(s, "the server sent an answer that does not belong to the question")
    if step == STEP_READY:
        return on_ready(s, owed, frame, size)
    if owed.fate == FATE_TAP:
        if tap(s, frame, size) < 0:
            return end_session(s, "out of memory")
        if step in (STEP_DONE, STEP_DESCRIBED, STEP_COMPLETE):
            paid(s)
            return drained(s)
        return 0
    return on_answer(s, owed, step, frame, size)


cdef int on_answer(Sess *s, Owed *owed, int step, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """A message of the reply at the head, that the client (or the witness) waits for."""
    if step == STEP_ROW:
        return on_row(s, owed, frame, size)
    if step == STEP_COMPLETE:
        return on_complete(s, owed, frame, size)
    if step in (STEP_COPY_IN, STEP_COPY_OUT, STEP_COPY_BOTH):
        return on_copy(s, owed, step, frame, size)
    if step in (STEP_DESCRIPTION, STEP_DESCRIBED):
        if s.restricted and owed.bound != NULL and describe_result(s, owed, frame + 5, size - 5) < 0:
            return -1
    elif step == STEP_DONE and owed.bound != NULL and frame[0] == c"n":
        owed.bound.described = 0
    elif step == STEP_COPY_ROW:
        return on_copy_row(s, owed, frame, size)
    elif step not in (STEP_MORE, STEP_DONE):
        return end_session(s, "an answer that nobody passes on")
    if frame[0] == c"c" and copy_ends(s, owed) < 0:
        return -1
    if s.phase == PHASE_STREAMING and frame[0] == c"c" and step_phase(s, EVENT_STREAM_END) < 0:
        return -1
    if owed.fate == FATE_FORWARD:
        if owed.kind in (OWE_EXECUTE, OWE_QUERY, OWE_FUNCTION_CALL):
            begin_output(s, owed)
        if pass_client(s, frame, size) < 0:
            return end_session(s, "out of memory")
    if step in (STEP_DONE, STEP_DESCRIBED):
        paid(s)
        return drained(s)
    return 0


cdef int on_row(Sess *s, Owed *owed, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """A row that is masked, or that nothing proves."""
    cdef Bound *bound = owed.bound
    cdef Py_ssize_t before
    if bound == NULL or bound.ruling == NULL or bound.ruling.plan == NULL or owed.fate != FATE_FORWARD:
        return end_session(s, "a row that no decision covers")
    if bound.described < 0 or bound.described != bound.ruling.columns:
        return end_session(s, "a row that was not described as the decision expects")
    begin_output(s, owed)
    if settle_run(&s.to_client, &s.run_client) < 0:
        return end_session(s, "out of memory")
    before = s.to_client.out.used
    if mask_row(bound.ruling.plan, bound.formats, frame + 5, size - 5, &s.to_client.out) != 0:
        return end_session(s, "a row that does not fit its description")
    s.queued += s.to_client.out.used - before
    s.counters.bytes_to_client += s.to_client.out.used - before
    s.counters.rows_masked += 1
    s.counters.cells_masked += bound.ruling.masked
    owed.rows += 1
    owed.size_bytes += s.to_client.out.used - before
    return 0


cdef int on_complete(Sess *s, Owed *owed, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """One command has ended: its record first, then its tag."""
    cdef Ruling *ruling = owed.bound.ruling if owed.bound != NULL else NULL
    if frame[0] == c"C":
        count_rows(frame + 5, size - 5, &owed.rows)
    s.counters.rows += owed.rows
    s.counters.statements[COUNT_MASKED if ruling != NULL and ruling.plan != NULL else COUNT_ALLOWED] += 1
    if record_end(s, owed, OUTCOME_SUSPENDED if frame[0] == c"s" else OUTCOME_OK, NULL) < 0:
        return end_session(s, "the audit journal takes no more entries")
    if ruling != NULL:
        if ruling.flags & RULING_RUNS:
            s.ran = s.ran_ever = 1
        if ruling.flags & RULING_STATE:
            s.touched = s.dirty = 1
        if ruling.flags & RULING_NOTIFY:
            completed(s, ruling, frame + 5, size - 5)
    if pass_client(s, frame, size) < 0 or s.failed:
        return end_session(s, "out of memory")
    if s.phase == PHASE_STREAMING:
        step_phase(s, EVENT_STREAM_END)
    forget_doubtful(s)  # a COPY that has ended well has read them all
    if owed.kind == OWE_EXECUTE:
        paid(s)
        return drained(s)
    next_command(s, owed)
    return 0


cdef void next_command(Sess *s, Owed *owed) noexcept nogil:
    """The next command of the same string, where the string has several."""
    cdef Bound *bound = owed.bound
    cdef Ruling *following
    owed.rows = owed.size_bytes = 0
    owed.recorded = 0
    owed.started_us, owed.started_ns = s.now_us, s.now_ns
    if bound == NULL or bound.ruling == NULL:
        return
    following = bound.ruling.after
    if following == NULL and not s.restricted:
        following = bound.ruling  # more results than were decided: its reader may see them all
    bound.described = -1
    bound.count = 0
    drop_copy(bound)
    hold_ruling(following)
    drop_ruling(bound.ruling)
    bound.ruling = following


cdef int on_ready(Sess *s, Owed *owed, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """ReadyForQuery: what was due is complete, and the server has told the state of the transaction."""
    if size != 6 or frame[5] not in (c"I", c"T", c"E"):
        return end_session(s, "a ReadyForQuery that names no state")
    s.status = frame[5]
    if s.status == c"I" and s.touched:
        s.touched = 0
        s.dirty = 1
    if owed.kind == OWE_FUNCTION_CALL and not owed.recorded:
        if record_end(s, owed, OUTCOME_OK, NULL) < 0:
            return end_session(s, "the audit journal takes no more entries")
    if owed.fate == FATE_TAP:
        if tap(s, frame, size) < 0:
            return end_session(s, "out of memory")
    elif owed.fate != FATE_SWALLOW and pass_client(s, frame, size) < 0:
        return end_session(s, "out of memory")
    s.doubt_paid = 1
    s.ran = 0
    paid(s)
    if owed_count(s) and due(s).doubtful:
        doubt_the_last(s, s.head)
    if s.status == c"I" and owed_count(s) == 0 and s.portals.count:
        forget_portals(&s.portals)
    return drained(s)


cdef int runs(Ruling *ruling) noexcept nogil:
    return ruling != NULL and ruling.flags & RULING_RUNS


cdef int on_unasked(Sess *s, Owed *owed, unsigned char type_, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """Notices, notifications and parameter statuses come at any moment."""
    cdef Ruling *ruling = owed.bound.ruling if owed != NULL and owed.bound != NULL else NULL
    if type_ == c"N" and owed != NULL and owed.fate == FATE_TAP:
        return tap(s, frame, size)
    if type_ == c"S":
        if not parameter(s, frame + 5, size - 5, s.ran or runs(ruling)):
            return -1 if s.failed else 0
    elif type_ == c"A" and s.restricted and s.ran_ever:
        return 0  # nobody knows who put what into it
    elif s.restricted:
        return scrub(s, type_, ruling, owed.serial if owed != NULL else 0, frame, size)
    if owed != NULL and owed.bound != NULL:
        begin_output(s, owed)
    return pass_client(s, frame, size)
