"""The ledger: what the server owes, in order, and what becomes of names when a message fails or is skipped."""

from libc.stdlib cimport free, malloc

from proxy.audit.spool cimport Spool, statements_running
from proxy.lane.queues cimport release_out
from proxy.lane.names cimport release_names, tidy
from proxy.lane.shared cimport drop_bound, drop_prepared, drop_ruling
from proxy.lane.state cimport (
    AUDIT_DURABLE,
    FATE_FORWARD,
    OWE_CLOSE,
    OWE_EXECUTE,
    OWE_FUNCTION_CALL,
    OWE_PARSE,
    OWE_QUERY,
    OWE_SYNC,
    Bound,
    Owed,
    Prepared,
    Sess,
)

cdef enum:
    LEDGER_LIMIT = 1 << 20     # replies that may be due at once


cdef unsigned int owed_count(Sess *s) noexcept nogil:
    return s.tail - s.head


cdef Owed *due(Sess *s) noexcept nogil:
    return NULL if s.head == s.tail else &s.ring[s.head & (s.ring_size - 1)]


cdef Owed *last_owed(Sess *s) noexcept nogil:
    return NULL if s.head == s.tail else &s.ring[(s.tail - 1) & (s.ring_size - 1)]


cdef int grow_ring(Sess *s) noexcept nogil:
    cdef unsigned int size = s.ring_size * 2 if s.ring_size else 8
    cdef unsigned int i, count = s.tail - s.head
    cdef Owed *ring
    if size > LEDGER_LIMIT:
        return -1
    ring = <Owed *> malloc(size * sizeof(Owed))
    if ring == NULL:
        return -1
    for i in range(count):
        ring[i] = s.ring[(s.head + i) & (s.ring_size - 1)]
    free(s.ring)
    s.ring = ring
    s.ring_size = size
    s.head = 0
    s.tail = count
    return 0


cdef Owed *owe(Sess *s, int kind, int fate) noexcept nogil:
    """A new entry at the end of the ledger; NULL where it is full or memory is out."""
    cdef Owed *owed
    if s.tail - s.head == s.ring_size and grow_ring(s) < 0:
        return NULL
    owed = &s.ring[s.tail & (s.ring_size - 1)]
    s.tail += 1
    owed.kind = kind
    owed.fate = fate
    owed.early = 0
    owed.opened = owed.started = owed.recorded = owed.target = owed.copied = owed.doubtful = owed.running = 0
    owed.bound = NULL
    owed.ruling = NULL
    owed.name = NULL
    owed.replaced = NULL
    owed.started_us = s.now_us
    owed.started_ns = s.now_ns
    owed.rows = owed.size_bytes = 0
    owed.output_at = -1
    owed.serial = 0
    owed.transaction = s.status
    if kind in (OWE_SYNC, OWE_QUERY, OWE_FUNCTION_CALL):
        s.batch += 1
    s.flushed = 0
    if s.audit == AUDIT_DURABLE and fate == FATE_FORWARD and kind in (OWE_EXECUTE, OWE_QUERY):
        owed.running = 1
        statements_running(<Spool> s.spool, 1)
    return owed


cdef void not_running(Sess *s, Owed *owed) noexcept nogil:
    """Its record comes now, or never: no commit waits for it any more."""
    if owed.running:
        owed.running = 0
        statements_running(<Spool> s.spool, -1)


cdef void release_owed(Sess *s, Owed *owed) noexcept nogil:
    not_running(s, owed)
    drop_bound(owed.bound)
    drop_ruling(owed.ruling)
    if owed.name != NULL:
        owed.name.pending -= 1
        tidy(&s.statements if owns_statements(owed) else &s.portals, owed.name)


cdef void drop_value(int kind, void *value) noexcept nogil:
    if kind == OWE_PARSE:
        drop_prepared(<Prepared *> value)
    else:
        drop_bound(<Bound *> value)


cdef int owns_statements(Owed *owed) noexcept nogil:
    return owed.kind == OWE_PARSE or (owed.kind == OWE_CLOSE and owed.target == c'S')


cdef void paid(Sess *s) noexcept nogil:
    """The reply at the head is complete: what its message replaced is gone for good."""
    cdef Owed *owed = due(s)
    if owed.name != NULL:
        drop_value(OWE_PARSE if owns_statements(owed) else -1, owed.replaced)
    release_owed(s, owed)
    s.head += 1


cdef Owed *next_of(Sess *s, unsigned int i, Name *name) noexcept nogil:
    """The first reply from i on whose message set that name."""
    while i != s.tail:
        if s.ring[i & (s.ring_size - 1)].name == name:
            return &s.ring[i & (s.ring_size - 1)]
        i += 1
    return NULL


cdef void unpaid(Sess *s, Owed *owed, unsigned int end) noexcept nogil:
    """The message failed or was skipped: the name means again what it meant before, unless a later batch (from end on)
    has set it since; then that is what the later one has replaced."""
    cdef Owed *later
    cdef void *placed
    if owed.name != NULL:
        later = next_of(s, end, owed.name) if owed.name.pending > 1 else NULL
        if later != NULL:
            placed = later.replaced
            later.replaced = owed.replaced
        else:
            placed = owed.name.value
            owed.name.value = owed.replaced
        drop_value(OWE_PARSE if owns_statements(owed) else -1, placed)
    release_owed(s, owed)


cdef void skip_to_sync(Sess *s) noexcept nogil:
    """Takes out of the ledger what the server discards after an error, the failed message first, up to the next
    Sync; names get their old meanings back from the last message to the first."""
    cdef unsigned int end = s.head
    cdef unsigned int i
    while end != s.tail and s.ring[end & (s.ring_size - 1)].kind != OWE_SYNC:
        end += 1
    i = end
    while i != s.head:
        i -= 1
        unpaid(s, &s.ring[i & (s.ring_size - 1)], end)
    s.head = end


cdef void forget_doubtful(Sess *s) noexcept nogil:
    """The server has shown that it ignored the doubtful Syncs."""
    cdef unsigned int i
    cdef unsigned int kept = s.head
    for i in range(s.head, s.tail):
        if not s.ring[i & (s.ring_size - 1)].doubtful:
            s.ring[kept & (s.ring_size - 1)] = s.ring[i & (s.ring_size - 1)]
            kept += 1
    s.tail = kept


cdef int all_doubtful(Sess *s) noexcept nogil:
    """Something is due, but perhaps nothing will come."""
    cdef unsigned int i
    for i in range(s.head, s.tail):
        if not s.ring[i & (s.ring_size - 1)].doubtful:
            return 0
    return s.head != s.tail


cdef int shift_doubt(Sess *s) noexcept nogil:
    """A Sync follows Syncs of which the last are in doubt: from now on it is one of the doubtful, and the first of them
    is not. 1 where that is so."""
    cdef unsigned int i = s.tail
    cdef unsigned int first = s.tail
    cdef Owed *owed = last_owed(s)
    if owed == NULL or not owed.doubtful:
        return 0
    while i != s.head:
        i -= 1
        if s.ring[i & (s.ring_size - 1)].kind != OWE_SYNC:
            return 0
        if not s.ring[i & (s.ring_size - 1)].doubtful:
            break
        first = i
    s.ring[first & (s.ring_size - 1)].doubtful = 0
    return 1


cdef void free_session(Sess *s) noexcept nogil:
    while s.head != s.tail:
        s.tail -= 1
        unpaid(s, &s.ring[s.tail & (s.ring_size - 1)], s.tail)
    release_names(&s.statements, 0)
    release_names(&s.portals, 1)
    free(s.ring)
    free(s.shield.slots)
    release_out(&s.to_server.out)
    release_out(&s.to_client.out)
    release_out(&s.from_client)
    release_out(&s.from_server)
    release_out(&s.tap)
    drop_ruling(s.answer)
    drop_ruling(s.fallback_portal)
    drop_ruling(s.fallback_call)
    drop_ruling(s.fallback_large)


cdef int in_doubt(Sess *s, Name *name) noexcept nogil:
    """What the name means hangs on an answer to an earlier batch, whose failure would not skip what comes now."""
    return name != NULL and name.pending and name.batch != s.batch
