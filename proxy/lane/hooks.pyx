"""Where the lane leaves C and asks Python: once per thing that it does not know, never per statement that it knows.

An exception in a handler ends the session: nothing that it would have decided is forwarded.
"""

from proxy.lane.queues cimport put_client
from proxy.lane.state cimport Ruling, Sess
from proxy.lane.table cimport Table
from proxy.lane.verdict cimport Verdict


cdef bytes copy(const unsigned char *data, Py_ssize_t size):
    return data[:size] if size > 0 else b""


cdef object verdict_of(Ruling *ruling):
    return <object> ruling.verdict if ruling != NULL else None


cdef void broke(Sess *s, object error) noexcept:
    s.failed = 1
    s.reason = "a decision failed inside pgwarden"
    try:
        (<object> s.owner).handler.broke(error)
    except Exception:  # noqa: BLE001  the session ends in any case
        pass


cdef void ask(Sess *s, int event, const unsigned char *payload, Py_ssize_t size,
              const unsigned char *statement, Py_ssize_t statement_size) noexcept nogil:
    """The frame that is held needs an answer; Python gives it later, by resolve(), fail() or refuse()."""
    with gil:
        try:
            owner = <object> s.owner
            owner.handler.statement(owner, event, copy(payload, size), copy(statement, statement_size))
        except Exception as error:  # noqa: BLE001
            broke(s, error)


cdef void tapped(Sess *s) noexcept nogil:
    """Everything that we asked the server is answered."""
    with gil:
        try:
            owner = <object> s.owner
            frames = None if s.tap_overflow else copy(s.tap.data, s.tap.used)
            s.tap.used = 0
            s.tapping = s.tap_overflow = 0
            owner.handler.tapped(owner, frames)
        except Exception as error:  # noqa: BLE001
            broke(s, error)


cdef int scrub(Sess *s, int kind, Ruling *ruling, unsigned long long serial,
               const unsigned char *frame, Py_ssize_t size) noexcept nogil:
    """Puts out what the reader may see of an error, a notice or a notification; nothing where it may see nothing."""
    cdef int failed = 0
    with gil:
        try:
            owner = <object> s.owner
            kept = owner.handler.scrub(owner, kind, verdict_of(ruling), serial, copy(frame, size))
            if kept:
                failed = put_client(s, <const unsigned char *> <const char *> (<bytes?> kept), len(kept))
        except Exception as error:  # noqa: BLE001
            broke(s, error)
            failed = -1
    return failed


cdef Ruling *convict(Sess *s, Ruling *ruling, const unsigned char *payload, Py_ssize_t size) noexcept nogil:
    """A RowDescription shows what the decision did not expect. Answers a stricter ruling; NULL ends the session."""
    with gil:
        return ask_stricter(s, ruling, payload, size)


cdef Ruling *ask_stricter(Sess *s, Ruling *ruling, const unsigned char *payload, Py_ssize_t size) noexcept:
    cdef Verdict verdict
    try:
        owner = <object> s.owner
        verdict = owner.handler.convict(owner, verdict_of(ruling), copy(payload, size))
        if verdict is None:
            return NULL
        verdict.ruling.refs += 1  # the session's own, until it is placed
        (<Table> s.table).keep(verdict)
        verdict.ruling.refs -= 1
        return &verdict.ruling
    except Exception as error:  # noqa: BLE001
        broke(s, error)
    return NULL


cdef void completed(Sess *s, Ruling *ruling, const unsigned char *tag, Py_ssize_t size) noexcept nogil:
    """A statement that Python wants to hear of has ended well."""
    with gil:
        try:
            owner = <object> s.owner
            owner.handler.completed(owner, verdict_of(ruling), copy(tag, size))
        except Exception as error:  # noqa: BLE001
            broke(s, error)


cdef int parameter(Sess *s, const unsigned char *payload, Py_ssize_t size, int doubtful) noexcept nogil:
    """The server reports a setting (ParameterStatus): 1 where the client may hear of it. doubtful: code that nothing
    proves may have set it."""
    cdef int shown = 0
    with gil:
        try:
            owner = <object> s.owner
            shown = bool(owner.handler.parameter(owner, copy(payload, size), bool(doubtful)))
        except Exception as error:  # noqa: BLE001
            broke(s, error)
    return shown
