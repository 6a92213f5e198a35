# The lane as the journal's writer.

from proxy.audit.writer cimport Writer

cdef int turn(Writer *writer, int woken) noexcept nogil
cdef void give_back(Writer *writer) noexcept nogil
