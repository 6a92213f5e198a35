"""A session as Python sees it: buffers in, buffers out, and the orders that answer what the lane asked.

It works on bytes. Sockets are one way to bring them (proxy/lane/lane.pyx), a test another.
"""

cimport cython
from cpython.object cimport PyObject
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from proxy.errors import InvariantBroken
from proxy.lane.chunks cimport from_client, from_server, go_on
from proxy.lane.ledger cimport free_session, owe, owed_count
from proxy.lane.names cimport forget_portals, forget_statements
from proxy.lane.queues cimport drop_front, put_client, put_server, settle_run
from proxy.lane.records cimport record_end, sendable, settle
from proxy.lane.shared cimport drop_ruling, hold_ruling
from proxy.lane.state cimport (
    COUNT_FAILED,
    EVENT_ERROR_EXTENDED,
    FATE_TAP,
    HOLD_DRAIN,
    HOLD_NOTHING,
    HOLD_PAUSE,
    HOLD_PYTHON,
    PHASE_CLOSING,
    RULING_REFUSE,
    Owed,
    Sess,
)
from proxy.lane.together cimport Shared
from proxy.lane.turns cimport be32, end_session, step_phase
from proxy.lane.verdict cimport Verdict

cdef enum:
    OUTCOME_ERROR = 1


@cython.no_gc_clear
cdef class Session:
    """One client and one server connection, from the first ReadyForQuery on."""

    def __cinit__(self, Shared shared not None, object handler):
        self.shared, self.handler = shared, handler
        memset(&self.s, 0, sizeof(Sess))
        self.s.owner = <PyObject *> self
        self.s.spool = <PyObject *> shared.spool
        self.s.table = <PyObject *> shared.table
        self.s.counters = &shared.counters
        self.s.work = &shared.work
        self.s.moves = <const unsigned char *> <const char *> shared.moves
        self.s.answers = <const unsigned char *> <const char *> shared.answers
        self.s.audit = shared.audit
        self.s.buffer_limit = shared.buffer_limit
        self.s.message_limit = shared.message_limit
        self.s.tap_limit = shared.tap_limit
        self.s.status = c"I"
        self.s.restricted = 1
        self.s.dirty = 1
        self.s.hold = HOLD_PAUSE
        self.s.client_open = self.s.server_open = 1
        self.s.statements.kept = self.s.portals.kept = &self.s.kept

    def __dealloc__(self):
        if self.shared is not None:
            free_session(&self.s)

    # -- what Python orders --

    cdef int idle(self) except -1:
        if self.s.busy:
            raise InvariantBroken("the lane was answered from inside a question")
        return 0

    def begin(self, *, Verdict portal not None, Verdict call not None, Verdict large not None, unsigned int session):
        """Who it is, before the first message is looked at. portal, call, large: the verdicts of an Execute whose
        portal the protocol did not bind, of a FunctionCall, and of a message over the limit (it must refuse).
        session: the journal's reference."""
        self.idle()
        if not large.ruling.flags & RULING_REFUSE:
            raise InvariantBroken("a message over the limit must be refused")
        self.fallbacks = (portal, call, large)
        drop_ruling(self.s.fallback_portal)
        drop_ruling(self.s.fallback_call)
        drop_ruling(self.s.fallback_large)
        self.s.fallback_portal, self.s.fallback_call = &portal.ruling, &call.ruling
        self.s.fallback_large = &large.ruling
        hold_ruling(&portal.ruling)
        hold_ruling(&call.ruling)
        hold_ruling(&large.ruling)
        for verdict in self.fallbacks:
            self.shared.table.keep(verdict)
        self.s.session = session

    def place(self, unsigned long long context, int lex_options, *, bint restricted, bytes shield not None):
        """The moment that decisions belong to. shield: sorted 8-byte native integers, relation << 16 | attnum, of the
        columns above the reader's clearance."""
        self.idle()
        self.s.context, self.s.lex_options, self.s.restricted = context, lex_options, restricted
        self.s.dirty = 0
        self.set_shield(shield)

    cdef int set_shield(self, bytes packed) except -1:
        cdef Py_ssize_t count = len(packed) // 8
        cdef Py_ssize_t size = 4
        cdef Py_ssize_t i, at
        cdef const unsigned long long *keys = <const unsigned long long *> <const char *> packed
        while size < count * 2 + 1:
            size *= 2
        free(self.s.shield.slots)
        self.s.shield.slots = <unsigned long long *> calloc(size, 8)
        self.s.shield.size = 0
        if self.s.shield.slots == NULL:
            raise MemoryError
        for i in range(count):
            at = <Py_ssize_t> ((keys[i] * 0x9E3779B97F4A7C15ULL) >> 32) & (size - 1)
            while self.s.shield.slots[at]:
                at = (at + 1) & (size - 1)
            self.s.shield.slots[at] = keys[i]
        self.s.shield.size = size
        return 0

    def ask_state_again(self):
        """The next statement waits until place() was called anew."""
        self.s.dirty = 1

    def ask_server(self, bytes frames not None, bytes kinds not None):
        """Sends messages of our own; kinds: what is owed for each (Owe). The answers come to handler.tapped."""
        cdef Py_ssize_t i
        cdef const unsigned char *data = frames
        self.idle()
        if owed_count(&self.s):
            raise InvariantBroken("the server was asked before it had answered everything")
        for i in range(len(kinds)):
            if owe(&self.s, kinds[i], FATE_TAP) == NULL:
                raise MemoryError
        self.s.tapping = 1
        self.s.counters.probes += 1
        if put_server(&self.s, data, len(frames)) < 0:
            raise MemoryError
        self.pump()

    def resolve(self, Verdict verdict not None, *, bint parsed=False):
        """Answers the statement that is held. parsed: the server has taken that very Parse in the probe."""
        self.idle()
        if self.s.hold != HOLD_PYTHON:
            raise InvariantBroken("an answer came for a statement that is not held")
        drop_ruling(self.s.answer)
        self.s.answer = &verdict.ruling
        hold_ruling(self.s.answer)
        self.shared.table.keep(verdict)
        self.s.answer_parsed = parsed
        self.release()

    def fail(self, bytes error not None, Verdict verdict, bytes sqlstate not None, *, bytes ready=b""):
        """The server itself has rejected the statement that is held, in the probe. error: what the client gets;
        ready: the ReadyForQuery that follows it, for a simple Query. verdict: what the record says of it, or None."""
        cdef const unsigned char *data = error
        cdef Owed owed
        self.idle()
        if self.s.hold != HOLD_PYTHON or self.s.from_client.used < 5:
            raise InvariantBroken("an error came for a statement that is not held")
        self.s.counters.statements[COUNT_FAILED] += 1
        if verdict is not None:
            memset(&owed, 0, sizeof(owed))
            owed.started_us, owed.started_ns, owed.transaction = self.s.now_us, self.s.now_ns, self.s.status
            owed.ruling = &verdict.ruling
            if record_end(&self.s, &owed, OUTCOME_ERROR, <const unsigned char *> <const char *> sqlstate) < 0:
                end_session(&self.s, "the audit journal takes no more entries")
        if put_client(&self.s, data, len(error)) < 0:
            raise MemoryError
        if ready:
            data = ready
            put_client(&self.s, data, len(ready))
        else:
            step_phase(&self.s, EVENT_ERROR_EXTENDED)
        drop_front(&self.s.from_client, <Py_ssize_t> be32(self.s.from_client.data + 1) + 1)
        self.release()

    cdef int release(self) except -1:
        self.s.hold = HOLD_NOTHING
        go_on(&self.s)
        settle(&self.s)
        self.pump()
        return 0

    def retry(self):
        """Looks again at the frame that is held: its moment is known now (place)."""
        self.idle()
        if self.s.hold != HOLD_PYTHON:
            raise InvariantBroken("nothing is held")
        self.release()

    def resume(self):
        """Lets the client's messages in: after login, or when a cancel request has arrived."""
        self.idle()
        if self.s.fallback_portal == NULL:
            raise InvariantBroken("a session goes on before it has begun")
        if self.s.hold == HOLD_PAUSE:
            self.release()

    def pause(self) -> bool:
        """Holds what the client sends next; True where nothing held it before."""
        if self.s.hold not in (HOLD_NOTHING, HOLD_DRAIN):
            return False
        self.s.hold = HOLD_PAUSE  # what waited for earlier answers is looked at afresh
        return True

    def say(self, bytes frames not None):
        """Puts frames out for the client, behind everything that is on its way."""
        cdef const unsigned char *data = frames
        self.idle()
        if put_client(&self.s, data, len(frames)) < 0:
            raise MemoryError
        settle(&self.s)
        self.pump()

    def end(self, str reason not None):
        """Ends the session; its handler is asked for the last word, and told the reason."""
        self.why = reason.encode()
        end_session(&self.s, <const char *> self.why)
        self.pump()

    def finish(self):
        """Ends the session behind what was said last."""
        self.s.told_end = 1
        self.end("ended by pgwarden")

    def forget_statements(self):
        """Protocol names of prepared statements mean nothing any more: SQL may have given them another meaning."""
        forget_statements(&self.s.statements)

    def forget_portals(self):
        forget_portals(&self.s.portals)

    cdef int pump(self) except -1:
        if self.link != NULL:
            self.pump_link(self.link)
        return 0

    # -- what Python sees --

    @property
    def status(self) -> str:
        """ReadyForQuery's last word: I, T or E."""
        return chr(self.s.status)

    @property
    def dirty(self) -> bool:
        """The session's settings must be asked before the next statement is decided."""
        return bool(self.s.dirty)

    @property
    def phase(self) -> int:
        return self.s.phase

    @property
    def owed(self) -> int:
        """Replies that are due."""
        return owed_count(&self.s)

    @property
    def held(self) -> int:
        return self.s.hold

    @property
    def serial(self) -> int:
        """Number of the last statement recorded."""
        return self.s.serial

    @property
    def failed(self) -> str:
        """Why the session is over; empty while it is not."""
        return (<bytes> self.s.reason).decode() if self.s.failed and self.s.reason != NULL else ""

    @property
    def closing(self) -> bool:
        return self.s.phase == PHASE_CLOSING

    def receive_client(self, bytes data not None):
        """What the client sent before the lane had its socket."""
        self.feed_client(data)
        self.pump()

    def receive_server(self, bytes data not None):
        """What the server sent before the lane had its socket."""
        self.feed_server(data)
        self.pump()

    # -- buffers instead of sockets --

    def feed_client(self, bytes data not None):
        """Bytes of the client, for tests and for sessions whose bytes come through an SSL object."""
        cdef const unsigned char *start = data
        from_client(&self.s, start, len(data))
        settle_run(&self.s.to_server, &self.s.run_server)
        settle_run(&self.s.to_client, &self.s.run_client)
        settle(&self.s)

    def feed_server(self, bytes data not None):
        """Bytes of the server."""
        cdef const unsigned char *start = data
        from_server(&self.s, start, len(data))
        settle_run(&self.s.to_server, &self.s.run_server)
        settle_run(&self.s.to_client, &self.s.run_client)
        settle(&self.s)

    def take_server(self) -> bytes:
        """What is to be sent to the server; it is forgotten here."""
        queue = &self.s.to_server
        taken = queue.out.data[queue.start:queue.out.used] if queue.out.used > queue.start else b""
        queue.out.used = queue.start = 0
        return taken

    def take_client(self) -> bytes:
        """What may be sent to the client by now; it is forgotten here."""
        cdef Py_ssize_t count
        queue = &self.s.to_client
        count = min(<Py_ssize_t> (sendable(&self.s) - self.s.sent), queue.out.used - queue.start)
        taken = queue.out.data[queue.start:queue.start + count] if count > 0 else b""
        queue.start += len(taken)
        self.s.sent += len(taken)
        if queue.start == queue.out.used:
            queue.out.used = queue.start = 0
        return taken
