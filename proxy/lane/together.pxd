from proxy.lane.state cimport Counters, Workspace
from proxy.lane.table cimport Table

cdef class Shared:
    cdef readonly Table table
    cdef readonly object spool
    cdef bytes moves
    cdef bytes answers
    cdef Counters counters
    cdef Workspace work
    cdef int audit
    cdef Py_ssize_t buffer_limit
    cdef Py_ssize_t message_limit
    cdef Py_ssize_t tap_limit
