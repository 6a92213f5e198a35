"""The lane's memory: byte queues, the ledger's ring, names, and what is shared by counting."""

from libc.stdlib cimport calloc, free, malloc, realloc
from libc.string cimport memcmp, memcpy, memmove

from proxy.audit.execution cimport Value
from proxy.lane.state cimport (
    OWE_CLOSE,
    OWE_PARSE,
    OWE_SYNC,
    Bound,
    Name,
    Names,
    Out,
    Owed,
    Prepared,
    Queue,
    Ruling,
    Run,
    Sess,
)
from proxy.template.lexer cimport Span

cdef enum:
    NAMES_LIMIT = 65536        # prepared statements or portals a session may name
    LEDGER_LIMIT = 1 << 20     # replies that may be due at once
    VALUE_LIMIT = 1024         # bytes kept of one bound value for the record
    KEPT = 65536               # an empty queue larger than this gives its memory back


# -- bytes --

cdef int reserve(Out *out, Py_ssize_t more) noexcept nogil:
    cdef Py_ssize_t size = out.size if out.size else 256
    cdef unsigned char *data
    if out.used + more <= out.size:
        return 0
    while size < out.used + more:
        size *= 2
    data = <unsigned char *> realloc(out.data, size)
    if data == NULL:
        return -1
    out.data = data
    out.size = size
    return 0


cdef int append(Out *out, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    if reserve(out, size) < 0:
        return -1
    memcpy(out.data + out.used, data, size)
    out.used += size
    return 0


cdef void release_out(Out *out) noexcept nogil:
    free(out.data)
    out.data = NULL
    out.used = out.size = 0


cdef void drop_front(Out *out, Py_ssize_t size) noexcept nogil:
    if size >= out.used:
        out.used = 0
        if out.size > KEPT:
            release_out(out)
        return
    memmove(out.data, out.data + size, out.used - size)
    out.used -= size


cdef int settle_run(Queue *queue, Run *run) noexcept nogil:
    """Copies the slice at hand behind what is queued, so that the chunk it lies in may go."""
    cdef int failed = 0
    if run.size:
        failed = append(&queue.out, run.data, run.size)
        run.size = 0
    return failed


cdef int put(Queue *queue, Run *run, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    if settle_run(queue, run) < 0:
        return -1
    return append(&queue.out, data, size)


cdef int pass_on(Queue *queue, Run *run, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    """Adds a slice of the chunk at hand; neighbours grow together and leave without a copy."""
    if run.size and run.data + run.size == data:
        run.size += size
        return 0
    if run.size == 0 and queue.out.used == queue.start:
        run.data = data
        run.size = size
        return 0
    return put(queue, run, data, size)


cdef int put_server(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    s.counters.bytes_to_server += size
    return put(&s.to_server, &s.run_server, data, size)


cdef int put_client(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    s.counters.bytes_to_client += size
    s.queued += size
    return put(&s.to_client, &s.run_client, data, size)


cdef int pass_server(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    s.counters.bytes_to_server += size
    return pass_on(&s.to_server, &s.run_server, data, size)


cdef int pass_client(Sess *s, const unsigned char *data, Py_ssize_t size) noexcept nogil:
    s.counters.bytes_to_client += size
    s.queued += size
    return pass_on(&s.to_client, &s.run_client, data, size)


# -- shared by counting --

cdef void hold_ruling(Ruling *ruling) noexcept nogil:
    if ruling != NULL:
        ruling.refs += 1


cdef void drop_ruling(Ruling *ruling) noexcept nogil:
    """The Verdict looks at the count when it has the GIL; nothing is freed here."""
    if ruling != NULL:
        ruling.refs -= 1


cdef Prepared *new_prepared(Ruling *ruling, unsigned long long context, const unsigned char *parse, Py_ssize_t size,
                            const Span *spans, int literals) noexcept nogil:
    cdef Prepared *prepared = <Prepared *> malloc(sizeof(Prepared) + literals * sizeof(Span) + size)
    if prepared == NULL:
        return NULL
    prepared.refs = 1
    prepared.ruling = ruling
    prepared.context = context
    prepared.size = size
    prepared.literals = literals
    prepared.spans = <Span *> (prepared + 1)
    prepared.parse = <unsigned char *> (prepared.spans + literals)
    prepared.text_at = 0
    memcpy(prepared.spans, spans, literals * sizeof(Span))
    memcpy(prepared.parse, parse, size)
    hold_ruling(ruling)
    return prepared


cdef void hold_prepared(Prepared *prepared) noexcept nogil:
    if prepared != NULL:
        prepared.refs += 1


cdef void drop_prepared(Prepared *prepared) noexcept nogil:
    if prepared == NULL:
        return
    prepared.refs -= 1
    if prepared.refs == 0:
        drop_ruling(prepared.ruling)
        free(prepared)


cdef Bound *new_bound(Ruling *ruling, const Value *values, int count) noexcept nogil:
    cdef Py_ssize_t size = sizeof(Bound) + count * sizeof(Value)
    cdef Bound *bound
    cdef unsigned char *at
    cdef int i, length
    for i in range(count):
        if values[i].length > 0:
            size += min(values[i].length, VALUE_LIMIT)
    bound = <Bound *> malloc(size)
    if bound == NULL:
        return NULL
    bound.refs = 1
    bound.ruling = ruling
    bound.described = -1
    bound.formats = NULL
    bound.count = count
    bound.values = <Value *> (bound + 1)
    at = <unsigned char *> (bound.values + count)
    for i in range(count):
        length = min(values[i].length, VALUE_LIMIT)
        bound.values[i].kind = values[i].kind
        bound.values[i].length = length
        bound.values[i].data = at
        if length > 0:
            memcpy(at, values[i].data, length)
            at += length
    hold_ruling(ruling)
    return bound


cdef void drop_bound(Bound *bound) noexcept nogil:
    if bound == NULL:
        return
    bound.refs -= 1
    if bound.refs == 0:
        drop_ruling(bound.ruling)
        free(bound.formats)
        free(bound)


cdef int set_formats(Bound *bound, int columns) noexcept nogil:
    """Room for one format a column; what stood there is forgotten."""
    free(bound.formats)
    bound.formats = <unsigned char *> calloc(columns if columns else 1, 1)
    bound.described = columns if bound.formats != NULL else -1
    return 0 if bound.formats != NULL else -1


# -- names --

cdef unsigned long long hash_name(const unsigned char *text, Py_ssize_t size) noexcept nogil:
    """FNV-1a: a client that makes its own names collide slows itself alone."""
    cdef unsigned long long h = 14695981039346656037ULL
    cdef Py_ssize_t i
    for i in range(size):
        h = (h ^ text[i]) * 1099511628211ULL
    return h


cdef Name *find(Names *names, const unsigned char *text, Py_ssize_t size) noexcept nogil:
    cdef unsigned long long h = hash_name(text, size)
    cdef Name *name
    if names.size == 0:
        return NULL
    name = names.buckets[h & (names.size - 1)]
    while name != NULL:
        if name.hash == h and name.size == size and memcmp(name.text, text, size) == 0:
            return name
        name = name.next
    return NULL


cdef int grow_names(Names *names) noexcept nogil:
    cdef int size = names.size * 2 if names.size else 8
    cdef int i
    cdef Name *name
    cdef Name *following
    cdef Name **buckets = <Name **> calloc(size, sizeof(Name *))
    if buckets == NULL:
        return -1
    for i in range(names.size):
        name = names.buckets[i]
        while name != NULL:
            following = name.next
            name.next = buckets[name.hash & (size - 1)]
            buckets[name.hash & (size - 1)] = name
            name = following
    free(names.buckets)
    names.buckets = buckets
    names.size = size
    return 0


cdef Name *intern(Names *names, const unsigned char *text, Py_ssize_t size) noexcept nogil:
    """The name, made where it is new. NULL: no memory, or too many names."""
    cdef Name *name = find(names, text, size)
    cdef int bucket
    if name != NULL:
        return name
    if names.count >= NAMES_LIMIT or (names.count >= names.size * 2 and grow_names(names) < 0):
        return NULL
    if names.size == 0 and grow_names(names) < 0:
        return NULL
    name = <Name *> malloc(sizeof(Name) + size)
    if name == NULL:
        return NULL
    name.hash = hash_name(text, size)
    name.size = size
    name.value = NULL
    name.pending = 0
    memcpy(name.text, text, size)
    bucket = name.hash & (names.size - 1)
    name.next = names.buckets[bucket]
    names.buckets[bucket] = name
    names.count += 1
    return name


cdef void forget(Names *names, int portals) noexcept nogil:
    """Drops every value, and every name that no due reply still points at."""
    cdef int i
    cdef Name *name
    cdef Name **link
    for i in range(names.size):
        link = &names.buckets[i]
        while link[0] != NULL:
            name = link[0]
            if portals:
                drop_bound(<Bound *> name.value)
            else:
                drop_prepared(<Prepared *> name.value)
            name.value = NULL
            if name.pending:
                link = &name.next
                continue
            link[0] = name.next
            free(name)
            names.count -= 1


cdef void forget_statements(Names *names) noexcept nogil:
    forget(names, 0)


cdef void forget_portals(Names *names) noexcept nogil:
    forget(names, 1)


# -- the ledger --

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
        ring[i].copied_at -= s.head
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
    owed.opened = owed.started = owed.recorded = owed.target = owed.copied = owed.doubtful = 0
    owed.bound = NULL
    owed.ruling = NULL
    owed.name = NULL
    owed.replaced = owed.placed = NULL
    owed.started_us = s.now_us
    owed.started_ns = s.now_ns
    owed.rows = owed.size_bytes = 0
    owed.serial = 0
    owed.transaction = s.status
    s.flushed = 0
    return owed


cdef void release_owed(Owed *owed) noexcept nogil:
    drop_bound(owed.bound)
    drop_ruling(owed.ruling)
    if owed.name != NULL:
        owed.name.pending -= 1


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
    release_owed(owed)
    s.head += 1


cdef void unpaid(Sess *s, Owed *owed) noexcept nogil:
    """The message failed or was skipped: the name means again what it meant before."""
    cdef void *now
    if owed.name != NULL:
        now = owed.name.value
        owed.name.value = owed.replaced
        drop_value(OWE_PARSE if owns_statements(owed) else -1, now)
    release_owed(owed)


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
        unpaid(s, &s.ring[i & (s.ring_size - 1)])
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


cdef void free_session(Sess *s) noexcept nogil:
    while s.head != s.tail:
        s.tail -= 1
        unpaid(s, &s.ring[s.tail & (s.ring_size - 1)])
    forget_statements(&s.statements)
    forget_portals(&s.portals)
    free(s.statements.buckets)
    free(s.portals.buckets)
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
