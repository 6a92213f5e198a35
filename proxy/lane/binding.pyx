"""Bind: the portal takes the verdict of its statement, if that is still of this moment, and its values for the record."""

from proxy.lane.queues cimport pass_server, put_server
from proxy.lane.ledger cimport owe
from proxy.lane.names cimport find, intern
from proxy.lane.refusals cimport refuse_batch
from proxy.lane.shared cimport drop_bound, drop_ruling, hold_ruling, new_bound
from proxy.lane.state cimport (
    EVENT_BIND,
    FATE_FORWARD,
    FATE_SWALLOW,
    OWE_BIND,
    OWE_DESCRIBE_PORTAL,
    RULING_ASK,
    RULING_REFUSE,
    SPANS,
    Bound,
    Name,
    Owed,
    Prepared,
    Ruling,
    Sess,
)
from proxy.lane.turns cimport (
    be16,
    be32,
    end_session,
    hold_for_python,
    hangs_on_an_answer,
    moment_has_passed,
    step_phase,
    take_answer,
    text_end,
)


cdef int on_bind(Sess *s, const unsigned char *frame, Py_ssize_t size, Py_ssize_t ahead) noexcept nogil:
    """A Bind: the portal takes the verdict of its statement, if that is still of this moment."""
    cdef const unsigned char *payload = frame + 5
    cdef Py_ssize_t length = size - 5
    cdef Py_ssize_t portal_end = text_end(payload, 0, length)
    cdef Py_ssize_t name_end = text_end(payload, portal_end + 1, length) if portal_end >= 0 else -1
    cdef Name *name
    cdef Prepared *prepared = NULL
    cdef Ruling *ruling
    cdef int taken, count
    if name_end < 0:
        return end_session(s, "a Bind whose names do not end")
    name = find(&s.statements, payload + portal_end + 1, name_end - portal_end - 1)
    if name != NULL and name.size and s.answer == NULL and hangs_on_an_answer(s, name):
        return 0
    if name != NULL:
        prepared = <Prepared *> name.value
    count = count_values(s, payload, name_end + 1, length, take_literals(s, prepared))
    if count < 0:
        return end_session(s, "a Bind whose counts do not fit its length")
    if s.answer != NULL:
        ruling = take_answer(s)
        renew(s, prepared, ruling)
    elif moment_has_passed(s):
        return 0
    else:
        ruling = prepared.ruling if prepared != NULL else s.fallback_portal
        if s.dirty or ruling.flags & RULING_ASK or (prepared != NULL and prepared.context != s.context):
            if prepared != NULL:
                return hold_for_python(s, EVENT_BIND, payload, length, prepared.parse, prepared.size)
            if s.restricted or s.dirty:
                return hold_for_python(s, EVENT_BIND, payload, length, NULL, 0)
        hold_ruling(ruling)
    if ruling.flags & RULING_REFUSE:
        taken = refuse_batch(s, ruling)
    else:
        taken = let_bind(s, ruling, frame, size, portal_end, count, ahead)
    drop_ruling(ruling)
    return taken


cdef void renew(Sess *s, Prepared *prepared, Ruling *ruling) noexcept nogil:
    """The statement has been decided again."""
    if prepared == NULL or (prepared.ruling.flags | ruling.flags) & RULING_ASK:
        return
    hold_ruling(ruling)
    drop_ruling(prepared.ruling)
    prepared.ruling = ruling
    prepared.context = s.context


cdef int let_bind(Sess *s, Ruling *ruling, const unsigned char *frame, Py_ssize_t size, Py_ssize_t portal_size,
                  int count, Py_ssize_t ahead) noexcept nogil:
    cdef Name *portal = intern(&s.portals, frame + 5, portal_size)
    cdef Bound *bound = new_bound(&s.kept, ruling, s.work.values, count if ruling.values_as else 0)
    cdef Owed *owed = owe(s, OWE_BIND, FATE_FORWARD)
    if portal == NULL or bound == NULL or owed == NULL:
        drop_bound(bound)
        return end_session(s, "too many portals, or out of memory")
    owed.name, owed.replaced = portal, portal.value
    owed.ruling = ruling
    hold_ruling(ruling)
    portal.value = bound
    portal.pending += 1
    portal.batch = s.batch
    if pass_server(s, frame, size) < 0 or step_phase(s, EVENT_BIND) < 0:
        return end_session(s, "out of memory")
    if s.restricted and not describes_next(frame + 5, portal_size, frame + size, ahead - size):
        return describe_ourselves(s, bound, frame + 5, portal_size)
    return 1


cdef int describes_next(const unsigned char *name, Py_ssize_t name_size, const unsigned char *next_, Py_ssize_t left) noexcept nogil:
    """The client describes this portal itself, in the very next message."""
    cdef Py_ssize_t i
    if left < 7 + name_size or next_[0] != c"D" or next_[5] != c"P" or be32(next_ + 1) != <unsigned int> name_size + 6:
        return 0
    for i in range(name_size + 1):
        if next_[6 + i] != name[i]:
            return 0
    return 1


cdef int describe_ourselves(Sess *s, Bound *bound, const unsigned char *name, Py_ssize_t name_size) noexcept nogil:
    """The witness: no row of a restricted reader passes before the server has described it."""
    cdef unsigned char head[6]
    cdef Owed *owed
    if name_size > 60000:
        return end_session(s, "a portal's name is too long")
    head[0], head[1], head[2], head[5] = c"D", 0, 0, c"P"
    head[3] = (name_size + 6) >> 8
    head[4] = (name_size + 6) & 255
    owed = owe(s, OWE_DESCRIBE_PORTAL, FATE_SWALLOW)
    if owed == NULL or put_server(s, head, 6) < 0 or put_server(s, name, name_size + 1) < 0:
        return end_session(s, "out of memory")
    owed.bound = bound
    bound.refs += 1
    return 1


cdef int take_literals(Sess *s, Prepared *prepared) noexcept nogil:
    """The literals of the statement's own text into the workspace; how many."""
    cdef int i
    cdef const unsigned char *text
    if prepared == NULL:
        return 0
    text = prepared.parse + prepared.text_at
    for i in range(prepared.literals):
        s.work.values[i].data = text + prepared.spans[i].start
        s.work.values[i].length = prepared.spans[i].end - prepared.spans[i].start
        s.work.values[i].kind = 0
    return prepared.literals


cdef int count_values(Sess *s, const unsigned char *payload, Py_ssize_t at, Py_ssize_t size, int before) noexcept nogil:
    """Bound values into the workspace behind what stands there, as many as a record keeps; how many now stand there.
    -1: the lists do not fit the message."""
    cdef Py_ssize_t formats = at + 2
    cdef int format_count, count, i, kept, result_count
    cdef long long length
    if size - at < 2:
        return -1
    format_count = be16(payload + at)
    at += 2 + 2 * format_count
    if size - at < 2:
        return -1
    count = be16(payload + at)
    at += 2
    if format_count > 1 and format_count != count:
        return -1
    kept = min(count, SPANS - before)
    for i in range(count):
        if size - at < 4:
            return -1
        length = <int> be32(payload + at)
        at += 4
        if length < -1 or length > size - at:
            return -1
        if i < kept:
            s.work.values[before + i].length = <int> length
            s.work.values[before + i].data = payload + at
            s.work.values[before + i].kind = 1
            if format_count and be16(payload + formats + (2 * i if format_count > 1 else 0)) == 1:
                s.work.values[before + i].kind = 2
        if length > 0:
            at += length
    if size - at < 2:
        return -1
    result_count = be16(payload + at)
    return before + kept if size - at - 2 == 2 * result_count else -1
