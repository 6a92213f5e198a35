"""Query and Parse: where a statement's text meets its decision. Each function answers 1 taken, 0 held, -1 over."""

from libc.string cimport memcmp

from proxy.audit.execution cimport Value
from proxy.lane.queues cimport append, pass_server, put_client, reserve
from proxy.lane.ledger cimport owe
from proxy.lane.names cimport intern
from proxy.lane.refusals cimport refuse_parse, refuse_whole
from proxy.lane.shared cimport drop_bound, drop_prepared, drop_ruling, new_bound, new_prepared
from proxy.lane.state cimport (
    EVENT_PARSE,
    EVENT_QUERY,
    FATE_FORWARD,
    OWE_PARSE,
    OWE_QUERY,
    RULING_ASK,
    RULING_CHAIN,
    RULING_FULL_TEXT,
    RULING_REFUSE,
    SPANS,
    Bound,
    Name,
    Owed,
    Prepared,
    Ruling,
    Sess,
)
from proxy.lane.table cimport Table
from proxy.lane.turns cimport (
    be16,
    end_session,
    hold_for_python,
    moment_has_passed,
    raise_barrier,
    step_phase,
    take_answer,
    text_end,
)
from proxy.template.lexer cimport Lexed, lex

cdef enum:
    LEX_BROKEN_OR_OVERFLOW = 3  # Lexed.flags: no template, or more literals than we keep

cdef const unsigned char *PARSE_COMPLETE = b"1\0\0\0\x04"
cdef const unsigned char *NO_BYTE = b"\0"


cdef int make_key(Sess *s, const unsigned char *text, Py_ssize_t size, Lexed *lexed) noexcept nogil:
    """The template of text into the workspace. 0: it has none, only the full text can be a key; -1: no memory."""
    s.work.key.used = 0
    lexed.flags = LEX_BROKEN_OR_OVERFLOW
    lexed.literals = 0
    if reserve(&s.work.key, size + 1) < 0:
        return -1
    if lex(text, size, s.lex_options, s.work.key.data, s.work.spans, SPANS, lexed) < 0:
        return 0
    if lexed.flags & LEX_BROKEN_OR_OVERFLOW:
        return 0
    s.work.key.used = lexed.length
    return 1


cdef int full_key(Sess *s, const unsigned char *text, Py_ssize_t size) noexcept nogil:
    s.work.key.used = 0
    if append(&s.work.key, NO_BYTE, 1) < 0:
        return -1
    return append(&s.work.key, text, size)


cdef int add_types(Sess *s, const unsigned char *types, Py_ssize_t size) noexcept nogil:
    """Parameter types are part of what a Parse means."""
    if size == 0:
        return 0
    if append(&s.work.key, NO_BYTE, 1) < 0:
        return -1
    return append(&s.work.key, types, size)


cdef Ruling *look_up(Sess *s, const unsigned char *text, Py_ssize_t size,
                     const unsigned char *types, Py_ssize_t types_size, Lexed *lexed) noexcept nogil:
    """What is decided for this text at this moment; NULL: nothing yet."""
    cdef Ruling *ruling = NULL
    cdef int made = make_key(s, text, size, lexed)
    if made < 0:
        end_session(s, "out of memory")
        return NULL
    if made:
        if add_types(s, types, types_size) < 0:
            return NULL
        ruling = (<Table> s.table).look_up(s.context, s.work.key.data, s.work.key.used)
        if ruling == NULL or not ruling.flags & RULING_FULL_TEXT:
            return ruling
    if full_key(s, text, size) < 0 or add_types(s, types, types_size) < 0:
        return NULL
    return (<Table> s.table).look_up(s.context, s.work.key.data, s.work.key.used)


cdef Ruling *decided(Sess *s, const unsigned char *text, Py_ssize_t size,
                     const unsigned char *types, Py_ssize_t types_size, Lexed *lexed) noexcept nogil:
    """The same for a Parse. Drivers repeat theirs to the letter: what was found for a text whose record needs nothing
    of it is found again without reading it. Text, count and types stand in one piece, which is compared whole."""
    cdef Py_ssize_t whole = types + types_size - text
    cdef Ruling *ruling = (<Table> s.table).recall(s.context, s.lex_options, text, whole)
    if ruling != NULL:
        lexed.literals = 0
        return ruling
    ruling = look_up(s, text, size, types, types_size, lexed)
    if ruling != NULL and count_literals(ruling, lexed) == 0:
        (<Table> s.table).note(s.context, s.lex_options, text, whole, ruling)
    return ruling


cdef int count_literals(Ruling *ruling, Lexed *lexed) noexcept nogil:
    """Literals that the record of such a statement keeps."""
    return lexed.literals if ruling.values_as and not lexed.flags & LEX_BROKEN_OR_OVERFLOW else 0


cdef Bound *bind_literals(Sess *s, Ruling *ruling, const unsigned char *text, Lexed *lexed) noexcept nogil:
    """The execution of a simple statement, with its literals for the record."""
    cdef Value *values = s.work.values
    cdef int i, count = count_literals(ruling, lexed)
    for i in range(count):
        values[i].data = text + s.work.spans[i].start
        values[i].length = s.work.spans[i].end - s.work.spans[i].start
        values[i].kind = 0
    return new_bound(&s.kept, ruling, values, count)


cdef int on_query(Sess *s, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """A simple Query: one frame, whole. frame (size,) with its header."""
    cdef const unsigned char *text = frame + 5
    cdef Py_ssize_t length = size - 6
    cdef Lexed lexed
    cdef Ruling *ruling
    cdef int asked = s.answer != NULL
    if length < 0 or text_end(frame, 5, size) != size - 1:
        return end_session(s, "a Query does not end where its text does")
    if not asked and moment_has_passed(s):
        return 0
    if not asked and s.dirty:
        return hold_for_python(s, EVENT_QUERY, text, length, NULL, 0)
    ruling = look_up(s, text, length, NULL, 0, &lexed) if not asked else NULL
    if asked:
        make_key(s, text, length, &lexed)
        ruling = take_answer(s)
    elif ruling == NULL or ruling.flags & RULING_ASK:
        s.counters.cache_misses += 1
        return -1 if s.failed else hold_for_python(s, EVENT_QUERY, text, length, NULL, 0)
    else:
        s.counters.cache_hits += 1
        ruling.refs += 1
    asked = refuse_whole(s, ruling) if ruling.flags & RULING_REFUSE else let_query(s, ruling, frame, size, &lexed)
    drop_ruling(ruling)
    return asked


cdef int let_query(Sess *s, Ruling *ruling, const unsigned char *frame, Py_ssize_t size, Lexed *lexed) noexcept nogil:
    cdef Ruling *first = ruling.after if ruling.flags & RULING_CHAIN else ruling
    cdef Bound *bound = bind_literals(s, first, frame + 5, lexed)
    cdef Owed *owed
    if bound == NULL:
        return end_session(s, "out of memory")
    owed = owe(s, OWE_QUERY, FATE_FORWARD)
    if owed == NULL:
        drop_bound(bound)
        return end_session(s, "too many messages wait for an answer")
    owed.bound = bound
    if pass_server(s, frame, size) < 0:
        return end_session(s, "out of memory")
    raise_barrier(s, ruling)
    if s.touched:
        s.barrier = 1  # a Query ends the implicit transaction, and with it what was set there
    return 1 if step_phase(s, EVENT_QUERY) == 0 else -1


cdef int on_parse(Sess *s, const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """A Parse: name, text, parameter types."""
    cdef const unsigned char *payload = frame + 5
    cdef Py_ssize_t length = size - 5
    cdef Py_ssize_t name_end = text_end(payload, 0, length)
    cdef Py_ssize_t end = text_end(payload, name_end + 1, length) if name_end >= 0 else -1
    cdef Lexed lexed
    cdef Ruling *ruling
    cdef int taken
    if end < 0 or length - end < 3 or length - end - 3 != <Py_ssize_t> be16(payload + end + 1) * 4:
        return end_session(s, "a Parse whose counts do not fit its length")
    if s.answer != NULL:
        ruling = take_answer(s)
        if make_key(s, payload + name_end + 1, end - name_end - 1, &lexed) < 0:
            return end_session(s, "out of memory")
    else:
        if moment_has_passed(s):
            return 0
        ruling = NULL
        if not s.dirty:
            ruling = decided(s, payload + name_end + 1, end - name_end - 1, payload + end + 3, length - end - 3, &lexed)
        if ruling == NULL:
            s.counters.cache_misses += 1
            return -1 if s.failed else hold_for_python(s, EVENT_PARSE, payload, length, NULL, 0)
        s.counters.cache_hits += 1
        ruling.refs += 1
    if ruling.flags & RULING_REFUSE:
        taken = refuse_parse(s, ruling, payload, name_end)
    else:
        taken = let_parse(s, ruling, frame, size, name_end, count_literals(ruling, &lexed))
    drop_ruling(ruling)
    return taken


cdef Prepared *again(Sess *s, Prepared *known, Ruling *ruling, const unsigned char *parse, Py_ssize_t size) noexcept nogil:
    """The statement that the name stands for already, where this Parse says the same of it to the letter; else NULL."""
    if known == NULL or known.ruling != ruling or known.context != s.context or known.size != size:
        return NULL
    if memcmp(known.parse, parse, size) != 0:
        return NULL
    known.refs += 1
    return known


cdef int let_parse(Sess *s, Ruling *ruling, const unsigned char *frame, Py_ssize_t size, Py_ssize_t name_size,
                   int literals) noexcept nogil:
    cdef Name *name = intern(&s.statements, frame + 5, name_size)
    cdef Prepared *prepared
    cdef Owed *owed
    if name == NULL:
        return end_session(s, "too many prepared statements")
    prepared = again(s, <Prepared *> name.value, ruling, frame + 5, size - 5)
    if prepared == NULL:
        prepared = new_prepared(&s.kept, ruling, s.context, frame + 5, size - 5, s.work.spans, literals)
        if prepared == NULL:
            return end_session(s, "out of memory")
        prepared.text_at = name_size + 1
    if s.answer_parsed:  # the probe's Parse was this one
        s.answer_parsed = 0
        drop_prepared(<Prepared *> name.value)
        name.value = prepared
        return 1 if put_client(s, PARSE_COMPLETE, 5) == 0 and step_phase(s, EVENT_PARSE) == 0 else -1
    owed = owe(s, OWE_PARSE, FATE_FORWARD)
    if owed == NULL:
        drop_prepared(prepared)
        return end_session(s, "too many messages wait for an answer")
    owed.name, owed.replaced = name, name.value
    owed.ruling = ruling
    ruling.refs += 1
    name.value = prepared
    name.pending += 1
    name.batch = s.batch
    return 1 if pass_server(s, frame, size) == 0 and step_phase(s, EVENT_PARSE) == 0 else -1
