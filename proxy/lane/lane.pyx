"""The lane: the sockets of all established sessions on one epoll, walked without touching a Python object.

uvloop watches the epoll descriptor and calls run() when something is ready. One receive and one send per direction
and chunk. Flow control: a peer that does not read stops the other one, so a session holds at most two buffers.
"""

from cpython.ref cimport Py_DECREF, Py_INCREF, PyObject
from libc.errno cimport EAGAIN, EINTR, errno
from libc.stdlib cimport calloc, free, malloc
from posix.time cimport CLOCK_MONOTONIC, CLOCK_REALTIME, clock_gettime, timespec
from posix.unistd cimport close

from proxy.lane.link cimport (
    CHUNK,
    CLIENT,
    EPOLL_CLOEXEC,
    EPOLL_CTL_ADD,
    EPOLLERR,
    EPOLLET,
    EPOLLHUP,
    EPOLLIN,
    SERVER,
    Endpoint,
    Link,
    detach,
    epoll_create1,
    epoll_ctl,
    epoll_event,
    epoll_wait,
    finished,
    look_out,
    send_client,
    send_server,
    server_is_gone,
    watch,
)
from proxy.lane.ledger cimport due
from proxy.lane.queues cimport put_client, settle_run
from proxy.lane.records cimport lost, sendable, settle
from proxy.audit.spool cimport Spool, spool_awake, spool_broken, spool_leave, spool_timer, spool_turn
from proxy.lane.chunks cimport abandon, from_client, from_server
from proxy.lane.session cimport Session
from proxy.lane.together cimport Shared
from proxy.lane.turns cimport end_session
from proxy.lane.state cimport AUDIT_DURABLE, Counters, Owed, Sess
from proxy.observe.histogram cimport histogram_add

cdef extern from "sys/socket.h" nogil:
    ssize_t recv(int fd, void *data, size_t size, int flags)
    enum: MSG_DONTWAIT

cdef enum:
    BATCH = 64                 # descriptors looked at in one go

cdef long long LAST_WORDS_NS = 5000000000  # how long a session that is over waits for its peer to read

cdef long long clock_ns(int which) noexcept nogil:
    cdef timespec now
    clock_gettime(which, &now)
    return <long long> now.tv_sec * 1000000000 + now.tv_nsec


cdef class Lane:
    """All established sessions of one worker. shared: what they have in common; wake_fd: the journal's eventfd, -1
    where there is none."""

    cdef int epoll
    cdef Shared shared
    cdef Spool spool
    cdef Counters *counters
    cdef Endpoint journal          # stands for all that the journal wakes the lane by
    cdef Link *links
    cdef Link *waiting
    cdef Link *graves
    cdef unsigned char *scratch
    cdef long long real_minus_mono_us
    cdef readonly int count

    def __cinit__(self, Shared shared not None, *, int wake_fd=-1):
        self.shared = shared
        self.counters = &shared.counters
        self.epoll = epoll_create1(EPOLL_CLOEXEC)
        self.scratch = <unsigned char *> malloc(CHUNK)
        if self.epoll < 0 or self.scratch == NULL:
            raise MemoryError("no epoll descriptor or no memory for the lane")
        self.set_clock()
        if wake_fd >= 0:
            self.spool = shared.spool
            self.hear(wake_fd)
            self.hear(-1 if self.spool is None else spool_timer(self.spool))

    def __dealloc__(self):
        self.close()
        free(self.scratch)

    cdef int hear(self, int fd) except -1:
        """Watches a descriptor of the journal's: each time that it is written to is told once, and nothing is read."""
        cdef epoll_event event
        event.events = EPOLLIN | EPOLLET
        event.data.ptr = &self.journal
        if fd >= 0 and epoll_ctl(self.epoll, EPOLL_CTL_ADD, fd, &event) < 0:
            raise OSError(errno, "the journal's wake-up cannot be watched")
        return 0

    def fileno(self) -> int:
        """The descriptor that the event loop watches."""
        return self.epoll

    def close(self):
        """Ends every session without a word."""
        while self.links != NULL:
            bury(self, self.links)
        self.free_graves()
        if self.spool is not None:
            spool_leave(self.spool)
        if self.epoll >= 0:
            close(self.epoll)
            self.epoll = -1

    cdef void set_clock(self) noexcept:
        self.real_minus_mono_us = (clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_MONOTONIC)) // 1000

    cdef void free_graves(self) noexcept:
        cdef Link *link
        while self.graves != NULL:
            link = self.graves
            self.graves = link.next
            session = <Session> link.session
            session.link = NULL
            Py_DECREF(session)
            free(link)

    def adopt(self, Session session not None, int client_fd, int server_fd):
        """Takes over both descriptors (non-blocking), which it will close."""
        cdef Link *link = <Link *> calloc(1, sizeof(Link))
        cdef int side
        if link == NULL:
            raise MemoryError
        link.session = <PyObject *> session
        link.lane = <PyObject *> self
        link.s = &session.s
        link.ends[CLIENT].fd, link.ends[SERVER].fd = client_fd, server_fd
        Py_INCREF(session)
        session.link = link
        session.pump_link = pump_link
        link.next = self.links
        if self.links != NULL:
            self.links.previous = link
        self.links = link
        self.count += 1
        stamp(self, link.s)
        for side in range(2):
            link.ends[side].link, link.ends[side].side = link, side
            if watch(self.epoll, &link.ends[side], EPOLLIN, EPOLL_CTL_ADD) < 0:
                bury(self, link)
                raise OSError(errno, "a session's socket cannot be watched")

    def run(self):
        """Serves every descriptor that is ready, then the journal."""
        cdef epoll_event events[BATCH]
        cdef int recorded = self.spool is not None
        cdef int woken = 0
        cdef int i, count
        with nogil:
            if recorded:
                spool_awake(self.spool)
            count = epoll_wait(self.epoll, events, BATCH, 0)
            for i in range(count):
                if events[i].data.ptr == &self.journal:
                    woken = 1
                else:
                    serve(self, <Endpoint *> events[i].data.ptr, events[i].events)
            if recorded and spool_turn(self.spool, woken):
                wake_up(self)
        if self.graves != NULL:
            self.free_graves()

    def tick(self):
        """Once every tenth of a second: opens what streams slowly, buries who does not read his last words."""
        cdef Link *link = self.links
        cdef Link *following
        cdef long long now = clock_ns(CLOCK_MONOTONIC)
        self.set_clock()
        while link != NULL:
            following = link.next
            if link.over and now - link.over_ns > LAST_WORDS_NS:
                bury(self, link)
            elif link.s.queued > link.s.sent:
                link.s.now_ns = now
                settle(link.s)
                pump(self, link)
            link = following
        self.free_graves()

    def sessions(self) -> list:
        """Every session that the lane carries."""
        cdef Link *link = self.links
        found = []
        while link != NULL:
            found.append(<object> link.session)
            link = link.next
        return found


cdef void stamp(Lane lane, Sess *s) noexcept nogil:
    s.now_ns = clock_ns(CLOCK_MONOTONIC)
    s.now_us = s.now_ns // 1000 + lane.real_minus_mono_us


cdef void serve(Lane lane, Endpoint *end, unsigned int events) noexcept nogil:
    cdef Link *link = end.link
    if link.dead:
        return
    stamp(lane, link.s)
    if events & (EPOLLERR | EPOLLHUP) and not (events & EPOLLIN and end.side == CLIENT):
        if end.side == CLIENT:
            peer_is_gone(lane, link, end)
            return
        if link.over or not end.interest & EPOLLIN:
            detach(lane.epoll, end)  # what it sent before is read when there is room for it
            return
        receive(lane, link, end)
        return
    if events & EPOLLIN and not link.over:
        receive(lane, link, end)
        return
    pump(lane, link)


cdef void wake_up(Lane lane) noexcept nogil:
    """The journal has reached the disk: what waited for it may leave."""
    cdef Link *link = lane.waiting
    cdef Link *following
    lane.waiting = NULL
    while link != NULL:
        following = link.waiting
        link.waits = 0
        link.waiting = NULL
        if not link.dead:
            stamp(lane, link.s)
            if lost(link.s):
                end_session(link.s, "the audit journal takes no more entries")
            pump(lane, link)
        link = following


cdef void receive(Lane lane, Link *link, Endpoint *end) noexcept nogil:
    cdef Sess *s = link.s
    cdef long long began = s.now_ns
    cdef ssize_t count = recv(end.fd, lane.scratch, CHUNK, MSG_DONTWAIT)
    if count < 0:
        if errno != EAGAIN and errno != EINTR:
            peer_is_gone(lane, link, end)
        return
    if count == 0:
        if end.side == CLIENT:
            s.client_open = 0
        else:
            server_is_gone(link)
    elif end.side == CLIENT:
        from_client(s, lane.scratch, count)
    else:
        from_server(s, lane.scratch, count)
    settle(s)
    pump(lane, link)
    if count > 0:
        histogram_add(&lane.counters.added[end.side], clock_ns(CLOCK_MONOTONIC) - began)


cdef void peer_is_gone(Lane lane, Link *link, Endpoint *end) noexcept nogil:
    """A connection was reset. The client's: its backend is ended too. The server's: the client is told."""
    if end.side == SERVER:
        server_is_gone(link)
        settle(link.s)
        pump(lane, link)
        return
    link.s.client_open = 0
    abandon(link.s)
    bury_nogil(lane, link)


cdef void pump_link(void *link) noexcept:
    """What a session's orders have put out leaves at once."""
    cdef Link *this = <Link *> link
    cdef Lane lane = <Lane> this.lane
    if not this.dead:
        stamp(lane, this.s)
        settle(this.s)
        pump(lane, this)


cdef void pump(Lane lane, Link *link) noexcept nogil:
    """Sends what may be sent, in both directions, then says what is waited for."""
    cdef Sess *s = link.s
    if s.failed and not link.over:
        last_words(lane, link)
    if send_server(link) < 0 and not link.over:
        server_is_gone(link)
        last_words(lane, link)
    if send_client(link, sendable(s) - s.sent) < 0:
        abandon(s)
        bury_nogil(lane, link)
        return
    if finished(link):
        bury_nogil(lane, link)
        return
    if s.queued > s.sent and not link.waits and s.mark_position:
        link.waits = 1
        link.waiting = lane.waiting
        lane.waiting = link
    look_out(lane.epoll, link)


cdef void last_words(Lane lane, Link *link) noexcept nogil:
    """The session is over: its statement is recorded, and a FATAL closes it where the client is between frames."""
    cdef Sess *s = link.s
    link.over = 1
    link.over_ns = s.now_ns
    s.from_client.used = 0
    s.to_server.out.used = s.to_server.start = 0
    s.run_server.size = 0
    settle_run(&s.to_client, &s.run_client)
    if abandon(s) < 0 or (s.audit == AUDIT_DURABLE and spool_broken(<Spool> s.spool)):  # no record, no output
        unrecorded(link)
        return
    if s.server_stream == 0 and not s.told_end:
        with gil:
            ask_last_word(link)
    settle(s)


cdef void unrecorded(Link *link) noexcept nogil:
    """Nothing of what waits may leave any more; a last word may, where what has left ends with a frame."""
    cdef Sess *s = link.s
    cdef Owed *owed = due(s)
    cdef int whole = s.sent == 0 or (s.sent == s.queued and s.server_stream == 0)
    if owed != NULL and s.sent == owed.output_at:
        whole = 1
    s.queued = s.sent
    s.to_client.out.used = s.to_client.start
    if whole and not s.told_end:
        with gil:
            ask_last_word(link)
    s.mark = s.queued
    s.mark_position = 0


cdef void ask_last_word(Link *link) noexcept:
    session = <Session> link.session
    try:
        word = session.handler.last_word(session, session.failed)
        if word:
            put_client(link.s, <const unsigned char *> <const char *> (<bytes?> word), len(word))
    except Exception:  # noqa: BLE001  the session ends in any case, without a word
        pass


cdef void bury_nogil(Lane lane, Link *link) noexcept nogil:
    with gil:
        bury(lane, link)


cdef void bury(Lane lane, Link *link) noexcept:
    """Closes both sockets; the memory goes when no event can point at it any more."""
    cdef Link **at = &lane.waiting
    if link.dead:
        return
    link.dead = 1
    while at[0] != NULL:
        if at[0] == link:
            at[0] = link.waiting
            break
        at = &at[0].waiting
    if link.previous != NULL:
        link.previous.next = link.next
    else:
        lane.links = link.next
    if link.next != NULL:
        link.next.previous = link.previous
    close(link.ends[CLIENT].fd)
    close(link.ends[SERVER].fd)
    link.next = lane.graves
    lane.graves = link
    lane.count -= 1
    session = <Session> link.session
    try:
        session.handler.closed(session, session.failed)
    except Exception:  # noqa: BLE001  it is closed whatever its handler says
        pass
