"""A session on its two sockets, as plain C."""

from cpython.object cimport PyObject

from proxy.lane.state cimport Queue, Sess

cdef extern from "sys/epoll.h" nogil:
    cdef union epoll_data:
        void *ptr
    cdef struct epoll_event:
        unsigned int events
        epoll_data data
    int epoll_create1(int flags)
    int epoll_ctl(int epfd, int op, int fd, epoll_event *event)
    int epoll_wait(int epfd, epoll_event *events, int maxevents, int timeout)
    enum: EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, EPOLLET, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL, EPOLL_CLOEXEC

cdef enum:
    CHUNK = 262144             # one receive
    CLIENT = 0
    SERVER = 1

cdef struct Endpoint:
    Link *link                 # NULL: the journal
    int side
    int fd
    unsigned int interest
    int detached               # out of the epoll: a hang-up cannot be masked

cdef struct Link:
    Endpoint ends[2]
    PyObject *session
    Sess *s
    Link *next
    Link *previous
    Link *waiting              # the next one that waits for the journal
    PyObject *lane
    int waits
    int over                   # nothing is read any more; what is queued still leaves
    int dead
    int half_closed            # the server was told that the client sends no more
    long long over_ns

cdef int watch(int epoll, Endpoint *end, unsigned int interest, int how) noexcept nogil
cdef void detach(int epoll, Endpoint *end) noexcept nogil
cdef void look_out(int epoll, Link *link) noexcept nogil
cdef int send_server(Link *link) noexcept nogil
cdef int send_client(Link *link, long long allowed) noexcept nogil
cdef int finished(Link *link) noexcept nogil
cdef void server_is_gone(Link *link) noexcept nogil
