"""The server's half: each message is an answer to something that is due, or one of the four that come unasked."""

from libc.string cimport memcmp

from proxy.lane.hooks cimport completed, parameter, scrub, tapped
from proxy.lane.memory cimport (
    append,
    drop_ruling,
    due,
    all_doubtful,
    forget_doubtful,
    forget_portals,
    hold_ruling,
    owe,
    owed_count,
    paid,
    pass_client,
    put_client,
    put_server,
    settle_run,
    skip_to_sync,
)
from proxy.lane.records cimport record_end
from proxy.lane.results cimport count_rows, describe_result, sqlstate_of
from proxy.lane.state cimport (
    COUNT_ALLOWED,
    COUNT_FAILED,
    COUNT_MASKED,
    EVENT_COPY_BOTH,
    EVENT_COPY_IN_EXTENDED,
    EVENT_COPY_IN_SIMPLE,
    EVENT_ERROR_EXTENDED,
    EVENT_ERROR_SIMPLE,
    EVENT_STREAM_END,
    FATE_FORWARD,
    FATE_SUPPLY,
    FATE_SWALLOW,
    FATE_TAP,
    HOLD_DRAIN,
    HOLD_NOTHING,
    OWE_BIND,
    OWE_CLOSE,
    OWE_EXECUTE,
    OWE_FUNCTION_CALL,
    OWE_PARSE,
    OWE_QUERY,
    OWE_SYNC,
    PHASE_COPYING_EXTENDED,
    PHASE_COPYING_SIMPLE,
    PHASE_SKIPPING,
    PHASE_STREAMING,
    RULING_COPY,
    RULING_NOTIFY,
    RULING_STATE,
    RULING_TAINTED,
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
from proxy.lane.statements cimport be32, end_session, step_phase
from proxy.masking.rows cimport mask_row

cdef enum:
    LONGEST = 0x3fffffff + 5
    OUTCOME_OK = 0
    OUTCOME_ERROR = 1
    OUTCOME_CANCELLED = 3
    OUTCOME_SUSPENDED = 4
    CLOSE_NOTHING_SIZE = 29


cdef const unsigned char *CLOSE_NOTHING = b"C\0\0\0\x17S_pgwarden_nothing\0H\0\0\0\x04"


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
        if data[at] in (c"D", c"d") and passes(s, data[at], whole):
            continue
        if whole > s.message_limit:
            return end_session(s, "a message that a rule concerns is larger than limits.message")
        if whole > size - at:
            break
        if server_frame(s, data[at], data + at, whole) < 0:
            return -1
        at += whole
    return at


cdef void begin_output(Sess *s, Owed *owed) noexcept nogil:
    if not owed.started:
        owed.started = 1
        owed.output_at = s.queued


cdef int passes(Sess *s, unsigned char type_, Py_ssize_t whole) noexcept nogil:
    """A row or a piece of COPY that no rule concerns: it streams through, however large. 1 where it does."""
    cdef Owed *owed = due(s)
    cdef Bound *bound
    if owed == NULL or owed.fate != FATE_FORWARD:
        return 0
    if s.answers[owed.kind * 256 + type_] not in (STEP_ROW, STEP_COPY_ROW):
        return 0
    bound = owed.bound
    if type_ == c"D":
        if bound == NULL or bound.ruling == NULL or bound.ruling.plan != NULL:
            return 0
        if s.restricted and bound.described < 0:
            return 0
        owed.rows += 1
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
    elif step == STEP_COPY_ROW or step not in (STEP_MORE, STEP_DONE):
        return end_session(s, "an answer that nobody passes on")
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
    hold_ruling(following)
    drop_ruling(bound.ruling)
    bound.ruling = following


cdef int on_copy(Sess *s, Owed *owed, int step, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """COPY begins. A stream carries values that no mask reaches: it must have been proven."""
    cdef Ruling *ruling = owed.bound.ruling if owed.bound != NULL else NULL
    if s.restricted and (ruling == NULL or not ruling.flags & RULING_COPY):
        return end_session(s, "a COPY that no decision covers")
    begin_output(s, owed)
    if pass_client(s, frame, size) < 0:
        return end_session(s, "out of memory")
    if step == STEP_COPY_OUT:
        return 0
    if not doubt_early_syncs(s, owed):
        return end_session(s, "messages were sent behind a COPY before it ended")
    if owed.copied:
        return 0
    if step == STEP_COPY_BOTH:
        return step_phase(s, EVENT_COPY_BOTH)
    return step_phase(s, EVENT_COPY_IN_EXTENDED if owed.kind == OWE_EXECUTE else EVENT_COPY_IN_SIMPLE)


cdef int doubt_early_syncs(Sess *s, Owed *owed) noexcept nogil:
    """libpq sends a Sync with its Execute, before it knows that a COPY has begun: the server ignores what it reads of
    them inside the COPY. 0 where something else was sent before the data's end: the server will fail on that."""
    cdef unsigned int end = owed.copied_at if owed.copied else s.tail
    cdef unsigned int i
    for i in range(s.head + 1, end):
        if s.ring[i & (s.ring_size - 1)].kind != OWE_SYNC:
            return 0
        s.ring[i & (s.ring_size - 1)].doubtful = 1
    return 1


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
        if s.phase in (PHASE_COPYING_SIMPLE, PHASE_STREAMING):
            return step_phase(s, EVENT_ERROR_SIMPLE)
        return 0
    if owed.kind == OWE_SYNC:
        return 0  # a deferred constraint at commit: ReadyForQuery follows
    skip_to_sync(s)
    if owed_count(s) and due(s).doubtful:
        s.doubt_paid = 0
        doubt_the_last(s)
        if s.phase == PHASE_COPYING_EXTENDED:
            return step_phase(s, EVENT_ERROR_SIMPLE)
    if owed_count(s) == 0 and s.phase != PHASE_SKIPPING:
        if s.tapping:
            return drained(s)
        if step_phase(s, EVENT_ERROR_EXTENDED) < 0:
            return -1
    return drained(s)


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
    paid(s)
    if s.status == c"I" and owed_count(s) == 0 and s.portals.count:
        forget_portals(&s.portals)
    return drained(s)


cdef int drained(Sess *s) noexcept nogil:
    """Where nothing is due any more, what waited for that goes on."""
    if owed_count(s):
        return ask_past_doubt(s) if s.hold == HOLD_DRAIN and s.doubt_paid and all_doubtful(s) else 0
    if s.tapping:
        tapped(s)
        return -1 if s.failed else 0
    if s.hold == HOLD_DRAIN:
        s.hold = HOLD_NOTHING
    return 0


cdef void doubt_the_last(Sess *s) noexcept nogil:
    """One ReadyForQuery is like another: of the Syncs in a row, the last ones may go unanswered."""
    cdef unsigned int i = s.head
    cdef unsigned int doubtful = 0
    while i != s.tail and s.ring[i & (s.ring_size - 1)].kind == OWE_SYNC:
        doubtful += s.ring[i & (s.ring_size - 1)].doubtful
        s.ring[i & (s.ring_size - 1)].doubtful = 0
        i += 1
    while doubtful:
        i -= 1
        doubtful -= 1
        s.ring[i & (s.ring_size - 1)].doubtful = 1


cdef int ask_past_doubt(Sess *s) noexcept nogil:
    """Something waits for answers that may never come: the answer to a harmless question of ours will tell."""
    if owe(s, OWE_CLOSE, FATE_SWALLOW) == NULL or put_server(s, CLOSE_NOTHING, CLOSE_NOTHING_SIZE) < 0:
        return end_session(s, "out of memory")
    return 0


cdef int tap(Sess *s, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """Keeps an answer for Python; past the limit nothing is kept, and Python learns that."""
    if s.tap_overflow or s.tap.used + size > s.tap_limit:
        s.tap_overflow = 1
        s.tap.used = 0
        return 0
    return append(&s.tap, frame, size)


cdef int on_unasked(Sess *s, Owed *owed, unsigned char type_, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """Notices, notifications and parameter statuses come at any moment."""
    cdef Ruling *ruling = owed.bound.ruling if owed != NULL and owed.bound != NULL else NULL
    if type_ == c"N" and owed != NULL and owed.fate == FATE_TAP:
        return tap(s, frame, size)
    if type_ == c"S":
        parameter(s, frame + 5, size - 5)
        if s.failed:
            return -1
    elif s.restricted:
        return scrub(s, type_, ruling, owed.serial if owed != NULL else 0, frame, size)
    if owed != NULL and owed.bound != NULL:
        begin_output(s, owed)
    return pass_client(s, frame, size)
