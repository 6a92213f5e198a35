"""The client's half: walks a chunk, keeps the ledger, and stops at the first frame that needs an answer."""

from proxy.lane.binding cimport describe_ourselves, on_bind
from proxy.lane.queues cimport pass_server
from proxy.lane.ledger cimport all_doubtful, owe, owed_count, shift_doubt
from proxy.lane.names cimport find
from proxy.lane.refusals cimport refuse_batch, refuse_large, refuse_whole
from proxy.lane.shared cimport drop_bound, drop_ruling, new_bound
from proxy.lane.state cimport (
    DOUBT_LIMIT,
    EVENT_BIND,
    EVENT_CLOSE,
    EVENT_COPY_DATA,
    EVENT_COPY_DONE,
    EVENT_COPY_FAIL,
    EVENT_DESCRIBE,
    EVENT_EXECUTE,
    EVENT_FLUSH,
    EVENT_FUNCTION_CALL,
    EVENT_PARSE,
    EVENT_QUERY,
    EVENT_SYNC,
    EVENT_TERMINATE,
    FATE_FORWARD,
    FATE_SWALLOW,
    HOLD_DRAIN,
    HOLD_NOTHING,
    OWE_CLOSE,
    OWE_DESCRIBE_PORTAL,
    OWE_DESCRIBE_STATEMENT,
    OWE_EXECUTE,
    OWE_FUNCTION_CALL,
    OWE_QUERY,
    OWE_SYNC,
    PHASE_COPYING_EXTENDED,
    PHASE_COPYING_SIMPLE,
    PHASE_SKIPPING,
    PHASE_STREAMING,
    RULING_REFUSE,
    Bound,
    Name,
    Owed,
    Ruling,
    Sess,
)
from proxy.lane.statements cimport on_parse, on_query
from proxy.lane.turns cimport (
    be32,
    end_session,
    flush_server,
    hold_for_python,
    hangs_on_an_answer,
    moment_has_passed,
    raise_barrier,
    step_phase,
    take_answer,
    text_end,
)

cdef enum:
    LONGEST = 0x3ffffffe + 5   # a frame with its type; wire_safety 3
    DUE_LIMIT = 16384          # replies that are due before the client has to wait for them


cdef int event_of(unsigned char type_) noexcept nogil:
    """The event of a frontend message type; -1: there is none."""
    if type_ == c"Q": return EVENT_QUERY
    if type_ == c"P": return EVENT_PARSE
    if type_ == c"B": return EVENT_BIND
    if type_ == c"D": return EVENT_DESCRIBE
    if type_ == c"E": return EVENT_EXECUTE
    if type_ == c"C": return EVENT_CLOSE
    if type_ == c"H": return EVENT_FLUSH
    if type_ == c"S": return EVENT_SYNC
    if type_ == c"F": return EVENT_FUNCTION_CALL
    if type_ == c"d": return EVENT_COPY_DATA
    if type_ == c"c": return EVENT_COPY_DONE
    if type_ == c"f": return EVENT_COPY_FAIL
    if type_ == c"X": return EVENT_TERMINATE
    return -1


cdef int in_copy(Sess *s) noexcept nogil:
    return s.phase in (PHASE_COPYING_SIMPLE, PHASE_COPYING_EXTENDED, PHASE_STREAMING)


cdef Py_ssize_t client_frames(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    """Bytes of data that are done with; what is left waits for more bytes or for an answer. -1: the session is over."""
    cdef Py_ssize_t at = 0
    cdef Py_ssize_t whole, here
    cdef int event, taken
    while at < size and s.hold == HOLD_NOTHING:
        if s.client_stream:
            here = min(s.client_stream, size - at)
            if s.client_stream_fate == FATE_FORWARD and pass_server(s, data + at, here) < 0:
                return end_session(s, "out of memory")
            s.client_stream -= here
            at += here
            continue
        if size - at < 5:
            break
        whole = <Py_ssize_t> be32(data + at + 1) + 1
        event = event_of(data[at])
        if event < 0 or whole < 5 or whole > LONGEST:
            return end_session(s, "a message of an unknown type or an impossible length")
        if s.moves[s.phase * 32 + event] == 255:
            return end_session(s, "a message came where the protocol does not allow it")
        if event == EVENT_COPY_DATA or (s.phase == PHASE_SKIPPING and event not in (EVENT_SYNC, EVENT_TERMINATE)):
            s.client_stream = whole  # of no interest: it passes, or is discarded as the server would
            s.client_stream_fate = FATE_SWALLOW if s.phase == PHASE_SKIPPING else FATE_FORWARD
            continue
        if not s.doubt_paid and all_doubtful(s) and event not in (
            EVENT_SYNC, EVENT_FLUSH, EVENT_COPY_DONE, EVENT_COPY_FAIL, EVENT_TERMINATE
        ):
            return end_session(s, "a message came before it was known whether the server skips it")
        if whole > s.message_limit:
            if refuse_large(s, event, whole) < 0:
                return -1
            continue
        if whole > size - at:
            break
        if (owed_count(s) >= DUE_LIMIT or s.kept > s.message_limit) and not in_copy(s) and overfull(s, event):
            break
        taken = client_frame(s, event, data + at, whole, size - at)
        if taken < 0:
            return -1
        if taken == 0:
            break
        at += whole
    return at


cdef int overfull(Sess *s, int event) noexcept nogil:
    """More is due or kept than a session may have: 1 where the message waits until the server has answered."""
    if event in (EVENT_TERMINATE, EVENT_FLUSH, EVENT_COPY_DONE, EVENT_COPY_FAIL):
        return 0
    if owed_count(s):
        s.hold = HOLD_DRAIN
        flush_server(s)
        return 1
    if event not in (EVENT_PARSE, EVENT_BIND):
        return 0
    end_session(s, "too many prepared statements or portals")
    return 1


cdef int client_frame(Sess *s, int event, const unsigned char *frame, Py_ssize_t size, Py_ssize_t ahead) noexcept nogil:
    """One whole frame. ahead: bytes that can be seen from its start on. 1 taken, 0 held, -1 over."""
    if event == EVENT_QUERY: return on_query(s, frame, size)
    if event == EVENT_PARSE: return on_parse(s, frame, size)
    if event == EVENT_BIND: return on_bind(s, frame, size, ahead)
    if event == EVENT_DESCRIBE: return on_describe(s, frame, size)
    if event == EVENT_EXECUTE: return on_execute(s, frame, size)
    if event == EVENT_CLOSE: return on_close(s, frame, size)
    if event == EVENT_FUNCTION_CALL: return on_function_call(s, frame, size)
    if event in (EVENT_SYNC, EVENT_FLUSH, EVENT_COPY_DONE, EVENT_COPY_FAIL, EVENT_TERMINATE):
        return on_plain(s, event, frame, size)
    return end_session(s, "a message that nobody takes")


cdef int on_plain(Sess *s, int event, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """Messages without a statement."""
    if event in (EVENT_SYNC, EVENT_FLUSH, EVENT_COPY_DONE, EVENT_TERMINATE) and size != 5:
        return end_session(s, "a message with more bytes than it has fields")
    if event == EVENT_SYNC and s.phase != PHASE_STREAMING and owe_sync(s) < 0:
        return -1
    if event in (EVENT_COPY_DONE, EVENT_COPY_FAIL) and not in_copy(s):
        end_copy_early(s)
    if pass_server(s, frame, size) < 0:
        return end_session(s, "out of memory")
    return 1 if step_phase(s, event) == 0 else -1


cdef int owe_sync(Sess *s) noexcept nogil:
    """A server inside COPY ignores a Sync, but it may have left the COPY by an error before it reads this one."""
    cdef int doubtful = in_copy(s)
    cdef Owed *owed
    if doubtful and owed_count(s) > DOUBT_LIMIT:
        return end_session(s, "too many Syncs inside a COPY")
    if not doubtful:
        doubtful = shift_doubt(s)
    owed = owe(s, OWE_SYNC, FATE_FORWARD)
    if owed == NULL:
        return end_session(s, "too many messages wait for an answer")
    owed.doubtful = doubtful
    if s.touched:
        s.barrier = 1  # the implicit transaction ends, and with it what was set there
    return 0


cdef void end_copy_early(Sess *s) noexcept nogil:
    """asyncpg sends its COPY data without waiting for CopyInResponse: the end of it belongs to the last command."""
    cdef unsigned int i = s.tail
    cdef Owed *owed
    while i != s.head:
        i -= 1
        owed = &s.ring[i & (s.ring_size - 1)]
        if owed.kind in (OWE_EXECUTE, OWE_QUERY) and owed.copied < 255:
            if owed.copied == 0:
                owed.early = s.tail - i - 1
            owed.copied += 1
        if owed.kind != OWE_SYNC:
            return


cdef int on_describe(Sess *s, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    cdef Name *name
    cdef Owed *owed
    if size < 7 or text_end(frame, 6, size) != size - 1 or frame[5] not in (c"S", c"P"):
        return end_session(s, "a Describe that names neither a statement nor a portal")
    owed = owe(s, OWE_DESCRIBE_STATEMENT if frame[5] == c"S" else OWE_DESCRIBE_PORTAL, FATE_FORWARD)
    if owed == NULL or pass_server(s, frame, size) < 0:
        return end_session(s, "out of memory")
    if frame[5] == c"P":
        name = find(&s.portals, frame + 6, size - 7)
        if name != NULL and name.value != NULL:
            owed.bound = <Bound *> name.value
            owed.bound.refs += 1
    return 1 if step_phase(s, EVENT_DESCRIBE) == 0 else -1


cdef int on_execute(Sess *s, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """An Execute: what its portal was bound to is what it does. A portal that the protocol did not bind is a cursor."""
    cdef Py_ssize_t end = text_end(frame, 5, size)
    cdef Name *name
    cdef Bound *bound
    cdef Ruling *ruling
    cdef Owed *owed
    cdef int asked = s.answer != NULL
    if end < 0 or size - end != 5:
        return end_session(s, "an Execute whose length does not fit")
    if s.restricted and not asked and moment_has_passed(s):
        return 0  # a DECLARE under way may give the name to a cursor
    if s.restricted and not asked and s.dirty:  # another encoding would have another mask
        return hold_for_python(s, EVENT_EXECUTE, frame + 5, size - 5, NULL, 0)
    name = find(&s.portals, frame + 5, end - 5)
    if not asked and (s.restricted or end > 5) and hangs_on_an_answer(s, name):
        return 0
    bound = <Bound *> name.value if name != NULL and not asked else NULL
    if bound != NULL:
        bound.refs += 1
    else:
        if not asked and (s.restricted or s.dirty):
            return hold_for_python(s, EVENT_EXECUTE, frame + 5, size - 5, NULL, 0)
        ruling = take_answer(s) if asked else s.fallback_portal
        if ruling.flags & RULING_REFUSE:
            return refuse_batch(s, ruling)
        bound = new_bound(&s.kept, ruling, NULL, 0)
        if asked:
            drop_ruling(ruling)
        if asked and bound != NULL and s.restricted and bound.ruling.columns > 0:  # a cursor: its rows need a witness
            if describe_ourselves(s, bound, frame + 5, end - 5) < 0:
                drop_bound(bound)
                return -1
    owed = owe(s, OWE_EXECUTE, FATE_FORWARD)
    if bound == NULL or owed == NULL:
        drop_bound(bound)
        return end_session(s, "too many messages wait for an answer")
    owed.bound = bound
    if pass_server(s, frame, size) < 0:
        return end_session(s, "out of memory")
    raise_barrier(s, bound.ruling)
    return 1 if step_phase(s, EVENT_EXECUTE) == 0 else -1


cdef int on_close(Sess *s, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """A Close: the name means nothing from here on; it means again what it meant if the batch fails before."""
    cdef Name *name
    cdef Owed *owed
    if size < 7 or text_end(frame, 6, size) != size - 1 or frame[5] not in (c"S", c"P"):
        return end_session(s, "a Close that names neither a statement nor a portal")
    name = find(&s.statements if frame[5] == c"S" else &s.portals, frame + 6, size - 7)
    owed = owe(s, OWE_CLOSE, FATE_FORWARD)
    if owed == NULL or pass_server(s, frame, size) < 0:
        return end_session(s, "out of memory")
    if name != NULL:
        owed.target = frame[5]
        owed.name, owed.replaced = name, name.value
        name.value = NULL
        name.pending += 1
        name.batch = s.batch
    return 1 if step_phase(s, EVENT_CLOSE) == 0 else -1


cdef int on_function_call(Sess *s, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """A FunctionCall carries no text: it is decided by who asks."""
    cdef Owed *owed
    if moment_has_passed(s):
        return 0
    if s.fallback_call.flags & RULING_REFUSE:
        return refuse_whole(s, s.fallback_call)
    owed = owe(s, OWE_FUNCTION_CALL, FATE_FORWARD)
    if owed == NULL or pass_server(s, frame, size) < 0:
        return end_session(s, "out of memory")
    owed.bound = new_bound(&s.kept, s.fallback_call, NULL, 0)
    return 1 if step_phase(s, EVENT_FUNCTION_CALL) == 0 else -1
