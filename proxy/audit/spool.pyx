# cython: language_level=3, boundscheck=False, wraparound=False, autotestdict=False, auto_pickle=False
"""The journal's entrance for compiled callers."""

from posix.unistd cimport close


cdef extern from "<sys/eventfd.h>" nogil:
    int eventfd(unsigned int value, int flags)
    int EFD_CLOEXEC
    int EFD_NONBLOCK


cdef class Spool:
    """Takes executions from one worker's lane."""

    def __cinit__(self):
        self.wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)
        if self.wake_fd < 0:
            raise OSError("eventfd")

    def __dealloc__(self):
        if self.wake_fd >= 0:
            close(self.wake_fd)


cdef long long append_execution(Spool spool, const Execution *execution, const Value *values, int count) noexcept nogil:
    """Position of the entry (> 0, grows); -1: the spool is full or broken, and the statement must be refused."""
    spool._appended += 1
    return spool._appended


cdef long long durable_position(Spool spool) noexcept nogil:
    """Everything at or below is on disk."""
    return spool._appended
