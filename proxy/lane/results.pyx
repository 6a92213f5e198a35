"""What the server says of a result: its description is the last witness, its tag the count."""

from libc.string cimport memcpy

from proxy.lane.hooks cimport convict
from proxy.lane.shared cimport drop_ruling, hold_ruling, set_formats
from proxy.lane.state cimport OWE_QUERY, RULING_REFUSE, Bound, Owed, Protected, Ruling, Sess
from proxy.lane.turns cimport be16, be32, end_session, text_end

cdef enum:
    FIELD = 18  # bytes of a field of RowDescription behind its name
    LONGEST_COUNT = 18  # digits of a count that fit a long long


cdef int shielded(Protected *shield, unsigned int relation, unsigned int attnum) noexcept nogil:
    """The reader may not see this column in clear."""
    cdef unsigned long long key = (<unsigned long long> relation << 16) | (attnum & 0xffff)
    cdef Py_ssize_t at
    if shield.size == 0 or relation == 0:
        return 0
    at = <Py_ssize_t> ((key * 0x9E3779B97F4A7C15ULL) >> 32) & (shield.size - 1)
    while shield.slots[at]:
        if shield.slots[at] == key:
            return 1
        at = (at + 1) & (shield.size - 1)
    return 0


cdef int has_mask(Ruling *ruling, int column) noexcept nogil:
    return ruling.covered != NULL and column < ruling.columns and ruling.covered[column]


cdef int describe_result(Sess *s, Owed *owed, const unsigned char *payload, Py_ssize_t size) noexcept nogil:
    """Reads a RowDescription for an execution of a restricted reader: formats of the columns, and whether the
    decision still stands. 0: it may go on, with owed.bound.ruling perhaps stricter; -1: the session is over."""
    cdef Bound *bound = owed.bound
    cdef Ruling *ruling
    cdef int guilty
    if size < 2:
        return end_session(s, "a RowDescription without a count")
    if bound == NULL or bound.ruling == NULL:
        return end_session(s, "a result that no decision covers")
    if owed.kind == OWE_QUERY and bound.described >= 0:
        return end_session(s, "a command with a second result that no decision covers")
    guilty = shows_more(s, bound, bound.ruling, payload, size)
    if guilty <= 0:
        return guilty
    s.counters.convicted += 1
    ruling = convict(s, bound.ruling, payload, size)
    if ruling == NULL or ruling.flags & RULING_REFUSE or shows_more(s, bound, ruling, payload, size):
        return end_session(s, "a result shows a protected column that its statement's analysis did not")
    hold_ruling(ruling)
    drop_ruling(bound.ruling)
    bound.ruling = ruling
    return 0


cdef int shows_more(Sess *s, Bound *bound, Ruling *ruling, const unsigned char *payload, Py_ssize_t size) noexcept nogil:
    """The formats of a RowDescription's columns into bound; 1 where the result has another number of columns than
    ruling, or a column that its reader may not see and that ruling does not mask. -1: the session is over."""
    cdef int columns = be16(payload)
    cdef int guilty = ruling.columns >= 0 and ruling.columns != columns
    cdef unsigned int form
    cdef int i
    cdef Py_ssize_t at = 2
    cdef Py_ssize_t end
    if set_formats(bound, columns) < 0:
        return end_session(s, "out of memory")
    for i in range(columns):
        end = text_end(payload, at, size)
        if end < 0 or size - end - 1 < FIELD:
            return end_session(s, "a RowDescription whose fields do not fit its length")
        at = end + 1
        if shielded(&s.shield, be32(payload + at), be16(payload + at + 4)) and not has_mask(ruling, i):
            guilty = 1
        form = be16(payload + at + 16)
        if form > 1:
            return end_session(s, "a RowDescription with a format that does not exist")
        bound.formats[i] = form
        at += FIELD
    if at != size:
        return end_session(s, "a RowDescription with more bytes than fields")
    return guilty


cdef int count_rows(const unsigned char *tag, Py_ssize_t size, long long *rows) noexcept nogil:
    """The number at the end of a command tag ("INSERT 0 5", "SELECT 12"); 0 where it has none."""
    cdef Py_ssize_t at = size - 1  # the terminator
    cdef long long value = 0
    cdef long long unit = 1
    if size < 1 or tag[at] != 0:
        return 0
    while at > 0 and tag[at - 1] >= c"0" and tag[at - 1] <= c"9" and size - at <= LONGEST_COUNT:
        value += (tag[at - 1] - c"0") * unit
        unit *= 10
        at -= 1
    if unit == 1 or at == 0 or tag[at - 1] != c" ":
        return 0
    rows[0] = value
    return 1


cdef int sqlstate_of(const unsigned char *payload, Py_ssize_t size, unsigned char *sqlstate) noexcept nogil:
    """Copies field C of an ErrorResponse. 1: the error ends the connection (severity FATAL or PANIC)."""
    cdef Py_ssize_t at = 0
    cdef Py_ssize_t end
    cdef int fatal = 0
    while at < size and payload[at]:
        end = text_end(payload, at + 1, size)
        if end < 0:
            break
        if payload[at] == c"C" and end - at - 1 == 5:
            memcpy(sqlstate, payload + at + 1, 5)
        if payload[at] in (c"S", c"V") and payload[at + 1] in (c"F", c"P"):
            fatal = 1
        at = end + 1
    return fatal
