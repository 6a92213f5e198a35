from proxy.lane.state cimport Ruling
from proxy.lane.verdict cimport Verdict

cdef struct Slot:
    unsigned long long hash
    unsigned long long context
    Ruling *ruling
    unsigned char *key
    Py_ssize_t size
    unsigned int used

cdef enum:
    RECENT = 64                # texts whose ruling is known without their template
    RECENT_SIZE = 464          # bytes of a text, a zero and parameter types

cdef struct Recent:            # the ruling of one exact text, good until anything in the table changes
    unsigned long long context
    unsigned long long changes
    Ruling *ruling             # NULL: free
    Slot *slot
    int options
    int size
    unsigned char text[464]

cdef class Table:
    cdef Slot *slots
    cdef Slot *found           # where look_up found what it found last
    cdef unsigned long long changes
    cdef Recent recent[64]
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
    cdef Ruling *recall(self, unsigned long long context, int options, const unsigned char *text, Py_ssize_t size) noexcept nogil
    cdef void note(self, unsigned long long context, int options, const unsigned char *text, Py_ssize_t size, Ruling *ruling) noexcept nogil
    cdef void clear_slot(self, Slot *slot) noexcept
    cdef int keep(self, Verdict verdict) except -1
    cdef void make_room(self, Py_ssize_t size) noexcept
    cdef Slot *choose(self, Py_ssize_t base, unsigned long long h, unsigned long long context, const unsigned char *key, Py_ssize_t size) noexcept
