from proxy.audit.execution cimport Execution, Value
from proxy.audit.shelf cimport Shelf
from proxy.audit.threads cimport pthread_t
from proxy.audit.writer cimport Writer

cdef class Spool:
    cdef Writer *_writer
    cdef pthread_t _thread
    cdef int _process             # that started the thread; 0: none runs
    cdef readonly int wake_fd     # an eventfd, written after each commit and when the spool breaks

    cdef int _entry(self, int kind, bytes payload) except -1
    cdef object _broken(self)
    cdef unsigned int _define(self, Shelf *shelf, bytes facts)
    cdef bint _release(self, Shelf *shelf, unsigned int reference)
    cdef void _stop(self)

cdef long long append_execution(Spool spool, const Execution *execution, const Value *values, int count) noexcept nogil
cdef long long durable_position(Spool spool) noexcept nogil
cdef void statements_running(Spool spool, int more) noexcept nogil
cdef int spool_broken(Spool spool) noexcept nogil
cdef int spool_timer(Spool spool) noexcept nogil
cdef void spool_awake(Spool spool) noexcept nogil
cdef int spool_turn(Spool spool, int woken) noexcept nogil
cdef void spool_leave(Spool spool) noexcept nogil
