from proxy.lane.state cimport Ruling
from proxy.lane.verdict cimport Verdict

cdef struct Slot:
    unsigned long long hash
    unsigned long long context
    Ruling *ruling
    unsigned char *key
    Py_ssize_t size
    unsigned int used

cdef class Table:
    cdef Slot *slots
    cdef Py_ssize_t size
    cdef Py_ssize_t limit
    cdef Py_ssize_t hand
    cdef Py_ssize_t bytes_limit
    cdef Py_ssize_t sweep
    cdef list limbo            # verdicts that left the table, or never stood there, while a session points at them
    cdef Py_ssize_t sweep_at
    cdef readonly Py_ssize_t held
    cdef readonly Py_ssize_t count
    cdef readonly unsigned long long evicted
    cdef Ruling *look_up(self, unsigned long long context, const unsigned char *key, Py_ssize_t size) noexcept nogil
    cdef void clear_slot(self, Slot *slot) noexcept
    cdef int keep(self, Verdict verdict) except -1
    cdef void make_room(self, Py_ssize_t size) noexcept
    cdef Slot *choose(self, Py_ssize_t base, unsigned long long h, unsigned long long context, const unsigned char *key, Py_ssize_t size) noexcept
