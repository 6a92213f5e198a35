"""The two sockets of a session: what is sent, and what each is watched for. A peer that does not read stops the other."""

from libc.errno cimport EAGAIN, EINTR, errno
from libc.stdlib cimport free
from libc.string cimport memmove

from proxy.lane.queues cimport append, settle_run
from proxy.lane.records cimport sendable
from proxy.lane.state cimport HOLD_NOTHING, PHASE_CLOSING, Queue, Run, Sess

cdef extern from "sys/socket.h" nogil:
    ssize_t send(int fd, const void *data, size_t size, int flags)
    int shutdown(int fd, int how)
    enum: MSG_DONTWAIT, MSG_NOSIGNAL, SHUT_WR


cdef Py_ssize_t pending(Queue *queue) noexcept nogil:
    return queue.out.used - queue.start


cdef int watch(int epoll, Endpoint *end, unsigned int interest, int how) noexcept nogil:
    cdef epoll_event event
    if how == EPOLL_CTL_MOD and end.interest == interest:
        return 0
    if end.detached:
        end.detached = 0
        how = EPOLL_CTL_ADD
    event.events = interest
    event.data.ptr = end
    end.interest = interest
    return epoll_ctl(epoll, how, end.fd, &event)


cdef void detach(int epoll, Endpoint *end) noexcept nogil:
    if not end.detached:
        epoll_ctl(epoll, EPOLL_CTL_DEL, end.fd, NULL)
        end.detached = 1
        end.interest = 0


cdef void look_out(int epoll, Link *link) noexcept nogil:
    """What each side is watched for: nobody is read whose bytes could not leave."""
    cdef Sess *s = link.s
    cdef unsigned int client = 0
    cdef unsigned int server = 0
    if not link.over:
        if s.client_open and pending(&s.to_server) <= s.buffer_limit and (
            s.hold == HOLD_NOTHING or s.from_client.used <= s.buffer_limit
        ):
            client |= EPOLLIN
        if s.server_open and pending(&s.to_client) <= s.buffer_limit:
            server |= EPOLLIN
    if pending(&s.to_client) and sendable(s) > s.sent:
        client |= EPOLLOUT
    if pending(&s.to_server):
        server |= EPOLLOUT
    watch(epoll, &link.ends[CLIENT], client, EPOLL_CTL_MOD)
    if s.server_open:
        watch(epoll, &link.ends[SERVER], server, EPOLL_CTL_MOD)
    else:
        detach(epoll, &link.ends[SERVER])


cdef int send_server(Link *link) noexcept nogil:
    cdef Sess *s = link.s
    if not s.server_open:
        s.to_server.out.used = s.to_server.start = 0
        s.run_server.size = 0
        return 0
    if send_out(link.ends[SERVER].fd, &s.to_server, &s.run_server, -1) < 0:
        return -1
    if not s.client_open and not link.half_closed and s.hold == HOLD_NOTHING and pending(&s.to_server) == 0:
        link.half_closed = 1
        shutdown(link.ends[SERVER].fd, SHUT_WR)
    return 0


cdef int send_client(Link *link, long long allowed) noexcept nogil:
    cdef Sess *s = link.s
    cdef ssize_t count = send_out(link.ends[CLIENT].fd, &s.to_client, &s.run_client, allowed)
    if count < 0:
        return -1
    s.sent += count
    return 0


cdef ssize_t send_out(int fd, Queue *queue, Run *run, long long allowed) noexcept nogil:
    """Sends the queue, or the slice at hand where nothing is queued, up to allowed bytes (-1: all); keeps the rest.
    Bytes sent; -1: the connection is gone."""
    cdef const unsigned char *data
    cdef ssize_t size, count
    if run.size and pending(queue) == 0 and (allowed < 0 or allowed >= run.size):
        count = send(fd, run.data, run.size, MSG_DONTWAIT | MSG_NOSIGNAL)
        if count < 0:
            if errno != EAGAIN and errno != EINTR:
                return -1
            count = 0
        if count < run.size and append(&queue.out, run.data + count, run.size - count) < 0:
            return -1
        run.size = 0
        return count
    if settle_run(queue, run) < 0:
        return -1
    size = pending(queue)
    if allowed >= 0 and size > allowed:
        size = <ssize_t> allowed
    if size <= 0:
        return 0
    count = send(fd, queue.out.data + queue.start, size, MSG_DONTWAIT | MSG_NOSIGNAL)
    if count < 0:
        return 0 if errno == EAGAIN or errno == EINTR else -1
    queue.start += count
    forget_sent(queue)
    return count


cdef void forget_sent(Queue *queue) noexcept nogil:
    """Gives back the room of what has left."""
    cdef Py_ssize_t left = queue.out.used - queue.start
    if left == 0:
        queue.out.used = queue.start = 0
        if queue.out.size > CHUNK:
            free(queue.out.data)
            queue.out.data = NULL
            queue.out.size = 0
    elif queue.start > CHUNK:
        move_front(queue, left)


cdef void move_front(Queue *queue, Py_ssize_t left) noexcept nogil:
    memmove(queue.out.data, queue.out.data + queue.start, left)
    queue.out.used = left
    queue.start = 0


cdef int finished(Link *link) noexcept nogil:
    """Nothing more will come, and everything has left."""
    cdef Sess *s = link.s
    if s.queued > s.sent:
        return 0
    return link.over or not s.server_open


cdef void server_is_gone(Link *link) noexcept nogil:
    """The server has closed. Unless it said why, or a frame is partly sent, the client hears it from us."""
    cdef Sess *s = link.s
    s.server_open = 0
    if s.phase != PHASE_CLOSING and s.client_open and not s.told_end and not s.failed:
        s.failed = 1
        s.reason = "the server closed the connection"
